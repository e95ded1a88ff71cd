"""In which order things may happen, whatever the world does: needs first, nothing twice, and an end for every run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.decide import decide
from oyama_tui.core.definition import Workflow
from oyama_tui.core.errors import Refused
from oyama_tui.core.evolve import evolve
from oyama_tui.core.plan import plan
from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import RunState, new_state
from oyama_tui.core.statuses import RunStatus, StepStatus
from tests.core.generated import workflows
from tests.core.play import ANA, Play
from tests.core.world import Fated

BOUNDED = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
SEEDS = st.integers(0, 2**32)
ORDERS = (e.StepScheduled, e.StepSuspended, e.ApprovalRequested, e.GatePassed, e.StepSkipped, e.RetryScheduled)
BEGINNINGS = (e.StepScheduled, e.StepSuspended, e.ApprovalRequested)


def watched(state: RunState, events: Sequence[e.Event]) -> None:
    """Fold events, and check each before it is folded against what the state says of its node."""
    for event in events:
        if isinstance(event, ORDERS):
            node = state.nodes[event.node]
            assert not node.status.settled, f"{event.node} was over when {event.type} came"
            needs = [node.scope.nodes[need] for need in node.spec.needs]
            enough = node.spec.join is not None and (node.blocked or sum(need.succeeded for need in needs) >= node.spec.join)
            unmet = [] if enough else [need.key for need in needs if not need.status.settled]
            assert not unmet, f"{event.type} of {event.node} came before its needs were settled"
        if isinstance(event, BEGINNINGS):
            assert state.status is RunStatus.RUNNING, f"{event.type} came while the run was {state.status}"
            assert state.pause is None
            assert state.finishing is not None or state.undo is not None or (state.ending is None and state.cancel is None)
        evolve(state, event)


def counters_agree(state: RunState) -> None:
    """What is counted step by step is what counting from the beginning would give."""
    nodes = list(state.nodes.values())
    assert state.settled_steps <= state.total_steps
    if not any(spec.bodies for spec in state.graph.body.nodes):
        handled = [state.graph.handlers[name] for name in state.handled]
        if not any(spec.bodies for body in handled for spec in body.nodes):
            undoing = state.undo.scope if state.undo is not None else None
            over = [node for node in nodes if node.spec.represents_step and node.status.settled and node.scope is not undoing]
            total = sum(len(body.steps) for body in (state.graph.body, *handled))
            assert (state.settled_steps, state.total_steps) == (len(over), total)
    for node in nodes:
        scope = node.scope
        assert node.unmet == sum(not scope.nodes[need].status.settled for need in node.spec.needs)
        runs = node.status is StepStatus.RUNNING and node.block is None and node not in state.woken
        assert (node in state.running or node in state.children) == runs
        assert (node in state.blocks) == (node.block is not None and not node.status.settled)
        held = scope.holds_back(node.spec.index) or any(other is node for _, other in scope.in_turn)
        assert (node in state.ready) == (node.status is StepStatus.READY and scope.ending is None and not held)
        assert node.has_slot <= (node.status in (StepStatus.READY, StepStatus.RUNNING, StepStatus.WAITING, StepStatus.RETRYING))
        assert (node in state.retrying) == (node.status is StepStatus.RETRYING)
        listens = any(node in nodes for nodes in state.listening.values())
        assert (listens or node in state.matched) == bool(node.waits_for)
        asks = any(state.approvals[key].node is node for key in state.open)
        assert (node in state.waits or asks) == (node.status is StepStatus.WAITING)
    scopes = {node.scope for node in nodes}
    for scope in scopes:
        busy = sum(not node.status.settled and not idle(node) for node in scope.nodes)
        assert scope.busy == busy + len(scope.going_back)
        assert scope.slots == sum(node.has_slot for node in scope.nodes)
        assert scope.body.max_parallel is None or scope.slots <= scope.body.max_parallel
        assert not scope.in_turn or scope.slots == scope.body.max_parallel
    assert state.scopes_over <= scopes
    assert state.blocks_due <= state.blocks


def idle(node: NodeState) -> bool:
    """Nothing goes on with a node that has not begun, nor with one that was ready when its scope came to an end or was sent back."""
    ready_still = node.scope.ending is None and not node.scope.holds_back(node.spec.index)
    return node.status is StepStatus.PENDING or (node.status is StepStatus.READY and not ready_still)


@settings(BOUNDED, max_examples=150)
@given(workflows(limited=True), SEEDS, st.booleans())
def test_nothing_starts_before_its_needs_nor_after_its_end(workflow: Workflow, seed: int, pauses: bool) -> None:
    run = Fated(workflow, seed=seed, pauses=pauses)
    run.start()
    run.live()
    note("\n".join(event.model_dump_json(exclude_defaults=True) for event in run.journal))
    state = new_state(run.run_id, run.graph, 1)
    for event in run.journal:
        watched(state, [event])
        counters_agree(state)
    assert isinstance(run.journal[-1], e.ENDS)
    assert not [event for event in run.journal[:-1] if isinstance(event, e.ENDS)]
    assert not state.running
    assert not state.children
    assert not state.open
    assert not state.retrying
    assert not state.waits
    assert not [*state.listening, *state.matched, *state.woken]
    assert state.status is not RunStatus.COMPLETED or not (state.blocks or state.ready or state.scopes_over)


@settings(BOUNDED, max_examples=100)
@given(workflows(limited=True), SEEDS)
def test_a_run_that_rests_has_something_to_rest_for(workflow: Workflow, seed: int) -> None:
    run = Fated(workflow, seed=seed, pauses=True)
    run.start()
    while not run.state.status.ended:
        assert plan(run.state) == []
        rests = not run.state.idle or run.state.open or run.state.retrying or run.state.waits
        assert rests or run.state.status is RunStatus.PAUSED
        moves = run.ranked()
        run.at += 1
        min(moves, key=lambda move: move[:2])[2]()
        run.plan()


@settings(BOUNDED, max_examples=100)
@given(workflows(limited=True), SEEDS, st.sampled_from(["pause", "cancel", "pause, cancel"]))
def test_a_run_that_nobody_drives_is_paused_and_cancelled_to_the_end_at_once(workflow: Workflow, seed: int, wishes: str) -> None:
    run = Fated(workflow, seed=seed, pauses=True)
    run.start()
    steps = run.draw("steps")
    while steps and not run.state.status.ended:
        steps -= 1
        min(run.ranked(), key=lambda move: move[:2])[2]()
        run.plan()
        if run.state.idle and run.state.open and run.draw("stand", steps) < 30:
            break
    if not run.state.idle or run.state.status.ended:
        return
    for wish in wishes.split(", "):
        command = c.Pause(at=run.at, by=ANA) if wish == "pause" else c.Cancel(at=run.at, by=ANA)
        try:
            events = decide(run.state, command)
        except Refused:
            assert wish == "pause"
            continue
        assert not [event for event in events if isinstance(event, e.ENGINE_ONLY)]
        run.fold(events)
        if wish == "cancel" and (run.state.finishing is not None or run.graph.handlers.keys() & {"cancel", "exit"}):
            # Its handlers are for an engine.
            assert [type(event) for event in events] == [e.CancelRequested]
            return
        assert run.state.status is (RunStatus.PAUSED if wish == "pause" else RunStatus.CANCELLED)
        assert plan(run.state) == []


def rearranged(workflow: Workflow) -> Workflow:
    """The same workflow, with every map and every list of needs the other way round."""

    def turn(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return {name: turn(inner, name) for name, inner in reversed(value.items())}
        if isinstance(value, list):
            return [turn(inner) for inner in (reversed(value) if key == "needs" else value)]
        return value

    return Workflow.model_validate(turn(workflow.model_dump(mode="json", by_alias=True, exclude_defaults=True)))


def journal(workflow: Workflow, seed: int) -> list[object]:
    """What happens in a run of this workflow, without the name of its revision."""
    run = Fated(workflow, seed=seed)
    run.start()
    run.live()
    return [event.model_dump(mode="json", exclude={"revision"}) for event in run.journal]


@settings(BOUNDED, max_examples=100)
@given(workflows(limited=True), SEEDS)
def test_the_order_of_names_in_a_definition_does_not_count(workflow: Workflow, seed: int) -> None:
    assert journal(rearranged(workflow), seed) == journal(workflow, seed)


PROGRAM = """
import json, sys
from oyama_tui.core.definition import Workflow
from tests.core.test_order import journal
for text, seed in json.load(sys.stdin):
    print(json.dumps(journal(Workflow.model_validate_json(text), seed)))
"""


@settings(BOUNDED, max_examples=3)
@given(st.lists(st.tuples(workflows(limited=True, most=10), SEEDS), min_size=8, max_size=8))
def test_the_hash_seed_of_the_process_does_not_count(cases: list[tuple[Workflow, int]]) -> None:
    given_cases = json.dumps([(workflow.model_dump_json(by_alias=True, exclude_defaults=True), seed) for workflow, seed in cases])
    written = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=given_cases,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(written) == 1
    assert len(written.pop().splitlines()) == 8


def test_many_nodes_are_released_in_definition_order() -> None:
    names = [f"s{number}" for number in range(200)]
    run = Play(Workflow.model_validate({"id": "wide", "type": "parallel", "steps": [{"id": name, "run": "true"} for name in names]}))
    run.start()
    assert [event.node for event in run.journal if isinstance(event, e.StepScheduled)] == names


@pytest.mark.parametrize(("kind", "begun"), [("sequential", ["a"]), ("graph", ["a", "last"])])
def test_a_failure_that_ends_the_run_lets_nothing_begin_beside_it(kind: str, begun: list[str]) -> None:
    steps = [
        {"id": "a", "run": "true"},
        {"id": "broken", "run": "true", "if": "steps.a.outputs.absent == 1", "needs": ["a"]},
        {"id": "ask", "gate": {"title": "Go on?"}, "needs": ["a"]},
        {"id": "last", "run": "true", "needs": ["a"]},
    ]
    run = Play(Workflow.model_validate({"id": "beside", "type": kind, "steps": steps}))
    run.start()
    run.run()
    assert [event.node for event in run.journal if isinstance(event, e.StepScheduled)] == begun
    assert any(isinstance(event, e.ApprovalRequested) for event in run.journal) == (kind == "graph")
    assert run.state.status is RunStatus.FAILED
