"""The history of approvals: who saw what, decided what, when and how, and how long it waited."""

from __future__ import annotations

from datetime import datetime

from oyama_tui.core.answer_words import ApprovalKind
from oyama_tui.core.definition.gate import Risk
from oyama_tui.core.events.base import Frozen, Origin, Seen
from oyama_tui.core.views.approvals import ApprovalRow


class PastApproval(ApprovalRow):
    """One approval in the history."""

    key: int
    """Its place in the history, for paging; grows with the time at which it was over, or asked while it is open."""
    waited_ms: int | None
    """How long it waited for its answer; none while it is open."""
    origin: Origin | None
    """How the answer that decided was given; none where nobody answered, or that was not kept."""
    seen: str
    """The digest of what had been shown to whoever decided; empty when nothing had."""
    looked: Seen | None = None
    """What of it whoever decided had before their eyes; none when that is not known."""

    @property
    def over(self) -> bool:
        """Whether it is answered, or nobody is asked any more."""
        return self.status != "pending"


class ApprovalFilter(Frozen):
    """Which approvals are wanted."""

    statuses: tuple[str, ...] = ()
    """Any of these; all when empty."""
    workflow: str = ""
    """Of this workflow; of all when empty."""
    by: str = ""
    """Answered by this person, be it with others."""
    kinds: tuple[ApprovalKind, ...] = ()
    """Any of these; all when empty."""
    risks: tuple[Risk, ...] = ()
    """Any of these; all when empty."""
    since: datetime | None = None
    """Over at this moment or later; of an open one, asked."""
    until: datetime | None = None
    """Over before this moment; of an open one, asked."""
    words: tuple[str, ...] = ()
    """Each must occur in the id, the title, the target, the run, the step, who decided, or what was written with the answer."""


class ApprovalPage(Frozen):
    """A page of the history of approvals, newest first."""

    rows: tuple[PastApproval, ...]
    """Newest first."""
    total: int
    """How many approvals fit the filter."""
    damaged: tuple[str, ...] = ()
    """A sentence about each row that is damaged and so not among them."""
