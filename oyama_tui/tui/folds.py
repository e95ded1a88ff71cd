"""What of a run's tree somebody has opened, folded and turned to."""

from __future__ import annotations

from oyama_tui.core.views import TreeOpening


class Folds:
    """Which blocks are open, and where their pages begin."""

    def __init__(self) -> None:
        self._opened: set[str] = set()
        self._folded: set[str] = set()
        self._before: dict[str, int] = {}

    def opening(self, kept: str) -> TreeOpening:
        """What is to be read.

        Args:
            kept: The node under the cursor, which stays in sight.
        """
        return TreeOpening(opened=frozenset(self._opened), folded=frozenset(self._folded), before=dict(self._before), kept=kept)

    def open(self, key: str) -> None:
        """Open a block, an item or a round.

        Args:
            key: Its node's key.
        """
        self._folded.discard(key)
        self._opened.add(key)

    def fold(self, key: str) -> None:
        """Fold a block, an item or a round; when it is opened again it begins with its first page.

        Args:
            key: Its node's key.
        """
        self._opened.discard(key)
        self._folded.add(key)
        self._before.pop(key, None)

    def turn(self, block: str, before: int) -> None:
        """Show another page of a block's items or rounds.

        Args:
            block: The block's key.
            before: How many stand before the page.
        """
        self._before[block] = before
