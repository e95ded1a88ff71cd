"""What a dry run says before anything has run."""

from __future__ import annotations

from oyama_tui.core import commands as c
from oyama_tui.core.dry_run import planned_steps
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
