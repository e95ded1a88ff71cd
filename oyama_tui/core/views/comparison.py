"""Runs of a workflow beside each other: what became of each step in each of them, and what two of them do not have in common."""

from __future__ import annotations

from datetime import datetime

from pydantic import JsonValue

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views.runs import RunRow


class StepOutcome(Frozen):
    """What became of a step in a run."""

    node: str
    """The node's key in that run, in the present round of its step."""
    word: str
    """Its status as people read it."""
    attempt: int
    """Number of the newest attempt; 0 before the first."""
    duration_ms: int | None
    """Of that attempt when it is over; of a question how long people took."""
    note: str
    """What people should know of it in a few words: `attempt 2`, `approved by ana`."""
    started_at: datetime | None
    """When that attempt began."""


class StepRow(Frozen):
    """One step, or the gate before its action, in several runs."""

    key: str
    """The node's key in its first round."""
    name: str
    """For people: the step's name, else its id; of a gate before an action the step's, and that it is the gate."""
    kind: str
    """The kind of the step; `gate` for a gate."""
    outcomes: tuple[StepOutcome | None, ...]
    """One for each run, in the order of the runs; none where the run has no such step."""
    asked: bool
    """It is a question to a person: its times are people's."""
    median_ms: int | None
    """Of the times in which it completed; none when it never did."""
    slowest_ms: int | None
    """The longest of them."""
    failed: int
    """In how many runs its last attempt failed."""
    retried: int
    """In how many runs it took more than one attempt."""


class RunMatrix(Frozen):
    """The newest runs of a workflow, step by step."""

    workflow_id: str
    """The workflow."""
    runs: tuple[RunRow, ...]
    """The runs, the oldest first."""
    steps: tuple[StepRow, ...]
    """Their outermost steps, in the order of the newest run's definition."""
    total: int
    """How many runs the workflow has."""
    damaged: tuple[str, ...] = ()
    """A sentence about each run that is damaged and so left out."""


class ComparedStep(Frozen):
    """One step, or the gate before its action, in two runs."""

    key: str
    """The node's key in its first round."""
    name: str
    """For people."""
    kind: str
    """The kind of the step."""
    one: StepOutcome | None
    """In the first run; none where it has no such step."""
    other: StepOutcome | None
    """In the second one."""
    slower_ms: int | None
    """How much longer the second took, less than 0 when it was quicker; none unless both are over."""
    one_output: str
    """What its newest attempt wrote in the first run, as a terminal shows it in the end, without colours: head and tail, at most 64 KiB."""
    other_output: str
    """In the second one."""
    alike: bool
    """It came to the same in both: same status, same output and values, and times that are no further apart than runs usually are."""


class ComparedValue(Frozen):
    """One named value that two runs do not have in common."""

    where: str
    """`inputs`, `context` or `outputs`."""
    name: str
    """Its name."""
    one: JsonValue
    """In the first run; null where there was none."""
    other: JsonValue
    """In the second one."""


class RunComparison(Frozen):
    """What two runs of a workflow do not have in common."""

    one: RunRow
    """The first run."""
    other: RunRow
    """The second one."""
    same_revision: bool
    """Both are pinned to the same content of the workflow."""
    definition: tuple[str, ...]
    """The lines in which their definitions differ, as `diff -u` shows them; empty when they are the same."""
    steps: tuple[ComparedStep, ...]
    """Their outermost steps."""
    values: tuple[ComparedValue, ...]
    """Their values that differ, inputs first."""
