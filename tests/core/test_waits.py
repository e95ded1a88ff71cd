"""Waits for events that somebody sends, and for points in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.decide import decide
from oyama_tui.core.definition.kinds.wait import read_time
from oyama_tui.core.errors import CorruptJournal, IllegalTransition, InvalidInput, NotAllowed
from oyama_tui.core.evolve import evolve, fold
from oyama_tui.core.plan import plan
from oyama_tui.core.signal_decisions import MAX_KEPT, MAX_PAYLOAD
from oyama_tui.core.state import new_state
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.timers import next_deadline, next_length
from tests.core.play import ANA, Play, of_type, statuses, workflow
from tests.core.test_cost import Operations

AT = 1_700_000_000_000


def started(*steps: Mapping[str, object], **values: Any) -> Play:
    """A run of these steps, started."""
    run = Play(workflow(steps=list(steps), **values))
    run.start()
    return run


def waiting(id: str = "wait", event: str = "deployed", **wait: object) -> dict[str, object]:
    """A step that waits for an event."""
    return {"id": id, "wait": {"event": event, **wait}}


def send(run: Play, name: str = "deployed", payload: Any = None, *, key: str = "", by: e.Principal = ANA) -> list[e.Event]:
    """Send an event, and plan."""
    found = run.send(c.DeliverEvent(at=run.at, by=by, name=name, payload=payload, key=key))
    run.plan()
    return found


def test_an_event_ends_the_wait_and_is_its_result() -> None:
    run = started(waiting(), {"id": "after", "run": 'echo "${{ steps.wait.result.version }}"'}, outputs={"v": "${{ steps.wait.result }}"})
    assert statuses(run.state)["wait"] == "waiting"
    assert of_type(run.journal, e.StepSuspended)[0].waits_for == "deployed"
    send(run, payload={"version": "v2"})
    assert statuses(run.state) == {"wait": "completed", "after": "running"}
    (resumed,) = of_type(run.journal, e.StepResumed)
    received = run.journal[resumed.event - 1]
    assert isinstance(received, e.EventReceived)
    assert run.run().outputs == {"v": {"version": "v2"}}


def test_an_event_that_comes_early_is_kept_and_taken_once() -> None:
    run = started({"id": "first", "run": "x"}, waiting("a"), waiting("b"))
    send(run, payload=1)
    assert statuses(run.state)["a"] == "pending"
    run.moves()[0]()
    run.plan()
    assert statuses(run.state) == {"first": "completed", "a": "completed", "b": "waiting"}
    send(run, payload=2)
    assert run.state.status is RunStatus.COMPLETED
    assert [success.result for success in of_type(run.journal, e.StepSucceeded)][1:] == [1, 2]


def test_a_step_whose_event_is_there_already_goes_on_before_anything_else_begins() -> None:
    steps = ({"id": "first", "run": "x"}, {**waiting("a"), "needs": ["first"]}, {"id": "b", "run": "y", "needs": ["first"]})
    run = started(*steps, type="graph")
    send(run)
    run.moves()[0]()
    assert [event.type for event in plan(run.state)] == ["step_suspended"]
    run.plan()
    assert [event.type for event in run.journal[-4:]] == ["step_suspended", "step_resumed", "step_succeeded", "step_scheduled"]


def test_events_of_one_name_go_to_waits_in_the_order_of_the_definition() -> None:
    run = started(waiting("a"), waiting("b"), waiting("c"), type="parallel")
    for number in range(3):
        send(run, payload=number)
    assert [(done.node, done.result) for done in of_type(run.journal, e.StepSucceeded)] == [("a", 0), ("b", 1), ("c", 2)]


def test_only_an_event_that_matches_is_taken_and_others_are_kept() -> None:
    run = started(
        waiting("a", match="event.n == inputs.n"), waiting("b", match="event.n > 2"), inputs={"n": {"type": "integer", "default": 2}}
    )
    send(run, payload={"n": 3})
    send(run, payload={"other": 1})
    send(run, payload=None)
    assert statuses(run.state)["a"] == "waiting"
    send(run, payload={"n": 2})
    assert statuses(run.state) == {"a": "completed", "b": "completed"}
    assert [done.result for done in of_type(run.journal, e.StepSucceeded)] == [{"n": 2}, {"n": 3}]


def test_each_item_of_a_loop_waits_for_its_own_event() -> None:
    loop = {"id": "each", "for_each": {"items": ["web", "db"], "as": "host", "concurrency": 2}}
    run = started({**loop, "steps": [waiting("up", match="event.host == host")]})
    send(run, payload={"host": "db"})
    assert {key: str(node.status) for key, node in run.state.nodes.items() if key.endswith("up")} == {"each[0].up": "waiting"}
    send(run, payload={"host": "web"})
    assert run.state.status is RunStatus.COMPLETED


def test_a_wait_for_an_event_fails_when_its_time_is_over() -> None:
    run = started({**waiting(timeout="10m", match="event.ok"), "on_failure": "continue"}, {"id": "end", "run": "x"})
    send(run, payload={"ok": False})
    due, timer = next_length(run.state) or (0, "")
    assert (due, timer) == (run.at + 600_000, "wait")
    run.fire(due, timer)
    run.plan()
    (failed,) = of_type(run.journal, e.StepFailed)
    assert (failed.kind, failed.message) == ("timeout", "no event deployed that fits came within 10m")
    assert statuses(run.state)["end"] == "running"


def test_an_event_that_came_before_the_time_was_over_wins() -> None:
    run = started(waiting(timeout="10m"))
    run.send(c.DeliverEvent(at=run.at, by=ANA, name="deployed"))
    assert next_length(run.state) in (None, (run.state.working_since, ""))
    assert run.fire(run.at + 600_000, "wait") == []
    run.plan()
    assert run.state.status is RunStatus.COMPLETED


def test_the_same_key_is_the_same_event_for_ever() -> None:
    run = started(waiting("a"), waiting("b"))
    assert len(send(run, payload={"a": 1, "b": 2}, key="build 7")) == 1
    assert send(run, payload={"b": 2, "a": 1}, key="build 7") == []
    assert statuses(run.state) == {"a": "completed", "b": "waiting"}
    with pytest.raises(IllegalTransition, match="'build 7' already, with another payload"):
        send(run, payload={"a": 2}, key="build 7")
    with pytest.raises(IllegalTransition, match="'build 7' already, with the event deployed"):
        send(run, "other", key="build 7")
    send(run)
    assert run.state.status is RunStatus.COMPLETED
    assert send(run, payload={"a": 1, "b": 2}, key="build 7") == []


@pytest.mark.parametrize(
    ("at_end", "words"), [("completed", "is completed"), ("cancelled", "is cancelled"), ("pending", "has not started")]
)
def test_a_run_that_is_over_takes_no_event(at_end: str, words: str) -> None:
    run = Play(workflow(steps=[{"id": "a", "set": {"x": 1}}]))
    if at_end != "pending":
        run.start()
        run.send(c.Cancel(at=run.at, by=ANA)) if at_end == "cancelled" else run.run()
        run.plan()
    with pytest.raises(IllegalTransition, match=words):
        run.send(c.DeliverEvent(at=run.at, by=ANA, name="deployed"))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"name": "deploy done"}, "'deploy done' cannot be the name of an event"),
        ({"name": ""}, "cannot be the name of an event"),
        ({"name": "x" * 65}, "cannot be the name of an event"),
        ({"key": "x" * 201}, "at most 200 characters"),
        ({"key": "a\nb"}, "one line"),
        ({"payload": "x" * MAX_PAYLOAD}, "65,538 bytes of JSON, and at most 65,536"),
        ({"payload": ["\ud800"]}, "half a character"),
        ({"payload": {"a": float("nan")}}, "not finite"),
    ],
)
def test_what_cannot_be_an_event_is_refused(event: dict[str, Any], words: str) -> None:
    run = started(waiting())
    with pytest.raises(InvalidInput, match=words):
        run.send(c.DeliverEvent.model_validate({"at": run.at, "by": ANA, "name": "deployed", **event}))
    assert not of_type(run.journal, e.EventReceived)


def test_so_many_events_are_kept_and_no_more() -> None:
    run = started(waiting(match="event == 7"))
    for number in range(MAX_KEPT):
        run.send(c.DeliverEvent(at=run.at, by=ANA, name="other" if number % 2 else "deployed", payload=0))
    with pytest.raises(IllegalTransition, match="keeps 1,000 events"):
        run.send(c.DeliverEvent(at=run.at, by=ANA, name="deployed", payload=7))


def test_an_agent_may_send_and_a_step_only_to_its_own_run() -> None:
    run = started(waiting("a"), waiting("b"))
    send(run, by=e.Principal(name="bot", kind="agent", program="x"))
    with pytest.raises(NotAllowed):
        send(run, by=e.Principal(name="ana", kind="step", program="other-1"))
    send(run, by=e.Principal(name="ana", kind="step", program=run.run_id))
    assert run.state.status is RunStatus.COMPLETED


def test_events_come_through_while_the_run_is_paused_and_nothing_starts() -> None:
    run = started(waiting(), {"id": "after", "run": "x"})
    run.send(c.Pause(at=run.at, by=ANA))
    send(run)
    assert statuses(run.state) == {"wait": "completed", "after": "ready"}
    assert run.state.status is RunStatus.PAUSED


def test_an_event_for_a_wait_that_was_cut_off_goes_to_the_next_one() -> None:
    parallel = [{"id": "broken", "run": "x"}, waiting("gone")]
    block = {"id": "block", "parallel": parallel, "fail_fast": True, "on_failure": "continue"}
    run = Play(workflow(type="graph", steps=[block, {**waiting("other"), "needs": []}]))
    run.start()
    node = next(iter(run.state.running))
    failed = c.Outcome(node=node.key, attempt=1, status="failed", kind="exit")
    # Both come before an engine has looked.
    run.send(c.ReportOutcome(at=run.at, outcome=failed))
    run.send(c.DeliverEvent(at=run.at, by=ANA, name="deployed", payload=1))
    run.plan()
    assert [(done.node, done.result) for done in of_type(run.journal, e.StepSucceeded)] == [("other", 1)]
    assert run.state.status is RunStatus.COMPLETED


def test_a_journal_that_gives_an_event_to_another_wait_is_obeyed() -> None:
    run = started(waiting("a", match="event.n == 1"), waiting("b"), type="parallel")
    run.send(c.DeliverEvent(at=run.at, by=ANA, name="deployed", payload={"n": 1}))
    evolve(run.state, e.StepResumed(at=run.at, node="b", attempt=1, event=run.state.seq))
    assert [event.node for event in plan(run.state) if isinstance(event, e.StepSucceeded)] == ["b"]
    assert run.state.listening == {"deployed": [run.state.nodes["a"]]}
    with pytest.raises(CorruptJournal, match="does not wait for, or that is gone"):
        evolve(run.state, e.StepResumed(at=run.at, node="a", attempt=1, event=run.state.seq - 1))


def test_an_event_and_a_wait_are_looked_at_together_once() -> None:
    run = started(*(waiting(f"w{number}", match=f"event == {number}") for number in range(200)), type="parallel")
    with Operations() as seen:
        send(run, payload=7)
        run.plan()
        send(run, "other")
    assert seen.called["_fits"] == 8


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2023-11-14T22:13:20Z", AT),
        ("2023-11-14T23:13:20+01:00", AT),
        ("2023-11-14 22:13:20.5+00:00", AT + 500),
        (1_700_000_000, AT),
        ("1700000000", AT),
        (1_700_000_000.25, AT + 250),
    ],
)
def test_a_time_is_iso_8601_with_a_zone_or_seconds(value: Any, expected: int) -> None:
    assert read_time(value) == expected


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2023-11-14T22:13:20", "has no zone"),
        ("2023-11-14", "has no zone"),
        ("tomorrow", "is no time"),
        ("", "is no time"),
        (AT, "divided by 1000"),
        (-1, "is no time"),
        (True, "of type boolean"),
        (None, "of type null"),
        ({"a": 1}, "of type map"),
        ("0001-01-01T00:00:00+23:00", "out of range"),
        (float(10**300), "is no time"),
    ],
)
def test_what_is_no_time_says_why(value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_time(value)


def test_a_wait_until_goes_by_the_wall_clock_and_no_leap_moves_it() -> None:
    run = Play(workflow(steps=[{"id": "a", "wait": {"until": "2023-11-14T22:13:20Z"}}]), at=AT - 5_000)
    run.start()
    assert next_deadline(run.state) == (AT, "a")
    assert next_length(run.state) is None
    run.fold([e.ContextChanged(at=AT - 4_000, leap=3_600_000, by=ANA)])
    assert next_deadline(run.state) == (AT, "a")
    assert run.fire(AT - 1, "a") == []
    run.fire(AT, "a")
    run.plan()
    assert run.state.status is RunStatus.COMPLETED


def test_a_time_that_is_past_is_over_at_once_and_is_looked_at_once() -> None:
    steps = [{"id": "a", "wait": {"until": "context.when"}}, {"id": "b", "run": "x"}]
    run = Play(workflow(context={"when": "2023-11-14T22:13:20Z"}, steps=steps), at=AT + 5_000)
    run.start()
    run.send(c.ChangeContext(at=run.at, by=ANA, set={"when": "2030-01-01T00:00:00Z"}))
    due, timer = next_deadline(run.state) or (0, "")
    assert (due, timer) == (AT, "a")
    run.fire(due, timer)
    run.plan()
    assert statuses(run.state) == {"a": "completed", "b": "running"}


@pytest.mark.parametrize(
    ("when", "words"),
    [("2030-01-01T00:00:00", "until '2030-01-01T00:00:00' has no zone"), ("soon", "until 'soon' is no time"), ([1], "of type list")],
)
def test_a_time_that_is_none_fails_the_step(when: Any, words: str) -> None:
    run = Play(workflow(context={"when": when}, steps=[{"id": "a", "wait": {"until": "context.when"}}]))
    run.start()
    (failed,) = of_type(run.journal, e.StepFailed)
    assert failed.kind == "expression"
    assert words in failed.message


def test_a_gate_before_a_wait_shows_the_time_that_is_approved() -> None:
    step = {"id": "a", "gate": "Sleep?", "wait": {"until": "context.when"}}
    run = Play(workflow(context={"when": "2030-01-01T00:00:00Z"}, steps=[step]))
    run.start()
    assert of_type(run.journal, e.ApprovalRequested)[0].content.action == "wait until 2030-01-01T00:00:00Z"
    run.send(c.ChangeContext(at=run.at, by=ANA, set={"when": "2031-01-01T00:00:00Z"}))
    run.decide(next(iter(run.state.open)))
    run.plan()
    assert len(of_type(run.journal, e.ApprovalRequested)) == 2


def test_a_journal_with_events_folds_to_the_same() -> None:
    run = started(waiting("a", match="event.n == 1"), waiting("b"))
    for number in (3, 1):
        send(run, payload={"n": number}, key=f"k{number}")
    again = fold(new_state(run.run_id, run.graph, 1), run.journal)
    assert again.event_keys == run.state.event_keys
    assert not again.events
    assert decide(again, c.DeliverEvent(at=1, by=ANA, name="deployed", payload={"n": 3}, key="k3")) == []
