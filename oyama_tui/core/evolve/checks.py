"""What every fold checks before it changes anything."""

from __future__ import annotations

from typing import Any, TypeVar

from oyama_tui.core import events as e
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import RUN_TABLE, STEP_TABLE, RunStatus, StepStatus

StatusT = TypeVar("StatusT")


def corrupt(state: RunState, event: e.Event, why: str) -> CorruptJournal:
    """What to raise about an event that cannot be.

    Args:
        state: Before it.
        event: The event.
        why: The rest of a sentence that begins with the event.
    """
    return CorruptJournal(f"Run {state.run_id}: event {state.seq + 1} ({event.type}) {why}.")


def allowed(state: RunState, event: e.Event, targets: tuple[StatusT, ...] | None, now: Any, wanted: StatusT | None = None) -> StatusT:
    """Check that a table allows the step to the wanted status; returns that status."""
    if not targets or (wanted is not None and wanted not in targets):
        raise corrupt(state, event, f"is not possible while {now}")
    return targets[0] if wanted is None else wanted


def run_status(state: RunState, event: e.Event, wanted: RunStatus | None = None) -> RunStatus:
    """Check that the event may follow now; returns the run's next status."""
    return allowed(state, event, RUN_TABLE.get((state.status, type(event))), f"the run is {state.status}", wanted)


def live(state: RunState, event: e.Event) -> None:
    """Check that the run has started and is not over."""
    if state.status not in (RunStatus.RUNNING, RunStatus.PAUSED):
        raise corrupt(state, event, f"is not possible while the run is {state.status}")


def find_node(state: RunState, event: e.Event, key: str, wanted: StepStatus) -> NodeState:
    """Find a node and check that the event may bring it to the wanted status."""
    node = state.nodes.get(key)
    if node is None or state.status not in (RunStatus.RUNNING, RunStatus.PAUSED):
        raise corrupt(state, event, f"names {key!r}, which is not in the run or cannot move now")
    targets = STEP_TABLE.get((node.status, type(event)))
    if not targets or wanted not in targets:
        raise corrupt(state, event, f"is not possible while {key} is {node.status}")
    return node


def same_attempt(state: RunState, node: NodeState, event: e.StepSucceeded | e.StepFailed | e.StepInterrupted) -> None:
    """Check that the event is about the newest attempt."""
    if node.attempt != event.attempt:
        raise corrupt(state, event, f"is about attempt {event.attempt} of {event.node}, not {node.attempt}")
