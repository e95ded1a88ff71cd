"""How the rows of attempts and approvals become the nodes of a run's tree."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.definition.graph import Body, NodeSpec
from oyama_tui.core.definition.kinds.task import TASK
from oyama_tui.core.definition.kinds.wait import awaited_event
from oyama_tui.core.events.base import round_of
from oyama_tui.core.node_notes import PAUSES, attempt_note, attempt_word, gate_note, gate_word, is_over_without_an_attempt
from oyama_tui.core.views import NodeView, StepWord
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.base import Row, optional_moment
from oyama_tui.store.queries.node_rounds import NodeRounds, key_of_round

UNDO_NOTES: Final = {"running": "is being undone", "failed": "could not be undone"}
"""What is said of a node that is not undone yet, by where what undoes it is."""
GATE_NAME: Final = "gate"
"""What the tree calls the gate before an action, which stands below its step."""


@dataclass(frozen=True, slots=True)
class NodeRows:
    """What the database has on the nodes of a run."""

    newest: Mapping[str, Row]
    """The newest attempt, by node."""
    approvals: Mapping[str, Row]
    """The newest approval, by node."""
    ended: bool
    """The run is over."""
    now: int
    """Milliseconds since 1970 UTC."""
    rounds: NodeRounds
    """Which nodes have begun more than once."""
    breakpoints: Collection[str] = ()
    """The steps before which the run is to pause."""


def node_view(rows: NodeRows, spec: NodeSpec, prefix: str = "", depth: int = 0, number: int | None = None) -> NodeView:
    """One row of the tree.

    Args:
        rows: What the database has on the nodes of the run.
        spec: What the node is an instance of.
        prefix: What the keys of its scope begin with.
        depth: How deep its step stands in the tree.
        number: Which round of it; the present one when none is said.

    Raises:
        DatabaseProblem: The rows of its newest attempt or approval are damaged.
    """
    first = f"{prefix}{spec.key}"
    key = rows.rounds.present(first) if number is None else key_of_round(first, number)
    with reading("workflow_execution_steps or workflow_approvals", key):
        view = _node_view(rows, spec, key, f"{first}.gate", depth, earlier=number is not None)
    if number is not None:
        return view.model_copy(update={"name": f"round {number}"})
    again = rows.rounds.number(first)
    return view if again == 1 else view.model_copy(update={"note": ", ".join([f"round {again}", *([view.note] if view.note else [])])})


def placed_view(rows: NodeRows, body: Body, spec: NodeSpec, prefix: str, depth: int) -> NodeView:
    """One row of the tree in its present round, with what it follows.

    Args:
        rows: What the database has on the nodes of the run.
        body: The list of steps in which it stands.
        spec: What the node is an instance of.
        prefix: What the keys of its scope begin with.
        depth: How deep its step stands in the tree.

    Raises:
        DatabaseProblem: The rows of its newest attempt or approval are damaged.
    """
    after = tuple(rows.rounds.present(f"{prefix}{body.nodes[need].key}") for need in spec.needs)
    return node_view(rows, spec, prefix, depth).model_copy(update={"after": after})


def _node_view(rows: NodeRows, spec: NodeSpec, key: str, gate_key: str, depth: int, *, earlier: bool) -> NodeView:
    attempt = rows.newest.get(key)
    approval = rows.approvals.get(key)
    if spec.role == "action" and approval is not None and (approval.status != "pending" or rows.ended):
        # What was answered of an attempt that was cut off stands in its row.
        approval = None
    status = _gate_status(rows, attempt, approval, spec.kind) if spec.role == "gate" else _status(rows, attempt)
    if spec.role == "action" and spec.step.gate is not None and status == "skipped":
        gate_key = key_of_round(gate_key, round_of(key)[1]) if earlier else rows.rounds.present(gate_key)
        gate = _gate_status(rows, rows.newest.get(gate_key), rows.approvals.get(gate_key))
        # One word for the step: the gate's, where the gate kept the action from running.
        status = gate if gate in ("failed", "rejected", "cancelled") else status
    if attempt is not None and attempt.undone == "undone":
        status = "undone"
    started = attempt.started_at or attempt.scheduled_at if attempt is not None else approval.requested_at if approval is not None else None
    begun = attempt is not None or approval is not None
    pauses = spec.represents_step and not (begun or earlier or rows.ended) and spec.step.id in rows.breakpoints
    return NodeView(
        key=key,
        step_id=spec.step.id,
        name=spec.step.label if spec.represents_step else GATE_NAME,
        kind=spec.kind,
        depth=depth if spec.represents_step else depth + 1,
        status=status,
        attempt=attempt.attempt if attempt is not None else 0,
        note=PAUSES if pauses else _note(rows, spec, status, attempt, approval),
        approval=approval.id if approval is not None else "",
        started_at=optional_moment(started),
        duration_ms=_duration(attempt, approval if spec.role == "gate" else None),
        pauses=status == "retrying" or (status == "waiting" and bool(spec.bodies)),
        breakpoint=pauses,
        waits_for=awaited_event(spec.step) if status == "waiting" and spec.role == "action" else "",
    )


def may_ask(spec: NodeSpec) -> bool:
    """Whether a node may be a question to a person: a gate, a task, or an action that was cut off."""
    return spec.role == "gate" or spec.step.asks_to_rerun


def _duration(attempt: Row | None, approval: Row | None) -> int | None:
    """Milliseconds of the newest attempt; for a gate how long people took."""
    if approval is not None:
        return None if approval.decided_at is None else max(0, approval.decided_at - approval.requested_at)
    return None if attempt is None else attempt.duration_ms


def _status(rows: NodeRows, attempt: Row | None) -> StepWord:
    return attempt_word(None if attempt is None else attempt.status, ended=rows.ended)


def _gate_status(rows: NodeRows, attempt: Row | None, approval: Row | None, kind: str = "gate") -> StepWord:
    if attempt is not None and is_over_without_an_attempt(attempt.attempt, attempt.status):
        return "completed"
    asked, silence = (None, "") if approval is None else (approval.status, approval.on_timeout)
    return gate_word(_status(rows, attempt), asked, silence, ended=rows.ended, kind=kind)


def _note(rows: NodeRows, spec: NodeSpec, status: StepWord, attempt: Row | None, approval: Row | None) -> str:
    parts = []
    if attempt is not None and attempt.attempt > 1 and spec.role == "action":
        parts.append(f"attempt {attempt.attempt}")
    error = "" if attempt is None else attempt.error or ""
    if attempt is None and approval is None and rows.ended:
        parts.append("not run")
    elif attempt is not None and is_over_without_an_attempt(attempt.attempt, attempt.status):
        parts.append(attempt_note(status, attempt.status, error, None, rows.now))
    elif spec.role == "gate" and status != "skipped":
        asked, by = (None, "") if approval is None else (approval.status, approval.decided_by)
        why = error if approval is None else approval.comment or ""
        parts.append(gate_note(status, asked, by, why if spec.kind == TASK.name else error, spec.kind))
    elif approval is not None:
        parts.append(answer_words("rerun").asks)
    elif attempt is not None:
        event = awaited_event(spec.step)
        parts.append(attempt_note(status, attempt.status, error, attempt.due, rows.now, event, rests=bool(spec.bodies)))
    if attempt is not None and attempt.undone in UNDO_NOTES:
        parts.append(UNDO_NOTES[attempt.undone])
    return ", ".join(part for part in parts if part)
