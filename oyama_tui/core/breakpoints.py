"""Breakpoints: steps before which a person wants a run to pause, once each."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.approval_decisions import require_live
from oyama_tui.core.definition.going_back import Goto
from oyama_tui.core.definition.graph import Body
from oyama_tui.core.errors import IllegalTransition, NotFound
from oyama_tui.core.evolve.rounds import may_go_back
from oyama_tui.core.node_keys import MARKS
from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import StepStatus

_NAMED = 20
"""How many steps are named at the most."""


def wanted_before(state: RunState, node: NodeState) -> e.Principal | None:
    """Who wants the run to pause before this ready node; none when nobody does, and when nothing of its step begins now.

    The pause comes before the step's condition is looked at, so that what that sees can still be changed. A step that is left out for what
    came before it begins nothing: there is nothing to pause for.

    Args:
        state: The run.
        node: A node whose needs are met.
    """
    if not state.breakpoints or node.attempt or node.openings or node.unneeded:
        return None
    gate = node.own_gate
    if gate is not None and gate.status is not StepStatus.COMPLETED:
        return None
    if node.blocked and node.spec.step.if_ not in ("always", "failure"):
        return None
    return state.breakpoints.get(node.spec.step.id)


def set_breakpoints(state: RunState, command: c.Pause) -> list[e.Event]:
    """Have a run pause before some steps, all of them or none.

    Args:
        state: A live run.
        command: Who wants it, and before which steps.

    Raises:
        NotFound: There is no such step, or it is one of a handler.
        IllegalTransition: The run is ending, or a step has begun for the last time.
    """
    if state.cancel is not None or state.finishing is not None or state.ending is not None:
        raise IllegalTransition(f"Run {state.run_id} is ending, so it cannot be paused.")
    if command.mode == "now":
        raise IllegalTransition("A pause before a step interrupts nothing, so it cannot be one at once.", "Ask for one of the two.")
    for step in command.before:
        _require_step(state, step)
        if not _may_begin(state, step):
            raise IllegalTransition(
                f"{step} has begun already and does not begin again, so run {state.run_id} cannot pause before it.",
                "To have it begin once more when the run is over: oyama recover.",
            )
    new = [step for step in dict.fromkeys(command.before) if step not in state.breakpoints]
    return [e.BreakpointSet(at=command.at, step=step, by=command.by) for step in new]


def clear_breakpoints(state: RunState, command: c.ClearBreakpoints) -> list[e.Event]:
    """Have a run pause before some steps no more.

    Args:
        state: The run.
        command: Who wants it, and which steps; every one when none is named.

    Raises:
        IllegalTransition: The run has not begun or is over.
        NotFound: It is not to pause before such a step.
    """
    require_live(state, "no pause is wanted any more")
    unknown = [step for step in command.steps if step not in state.breakpoints]
    if unknown:
        known = ", ".join(list(state.breakpoints)[:_NAMED])
        hint = f"It is to pause before: {known}." if known else "It is to pause before no step."
        raise NotFound(f"Run {state.run_id} is not to pause before {unknown[0][:60]!r}.", hint)
    steps = tuple(dict.fromkeys(command.steps)) or tuple(state.breakpoints)
    return [e.BreakpointsCleared(at=command.at, steps=steps, by=command.by)] if steps else []


def _require_step(state: RunState, step: str) -> None:
    """Refuse what is no step, or none that a run can pause before."""
    known = state.graph.pausable
    if step in known:
        return
    name = step[:60]
    if any(spec.step.id == step for body in state.graph.handlers.values() for spec in body.all_nodes()):
        raise NotFound(f"{name} belongs to a handler, and a run does not pause at its end.", "Pause before a step of the workflow itself.")
    inner = MARKS.sub("", step[:200]).removesuffix(".gate").rpartition(".")[2]
    if inner in known:
        hint = f"A pause is before all that {inner} is: name the step alone, {inner}."
    else:
        close = get_close_matches(step[:100], known, n=1)
        in_order = dict.fromkeys(spec.step.id for spec in state.graph.body.all_nodes())
        hint = f"Did you mean {close[0]}?" if close else f"Its steps: {', '.join(list(in_order)[:_NAMED])}"
    raise NotFound(f"{state.graph.workflow.id} has no step {name!r} before which a run could pause.", hint)


def _may_begin(state: RunState, step: str) -> bool:
    """Whether a step may still begin by itself: in a block as long as that is not over, and where something leads back to it."""
    root = state.root
    place = next(spec.index for spec in root.body.nodes if spec.represents_step and (spec.step.id == step or _holds(step, spec.bodies)))
    node = root.nodes[place]
    begun = node.spec.step.id == step and (node.attempt > 0 or node.openings > 0)
    if not (node.status.settled or begun):
        return True
    return any(place in root.body.depending_on(root.body.steps[goto.goto]) for goto in _ways_back(state))


def _holds(step: str, bodies: tuple[Body, ...]) -> bool:
    """Whether a step stands somewhere in these bodies."""
    return any(spec.step.id == step for body in bodies for spec in body.all_nodes())


def _ways_back(state: RunState) -> Iterator[Goto]:
    """Where what is not over outside of blocks may still send the run back to."""
    for node in state.root.nodes:
        if node.status.settled:
            continue
        gate = node.spec.step.question
        ways = (node.spec.step.on_failure, *(gate.ways if gate is not None else ()))
        yield from (way for way in ways if isinstance(way, Goto) and may_go_back(node, way))
