"""Runs of a workflow beside each other."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from oyama_tui.api.models.base import Model
from oyama_tui.core.views import Phase


class RunBeside(Model):
    """A run that stands beside others."""

    state_id: str = Field(validation_alias="id")
    run_number: int = Field(validation_alias="number", description="Counted per workflow, from 1.")
    shown: Phase = Field(validation_alias="status", description="Its status in the word that people see.")
    started_at: datetime
    ended_at: datetime | None
    duration_ms: int | None = Field(description="From its start to its end; none while it goes on.")
    started_by: str


class StepOutcomeItem(Model):
    """What became of a step in a run."""

    node: str = Field(description="The node's key in that run, in the present round of its step.")
    status: str = Field(validation_alias="word", description="In the word that people see.")
    attempt: int = Field(description="Number of the newest attempt; 0 before the first.")
    duration_ms: int | None = Field(description="Of that attempt when it is over; of a question how long people took.")
    note: str = Field(description="What people should know of it in a few words; empty when nothing.")
    started_at: datetime | None = Field(description="When that attempt began.")


class StepRowItem(Model):
    """One step, or the gate before its action, in several runs."""

    key: str = Field(description="The node's key in its first round.")
    name: str
    kind: str = Field(description="The kind of the step; `gate` for a gate.")
    asked: bool = Field(description="It is a question to a person: its times are people's.")
    median_ms: int | None = Field(description="Of the times in which it completed; none when it never did.")
    slowest_ms: int | None = Field(description="The longest of them.")
    failed: int = Field(description="In how many runs its last attempt failed.")
    retried: int = Field(description="In how many runs it took more than one attempt.")
    outcomes: list[StepOutcomeItem | None] = Field(description="One for each run, in their order; null where it has no such step.")


class RunMatrixItem(Model):
    """The newest runs of a workflow, step by step."""

    workflow_id: str
    total: int = Field(description="How many runs the workflow has.")
    runs: list[RunBeside] = Field(description="The oldest first.")
    steps: list[StepRowItem] = Field(description="Their outermost steps, in the order of the newest run's definition.")
    damaged: list[str] = Field(description="A sentence for each run that cannot be read and so is left out.")


class ComparedStepItem(Model):
    """One step, or the gate before its action, in two runs."""

    key: str = Field(description="The node's key in its first round.")
    name: str
    kind: str = Field(description="The kind of the step; `gate` for a gate.")
    alike: bool = Field(description="Same status, output and values, and times no further apart than runs usually are.")
    slower_ms: int | None = Field(description="How much longer the second took, below 0 when it was quicker; none unless both are over.")
    one: StepOutcomeItem | None = Field(description="In the first run; null where it has no such step.")
    other: StepOutcomeItem | None = Field(description="In the second one.")
    one_output: str = Field(description="What its newest attempt wrote in the first run, head and tail, without colours.")
    other_output: str = Field(description="In the second one.")


class ComparedValueItem(Model):
    """One named value that two runs do not have in common."""

    where: Literal["inputs", "context", "outputs"]
    name: str
    one: JsonValue = Field(description="In the first run; null where there was none.")
    other: JsonValue = Field(description="In the second one.")


class RunComparisonItem(Model):
    """What two runs of a workflow do not have in common."""

    one: RunBeside
    other: RunBeside
    same_revision: bool = Field(description="Both are pinned to the same content of the workflow.")
    definition: list[str] = Field(description="The lines in which their definitions differ, as `diff -u` shows them.")
    steps: list[ComparedStepItem] = Field(description="Their outermost steps, those that are alike too.")
    values: list[ComparedValueItem] = Field(description="Their values that differ, inputs first.")
