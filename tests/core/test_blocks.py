"""Blocks: which steps run, skip and fail in them, and what becomes of the block and of the run."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.definition import Workflow
from oyama_tui.core.statuses import RunStatus
from oyama_tui.core.summary import summarise
from tests.core.play import Answer, Play, Verdict, approve, failing, of_type, succeed

Step = dict[str, Any]


def runs(*names: str, **values: object) -> list[Step]:
    return [{"id": name, "run": "true", **values} for name in names]


def played(*steps: Step, answer: Answer = succeed, verdict: Verdict = approve, **values: object) -> Play:
    run = Play(Workflow.model_validate({"id": "w", "steps": list(steps), **values}), answer=answer, verdict=verdict)
    run.start()
    run.run()
    return run


def came_to(run: Play) -> dict[str, str]:
    """What became of each node, from the journal alone."""
    words = {e.StepSucceeded: "completed", e.StepFailed: "failed", e.StepSkipped: "skipped", e.StepCancelled: "cancelled"}
    return {event.node: words[type(event)] for event in run.journal if type(event) in words}  # type: ignore[union-attr]


LOOP: Step = {"id": "fan", "for_each": {"items": ["x", "y", "z"]}, "steps": runs("a", "b")}
BESIDE: Step = {"id": "par", "parallel": runs("a", "b", "c")}
ENDED = {"fan": "completed", "end": "completed"}
CASES: list[tuple[str, list[Step], tuple[str, ...], str, dict[str, str]]] = [
    (
        "a sequential block stops at its first failure, and so does the list around it",
        [{"id": "blk", "steps": runs("a", "b")}, *runs("end")],
        ("blk.a",),
        "failed",
        {"blk.a": "failed", "blk": "failed"},
    ),
    (
        "a block whose failure is tolerated lets the run go on",
        [{"id": "blk", "steps": runs("a", "b"), "on_failure": "continue"}, *runs("end")],
        ("blk.a",),
        "completed",
        {"blk.a": "failed", "blk": "failed", "end": "completed"},
    ),
    (
        "a failure inside that is tolerated does not fail the block",
        [{"id": "blk", "steps": [*runs("a", on_failure="continue"), *runs("b")]}],
        ("blk.a",),
        "completed",
        {"blk.a": "failed", "blk.b": "completed", "blk": "completed"},
    ),
    (
        "steps beside each other all settle, then the block fails",
        [BESIDE],
        ("par.a",),
        "failed",
        {"par.a": "failed", "par.b": "completed", "par.c": "completed", "par": "failed"},
    ),
    (
        "a conditional block makes up for a failure",
        [{"id": "blk", "type": "conditional", "steps": [*runs("a"), *runs("mend", **{"if": "failure"})]}, *runs("end")],
        ("blk.a",),
        "completed",
        {"blk.a": "failed", "blk.mend": "completed", "blk": "completed", "end": "completed"},
    ),
    (
        "a graph inside skips what needs the failed step",
        [{"id": "blk", "type": "graph", "steps": [*runs("a", "b"), *runs("c", needs=["a"])]}],
        ("blk.a",),
        "failed",
        {"blk.a": "failed", "blk.b": "completed", "blk.c": "skipped", "blk": "failed"},
    ),
    (
        "one item fails, the others go on, the loop fails",
        [LOOP, *runs("end")],
        ("fan[1].a",),
        "failed",
        {
            **{f"fan[{number}].{name}": "completed" for number in (0, 2) for name in "ab"},
            "fan[1].a": "failed",
            "fan": "failed",
        },
    ),
    (
        "a loop over nothing is over at once",
        [{**LOOP, "for_each": {"items": []}}, *runs("end")],
        (),
        "completed",
        ENDED,
    ),
    (
        "a block is skipped with all that is in it",
        [{**LOOP, "if": "false"}, *runs("end")],
        (),
        "completed",
        {"fan": "skipped", "end": "completed"},
    ),
    (
        "the first branch that applies is taken",
        [
            {
                "id": "sw",
                "switch": [
                    {"if": "false", "steps": runs("a")},
                    {"if": "true", "steps": runs("b")},
                    {"steps": runs("c")},
                ],
            }
        ],
        (),
        "completed",
        {"sw.b": "completed", "sw": "completed"},
    ),
    (
        "a switch without a branch that applies is skipped",
        [{"id": "sw", "switch": [{"if": "false", "steps": runs("a")}]}, *runs("end")],
        (),
        "completed",
        {"sw": "skipped", "end": "completed"},
    ),
    (
        "a repetition ends when its condition holds",
        [{"id": "poll", "steps": runs("a"), "repeat": {"until": "iteration >= 2", "max": 5}}],
        (),
        "completed",
        {"poll#1.a": "completed", "poll#2.a": "completed", "poll": "completed"},
    ),
    (
        "a repetition that would need more rounds than it may have fails",
        [{"id": "poll", "steps": runs("a"), "repeat": {"while": "true", "max": 2}}],
        (),
        "failed",
        {"poll#1.a": "completed", "poll#2.a": "completed", "poll": "failed"},
    ),
    (
        "a round that fails ends the repetition",
        [{"id": "poll", "steps": runs("a"), "repeat": {"until": "iteration >= 3", "max": 5}}],
        ("poll#2.a",),
        "failed",
        {"poll#1.a": "completed", "poll#2.a": "failed", "poll": "failed"},
    ),
    (
        "blocks in blocks",
        [{"id": "out", "for_each": {"items": [1, 2]}, "steps": [{"id": "in", "for_each": {"items": ["p"]}, "steps": runs("a")}]}],
        ("out[1].in[0].a",),
        "failed",
        {
            "out[0].in[0].a": "completed",
            "out[0].in": "completed",
            "out[1].in[0].a": "failed",
            "out[1].in": "failed",
            "out": "failed",
        },
    ),
]


@pytest.mark.parametrize(("steps", "broken", "status", "nodes"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_runs_in_blocks(steps: list[Step], broken: tuple[str, ...], status: str, nodes: dict[str, str]) -> None:
    run = played(*steps, answer=failing(*broken))
    assert (str(run.state.status), came_to(run)) == (status, nodes)
    if status == "completed":
        assert run.state.settled_steps == run.state.total_steps


def test_the_first_failure_of_a_fast_loop_cancels_the_items_beside_it() -> None:
    loop = {**LOOP, "for_each": {"items": ["x", "y", "z"], "concurrency": 2, "fail_fast": True}}
    run = Play(Workflow.model_validate({"id": "w", "steps": [loop]}), answer=failing("fan[0].a"))
    run.start()
    (node,) = [node for node in run.state.running if node.key == "fan[0].a"]
    run.send(c.ReportOutcome(at=2, outcome=run.answer(node.key, 1)))
    run.plan()
    assert run.state.status is RunStatus.FAILED
    assert came_to(run) == {"fan[0].a": "failed", "fan[1].a": "cancelled", "fan": "failed"}
    assert run.state.error is not None
    assert run.state.error.node == "fan[0].a"


def test_no_more_items_are_under_way_than_may_be() -> None:
    run = Play(Workflow.model_validate({"id": "w", "steps": [{**LOOP, "for_each": {"items": list(range(20)), "concurrency": 4}}]}))
    run.start()
    most = 0
    while not run.state.status.ended:
        most = max(most, len(run.state.running))
        run.moves()[0]()
        run.plan()
    assert most == 4
    assert [event.index for event in of_type(run.journal, e.ScopeOpened)] == list(range(20))


def test_outputs_come_in_the_order_of_the_items_and_failed_ones_are_null() -> None:
    outputs = {"all": "${{ steps.fan.items.map(i, i.b.output) }}", "how": "${{ steps.fan.items.map(i, i.status) }}"}
    run = played({**LOOP, "on_failure": "continue"}, answer=failing("fan[1].a"), outputs=outputs)
    assert run.state.outputs == {"all": ["out of fan[0].b", None, "out of fan[2].b"], "how": ["completed", "failed", "completed"]}


def test_entries_of_a_map_are_items_with_key_and_value() -> None:
    body = [{"id": "a", "run": ["echo", "${{ host.key }}", "${{ host.value }}", "${{ index }}"]}]
    run = played({"id": "fan", "for_each": {"items": {"web": 80, "db": 5432}, "as": "host"}, "steps": body})
    assert [event.input["argv"] for event in of_type(run.journal, e.StepScheduled)] == [
        ["echo", "web", "80", "0"],
        ["echo", "db", "5432", "1"],
    ]


def test_inner_names_hide_outer_ones_and_both_are_seen() -> None:
    inner = {
        "id": "in",
        "for_each": {"items": "${{ row }}", "as": "cell"},
        "steps": [{"id": "a", "run": ["echo", "${{ row }}", "${{ cell }}"]}],
    }
    run = played({"id": "out", "for_each": {"items": [[1], [2]], "as": "row"}, "steps": [inner]})
    assert [event.input["argv"] for event in of_type(run.journal, e.StepScheduled)] == [["echo", "[1]", "1"], ["echo", "[2]", "2"]]


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ("${{ 5 }}", "items must be a list or a map, not of type integer"),
        ("${{ inputs.missing }}", "inputs has no 'missing'"),
        ("${{ steps.many.result }}", "items must be a list or a map, not of type null"),
    ],
)
def test_items_that_are_no_list_fail_the_step_with_a_sentence(items: str, words: str) -> None:
    run = played(*runs("many"), {**LOOP, "for_each": {"items": items}})
    (failure,) = of_type(run.journal, e.StepFailed)
    assert (failure.node, failure.kind) == ("fan", "expression")
    assert words in failure.message


def test_too_many_items_fail_the_step_with_a_sentence() -> None:
    def answer(node: str, attempt: int) -> c.Outcome:
        return c.Outcome(node=node, attempt=attempt, status="succeeded", result=[0] * 100_001 if node == "many" else None)

    run = played({"id": "many", "run": "true", "parse": "json"}, {**LOOP, "for_each": {"items": "${{ steps.many.result }}"}}, answer=answer)
    (failure,) = of_type(run.journal, e.StepFailed)
    assert failure.message == "items are 100,001, and at most 100,000 are allowed"


def test_a_gate_on_a_loop_asks_once_and_shows_its_items_and_steps() -> None:
    run = Play(Workflow.model_validate({"id": "w", "steps": [{**LOOP, "gate": "Go?"}]}))
    run.start()
    (asked,) = of_type(run.journal, e.ApprovalRequested)
    assert asked.content.order["items"] == ["x", "y", "z"]
    assert "id: b\n  run: 'true'" in str(asked.content.order["block"])
    run.run()
    assert run.state.status is RunStatus.COMPLETED
    assert len(of_type(run.journal, e.ApprovalRequested)) == 1


def test_the_items_that_were_approved_are_those_that_run() -> None:
    steps = [
        {"id": "fan", "gate": "Go?", "for_each": {"items": "${{ context.hosts }}"}, "steps": [{"id": "a", "run": ["echo", "${{ item }}"]}]},
        {"id": "change", "set": {"hosts": ["production"]}},
    ]
    run = Play(Workflow.model_validate({"id": "w", "type": "parallel", "context": {"hosts": ["staging"]}, "steps": steps}))
    run.start()
    (node,) = run.state.running
    outcome = c.Outcome(node=node.key, attempt=1, status="succeeded", context={"hosts": ["production"]})
    run.send(c.ReportOutcome(at=2, outcome=outcome))
    run.plan()
    run.decide(next(iter(run.state.open)))
    run.plan()
    asked = of_type(run.journal, e.ApprovalRequested)
    run.run()
    ran = [event.input["argv"] for event in of_type(run.journal, e.StepScheduled) if event.step == "a"]
    assert ran == [["echo", str(item)] for item in asked[-1].content.order["items"]]  # type: ignore[union-attr]


def test_each_item_asks_at_its_own_gate() -> None:
    steps = [{"id": "a", "gate": "Apply ${{ item }}?", "run": "true"}]
    run = Play(
        Workflow.model_validate({"id": "w", "steps": [{**LOOP, "for_each": {"items": ["x", "y"], "concurrency": 2}, "steps": steps}]})
    )
    run.start()
    assert [event.content.title for event in of_type(run.journal, e.ApprovalRequested)] == ["Apply x?", "Apply y?"]
    assert [event.node for event in of_type(run.journal, e.ApprovalRequested)] == ["fan[0].a.gate", "fan[1].a.gate"]
    run.run()
    assert run.state.status is RunStatus.COMPLETED


def test_a_no_in_an_item_ends_the_run_as_rejected() -> None:
    steps = [{"id": "a", "gate": "Apply?", "run": "true"}]
    run = played({**LOOP, "steps": steps}, verdict=lambda node, opening: "reject" if node.startswith("fan[1]") else "approve")
    assert run.state.status is RunStatus.REJECTED
    assert run.state.error is not None
    assert run.state.error.node == "fan[1].a.gate"
    assert came_to(run)["fan"] == "cancelled"


def test_a_repetition_rests_between_its_rounds_by_the_clock() -> None:
    poll = {"id": "poll", "steps": runs("a"), "repeat": {"until": "iteration >= 2", "every": "30s", "max": 5}}
    run = Play(Workflow.model_validate({"id": "w", "steps": [poll]}))
    run.start()
    run.moves()[0]()
    run.plan()
    (rested,) = of_type(run.journal, e.BlockRested)
    assert rested.due == run.state.at + 30_000
    assert (summarise(run.state).phase, summarise(run.state).next_due) == ("waiting", rested.due)
    run.run()
    assert run.state.status is RunStatus.COMPLETED


def test_outputs_of_a_block_see_what_is_in_it() -> None:
    block = {"id": "blk", "steps": runs("a"), "outputs": {"got": "${{ steps.a.output }}"}}
    poll = {"id": "poll", "steps": runs("b"), "repeat": {"until": "iteration >= 2", "max": 3}, "outputs": {"got": "${{ steps.b.output }}"}}
    run = played(block, poll, outputs={"one": "${{ steps.blk.outputs.got }}", "two": "${{ steps.poll.outputs.got }}"})
    assert run.state.outputs == {"one": "out of blk.a", "two": "out of poll#2.b"}


def test_a_scope_that_is_over_is_dropped_from_memory() -> None:
    run = Play(Workflow.model_validate({"id": "w", "steps": [{**LOOP, "for_each": {"items": list(range(50)), "concurrency": 2}}]}))
    run.start()
    most = 0
    while not run.state.status.ended:
        most = max(most, len(run.state.nodes))
        run.moves()[0]()
        run.plan()
    assert most <= 1 + 2 * 2
    assert set(run.state.nodes) == {"fan"}
