"""What a dry run says before anything has run."""

from __future__ import annotations

from oyama_tui.core import commands as c
from oyama_tui.core.dry_run import planned_steps, written_steps
from oyama_tui.core.views import PlannedStep
from tests.core.play import ANA, Play, workflow


def planned(*steps: object, **values: object) -> tuple[PlannedStep, ...]:
    run = Play(workflow(steps=steps, inputs={"version": {"default": "v1"}}, context={"channel": "beta", "count": 0}, **values))
    run.send(c.StartRun(at=1, by=ANA, revision="r"))
    return planned_steps(run.state)


def test_values_that_are_known_are_filled_in() -> None:
    (step,) = planned({"id": "a", "run": "publish ${{ inputs.version }} ${{ context.channel }}"})
    assert (step.action, step.note) == ("publish v1 beta", "")


def test_values_of_earlier_steps_stay_as_they_are_written() -> None:
    _, shell, argv, call, variable = planned(
        {"id": "a", "run": "true"},
        {"id": "b", "run": 'echo "${{ steps.a.output }}"'},
        {"id": "c", "run": ["echo", "${{ previous.output }}"]},
        {"id": "d", "python": "jobs:work", "with": {"text": "${{ steps.a.output }}", "times": 2}},
        {"id": "e", "set": {"kept": "${{ steps.a.result }}"}},
    )
    assert [step.action for step in (shell, argv, call, variable)] == [
        'echo "${{ steps.a.output }}"',
        "echo ${{ previous.output }}",
        "jobs:work(text=${{ steps.a.output }}, times=2)",
        "set kept = ${{ steps.a.result }}",
    ]
    assert {step.note for step in (shell, argv, call, variable)} == {"values of earlier steps are filled in later"}


def test_a_variable_that_a_step_sets_is_not_known_yet() -> None:
    _, later, other = planned(
        {"id": "a", "set": {"count": 1}}, {"id": "b", "run": "echo ${{ context.count }}"}, {"id": "c", "run": "echo ${{ context.channel }}"}
    )
    assert (later.action, later.note) == ("echo ${{ context.count }}", "values of earlier steps are filled in later")
    assert (other.action, other.note) == ("echo beta", "")


def test_what_cannot_be_filled_in_says_why() -> None:
    (step,) = planned({"id": "a", "run": "echo ${{ inputs.version.major }}"})
    assert step.action == "echo ${{ inputs.version.major }}"
    assert step.note.startswith("cannot be filled in: inputs.version is of type string")


def test_the_order_within_a_step_is_told() -> None:
    gate = {"title": "Publish?", "preview": "./show.sh"}
    whole, unchecked, alone, plain = planned(
        {"id": "a", "if": "inputs.version != ''", "gate": gate, "run": "true"},
        {"id": "b", "gate": {**gate, "recheck": False}, "run": "true"},
        {"id": "c", "gate": {"title": "Sure?"}},
        {"id": "d", "wait": {"for": "90s"}},
    )
    assert whole.order == ("if", "preview", "gate", "re-check", "action")
    assert unchecked.order == ("preview", "gate", "action")
    assert alone.order == ("gate",)
    assert (plain.order, plain.action, plain.kind) == (("action",), "wait 1m30s", "wait")


def test_needs_are_those_that_the_type_implies_or_that_are_written() -> None:
    steps = [{"id": "a", "run": "true"}, {"id": "b", "run": "true"}, {"id": "c", "run": "true", "needs": ["a"]}]
    assert [step.needs for step in planned(*steps)] == [(), ("a",), ("a",)]
    assert [step.needs for step in planned(*steps, type="parallel")] == [(), (), ("a",)]


TREE = (
    {"id": "a", "run": "echo ${{ inputs.version }}"},
    {
        "id": "fan",
        "for_each": {"items": "${{ [1, 2] }}", "as": "n", "concurrency": 10},
        "steps": [
            {"id": "b", "run": "echo ${{ n }}"},
            {
                "id": "pick",
                "switch": [
                    {"if": "n == 1", "steps": [{"id": "c", "gate": "Sure?"}, {"id": "d", "run": "true"}]},
                    {"else": True, "steps": [{"id": "e", "run": "true"}]},
                ],
            },
        ],
    },
    {
        "id": "poll",
        "repeat": {"until": "steps.f.succeeded", "max": 20, "every": "30s"},
        "gate": "Poll?",
        "steps": [{"id": "f", "run": "true", "on_failure": "continue"}],
    },
    {"id": "both", "parallel": [{"id": "g", "run": "true"}, {"id": "h", "run": "true"}]},
)


def test_the_steps_of_a_block_come_after_it_and_say_where_they_stand() -> None:
    assert [(step.step_id, step.depth, step.block, step.branch) for step in planned(*TREE)] == [
        ("a", 0, (), ""),
        ("fan", 0, (), ""),
        ("b", 1, ("fan",), ""),
        ("pick", 1, ("fan",), ""),
        ("c", 2, ("fan", "pick"), "if n == 1"),
        ("d", 2, ("fan", "pick"), "if n == 1"),
        ("e", 2, ("fan", "pick"), "else"),
        ("poll", 0, (), ""),
        ("f", 1, ("poll",), ""),
        ("both", 0, (), ""),
        ("g", 1, ("both",), ""),
        ("h", 1, ("both",), ""),
    ]


def test_a_block_says_in_one_line_what_it_does() -> None:
    said = {step.step_id: step.action for step in planned(*TREE) if step.is_block}
    assert said == {
        "fan": "for each of [1, 2], 10 at once; 2 steps each",
        "pick": "if n == 1; else",
        "poll": "repeat until steps.f.succeeded, at most 20 times, every 30s; 1 step",
        "both": "2 steps beside each other",
    }


def test_items_that_are_written_out_are_told_shortly() -> None:
    (fan, _) = planned({"id": "fan", "for_each": ["one", {"k": 2}] + ["x"] * 1000, "steps": [{"id": "b", "run": "true"}]})
    assert fan.action.startswith('for each of one, {"k": 2}, x, x')
    assert fan.action.endswith("..., one at a time; 1 step each")
    assert len(fan.action) < 120


def test_steps_in_a_block_stand_as_they_are_written_and_needs_are_those_of_their_list() -> None:
    found = {step.step_id: step for step in planned(*TREE)}
    assert (found["b"].action, found["b"].note) == ("echo ${{ n }}", "values are filled in when it runs")
    assert (found["f"].action, found["f"].note) == ("true", "")
    assert (found["a"].action, found["d"].needs, found["h"].needs, found["e"].needs) == ("echo v1", ("c",), (), ())
    assert found["poll"].order == ("gate", "action")


def test_a_definition_is_told_without_a_run() -> None:
    definition = workflow(steps=TREE, inputs={"version": {"default": "v1"}})
    listed = written_steps(definition)
    assert [(step.step_id, step.depth) for step in listed] == [(step.step_id, step.depth) for step in planned(*TREE)]
    assert {step.step_id: step.action for step in listed}["a"] == "echo ${{ inputs.version }}"
    assert not any(step.note for step in listed)
