"""How workflows and their steps have done."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pydantic import ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from oyama_tui.api.models.base import Model

EXAMPLE: Final[dict[str, JsonValue]] = {
    "workflowId": "release",
    "runs": 40,
    "truncated": False,
    "since": "2026-11-01T08:00:00Z",
    "completed": 30,
    "failed": 5,
    "rejected": 3,
    "cancelled": 1,
    "undone": 0,
    "successRate": 0.857,
    "worked": {"count": 30, "p50Ms": 61000, "p95Ms": 140000},
    "asked": {"count": 33, "p50Ms": 420000, "p95Ms": 7200000},
    "running": 0,
    "waiting": 1,
    "steps": None,
    "stepsTruncated": False,
}


class SpreadItem(Model):
    """How long something took."""

    count: int = Field(description="How often it was measured.")
    p50_ms: int | None = Field(description="Half of the times it took no longer, in milliseconds; none where it was never measured.")
    p95_ms: int | None = Field(description="Of a hundred times, 95 took no longer.")


class StepStats(Model):
    """How a step has done in the runs that count."""

    step_id: str
    begun: int = Field(description="How often it was begun: each item and round of a block counts, further attempts do not.")
    attempts: int = Field(description="How often it was tried.")
    completed: int = Field(description="Ended well, in the last attempt.")
    failed: int = Field(description="Failed, in the last attempt.")
    rejected: int = Field(description="Gates of it that were answered with a no.")
    cancelled: int = Field(description="Cut off or called off, in the last attempt.")
    skipped: int = Field(description="Passed over.")
    success_rate: float | None = Field(description="Completed among completed and failed; none where there is neither.")
    worked: SpreadItem = Field(description="Of attempts that completed.")
    asked: SpreadItem = Field(description="From the opening of its gates to their answers.")
    running: int = Field(description="Attempts that are under way now, in any run.")
    waiting: int = Field(description="Approvals that are open now, and attempts that wait for a time or for word from outside, in any run.")


class WorkflowStatsItem(Model):
    """How a workflow has done in its newest runs, the last thousand; runs from files do not count."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, from_attributes=True, frozen=True, json_schema_extra={"examples": [EXAMPLE]}
    )

    workflow_id: str
    runs: int = Field(description="How many runs count.")
    truncated: bool = Field(description="There are older ones that would count too, but for their number.")
    since: datetime | None = Field(description="When the oldest of them was started; none where there is none.")
    completed: int = Field(description="Those that completed.")
    failed: int = Field(description="Those that failed.")
    rejected: int = Field(description="Those that a person turned down.")
    cancelled: int = Field(description="Those that were cancelled.")
    undone: int = Field(description="Those that were undone.")
    success_rate: float | None = Field(description="Completed among completed and failed: a rejection is no failure. None without either.")
    worked: SpreadItem = Field(description="Working time of those that completed; people's time is not in it.")
    asked: SpreadItem = Field(description="Time in which only people were waited for, of those that are over and have asked.")
    running: int = Field(description="Runs in which something runs, or is undone, now.")
    waiting: int = Field(description="Runs that wait now.")
    steps: list[StepStats] | None = Field(description="Where one workflow was asked for; in no order.")
    steps_truncated: bool = Field(description="These runs had more attempts than are looked at, 20,000: the newest ones count.")
