"""Views as JSON documents: snake case, always an `id` and a `status`, moments in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oyama_tui.core.views import (
    ApprovalCard,
    ApprovalDifference,
    ApprovalRow,
    AskedView,
    AttemptView,
    ContextView,
    Decision,
    Difference,
    EventView,
    ForkPlan,
    HurriedRun,
    MomentView,
    PastApproval,
    PlannedStep,
    RecoverPlan,
    RunComparison,
    RunFile,
    RunRow,
    RunView,
    SentEvent,
    SnapshotView,
    UndoPlan,
    WorkflowFigures,
)

Document = dict[str, Any]


def run_row(row: RunRow) -> Document:
    """One run in a list."""
    return {**row.model_dump(mode="json"), "label": row.label}


def figures(shown: WorkflowFigures) -> Document:
    """How a workflow does."""
    status = "running" if shown.running else "waiting" if shown.waiting else "idle"
    return {"id": shown.workflow_id, "status": status, **shown.model_dump(mode="json", exclude={"workflow_id"})}


def comparison(found: RunComparison) -> Document:
    """What two runs do not have in common."""
    same = found.same_revision and not found.values and all(step.alike for step in found.steps)
    return {
        "id": f"{found.one.id}/{found.other.id}",
        "status": "alike" if same else "different",
        **found.model_dump(mode="json", exclude={"one", "other"}),
        "one": run_row(found.one),
        "other": run_row(found.other),
    }


def run_file(written: RunFile) -> Document:
    """One run in one file."""
    return {"id": written.run_id, **written.model_dump(mode="json", exclude={"run_id"})}


def run_view(view: RunView) -> Document:
    """One run, whole."""
    return {**run_row(view.row), **view.model_dump(mode="json", exclude={"row"})}


def variable(view: ContextView, row: RunRow) -> Document:
    """One variable of a run."""
    return {"id": f"{row.id}/{view.name}", "status": row.status, **view.model_dump(mode="json")}


def past_approval(row: PastApproval) -> Document:
    """One approval in the history."""
    return row.model_dump(mode="json", exclude={"key"})


def card(shown: ApprovalCard) -> Document:
    """One approval with everything needed to decide."""
    return {**shown.row.model_dump(mode="json"), **shown.model_dump(mode="json", exclude={"row"})}


def approval_difference(found: ApprovalDifference) -> Document:
    """What is different between an approval and an earlier one."""
    return {**found.row.model_dump(mode="json"), **found.model_dump(mode="json", exclude={"row"})}


def decision(made: Decision) -> Document:
    """What became of an answer."""
    return {**made.approval.model_dump(mode="json"), **made.model_dump(mode="json", exclude={"approval"})}


def asked(view: AskedView, attempt: AttemptView | None) -> Document:
    """A question from outside, and what its command printed.

    Args:
        view: How it stands.
        attempt: Of its command; none where none ran.
    """
    yes = view.status in ("approved", "running", "completed", "failed") and view.decided_at is not None
    verdict = "approve" if yes else "reject" if view.status == "rejected" else None
    output = {"output": attempt.output if attempt is not None else "", "truncated": attempt is not None and attempt.truncated}
    return {"id": view.run_id, "verdict": verdict, **view.model_dump(mode="json"), **output}


def sent_event(sent: SentEvent) -> Document:
    """What became of an event that was sent, with the run that got it."""
    return {**run_row(sent.run), **sent.model_dump(mode="json", exclude={"run"})}


def hurried(made: HurriedRun) -> Document:
    """A run of which pauses were ended."""
    return {**run_row(made.run), "nodes": list(made.nodes)}


def approval_row(row: ApprovalRow) -> Document:
    """One approval as in lists."""
    return row.model_dump(mode="json")


def recover_plan(row: RunRow, plan: RecoverPlan) -> Document:
    """What recovering a run would do."""
    return {**run_row(row), **plan.model_dump(mode="json")}


def fork_plan(row: RunRow, plan: ForkPlan) -> Document:
    """What forking a run would do."""
    return {**run_row(row), **plan.model_dump(mode="json", exclude={"label"}), "point": plan.label}


def undo_plan(row: RunRow, plan: UndoPlan) -> Document:
    """What undoing a run would do."""
    return {**run_row(row), **plan.model_dump(mode="json", exclude={"label"}), "point": plan.label}


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


def snapshot(point: SnapshotView, run_id: str) -> Document:
    """One point of a run.

    Args:
        point: The point.
        run_id: Its run.
    """
    return {"id": f"{run_id}/{point.seq}", "run_id": run_id, **point.model_dump(mode="json")}


def moment(view: MomentView, attempts: Iterable[AttemptView], asked: Iterable[ApprovalRow]) -> Document:
    """A run as it was.

    Args:
        view: The moment.
        attempts: The newest attempts then, of the nodes that its tree shows.
        asked: The approvals that there were then.
    """
    lists = {"attempts": [attempt(each) for each in attempts], "approvals": [row.model_dump(mode="json") for row in asked]}
    return {**run_view(view.run), **view.model_dump(mode="json", exclude={"run"}), **lists}


def difference(found: Difference, run_id: str) -> Document:
    """One thing that two moments of a run do not have in common.

    Args:
        found: What differs.
        run_id: The run.
    """
    status = "new" if found.before is None else "gone" if found.after is None else "changed"
    return {"id": f"{run_id}/{found.kind}/{found.name}", "status": status, **found.model_dump(mode="json")}
