"""What of a run's tree is wanted: which blocks are open, and which part of their items and rounds."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from oyama_tui.core.events.base import Frozen

PAGE: Final = 50
"""So many items or rounds of a block are shown at once, unless said otherwise."""


class TreeOpening(Frozen):
    """Which blocks, items and rounds of a run's tree are open; those that nobody has touched are as they are at first.

    At first a loop of more than ten items is folded, and so are its items and all rounds of a repetition but the newest.
    """

    opened: frozenset[str] = frozenset()
    """The keys of those that somebody has opened."""
    folded: frozenset[str] = frozenset()
    """The keys of those that somebody has folded."""
    before: dict[str, int] = Field(default_factory=dict)
    """How many items or rounds stand before the first one shown, by the key of their block; none unless said."""
    kept: str = ""
    """The node under the cursor: its item or round is shown wherever it stands by now."""
    size: int = PAGE
    """How many items or rounds of a block are shown at once."""


class BlockPart(Frozen):
    """One block, or one item or round of it, of which a part is wanted."""

    key: str
    """The key of the block, item or round."""
    failed: bool = False
    """Only items that failed."""
    before: int = 0
    """How many items or rounds to pass over first."""
    size: int = PAGE
    """The most items or rounds."""
