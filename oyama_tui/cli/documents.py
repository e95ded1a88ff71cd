"""Views as JSON documents: snake case, always an `id` and a `status`, moments in UTC."""

from __future__ import annotations

from typing import Any

from oyama_tui.core.views import (
    ApprovalCard,
    AttemptView,
    ContextView,
    Decision,
    EventView,
    HurriedRun,
    PlannedStep,
    RecoverPlan,
    RunFile,
    RunRow,
    RunView,
    SentEvent,
)

Document = dict[str, Any]


def run_row(row: RunRow) -> Document:
    """One run in a list."""
    return {**row.model_dump(mode="json"), "label": row.label}


def run_file(written: RunFile) -> Document:
    """One run in one file."""
    return {"id": written.run_id, **written.model_dump(mode="json", exclude={"run_id"})}


def run_view(view: RunView) -> Document:
    """One run, whole."""
    return {**run_row(view.row), **view.model_dump(mode="json", exclude={"row"})}


def variable(view: ContextView, row: RunRow) -> Document:
    """One variable of a run."""
    return {"id": f"{row.id}/{view.name}", "status": row.status, **view.model_dump(mode="json")}


def card(shown: ApprovalCard) -> Document:
    """One approval with everything needed to decide."""
    return {**shown.row.model_dump(mode="json"), **shown.model_dump(mode="json", exclude={"row"})}


def decision(made: Decision) -> Document:
    """What became of an answer."""
    return {**made.approval.model_dump(mode="json"), **made.model_dump(mode="json", exclude={"approval"})}


def sent_event(sent: SentEvent) -> Document:
    """What became of an event that was sent, with the run that got it."""
    return {**run_row(sent.run), **sent.model_dump(mode="json", exclude={"run"})}


def hurried(made: HurriedRun) -> Document:
    """A run of which pauses were ended."""
    return {**run_row(made.run), "nodes": list(made.nodes)}


def recover_plan(row: RunRow, plan: RecoverPlan) -> Document:
    """What recovering a run would do."""
    return {**run_row(row), **plan.model_dump(mode="json")}


def attempt(view: AttemptView) -> Document:
    """One attempt of a node."""
    return {"id": f"{view.run_id}/{view.node}/{view.attempt}", **view.model_dump(mode="json")}


def planned(step: PlannedStep) -> Document:
    """One step of a dry run."""
    return {"id": step.step_id, "status": "planned", **step.model_dump(mode="json")}


def event(view: EventView, run_id: str, status: str) -> Document:
    """One event of a journal.

    Args:
        view: The event.
        run_id: Its run.
        status: The run's status after it.
    """
    return {"id": f"{run_id}/{view.seq}", "run_id": run_id, "status": status, **view.model_dump(mode="json")}


def written(step: PlannedStep) -> Document:
    """One step of a definition that was checked, without what only a run would know."""
    return {"id": step.step_id, **step.model_dump(mode="json", exclude={"step_id", "note"})}
