"""The queue as it is looked at: questions, and groups of those that are the same but for their target."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views.approvals import ApprovalRow


class AlikeQuestion(NamedTuple):
    """An open question, by what tells it from others that are the same but for their target; there may be thousands at once."""

    id: str
    """The approval's id."""
    target: str
    """On what its action acts."""
    digest: str
    """Of what is asked."""
    alike: str = ""
    """What it has in common with the others."""


class AlikeGroup(Frozen):
    """Open questions that are the same but for their target, and that whoever looks may answer, as one line of the queue."""

    alike: str
    """What they have in common."""
    size: int
    """How many there are, of those that fit the filter."""
    targets: int
    """How many different targets they have."""
    folded: bool
    """The questions themselves are left out."""
    deadline: datetime | None
    """The earliest of theirs; none when none has one."""
    first: ApprovalRow
    """The one that waits the longest."""

    @property
    def key(self) -> str:
        """Its identity among the lines of the queue: no id of an approval begins like this."""
        return f"={self.alike}"


class QueuePage(Frozen):
    """Parts of the queue."""

    rows: tuple[ApprovalRow | AlikeGroup, ...]
    """The lines that have been read, in their order; a group stands before its questions."""
    gaps: Mapping[int, int]
    """Lines that have not been read: by how many rows stand before them, in their order, how many."""
    total: int
    """How many questions fit the filter."""
    every: int = 0
    """How many questions wait, those too that do not fit."""
    waits: bool = False
    """Whether the question that was asked for waits, also where it does not fit."""
    within: str = ""
    """The folded group in which the question stands that was asked for; empty when it stands in none."""
    marked: frozenset[str] = frozenset()
    """Of the questions that it was asked of: those that are open and fit."""
    damaged: tuple[str, ...] = ()
    """A sentence about each row that is damaged and so not among them."""


class BulkQuestion(Frozen):
    """A question that is to be answered together with others."""

    row: ApprovalRow
    """The question as it is now."""
    has_form: bool
    """Its answer has values of its own."""
    confirms: bool
    """Its target must be typed."""
