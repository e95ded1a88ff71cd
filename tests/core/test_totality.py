"""Every command in every state is answered or refused, and every event is folded or refused, each without a trace where refused."""

from __future__ import annotations

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.decide import decide
from oyama_tui.core.definition import Workflow
from oyama_tui.core.errors import CorruptJournal, InvalidInput, NotFound, Refused
from oyama_tui.core.evolve import evolve, fold
from oyama_tui.core.state import RunState, new_state
from oyama_tui.core.statuses import RUN_TABLE, RunStatus
from oyama_tui.core.summary import summarise
from tests.core.commanded import Chance, picture
from tests.core.generated import workflows
from tests.core.play import EVENT, Play
from tests.core.world import Fated

BOUNDED = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
SEEDS = st.integers(0, 2**32)


def tried(run: Play, command: c.Command) -> None:
    """Decide a command: its events can be written and folded, and a refusal leaves no trace."""
    before = picture(run.state)
    try:
        events = decide(run.state, command)
    except (Refused, InvalidInput, NotFound):
        events = []
    assert picture(run.state) == before
    for event in events:
        assert EVENT.validate_json(EVENT.dump_json(event)) == event
    if isinstance(command, c.PersonCommand):
        assert not [event for event in events if isinstance(event, e.ENGINE_ONLY)]
    # What an engine relies on that lets a waiting run rest unread: these stand last only in what a whole turn has appended.
    assert not [event for event in events if isinstance(event, e.ApprovalRequested | e.PlaceReleased)]
    run.fold(events)


def move(run: Fated) -> None:
    """Let the world make its next move, if it has one."""
    moves = [] if run.state.status.ended else run.ranked()
    if moves:
        run.at = max(run.at, run.state.at) + 1
        min(moves, key=lambda possible: possible[:2])[2]()


@settings(BOUNDED, max_examples=150)
@given(workflows(limited=True), SEEDS)
def test_every_command_in_every_state_is_answered_or_refused(workflow: Workflow, seed: int) -> None:
    run, chance = Fated(workflow, seed=seed), Chance(seed)
    for turn in range(20):
        for _ in range(chance.one([0, 1, 2, 6])):
            command = chance.command(run.state)
            note(repr(command))
            tried(run, command)
            if chance.one([True, False]):
                run.plan()
        if turn and not run.journal:
            run.start()
        run.plan()
        summarise(run.state)
        move(run)
    again = fold(new_state(run.run_id, run.graph, 1), run.journal)
    assert picture(again, timers=False) == picture(run.state, timers=False)


def refold(run: Play, length: int) -> RunState:
    return fold(new_state(run.run_id, run.graph, 1), run.journal[:length])


@settings(BOUNDED, max_examples=150)
@given(workflows(limited=True), SEEDS)
def test_an_event_that_is_not_allowed_leaves_no_trace(workflow: Workflow, seed: int) -> None:
    run, chance = Fated(workflow, seed=seed), Chance(seed)
    run.start()
    run.live()
    for _ in range(3):
        cut = chance.random.randrange(len(run.journal) + 1)
        state = refold(run, cut)
        for _ in range(15):
            event = chance.event(state)
            before, status = picture(state), state.status
            try:
                evolve(state, event)
            except CorruptJournal:
                assert picture(state) == before
                continue
            note(repr(event))
            taken_up = isinstance(event, e.StepsRestarted) and status is not RunStatus.COMPLETED
            assert not status.ended or taken_up or isinstance(event, e.UndoStarted)
            assert status is not RunStatus.PENDING or isinstance(event, e.RunStarted)
            assert state.seq == cut + 1
            assert state.status is status or state.status in RUN_TABLE[status, type(event)]
            state = refold(run, cut)
