"""How a node comes to rest, and what that releases."""

from __future__ import annotations

from oyama_tui.core import events as e
from oyama_tui.core.state import Ending, RunState, StepStatus


def leave(state: RunState, index: int) -> None:
    """Take a node out of every collection that says what it is doing."""
    state.ready.discard(index)
    state.running.pop(index, None)
    state.retrying.discard(index)
    state.retry_unplanned.discard(index)
    state.waits.discard(index)
    state.fired.discard(index)
    state.nodes[index].due = None


def make_ready(state: RunState, index: int) -> None:
    """Bring a node to where plan looks at it."""
    leave(state, index)
    state.nodes[index].status = StepStatus.READY
    state.ready.add(index)


def settle(state: RunState, index: int, status: StepStatus, *, blocks: bool = False) -> None:
    """End a node and release what waited for it."""
    leave(state, index)
    spec, node = state.graph.nodes[index], state.nodes[index]
    node.status = status
    node.evidence = None
    node.given = None
    if spec.role == "action" and spec.step.gate is not None:
        state.nodes[index - 1].order = None
    if spec.represents_step:
        state.settled_steps += 1
        state.completed_steps += status is StepStatus.COMPLETED
        state.last_action[index] = ran_up_to(state, index)
    for dependent in spec.dependents:
        waiting = state.nodes[dependent]
        waiting.unmet -= 1
        waiting.blocked |= blocks
        if waiting.unmet == 0:
            waiting.status = StepStatus.READY
            state.ready.add(dependent)


def ran_up_to(state: RunState, index: int) -> int:
    """The nearest node up to this one, in definition order, that did something: -1 when there is none."""
    spec = state.graph.nodes[index]
    if state.nodes[index].status is not StepStatus.SKIPPED and (
        spec.role == "action" or state.nodes[index].status is not StepStatus.COMPLETED
    ):
        return index
    own_gate = spec.role == "action" and index > 0 and state.graph.nodes[index - 1].step is spec.step
    if own_gate and state.nodes[index - 1].status in (StepStatus.FAILED, StepStatus.REJECTED):
        return index - 1
    before = index - 2 if own_gate else index - 1
    return state.last_action.get(before, -1)


def tolerated(state: RunState, index: int) -> bool:
    """Whether a failure of this node's step counts as if it had succeeded."""
    return state.graph.nodes[index].step.on_failure == "continue"


def stops(state: RunState, index: int) -> bool:
    """Whether a failure of this node ends the run."""
    workflow = state.graph.workflow
    return (workflow.fail_fast or workflow.type == "sequential") and not tolerated(state, index)


def stop(state: RunState, error: e.RunError, *, cancel_running: bool = False) -> None:
    """Bring the run to its end; the first reason counts, and what is to be ended stays so."""
    if state.stop is None:
        state.stop = Ending(error, cancel_running)
    elif cancel_running:
        state.stop = Ending(state.stop.error, cancel_running)


def fail(state: RunState, index: int, error: e.RunError) -> None:
    """Settle a node as failed, and stop the run where its type's rules say so."""
    workflow = state.graph.workflow
    spared = tolerated(state, index)
    settle(state, index, StepStatus.FAILED, blocks=not spared and workflow.type in ("graph", "parallel"))
    if spared:
        return
    state.failed_steps += 1
    state.error = state.error or error
    if stops(state, index):
        stop(state, error, cancel_running=workflow.fail_fast)


def make_up_for_failures(state: RunState, index: int) -> None:
    """Forget the failures before a step of a conditional workflow that is there for them and has succeeded."""
    if state.graph.workflow.type == "conditional" and state.graph.nodes[index].step.if_ == "failure":
        state.failed_steps = 0
        state.error = None
