"""Planning: what happens next by itself."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Final

from oyama_tui.core import events as e
from oyama_tui.core.admission import within_limit
from oyama_tui.core.approval_decisions import decision_of
from oyama_tui.core.backoff import pause_before, retry_policy
from oyama_tui.core.block_plan import BEGINS_ANEW, move_block, open_block, settle_scope
from oyama_tui.core.breakpoints import wanted_before
from oyama_tui.core.children import CANCELLED, cut_scopes, leaves, why_to_end
from oyama_tui.core.definition.expressions import ExpressionError
from oyama_tui.core.definition.step import WaitStep
from oyama_tui.core.evolve import evolve
from oyama_tui.core.evolve.joins import NOT_NEEDED
from oyama_tui.core.evolve.settling import tolerated
from oyama_tui.core.evolve.steps import asks_to_rerun
from oyama_tui.core.finish_plan import end_run, handler_settled, settled_end, undone_end
from oyama_tui.core.gate_plan import ask_to_rerun, open_gate
from oyama_tui.core.names import named
from oyama_tui.core.orders import order_of
from oyama_tui.core.rendering import condition_holds, run_outputs
from oyama_tui.core.scope import NodeState, is_within
from oyama_tui.core.state import RunState, Undo
from oyama_tui.core.statuses import MAX_INTERRUPTIONS, RunStatus, StepStatus
from oyama_tui.core.undo_plan import failing, undo_itself, undo_settled
from oyama_tui.core.wait_plan import begin_wait, resumed, wait_over

_ORDER: Final = attrgetter("order")


def advance(state: RunState, ahead: int = 0, leap: int = 0) -> list[e.Event]:
    """Plan and fold until nothing more follows by itself.

    Args:
        state: Evolved in place.
        ahead: Milliseconds by which the run's time is ahead of the wall clock.
        leap: Milliseconds by which the clock was set forward before what is planned now.

    Returns:
        The new events, in order; the scheduling ones among them are orders.
    """
    planned: list[e.Event] = []
    while following := plan(state, ahead):
        if leap and not planned:
            following[0] = following[0].model_copy(update={"leap": leap})
        for event in following:
            evolve(state, event)
        planned += following
    return planned


def plan(state: RunState, ahead: int = 0) -> list[e.Event]:
    """What follows next by itself, one round of it; changes nothing.

    Costs as much as what has changed, however many steps the run has.

    Args:
        state: The run.
        ahead: Milliseconds by which the run's time is ahead of the wall clock, to which deadlines belong.
    """
    if state.status not in (RunStatus.RUNNING, RunStatus.PAUSED):
        return []
    if state.finishing is not None:
        following = _finishing(state, ahead)
        return within_limit(state, following) if state.place else following
    if state.undo is not None:
        following = _undoing(state, state.undo, ahead)
        return within_limit(state, following) if state.place else following
    if state.undone is not None:
        return [end_run(state, undone_end(state))]
    if state.cancel is not None:
        return _cancelling(state, state.cancel)
    due = _winding_down(state) or _pending_followups(state) or _going_back(state)
    if due:
        return due
    if state.ending is None:
        if state.pause is not None or state.status is RunStatus.PAUSED:
            return _pausing(state)
        if state.repeatedly_interrupted:
            return [_park(state)]
        if state.place == "queued":
            return []
    following = _blocks_moved(state) or _released(state, ahead) or _ending(state)
    return within_limit(state, following) if state.place else following


def _undoing(state: RunState, undo: Undo, ahead: int) -> list[e.Event]:
    """What follows while a run is undone: the end of what was under way, what undoes steps, and then where the run is after that."""
    due = _winding_down(state) or _pending_followups(state) or _blocks_moved(state)
    if due or state.root.busy:
        return due
    if state.pause is not None or state.status is RunStatus.PAUSED:
        return _pausing(state)
    if state.repeatedly_interrupted:
        return [_park(state)]
    if state.place == "queued":
        return []
    released = _released(state, ahead)
    return released if released or undo.scope.busy else [undo_settled(state, undo)]


def _park(state: RunState) -> e.PauseRequested:
    """Let a run rest in which a step was cut off again and again."""
    name = in_order(state.repeatedly_interrupted)[0].spec.step.label
    return e.PauseRequested(at=state.at, by=e.SYSTEM, reason=f"{name} was interrupted {MAX_INTERRUPTIONS} times in a row")


def _finishing(state: RunState, ahead: int) -> list[e.Event]:
    """What follows in the handlers of a run, and after them."""
    handler = state.handler
    if handler is None:
        return [end_run(state, settled_end(state))]
    if state.handlers_cut:
        ended, name = end_open_work(state, CANCELLED, state.at), next(reversed(state.handled))
        return ended if _awaits_children(state) else [*ended, e.HandlerSettled(at=state.at, handler=name, status="cancelled")]
    due = _winding_down(state) or _pending_followups(state) or _going_back(state) or _blocks_moved(state) or _released(state, ahead)
    return due or ([] if handler.busy else [handler_settled(state)])


def _released(state: RunState, ahead: int) -> list[e.Event]:
    """What becomes of the nodes whose needs are met, up to the first that may change what becomes of the others.

    So it does not matter where a journal was cut: what is planned after each prefix of these events is the rest of them.
    """
    if not state.ready:
        return []
    released: list[e.Event] = []
    met: dict[NodeState, int] = {}
    for node in in_order(state.ready):
        wanted = wanted_before(state, node)
        if wanted is not None:
            step = node.spec.step
            pause = e.PauseRequested(at=state.at, by=wanted, reason=f"before {step.label}", step=step.id)
            return released or [pause]
        event = _release(state, node, ahead)
        released.append(event)
        if isinstance(event, e.StepSuspended) and state.kept_events.get(event.waits_for):
            # What it waits for is there already, so that it goes on before anything else begins.
            break
        if isinstance(event, e.StepScheduled | e.StepSuspended):
            continue
        if node.scope.body.max_parallel is not None:
            break
        if isinstance(event, e.ApprovalRequested):
            continue
        waiting = [node.scope.nodes[index] for index in node.spec.dependents]
        for dependent in waiting:
            met[dependent] = met.get(dependent, 0) + 1
        frees = any(dependent.unmet <= met[dependent] or dependent.spec.join is not None for dependent in waiting)
        # A failure may end the scope, or send it back so that what is ready now is not ready any more.
        if frees or node.spec.bodies or node.scope.opener is not None or isinstance(event, e.StepFailed):
            break
    return released


def _blocks_moved(state: RunState) -> list[e.Event]:
    """What follows in blocks from what is over in them, one event at a time, because each may change what becomes of the others."""
    if not state.blocks_due and not state.scopes_over:
        return []
    if state.scopes_over:
        return [settle_scope(state, min(state.scopes_over, key=lambda scope: scope.order))]
    return next(([moved] for node in in_order(state.blocks_due) if (moved := move_block(state, node)) is not None), [])


def in_order(nodes: Iterable[NodeState]) -> list[NodeState]:
    """Nodes in the order of the definition, along their paths."""
    return sorted(nodes, key=_ORDER)


def end_open_work(state: RunState, why: str, at: int) -> list[e.Event]:
    """Events that end everything which runs, rests or asks; runs of steps end by themselves, and the blocks around them after them."""
    left = {node for node in state.children if leaves(node)}
    busy = in_order((set(state.running) | state.retrying | state.waits | state.woken.keys() | left) - state.blocks)
    ended: list[e.Event] = [_cancelled(node, at, why) for node in busy]
    ended += [withdrawn(state, approval, why, at) for approval in state.open]
    if len(left) < len(state.children):
        return ended
    blocks = sorted(state.blocks, key=lambda node: (-len(node.order), node.order))
    return [*ended, *(_cancelled(node, at, why) for node in blocks)]


def _cancelling(state: RunState, cancel: e.CancelRequested) -> list[e.Event]:
    """What ends a run that is cancelled, and its end as soon as no run of its steps is left that is to end with it."""
    ended = end_open_work(state, CANCELLED, state.at)
    if _awaits_children(state):
        return ended
    return [*ended, end_run(state, e.RunCancelled(at=state.at, by=cancel.by, reason=cancel.reason))]


def _awaits_children(state: RunState) -> bool:
    """Whether a run that ends everything is not over yet, because runs of its steps end with it."""
    return any(not leaves(node) for node in state.children)


def withdrawn(state: RunState, approval_id: str, why: str, at: int) -> e.ApprovalCancelled:
    """That an open question is asked no more.

    Args:
        state: The run.
        approval_id: The question.
        why: The reason, for people.
        at: When, in milliseconds since 1970 UTC.
    """
    approval = state.approvals[approval_id]
    node = approval.node.key if approval.cut else ""
    return e.ApprovalCancelled(at=at, id=approval_id, why=why, node=node, cut=approval.cut)


def _cancelled(node: NodeState, at: int, why: str) -> e.StepCancelled:
    return e.StepCancelled(at=at, **named(node), attempt=node.attempt, why=why)


def _winding_down(state: RunState) -> list[e.Event]:
    """End what is to end before its time in scopes that come to their end: all of it, or what only rests or asks."""
    if unneeded := [node for node in state.unneeded if node not in state.children or leaves(node)]:
        return _ended(state, unneeded, NOT_NEEDED)
    ending = state.scopes_ending
    if not ending:
        return []
    cut = cut_scopes(state)
    ended = [node for node in (*state.retrying, *state.waits, *state.woken) if is_within(node, ending)]
    ended += [node for node in state.running if is_within(node, cut)] if cut else []
    ended += [node for node in state.children if leaves(node) and is_within(node, cut)] if cut else []
    asked = [key for key in state.open if is_within(state.approvals[key].node, ending)]
    why = why_to_end(state)
    closed: list[e.Event] = [withdrawn(state, key, why, state.at) for key in asked]
    return [*(_cancelled(node, state.at, why) for node in in_order(ended)), *closed]


def _ended(state: RunState, nodes: Iterable[NodeState], why: str) -> list[e.Event]:
    """Events that end nodes under way: their attempts and pauses, or the questions that they ask."""
    asked = {state.approvals[key].node: key for key in state.open}
    return [withdrawn(state, asked[node], why, state.at) if node in asked else _cancelled(node, state.at, why) for node in in_order(nodes)]


def _going_back(state: RunState) -> list[e.Event]:
    """Begin steps anew once nothing of them is under way: what rests or asks is ended, what runs is waited for."""
    if not state.going_back:
        return []
    for scope in sorted(state.going_back, key=lambda scope: scope.order):
        nodes = [scope.nodes[index] for index in sorted({index for going in scope.going_back for index in going.closure})]
        resting = [node for node in nodes if node.status in (StepStatus.RETRYING, StepStatus.WAITING)]
        if resting:
            return _ended(state, resting, BEGINS_ANEW)
        if any(node.status is StepStatus.RUNNING for node in nodes):
            continue
        first = scope.going_back[0]
        return [
            e.StepsReopened(
                at=state.at,
                nodes=tuple(node.key for node in nodes if node.status is not StepStatus.PENDING),
                source=first.source.key,
                why=first.why,
                by=first.by,
                feedback="\n\n".join(going.feedback for going in scope.going_back if going.feedback),
            )
        ]
    return []


def _pending_followups(state: RunState) -> list[e.Event]:
    """Follow-up events still owed to the last event."""
    if not (state.voted or state.retry_unplanned or state.matched or state.fired or state.woken):
        return []
    due: list[e.Event] = []
    for approval_id in sorted(state.voted):
        vote = state.approvals[approval_id].vote
        assert vote is not None
        due.append(decision_of(state.approvals[approval_id], vote, max(vote.at, state.at)))
    for node in in_order(state.retry_unplanned):
        pause = pause_before(retry_policy(state, node), node.failures, f"{state.run_id}/{node.key}/{node.attempt}")
        due.append(e.RetryScheduled(at=state.at, node=node.key, attempt=node.attempt + 1, due=state.at + max(pause, node.retry_after)))
    due += [resumed(state, node) for node in in_order(state.matched)]
    due += [wait_over(state, node) for node in in_order(state.fired | state.woken.keys())]
    return due


def _pausing(state: RunState) -> list[e.Event]:
    if state.status is RunStatus.PAUSED:
        return []
    if not state.running:
        return [e.RunPaused(at=state.at)]
    if state.pause is not None and state.pause.mode == "now":
        return [
            e.StepInterrupted(at=state.at, node=node.key, attempt=node.attempt, why="paused", asks=asks_to_rerun(node))
            for node in in_order(state.running)
        ]
    return []


def _ending(state: RunState) -> list[e.Event]:
    """The end, once nothing runs, rests, waits or asks."""
    root = state.root
    if root.busy:
        return []
    error = root.ending.error if root.ending is not None else root.error
    if error is not None:
        return [undo_itself(state, error) or end_run(state, failing(state, error))]
    try:
        return [end_run(state, e.RunCompleted(at=state.at, outputs=dict(run_outputs(state))))]
    except ExpressionError as wrong:
        error = e.RunError(kind="expression", message=f"outputs of the workflow: {wrong}")
        return [end_run(state, e.RunFailed(at=state.at, error=error))]


def _release(state: RunState, node: NodeState, ahead: int) -> e.Event:
    """What becomes of a node whose needs are met."""
    try:
        if node.unneeded:
            begun = node.attempt or node.openings
            return _cancelled(node, state.at, NOT_NEEDED) if begun else e.StepSkipped(at=state.at, **named(node), why=NOT_NEEDED)
        if node.cut:
            return ask_to_rerun(state, node)
        if skipped := _skip(state, node):
            return skipped
        if node.spec.role == "gate":
            return open_gate(state, node, ahead)
        return open_block(state, node) if node.spec.bodies else _schedule(state, node)
    except ExpressionError as wrong:
        return e.StepFailed(at=state.at, **named(node), attempt=node.attempt + 1, kind="expression", message=str(wrong))


def _skip(state: RunState, node: NodeState) -> e.StepSkipped | None:
    if node.attempt or node.openings:
        return None
    spec = node.spec
    gate = node.own_gate
    if gate is not None:
        if gate.status is StepStatus.COMPLETED:
            return None
        if gate.status is StepStatus.REJECTED:
            return e.StepSkipped(at=state.at, **named(node), why="its gate was rejected", cause="rejected")
        why = "its gate failed" if gate.status is StepStatus.FAILED else "its gate was skipped"
        upstream = node.blocked or (gate.status is StepStatus.FAILED and not tolerated(node))
        return e.StepSkipped(at=state.at, **named(node), why=why, cause="upstream" if upstream else "condition")
    if node.blocked and spec.step.if_ not in ("always", "failure"):
        return e.StepSkipped(at=state.at, **named(node), why=_blocker(node), cause="upstream")
    if not condition_holds(state, node):
        return e.StepSkipped(at=state.at, **named(node), why=f"if: {spec.step.if_}")
    return None


def _blocker(node: NodeState) -> str:
    """Say which need keeps a node from running."""
    if node.spec.join is not None:
        return f"of the steps that it needs, {node.succeeded_needs} of {node.spec.join} succeeded"
    needs = (node.scope.nodes[index] for index in node.spec.needs)
    blocker = next((need for need in needs if _blocks(need)), None)
    if blocker is None:
        return "a step before it failed"
    return f"{blocker.spec.step.label} {'failed' if blocker.status is StepStatus.FAILED else 'was skipped'}"


def _blocks(node: NodeState) -> bool:
    """Whether what depends on this settled node is skipped."""
    if node.status is StepStatus.COMPLETED:
        return False
    if node.blocked or tolerated(node):
        return node.blocked
    gate = node.own_gate
    return StepStatus.FAILED in (node.status, gate.status if gate is not None else None)


def _schedule(state: RunState, node: NodeState) -> e.StepScheduled | e.StepSuspended:
    attempt, step = node.attempt + 1, node.spec.step
    if isinstance(step, WaitStep):
        return begin_wait(state, node, step.wait)
    limits = state.graph.timeout_of(node.spec)
    left = None if limits.total is None else max(1, limits.total - (state.at - node.first_at if node.first_at else node.spent))
    timeout = min((limit for limit in (limits.attempt, left) if limit is not None), default=None)
    return e.StepScheduled(at=state.at, **named(node), attempt=attempt, input=order_of(state, node), timeout=timeout)
