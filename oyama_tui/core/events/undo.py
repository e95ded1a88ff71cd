"""Events of undoing: what steps have done is taken back by what they say for that."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, JsonValue

from oyama_tui.core.events.base import EventBase, Frozen, Principal, round_of
from oyama_tui.core.events.run import RunError

UndoEnd = Literal["paused", "undone"]
"""The run pauses where it was then, or ends."""
UNDO: Final = "~undo"
"""What follows the key of a node in that of what undoes it: `fan[3].copy~undo`."""
NOT_UNDONE: Final = "could not be undone"
"""What the reason of a run says that rests because of that."""
UNDONE_BACK: Final = "undone, back"
"""What the reason of a run begins with that rests because it was taken back."""


def undone_by(key: str) -> str | None:
    """The node that a node undoes; none when it undoes none.

    Args:
        key: A node's.
    """
    first, _ = round_of(key)
    return first.removesuffix(UNDO) if first.endswith(UNDO) else None


class CompensationOrder(Frozen):
    """What undoes one node, as it was shown."""

    of: str
    """The node that is undone."""
    step: str
    """The step that this one is an instance of."""
    kind: str
    """What kind of step undoes it."""
    begun: int
    """Number of the event with which the node had begun."""
    settled: int
    """Number of that with which it was over: what had begun after it is undone before it."""
    input: dict[str, JsonValue] | None = None
    """What the executor gets; none where it could not be made."""
    error: str = ""
    """Why it could not."""


class UndoStarted(EventBase):
    """What the run had done after one of its points is to be undone: what is under way ends, and then what is listed here is done."""

    type: Literal["undo_started"] = "undo_started"
    by: Principal
    why: str = ""
    to: int
    """Back to where the run was after this event; 0 for its beginning."""
    label: str
    """That point in words for people, as the rest of a sentence: `to after build`, `to its beginning`."""
    then: UndoEnd = "paused"
    error: RunError | None = None
    """Why the run undoes itself; none when a person wanted it."""
    nodes: tuple[str, ...] = ()
    """Nodes outside of blocks that begin anew afterwards, in order: what they have done, whenever that was, is undone."""
    compensations: tuple[CompensationOrder, ...] = ()
    """The newest first."""
    context: dict[str, JsonValue] = Field(default_factory=dict)
    """The variables as they are afterwards."""
    forced: tuple[str, ...] = ()
    """Steps that cannot be undone, and that somebody has named all the same."""


class UndoFinished(EventBase):
    """Everything that was to be undone is."""

    type: Literal["undo_finished"] = "undo_finished"
    nodes: tuple[str, ...] = ()
    """Nodes that get another round, in order; none when the run ends."""
    set: dict[str, JsonValue] = Field(default_factory=dict)
    """Variables that get another value."""
    unset: tuple[str, ...] = ()
    """Variables that are no more."""
    by: Principal
    """Who wanted it."""
    why: str = ""
    """What the further rounds are for."""


class RunUndone(EventBase):
    """The run ended, and what it had done is undone."""

    type: Literal["run_undone"] = "run_undone"
    by: Principal
    """Who wanted it; Oyama itself where the workflow says so."""
    error: RunError | None = None
    """Why the workflow wanted it."""
