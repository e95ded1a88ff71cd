"""Values on their way: inputs, outputs, the context, expressions that fail, and secrets that stay references."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.errors import IllegalTransition, InvalidInput
from oyama_tui.core.state import RunStatus
from tests.core.play import ANA, Answer, Play, finished, of_type, statuses, succeed, workflow


def giving(**results: JsonValue) -> Answer:
    """These nodes give a result, everything else succeeds plainly."""

    def answer(node: str, attempt: int) -> c.Outcome:
        return succeed(node, attempt).model_copy(update={"result": results.get(node), "exit_code": 0})

    return answer


def inputs_of(run: Play) -> dict[str, dict[str, JsonValue]]:
    """By node, what its newest attempt was given."""
    return {event.node: event.input for event in of_type(run.journal, e.StepScheduled)}


def test_inputs_are_read_as_their_types_and_missing_ones_refuse_the_start() -> None:
    flow = workflow(inputs={"n": {"type": "integer", "required": True}, "tag": {"default": "v1"}}, steps=[{"id": "a", "run": "true"}])
    run = Play(flow, inputs={"n": "7"})
    run.start()
    started = of_type(run.journal, e.RunStarted)[0]
    assert started.inputs == {"n": 7, "tag": "v1"}
    with pytest.raises(InvalidInput, match="n: is required"):
        Play(flow).start()
    with pytest.raises(InvalidInput, match="there is no input 'colour'"):
        Play(flow, inputs={"n": 1, "colour": "red"}).start()
    with pytest.raises(IllegalTransition, match="has started already"):
        run.start()


def test_a_lone_expression_keeps_its_type() -> None:
    steps = [
        {"id": "a", "run": "true"},
        {"id": "b", "python": "jobs:work", "with": {"all": "${{ steps.a.result }}", "text": "n=${{ steps.a.result.n }}"}},
    ]
    run = Play(workflow(steps=steps), answer=giving(a={"n": 3}))
    run.start()
    run.run()
    assert inputs_of(run)["b"] == {"call": "jobs:work", "with": {"all": {"n": 3}, "text": "n=3"}}


def test_values_reach_the_shell_as_variables_and_never_as_code() -> None:
    run = Play(workflow(inputs={"tag": {}}, steps=[{"id": "a", "run": "publish ${{ inputs.tag }}"}]), inputs={"tag": "x; rm -rf ~"})
    run.start()
    order = inputs_of(run)["a"]
    assert "rm" not in str(order["script"])
    assert isinstance(order["env"], dict)
    assert list(order["env"].values()) == ["x; rm -rf ~"]


def test_a_value_is_never_evaluated_again() -> None:
    run = Play(workflow(inputs={"tag": {}}, steps=[{"id": "a", "run": ["echo", "${{ inputs.tag }}"]}]), inputs={"tag": "${{ run.id }}"})
    run.start()
    assert inputs_of(run)["a"] == {"argv": ["echo", "${{ run.id }}"]}


def test_outputs_of_a_step_are_made_from_its_own_result() -> None:
    steps = [
        {"id": "a", "run": "true", "outputs": {"tag": "${{ result.tag }}", "said": "${{ result.text }}!"}},
        {"id": "b", "run": ["use", "${{ steps.a.outputs.tag }}", "${{ steps.a.outputs.said }}", "${{ previous.exit_code }}"]},
    ]
    run = Play(workflow(steps=steps), answer=giving(a={"tag": "v2"}))
    run.start()
    assert run.run().status is RunStatus.COMPLETED
    assert inputs_of(run)["b"] == {"argv": ["use", "v2", "out of a!", "0"]}


def test_outputs_of_the_workflow_are_made_at_the_end() -> None:
    state = finished([{"id": "a", "run": "true"}], outputs={"said": "${{ steps.a.output }}", "how": "${{ steps.a.status }}"})
    assert state.outputs == {"said": "out of a", "how": "completed"}


def test_outputs_of_the_workflow_that_cannot_be_made_fail_the_run() -> None:
    state = finished([{"id": "a", "run": "true"}], outputs={"said": "${{ steps.a.result.tag }}"})
    assert state.status is RunStatus.FAILED
    assert state.error is not None
    assert (state.error.kind, state.error.node) == ("expression", "")
    assert state.error.message.startswith("outputs of the workflow: steps.a.result is null")


@pytest.mark.parametrize(
    "broken",
    [
        {"if": "steps.a.result.x > 1", "run": "true"},
        {"if": "steps.a.output", "run": "true"},
        {"run": "echo ${{ steps.a.result.x }}"},
        {"run": "true", "outputs": {"x": "${{ result.absent }}"}},
        {"gate": {"title": "${{ steps.a.result.x }}"}},
        {"set": {"x": "${{ 1 / 0 }}"}},
    ],
)
def test_an_expression_that_fails_is_a_failed_step(broken: dict[str, object]) -> None:
    run = Play(workflow(steps=[{"id": "a", "run": "true"}, {"id": "b", "retry": {"max_attempts": 3}, **broken}]))
    run.start()
    assert run.run().status is RunStatus.FAILED
    (failed,) = of_type(run.journal, e.StepFailed)
    assert (failed.node, failed.kind, failed.retryable) == ("b", "expression", False)
    assert run.state.error is not None
    assert (run.state.error.kind, run.state.error.node) == ("expression", "b")


def test_the_values_of_a_step_that_was_skipped_are_null() -> None:
    steps = [
        {"id": "a", "if": "false", "run": "true"},
        {"id": "b", "run": "true", "if": "steps.a.skipped && steps.a.output == null && steps.a.exit_code == null"},
    ]
    assert statuses(finished(steps)) == {"a": "skipped", "b": "completed"}


def test_steps_that_are_looked_up_by_a_computed_name_are_there_beside_named_ones() -> None:
    steps = [
        {"id": "a", "run": "true"},
        {"id": "b", "run": "true"},
        {"id": "last", "python": "jobs:work", "with": {"said": "${{ steps[inputs.which].output + steps.b.output }}"}},
    ]
    run = Play(workflow(inputs={"which": {"default": "a"}}, steps=steps))
    run.start()
    assert run.run().status is RunStatus.COMPLETED
    assert inputs_of(run)["last"]["with"] == {"said": "out of aout of b"}


def test_steps_and_people_change_the_context_and_later_steps_see_it() -> None:
    steps = [
        {"id": "a", "set": {"count": "${{ context.count + 1 }}"}},
        {"id": "b", "run": ["use", "${{ context.count }}", "${{ context.who }}"]},
    ]
    run = Play(workflow(context={"count": 1, "who": "nobody"}, steps=steps))
    run.start()
    run.send(c.ChangeContext(at=2, by=ANA, set={"who": "ana"}))
    assert inputs_of(run)["a"] == {"set": {"count": 2}}
    run.send(c.ReportOutcome(at=3, outcome=c.Outcome(node="a", attempt=1, status="succeeded", context={"count": 2})))
    run.plan()
    assert inputs_of(run)["b"] == {"argv": ["use", "2", "ana"]}


def test_a_change_of_the_context_tells_what_is_new_and_nothing_else() -> None:
    run = Play(workflow(context={"a": 1, "b": 2}, steps=[{"id": "ask", "gate": {"title": "Sure?"}}]))
    run.start()
    (changed,) = run.send(c.ChangeContext(at=2, by=ANA, set={"a": 1, "c": 3}, unset=("b", "absent")))
    assert isinstance(changed, e.ContextChanged)
    assert (changed.set, changed.unset, changed.by) == ({"c": 3}, ("b",), ANA)
    assert run.state.context == {"a": 1, "c": 3}
    assert run.send(c.ChangeContext(at=2, by=ANA, set={"a": 1}, unset=("b",))) == []
    assert run.send(c.ChangeContext(at=2, by=ANA, set={"a": True})) != []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"set": {"a b": 1}}, "'a b' cannot be a variable"),
        ({"set": {"a": 1}, "unset": ("a",)}, "cannot be set and removed at once"),
        ({"set": {"a": [float("nan")]}}, "The value of a holds a number that is not finite"),
        ({"set": {"a": {"\udc80": 1}}}, "The value of a holds half a character"),
    ],
)
def test_a_variable_that_cannot_be_kept_is_refused(change: dict[str, object], why: str) -> None:
    run = Play(workflow(steps=[{"id": "ask", "gate": {"title": "Sure?"}}]))
    run.start()
    with pytest.raises(InvalidInput, match=why):
        run.send(c.ChangeContext.model_validate({"at": 2, "by": ANA, **change}))


def test_secrets_stay_references_in_the_journal() -> None:
    token: JsonValue = {"$secret": ["Bearer ", {"name": "TOKEN"}, " v1"]}
    text = "Bearer ${{ secrets.TOKEN }} ${{ inputs.tag }}"
    steps = [
        {"id": "shell", "run": "publish", "env": {"AUTH": text}},
        {"id": "argv", "run": ["publish", text]},
        {"id": "python", "python": "jobs:work", "env": {"AUTH": text}},
        {"id": "asked", "run": ["publish", text], "gate": {"title": "Sure?", "preview": ["show", text]}},
    ]
    run = Play(
        workflow(type="parallel", secrets=["TOKEN"], inputs={"tag": {"default": "v1"}}, env={"ALL": "${{ secrets.TOKEN }}"}, steps=steps)
    )
    run.start()
    given = inputs_of(run)
    everywhere: JsonValue = {"$secret": [{"name": "TOKEN"}]}
    assert given["shell"]["env"] == given["python"]["env"] == {"ALL": everywhere, "AUTH": token}
    assert given["argv"] == {"argv": ["publish", token], "env": {"ALL": everywhere}}
    assert given["asked.gate"] == {"preview": {"argv": ["show", token], "env": {"ALL": everywhere}}}


def test_a_gate_shows_a_secret_by_its_name_only() -> None:
    step = {"id": "a", "run": ["publish", "--token=${{ secrets.TOKEN }}"], "gate": {"title": "Sure?"}}
    run = Play(workflow(secrets=["TOKEN"], steps=[step]))
    run.start()
    assert of_type(run.journal, e.ApprovalRequested)[0].content.action == "publish --token=${TOKEN}"


def test_only_the_steps_that_some_expression_names_are_remembered() -> None:
    steps = [{"id": "a", "run": "true"}, {"id": "b", "run": "true"}, {"id": "c", "run": ["use", "${{ steps.b.output }}"]}]
    assert set(finished(steps).root.results) == {"b"}
