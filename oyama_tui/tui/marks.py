"""Questions that are marked, and what of the queue has been looked at: a yes to several at once goes by both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from oyama_tui.core.events import Seen
from oyama_tui.core.views import AlikeGroup, AlikeQuestion, ApprovalRow


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
        self._marked: dict[str, AlikeQuestion] = {}
        self._of_groups: Counter[str] = Counter()
        """By what questions have in common: how many of them are marked."""
        self.looked_at: dict[str, Look] = {}
        """By question: what somebody had before their eyes here."""

    def __len__(self) -> int:
        return len(self._marked)

    def __iter__(self) -> Iterator[str]:
        return iter(self._marked)

    def holds(self, row: ApprovalRow | AlikeGroup) -> bool:
        """Whether a question is marked, or all of a group.

        Args:
            row: A line of the queue.
        """
        return row.id in self._marked if isinstance(row, ApprovalRow) else self._of_groups[row.alike] >= row.size

    @property
    def digests(self) -> Mapping[str, str]:
        """By marked question: what it asked."""
        return {each: question.digest for each, question in self._marked.items()}

    def turn(self, questions: Sequence[AlikeQuestion]) -> None:
        """Mark these; when all of them are marked, none of them.

        Args:
            questions: As they are now.
        """
        given = {question.id: question for question in questions}
        whole = given.keys() <= self._marked.keys()
        self._set({each: question for each, question in self._marked.items() if each not in given} if whole else {**given, **self._marked})

    def keep(self, open_now: Collection[str]) -> None:
        """Forget the marks of what is over.

        Args:
            open_now: Those of the marked questions that are still open.
        """
        self._set({each: question for each, question in self._marked.items() if each in open_now})

    def clear(self) -> None:
        """Forget all marks; what was looked at was looked at."""
        self._set({})

    def _set(self, marked: dict[str, AlikeQuestion]) -> None:
        self._marked = marked
        self._of_groups = Counter(question.alike for question in marked.values())
