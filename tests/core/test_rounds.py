"""Rounds: steps that begin once more, and what becomes of what was before."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.decide import decide
from oyama_tui.core.definition import Workflow
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.evolve import evolve
from oyama_tui.core.statuses import RunStatus, StepStatus
from tests.core.play import ANA, Answer, Play, Verdict, approve, failing, of_type, succeed

Step = dict[str, Any]
NOTES: Step = {"id": "notes", "run": "./notes.sh '${{ feedback }}'".replace("'", '"')}


def played(*steps: Step, answer: Answer = succeed, verdict: Verdict = approve, **values: object) -> Play:
    run = Play(Workflow.model_validate({"id": "w", "steps": list(steps), **values}), answer=answer, verdict=verdict)
    run.start()
    run.run()
    return run


def began(run: Play) -> list[str]:
    """The nodes that began, in order."""
    return [event.node for event in run.journal if isinstance(event, e.StepScheduled | e.ApprovalRequested | e.BlockOpened)]


def reopened(run: Play) -> list[tuple[str, ...]]:
    return [event.nodes for event in of_type(run.journal, e.StepsReopened)]


def test_a_failed_step_sends_the_run_back_to_an_earlier_one() -> None:
    steps: list[Step] = [
        {"id": "build", "run": "x"},
        {"id": "test", "run": "x", "on_failure": {"goto": "build"}},
        {"id": "ship", "run": "x"},
    ]
    run = played(*steps, answer=failing("test", "test#2"))
    assert began(run) == ["build", "test", "build#2", "test#2", "build#3", "test#3", "ship"]
    assert reopened(run) == [("build", "test"), ("build#2", "test#2")]
    assert run.state.status is RunStatus.COMPLETED
    assert (run.state.settled_steps, run.state.total_steps) == (3, 3)


def test_a_run_goes_back_as_often_as_its_step_says_and_then_fails() -> None:
    steps: list[Step] = [{"id": "build", "run": "x"}, {"id": "test", "run": "x", "on_failure": {"goto": "build", "max": 3}}]
    run = played(*steps, answer=failing("test", "test#2", "test#3"))
    assert began(run)[-1] == "test#3"
    assert len(reopened(run)) == 2
    assert run.state.status is RunStatus.FAILED
    assert run.state.error == e.RunError(kind="step", message="test#3 broke", node="test#3")


def test_a_condition_that_cannot_be_evaluated_sends_back_before_its_neighbours_begin() -> None:
    steps: list[Step] = [
        {"id": "build", "run": "x"},
        {"id": "test", "run": "x", "needs": ["build"], "if": "steps.build.outputs.absent == 1", "on_failure": {"goto": "build", "max": 2}},
        {"id": "beside", "run": "x", "needs": ["build"]},
    ]
    run = played(*steps, type="graph")
    assert began(run) == ["build", "build#2", "beside"]
    assert run.state.status is RunStatus.FAILED


def test_ten_rounds_are_the_most_unless_the_step_says_otherwise() -> None:
    run = played({"id": "a", "run": "x", "on_failure": {"goto": "a"}}, answer=failing("a", *(f"a#{n}" for n in range(2, 20))))
    assert began(run) == ["a", *(f"a#{number}" for number in range(2, 11))]


def test_a_no_sends_the_run_back_with_what_the_person_said() -> None:
    """The answer of an earlier round never counts for a later one."""
    gate = {"title": "Fine?", "on_reject": {"goto": "notes"}}
    said: Verdict = lambda node, opening: "approve" if node.endswith("#2") else "reject"  # noqa: E731
    run = played(NOTES, {"id": "read", "gate": gate}, {"id": "ship", "run": "x"}, verdict=said)
    assert began(run) == ["notes", "read", "notes#2", "read#2", "ship"]
    (again,) = of_type(run.journal, e.StepsReopened)
    assert (again.source, again.by, again.feedback) == ("read", "ana", "because")
    orders = [event.input for event in of_type(run.journal, e.StepScheduled) if event.node.startswith("notes")]
    assert [order["env"] for order in orders] == [{"OYAMA_V1": ""}, {"OYAMA_V1": "because"}]
    first, second = of_type(run.journal, e.ApprovalRequested)
    assert first.id != second.id
    assert first.content.no == "the run goes back to notes"
    assert run.state.status is RunStatus.COMPLETED


def test_the_card_says_that_a_no_ends_the_run_once_the_rounds_are_used_up() -> None:
    gate = {"title": "Fine?", "on_reject": {"goto": "notes", "max": 2}}
    run = played(NOTES, {"id": "read", "gate": gate}, verdict=lambda node, opening: "reject")
    assert [event.content.no for event in of_type(run.journal, e.ApprovalRequested)] == [
        "the run goes back to notes",
        "the run stops here",
    ]
    assert run.state.status is RunStatus.REJECTED


def test_silence_sends_the_run_back_and_fails_the_gate_in_the_end() -> None:
    gate = {"title": "Fine?", "timeout": "1h", "on_timeout": {"goto": "notes", "max": 2}}
    run = Play(Workflow.model_validate({"id": "w", "steps": [NOTES, {"id": "read", "gate": gate}]}))
    run.start()
    for _ in range(2):
        run.at += 1
        (node,) = run.state.running
        run.send(c.ReportOutcome(at=run.at, outcome=succeed(node.key, 1)))
        run.plan()
        run.at += 3_600_000
        run.send(c.FireTimer(at=run.at, id=next(iter(run.state.open))))
        run.plan()
    assert began(run) == ["notes", "read", "notes#2", "read#2"]
    assert [event.then for event in of_type(run.journal, e.ApprovalExpired)] == ["goto", "fail"]
    assert run.state.status is RunStatus.FAILED


def test_what_depends_on_the_step_begins_anew_and_nothing_else() -> None:
    graph: list[Step] = [
        {"id": "a", "run": "x"},
        {"id": "b", "run": "x", "needs": ["a"]},
        {"id": "c", "run": "x", "needs": ["a"], "on_failure": {"goto": "a"}},
        {"id": "other", "run": "x"},
        {"id": "end", "run": "x", "needs": ["b", "c", "other"]},
    ]
    run = played(*graph, type="graph", answer=failing("c"))
    assert reopened(run) == [("a", "b", "c")]
    assert began(run).count("other") == 1
    assert run.state.status is RunStatus.COMPLETED
    assert run.state.root.failures == {}


def test_what_runs_is_waited_for_and_what_asks_is_withdrawn_before_steps_begin_anew() -> None:
    graph: list[Step] = [
        {"id": "a", "run": "x"},
        {"id": "slow", "run": "x", "needs": ["a"]},
        {"id": "ask", "gate": "Go?", "needs": ["a"]},
        {"id": "again", "run": "x", "needs": ["a"], "retry": {"max_attempts": 2}},
        {"id": "later", "run": "x", "needs": ["slow"]},
        {"id": "c", "run": "x", "needs": ["a"], "on_failure": {"goto": "a"}},
    ]
    run = Play(Workflow.model_validate({"id": "w", "type": "graph", "steps": graph}))
    run.start()
    report(run, "a")
    report(run, "again", failed=True)
    report(run, "c", failed=True)
    assert [event.why for event in of_type(run.journal, e.ApprovalCancelled)] == ["it begins anew"]
    assert [event.node for event in of_type(run.journal, e.StepCancelled)] == ["again"]
    assert reopened(run) == []
    report(run, "slow")
    assert reopened(run) == [("a", "slow", "ask", "again", "c")]
    assert [node.key for node in run.state.running] == ["a#2"]
    assert run.state.nodes["later"].status is StepStatus.PENDING


def report(run: Play, node: str, *, failed: bool = False) -> None:
    attempt = run.state.running[run.state.nodes[node]]
    outcome = failing(node)(node, attempt) if failed else succeed(node, attempt)
    run.send(c.ReportOutcome(at=run.at, outcome=outcome))
    run.plan()


def test_a_block_begins_anew_as_a_whole_and_a_step_goes_back_within_its_item() -> None:
    steps: list[Step] = [
        {"id": "fan", "for_each": {"items": ["x", "y"]}, "steps": [NOTES, {"id": "read", "run": "x", "on_failure": {"goto": "notes"}}]},
        {"id": "end", "run": "x", "on_failure": {"goto": "fan"}},
    ]
    run = played(*steps, answer=failing("fan[0].read", "end"))
    assert began(run) == [
        "fan",
        *("fan[0].notes", "fan[0].read", "fan[0].notes#2", "fan[0].read#2", "fan[1].notes", "fan[1].read"),
        "end",
        "fan#2",
        *("fan#2[0].notes", "fan#2[0].read", "fan#2[1].notes", "fan#2[1].read"),
        "end#2",
    ]
    assert run.state.status is RunStatus.COMPLETED
    assert (run.state.settled_steps, run.state.total_steps) == (5, 5)


def test_a_running_block_that_begins_anew_is_brought_to_an_end_first() -> None:
    graph: list[Step] = [
        {"id": "a", "run": "x"},
        {"id": "fan", "for_each": {"items": [1, 2, 3]}, "needs": ["a"], "steps": [{"id": "copy", "run": "x"}]},
        {"id": "c", "run": "x", "needs": ["a"], "on_failure": {"goto": "a"}},
    ]
    run = Play(Workflow.model_validate({"id": "w", "type": "graph", "steps": graph}))
    run.start()
    report(run, "a")
    report(run, "c", failed=True)
    assert reopened(run) == []
    report(run, "fan[0].copy")
    assert [event.node for event in of_type(run.journal, e.StepCancelled)] == ["fan"]
    assert reopened(run) == [("a", "fan", "c")]


def test_a_scope_that_ends_sends_nobody_back() -> None:
    graph: list[Step] = [
        {"id": "a", "run": "x"},
        {"id": "slow", "run": "x", "needs": ["a"]},
        {"id": "c", "run": "x", "needs": ["a"], "on_failure": {"goto": "a"}},
        {"id": "bad", "run": "x"},
    ]
    run = Play(Workflow.model_validate({"id": "w", "type": "graph", "fail_fast": True, "steps": graph}))
    run.start()
    report(run, "a")
    report(run, "c", failed=True)
    report(run, "bad", failed=True)
    assert reopened(run) == []
    assert run.state.status is RunStatus.FAILED


def test_an_outcome_of_an_earlier_round_changes_nothing() -> None:
    run = Play(Workflow.model_validate({"id": "w", "steps": [NOTES, {"id": "b", "run": "x", "on_failure": {"goto": "notes"}}]}))
    run.start()
    report(run, "notes")
    report(run, "b", failed=True)
    assert decide(run.state, c.ReportOutcome(at=run.at, outcome=succeed("b", 1))) == []


@pytest.mark.parametrize("nodes", [("b",), ("nowhere",), ("a", "b")])
def test_a_journal_cannot_reopen_what_nobody_sent_back(nodes: tuple[str, ...]) -> None:
    run = played({"id": "a", "run": "x"}, {"id": "b", "gate": "Go?"}, verdict=lambda node, opening: "approve")
    run = Play(run.workflow)
    run.start()
    report(run, "a")
    before = repr(run.state.nodes)
    with pytest.raises(CorruptJournal):
        evolve(run.state, e.StepsReopened(at=run.at, nodes=nodes, source="b"))
    assert repr(run.state.nodes) == before


JOIN: list[Step] = [{"id": name, "run": "x"} for name in ("a", "b", "c")]


def test_a_join_goes_on_with_the_first_success_and_ends_the_others() -> None:
    end = {"id": "end", "run": "x", "needs": ["a", "b", "c"], "join": "any"}
    run = Play(Workflow.model_validate({"id": "w", "type": "graph", "steps": [*JOIN, end]}))
    run.start()
    report(run, "a", failed=True)
    assert "end" not in began(run)
    report(run, "b")
    assert [event.node for event in of_type(run.journal, e.StepCancelled)] == ["c"]
    assert [node.key for node in run.state.running] == ["end"]
    report(run, "end")
    assert run.state.status is RunStatus.FAILED, "a failure of a graph fails the run, joined or not"


def test_a_join_waits_for_so_many_successes() -> None:
    end = {"id": "end", "run": "x", "needs": ["a", "b", "c"], "join": 2}
    steps = [{**step, "on_failure": "continue"} for step in JOIN]
    run = played(*steps, end, type="graph", answer=failing("a"))
    assert run.state.status is RunStatus.COMPLETED


def test_a_join_that_cannot_have_enough_is_skipped() -> None:
    end = {"id": "end", "run": "x", "needs": ["a", "b", "c"], "join": 2}
    run = played(*JOIN, end, {"id": "mend", "run": "x", "needs": ["a", "b", "c"], "join": 2, "if": "failure"}, type="graph",
                 answer=failing("a", "b"))  # fmt: skip
    (skipped,) = of_type(run.journal, e.StepSkipped)
    assert (skipped.node, skipped.cause) == ("end", "upstream")
    assert skipped.why == "of the steps that it needs, 1 of 2 succeeded"
    assert "mend" in began(run)


def test_what_somebody_else_needs_is_not_ended_by_a_join() -> None:
    steps = [
        *JOIN,
        {"id": "end", "run": "x", "needs": ["a", "b"], "join": "any"},
        {"id": "other", "run": "x", "needs": ["b"]},
    ]
    run = Play(Workflow.model_validate({"id": "w", "type": "graph", "steps": steps}))
    run.start()
    report(run, "a")
    assert of_type(run.journal, e.StepCancelled) == []


def test_a_join_ends_the_questions_blocks_and_steps_that_have_not_begun() -> None:
    graph: list[Step] = [
        {"id": "quick", "run": "x"},
        {"id": "ask", "gate": "Go?"},
        {"id": "fan", "for_each": {"items": [1, 2]}, "steps": [{"id": "copy", "run": "x"}]},
        {"id": "first", "run": "x"},
        {"id": "second", "run": "x", "needs": ["first"]},
        {"id": "end", "run": "x", "needs": ["quick", "ask", "fan", "second"], "join": 1},
    ]
    run = Play(Workflow.model_validate({"id": "w", "type": "graph", "steps": graph}))
    run.start()
    report(run, "quick")
    assert len(of_type(run.journal, e.ApprovalCancelled)) == 1
    assert [event.node for event in of_type(run.journal, e.StepCancelled)] == ["fan[0].copy", "fan"]
    report(run, "first")
    assert [event.node for event in of_type(run.journal, e.StepSkipped)] == ["second"]
    report(run, "end")
    assert run.state.status is RunStatus.COMPLETED


@pytest.mark.parametrize("most", [1, 2, 5])
def test_no_more_steps_are_under_way_than_the_list_allows(most: int) -> None:
    steps: list[Step] = [{"id": f"s{number}", "run": "x"} for number in range(6)]
    run = Play(Workflow.model_validate({"id": "w", "type": "parallel", "max_parallel": most, "steps": steps}))
    run.start()
    seen = []
    while not run.state.status.ended:
        assert len(run.state.running) <= most
        node = next(iter(run.state.running))
        seen.append(node.key)
        report(run, node.key)
    assert seen == [f"s{number}" for number in range(6)]


def test_a_step_that_waits_for_a_person_gives_its_turn_to_the_next() -> None:
    steps: list[Step] = [{"id": "ask", "gate": "Go?", "run": "x"}, {"id": "b", "run": "x"}, {"id": "c", "run": "x"}]
    run = Play(Workflow.model_validate({"id": "w", "type": "parallel", "max_parallel": 1, "steps": steps}))
    run.start()
    assert [node.key for node in run.state.running] == ["b"]
    approval = run.state.approvals[next(iter(run.state.open))]
    run.send(c.Decide(at=run.at, by=ANA, id=approval.id, verdict="approve", digest=approval.digest))
    run.plan()
    assert [node.key for node in run.state.running] == ["b"], "a yes does not push anybody aside"
    report(run, "b")
    assert [node.key for node in run.state.running] == ["ask"]
    report(run, "ask")
    report(run, "c")
    assert run.state.status is RunStatus.COMPLETED
