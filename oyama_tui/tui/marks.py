"""Questions that are marked, and what of the queue has been looked at: a yes to several at once goes by both."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from oyama_tui.core.events import Seen


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody had before their eyes of a question."""

    digest: str
    """Of what was asked then."""
    seen: Seen | None
    """How much of its card, or of the card that stands for several questions."""


class Marks:
    """Marked questions, each with the digest of what it asked when it was marked."""

    def __init__(self) -> None:
        self._digests: dict[str, str] = {}
        self.looked_at: dict[str, Look] = {}
        """By question: what somebody had before their eyes here."""

    def __len__(self) -> int:
        return len(self._digests)

    def __iter__(self) -> Iterator[str]:
        return iter(self._digests)

    def __contains__(self, approval_id: object) -> bool:
        return approval_id in self._digests

    @property
    def digests(self) -> Mapping[str, str]:
        """By marked question: what it asked."""
        return dict(self._digests)

    def turn(self, questions: Mapping[str, str]) -> None:
        """Mark these; when all of them are marked, none of them.

        Args:
            questions: Their digests by their ids.
        """
        if questions and all(each in self._digests for each in questions):
            for each in questions:
                del self._digests[each]
        else:
            self._digests |= questions

    def keep(self, open_now: Collection[str]) -> None:
        """Forget the marks of what is over.

        Args:
            open_now: Those of the marked questions that are still open.
        """
        self._digests = {each: digest for each, digest in self._digests.items() if each in open_now}

    def clear(self) -> None:
        """Forget all marks; what was looked at was looked at."""
        self._digests.clear()
