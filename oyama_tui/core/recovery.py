"""Recovering: how a person's wish to take up a run anew, or steps of it, is answered; and what it would do, before it is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.approval_decisions import require_storable
from oyama_tui.core.definition.gate import Gate
from oyama_tui.core.effects import would_repeat
from oyama_tui.core.errors import IllegalTransition, InvalidInput, NotAllowed, NotFound
from oyama_tui.core.evolve.recovery import (
    Restart,
    Unfinished,
    busy_among,
    following_key,
    may_be_taken_up,
    restart_of,
    unfinished_work,
    waits_for_others,
)
from oyama_tui.core.evolve.settling import outermost
from oyama_tui.core.evolve.undo import is_stopped
from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.views.plans import RecoverPlan, RecoverStep, Recovery

MOST_ATTEMPTS: Final = 1000
LONGEST_DELAY: Final = 30 * 24 * 3_600_000
"""Milliseconds."""


def recover(state: RunState, command: c.Recover) -> list[e.Event]:
    """Answer the wish with one event: that the run goes on and what begins anew are one fact.

    Args:
        state: The run; not changed.
        command: The wish.

    Raises:
        IllegalTransition: The run goes on, has completed, or what is to begin anew is under way.
        NotFound: No such step failed.
        NotAllowed: Somebody who is no person says what became of a step.
        InvalidInput: A number or a value does not fit.
    """
    if _is_parked(state) and not command.supplied and not command.steps:
        _check_seen(state, command)
        return [e.RunResumed(at=command.at, by=command.by)]
    _check(state, command)
    restart, supplied = _wanted(state, command)
    return [
        e.StepsRestarted(
            at=command.at,
            by=command.by,
            why=command.why,
            nodes=tuple(node.key for node in restart.nodes),
            blocks=tuple(node.key for node in restart.blocks),
            scopes=tuple(e.RestartedScope(block=scope.opener.key, index=scope.index) for scope in restart.scopes if scope.opener),
            supplied=tuple(supplied),
            attempts=command.attempts,
            delay=command.delay,
        )
    ]


def recover_plan(state: RunState, command: c.Recover) -> RecoverPlan:
    """What the same wish would do.

    Args:
        state: The run; not changed.
        command: The wish.

    Raises:
        Refused: As `recover` does.
    """
    if _is_parked(state) and not command.supplied and not command.steps:
        return RecoverPlan(resumes=True, steps=tuple(_parked_steps(state)), seq=state.seq)
    _check(state, command)
    restart, supplied = _wanted(state, command)
    said = {one.node: one for one in supplied}
    rows = [_row(state, node, said.get(following_key(node))) for node in restart.nodes]
    blocks = [RecoverStep(node=node.key, label=node.spec.step.label, does="goes_on", was=str(node.status)) for node in restart.blocks]
    order = {node.key: node.order for node in (*restart.nodes, *restart.blocks)}
    return RecoverPlan(resumes=False, steps=tuple(sorted((*rows, *blocks), key=lambda row: order[row.node])), seq=state.seq)


def _row(state: RunState, node: NodeState, supplied: e.Supplied | None) -> RecoverStep:
    does: Recovery = "again"
    if supplied is not None:
        does = supplied.outcome
    elif node.spec.role == "gate" or isinstance(node.spec.gate, Gate):
        does = "asks"
    return RecoverStep(
        node=node.key, label=node.spec.step.label, does=does, was=str(node.status), permanent=does == "again" and would_repeat(state, node)
    )


def _is_parked(state: RunState) -> bool:
    """Whether the run rests because a step was interrupted again and again."""
    return state.status is RunStatus.PAUSED and bool(state.repeatedly_interrupted)


def _parked_steps(state: RunState) -> Iterator[RecoverStep]:
    for node in sorted(state.repeatedly_interrupted, key=lambda node: node.order):
        yield RecoverStep(node=node.key, label=node.spec.step.label, does="again", was="interrupted", permanent=would_repeat(state, node))


def _check_seen(state: RunState, command: c.Recover) -> None:
    if command.seen is not None and command.seen != state.seq:
        raise IllegalTransition(
            f"Run {state.run_id} has moved on since the plan was shown, from event {command.seen} to {state.seq}.",
            "Nothing was done; look at the plan again.",
        )


def _check(state: RunState, command: c.Recover) -> None:
    _check_seen(state, command)
    if state.status is RunStatus.PENDING:
        raise IllegalTransition(f"Run {state.run_id} has not started, so there is nothing to recover.")
    if state.status is RunStatus.UNDONE:
        raise IllegalTransition(f"Run {state.run_id} is undone, so nothing of it is to be recovered.", "Start it anew with `oyama run`.")
    if state.status is RunStatus.COMPLETED:
        raise IllegalTransition(
            f"Run {state.run_id} has completed, so nothing of it is to be recovered.",
            "Start it anew with `oyama run`.",
        )
    if state.undo is not None or state.undone is not None:
        _check_halted(state, command)
    elif not may_be_taken_up(state) and not command.again:
        raise IllegalTransition(
            f"Run {state.run_id} is not over, so there is nothing to recover.",
            f"`oyama show {state.run_id}` tells what it does; `--from STEP` has a step begin once more that is over.",
        )
    if not state.status.ended and not command.steps and state.undo is None:
        raise InvalidInput(f"Run {state.run_id} goes on, and no step is named that is to begin once more.")
    ends = state.cancel is not None or state.finishing is not None or (state.ending is not None and state.undo is None)
    if not state.status.ended and ends:
        raise IllegalTransition(f"Run {state.run_id} is ending, so nothing of it can begin once more.", "Recover it when it is over.")
    if command.supplied and command.by.kind != "human":
        raise NotAllowed(
            "Only a person can say what became of a step, and this process is none.", "A person says it, from a terminal of their own."
        )
    if command.attempts is not None and not 1 <= command.attempts <= MOST_ATTEMPTS:
        raise InvalidInput(f"{command.attempts} is no number of attempts: it lies between 1 and {MOST_ATTEMPTS:,}.")
    if not 0 <= command.delay <= LONGEST_DELAY:
        raise InvalidInput("The pause before the attempts lies between 0 and 30 days.")
    require_storable("reason", command.why)
    for supply in command.supplied:
        require_storable(f"outputs of {supply.step}", supply.outputs)


def _check_halted(state: RunState, command: c.Recover) -> None:
    """Of a run that is being undone only that is taken up anew which could not be undone."""
    if not is_stopped(state) or state.status is not RunStatus.PAUSED:
        raise IllegalTransition(f"Run {state.run_id} is being undone, and nothing of that has failed.", "Wait until it is undone.")
    if command.again:
        raise IllegalTransition(f"Run {state.run_id} is being undone, so no step of it begins once more now.", "Wait until it is undone.")


def _wanted(state: RunState, command: c.Recover) -> tuple[Restart, list[e.Supplied]]:
    """What begins anew, and what of it needs no further try."""
    root = state.root if state.undo is None else state.undo.scope
    left = unfinished_work(root) if state.status.ended or state.undo is not None else Unfinished()
    over = [node for node in state.nodes.values() if node.status.settled and outermost(node.scope) is root] if command.again else []
    among = over if command.again else left.nodes
    nodes = [node for word in command.steps for node in _named(state, among, word, again=command.again)]
    supplied = [(supply, node) for supply in command.supplied for node in _named(state, left.nodes, supply.step, again=False)]
    if not command.steps:
        # What is only said to be over is not all that failed: the rest begins once more.
        nodes = left.nodes
    all_of_it = not command.steps
    restart = restart_of(
        dict.fromkeys((*nodes, *(node for _, node in supplied))), left.scopes if all_of_it else (), left.blocks if all_of_it else ()
    )
    busy = busy_among(state, restart)
    if busy is not None:
        raise IllegalTransition(
            f"{busy.spec.step.label} depends on it and is under way, so it cannot begin once more now.",
            f"Wait for it, or pause the run with `oyama pause {state.run_id} --now`.",
        )
    said = [one for supply, node in supplied for one in _supplied(node, supply)]
    begun = {following_key(node): node for node in restart.nodes}
    for one in said:
        if one.node not in begun or waits_for_others(restart, begun[one.node]):
            raise IllegalTransition(
                f"Nobody can say yet what became of {one.step}: something before it begins once more, or a block around it does.",
                "Take the run up without a word about it, or say what became of the other first.",
            )
    return restart, said


def _named(state: RunState, among: Iterable[NodeState], word: str, *, again: bool) -> list[NodeState]:
    """The nodes that a word means: a node by its key, or those of a step."""
    found = [node for node in among if word in (node.key, node.spec.step.id) and (node.spec.represents_step or not again)]
    if found:
        return found
    ids = ", ".join(dict.fromkeys(node.spec.step.id for node in among)) or "none"
    hint = f"{'Over are' if again else 'What failed'}: {ids}."
    if any(word in (node.key, node.spec.step.id) for node in state.nodes.values()):
        raise NotFound(f"{word} {'is not over' if again else 'did not fail'}.", hint)
    raise NotFound(f"Run {state.run_id} has no step {word[:60]!r} that could be meant.", hint)


def _supplied(node: NodeState, supply: c.Supply) -> Iterator[e.Supplied]:
    """What is said of a step: with its action the gate before it needs no answer any more."""
    spec, scope = node.spec, node.scope
    action = node
    if not spec.represents_step:
        # A rejected gate before an action: what is said is said of the step.
        action = next(other for other in scope.nodes if other.spec.own_gate == spec.index)
    if action.spec.role == "gate":
        raise IllegalTransition(
            f"{action.spec.step.label} is a question: nobody can say that it is over without an answer.", "Let it ask again."
        )
    gate = action.own_gate
    if gate is not None:
        yield e.Supplied(node=following_key(gate), step=gate.spec.step.id, step_kind=gate.spec.kind, outcome="skipped")
    yield e.Supplied(
        node=following_key(action), step=action.spec.step.id, step_kind=action.spec.kind, outcome=supply.outcome, outputs=supply.outputs
    )
