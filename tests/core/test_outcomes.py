"""What a step is said to be once it is over, its values, and steps that are there for the failures of others."""

from __future__ import annotations

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.definition.loading import load_with_warnings
from oyama_tui.core.state import RunStatus
from tests.core.play import Play, failing, of_type, statuses, workflow

WORDS = "[steps.ask.status, steps.ask.succeeded, steps.ask.failed, steps.ask.skipped, steps.ask.rejected]"
PREVIOUS = WORDS.replace("steps.ask", "previous")


def no(node: str, opening: int) -> e.Verdict:
    return "reject"


@pytest.mark.parametrize("action", [{"run": "act"}, {}], ids=["with an action", "alone"])
@pytest.mark.parametrize(
    ("gate", "verdict", "word"),
    [
        ({"timeout": "1s", "on_timeout": "fail"}, None, "failed"),
        ({"timeout": "1s", "on_timeout": "reject", "on_reject": "skip"}, None, "rejected"),
        ({"on_reject": "skip"}, "reject", "rejected"),
    ],
)
def test_a_step_has_one_status_however_its_gate_ends(action: dict[str, object], gate: dict[str, object], verdict: str, word: str) -> None:
    steps: list[dict[str, object]] = [
        {"id": "ask", "gate": {"title": "T", "form": {"f": {}}, **gate}, **action},
        {"id": "next", "if": "always", "set": {"named": f"${{{{ {WORDS} }}}}", "before": f"${{{{ {PREVIOUS} }}}}"}},
        {"id": "last", "set": {"values": "${{ [steps.ask.outputs.k, steps.ask.decision.form.f, steps.ask.result.x] }}"}},
    ]
    run = Play(workflow(type="conditional", steps=steps), verdict=no)
    run.start()
    if verdict is None:
        run.fire(run.at + 1000, next(iter(run.state.open)))
        run.plan()
    run.run()
    orders = {event.node: event.input["set"] for event in of_type(run.journal, e.StepScheduled) if "set" in event.input}
    expected = [word, False, word == "failed", False, word == "rejected"]
    assert orders["next"] == {"named": expected, "before": expected}
    assert orders["last"] == {"values": [None, None, None]}


NULLS = ["output", "result", "result.x", "outputs", "outputs.k", "outputs.named", "exit_code", "error"]
NULLS += ["decision", "decision.form", "decision.form.f", "decision.comment", 'outputs["k"].deep[0]']


@pytest.mark.parametrize("path", NULLS)
def test_all_values_of_a_skipped_step_are_null(path: str) -> None:
    gate = {"title": "T", "form": {"f": {}}}
    steps: list[dict[str, object]] = [
        {"id": "a", "if": "false", "run": "x", "parse": "json", "gate": gate, "outputs": {"named": "${{ result.output }}"}},
        {"id": "b", "set": {"value": f"${{{{ steps.a.{path} }}}}"}},
        {"id": "c", "if": f"steps.a.{path} == null && !has(steps.a.outputs.k)", "run": "x"},
        {"id": "d", "run": f"echo '' ${{{{ steps.a.{path} }}}}"},
    ]
    run = Play(workflow(steps=steps))
    run.start()
    assert run.run().status is RunStatus.COMPLETED
    assert statuses(run.state) == {"a.gate": "skipped", "a": "skipped", "b": "completed", "c": "completed", "d": "completed"}
    orders = {event.node: event.input for event in of_type(run.journal, e.StepScheduled)}
    assert orders["b"] == {"set": {"value": None}}
    assert list(orders["d"]["env"].values()) == [""]  # type: ignore[union-attr]


def test_outputs_of_a_failed_step_are_kept_and_what_it_had_not_written_is_null() -> None:
    def answer(node: str, attempt: int) -> c.Outcome:
        status = "failed" if node == "a" else "succeeded"
        outputs = {"k": "v"} if node == "a" else {}
        return c.Outcome.model_validate({"node": node, "attempt": attempt, "status": status, "kind": "exit", "outputs": outputs})

    step = {"id": "b", "if": "failure", "set": {"x": "${{ [steps.a.outputs.k, steps.a.outputs.absent, previous.outputs] }}"}}
    run = Play(workflow(type="conditional", steps=[{"id": "a", "run": "x"}, step]), answer=answer)
    run.start()
    run.run()
    assert of_type(run.journal, e.StepFailed)[0].outputs == {"k": "v"}
    assert of_type(run.journal, e.StepScheduled)[-1].input == {"set": {"x": ["v", None, {"k": "v"}]}}


@pytest.mark.parametrize("kind", ["graph", "parallel"])
def test_steps_beside_each_other_can_be_there_for_failures(kind: str) -> None:
    steps: list[dict[str, object]] = [
        {"id": "a", "run": "x"},
        {"id": "b", "needs": ["a"], "run": "x"},
        {"id": "good", "run": "x"},
        {"id": "alarm", "needs": ["a"], "if": "failure", "run": "x"},
        {"id": "far", "needs": ["b"], "if": "failure", "run": "x", "gate": {"title": "Mend it?"}},
        {"id": "quiet", "needs": ["good"], "if": "failure", "run": "x"},
        {"id": "fine", "needs": ["good"], "if": "success", "run": "x"},
        {"id": "tidy", "needs": ["b", "good"], "if": "always", "run": "x"},
        {"id": "after", "needs": ["tidy"], "run": "x"},
    ]
    run = Play(workflow(type=kind, steps=steps), answer=failing("a"))
    run.start()
    state = run.run()
    words = statuses(state)
    assert {name for name, word in words.items() if word == "completed"} == {"good", "alarm", "far", "far.gate", "fine", "tidy", "after"}
    assert {name for name, word in words.items() if word == "skipped"} == {"b", "quiet"}
    assert state.status is RunStatus.FAILED
    assert state.error is not None
    assert state.error.node == "a"


BLOCKED = "steps:\n  - {id: a, run: x%s}\n  - {id: b, run: x%s, if: '%s'}\n"


@pytest.mark.parametrize("kind", ["graph", "parallel", "sequential"])
@pytest.mark.parametrize("condition", ["steps.a.failed", 'steps.a.status == "failed"', "1 == 2 || steps.a.failed"])
def test_a_condition_that_can_never_come_true_is_warned_of(kind: str, condition: str) -> None:
    needs = ", needs: [a]"
    _, warnings = load_with_warnings(f"type: {kind}\n" + BLOCKED % ("", needs, condition), "f.yaml")
    (warning,) = warnings
    assert warning.message.startswith("when step 'a' fails, ")
    assert ("if: failure" in warning.hint) == (kind != "sequential")
    for spared in (("", needs, "!steps.a.failed"), (", on_failure: continue", needs, condition)):
        assert load_with_warnings(f"type: {kind}\n" + BLOCKED % spared, "f.yaml")[1] == ()
    assert load_with_warnings("type: conditional\n" + BLOCKED % ("", "", condition), "f.yaml")[1] == ()


def test_a_total_timeout_that_is_used_up_is_called_that() -> None:
    step: dict[str, object] = {"id": "a", "run": "x", "timeout": {"total": "2s"}, "retry": {"max_attempts": 9, "interval": "1s"}}
    run = Play(workflow(steps=[step]))
    run.start()
    failed = c.Outcome(node="a", attempt=1, status="failed", kind="timeout", message="It took longer than 141ms and was ended.")
    early = run.send(c.ReportOutcome(at=run.at + 500, outcome=failed.model_copy(update={"kind": "exit", "message": "Exit code 1."})))
    assert [event.message for event in of_type(early, e.StepFailed)] == ["Exit code 1."]
    run.plan()
    while run.state.retrying:
        due = next(node.due for node in run.state.nodes.values() if node.due is not None)
        run.fire(due, "a")
        run.plan()
    (late,) = run.send(c.ReportOutcome(at=run.at + 2000, outcome=failed.model_copy(update={"attempt": 2})))
    assert isinstance(late, e.StepFailed)
    assert late.message == "The 2s for all its attempts are used up. It took longer than 141ms and was ended."
    assert not late.retryable
