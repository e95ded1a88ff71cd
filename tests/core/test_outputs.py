"""`outputs` of every kind of step: named values that later steps and the workflow use."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.statuses import RunStatus
from tests.core.play import ANA, Play, of_type, succeed, workflow

Values = dict[str, JsonValue]
GATE = {"title": "Go?", "form": {"to": {}, "n": {"type": "integer", "default": 7}}}
DECISION = "steps.a.decision"
KINDS: dict[str, tuple[dict[str, Any], Values, Values]] = {
    "run": (
        {"run": "true", "outputs": {"said": "${{ result.output }}!", "code": "${{ result.exit_code }}", "k": "${{ result.outputs.own }}"}},
        {"said": "out of a!", "code": 0, "k": "v", "own": "v"},
        {"own": "v"},
    ),
    "python": ({"python": "jobs:go", "outputs": {"n": "${{ result.n }}", "all": "${{ result.value }}"}}, {"n": 3, "all": {"n": 3}}, {}),
    "set": ({"set": {"v": 2}, "outputs": {"tag": "${{ inputs.tag }}"}}, {"tag": "v1"}, {}),
    "wait": ({"wait": {"for": "1m"}, "outputs": {"tag": "${{ inputs.tag }}", "plain": "text"}}, {"tag": "v1", "plain": "text"}, {}),
    "gate": (
        {
            "gate": GATE,
            "outputs": {
                "by": f"${{{{ {DECISION}.by }}}}",
                "to": f"${{{{ {DECISION}.form.to }}}}",
                "n": f"${{{{ {DECISION}.form.n }}}}",
                "said": f"${{{{ {DECISION}.comment }}}}!",
            },
        },
        {"by": "ana", "to": "prod", "n": 7, "said": "fine!"},
        {},
    ),
}
"""By kind: a step, the outputs that it has, and those that its program writes by itself."""


def played(step: dict[str, Any], own: Values | None = None, *, last: str = "${{ steps.a.outputs }}") -> Play:
    """A run of one step and of one that uses its outputs, played to its end.

    A gate without a deadline is approved with a form, the time of one with a deadline runs out.
    """

    def answer(node: str, attempt: int) -> c.Outcome:
        found: JsonValue = {"n": 3} if "python" in step else None
        return succeed(node, attempt).model_copy(update={"result": found, "exit_code": 0, "outputs": own or {} if node == "a" else {}})

    steps = [{"id": "a", **step}, {"id": "b", "python": "jobs:use", "with": {"all": last}}]
    run = Play(workflow(inputs={"tag": {"default": "v1"}}, outputs={"last": last}, steps=steps), answer=answer)
    run.start()
    for approval in list(run.state.open):
        deadline = run.state.approvals[approval].deadline
        if deadline is None:
            run.send(c.Decide(at=run.state.at + 1, by=ANA, id=approval, verdict="approve", comment="fine", form={"to": "prod"}))
        else:
            run.fire(deadline, approval)
        run.plan()
    while not run.state.status.ended:
        run.moves()[0]()
        run.plan()
    return run


def given_to_b(run: Play) -> JsonValue:
    """What the second step got."""
    [given] = [event.input for event in of_type(run.journal, e.StepScheduled) if event.node == "b"]
    return given["with"]


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_reach_later_steps_the_journal_and_the_workflow(kind: str) -> None:
    step, outputs, own = KINDS[kind]
    run = played(step, own)
    assert run.state.status is RunStatus.COMPLETED
    assert given_to_b(run) == {"all": outputs}
    assert of_type(run.journal, e.RunCompleted)[0].outputs == {"last": outputs}


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_that_cannot_be_made_fail_the_step(kind: str) -> None:
    step, _, own = KINDS[kind]
    run = played({**step, "outputs": {"bad": "${{ int(inputs.tag) }}"}}, own)
    [failed] = of_type(run.journal, e.StepFailed)
    assert (failed.node, failed.kind, failed.retryable) == ("a", "expression", False)
    assert failed.message.startswith("outputs: ")
    assert run.state.status is RunStatus.FAILED
    assert not of_type(run.journal, e.GatePassed)


def test_a_gate_that_silence_approves_has_the_defaults_of_its_form() -> None:
    gate = {**GATE, "timeout": "1m", "on_timeout": "approve"}
    run = played({"gate": gate, "outputs": {"n": f"${{{{ {DECISION}.form.n }}}}"}})
    assert given_to_b(run) == {"all": {"n": 7}}
    assert of_type(run.journal, e.ApprovalExpired)


def test_a_gate_that_nobody_approves_in_time_has_no_outputs() -> None:
    gate = {**GATE, "timeout": "1m", "on_reject": "skip"}
    last = "${{ steps.a.outputs.n == null ? 'nothing' : 'something' }}"
    run = played({"gate": gate, "outputs": {"n": f"${{{{ {DECISION}.form.n }}}}"}}, last=last)
    assert given_to_b(run) == {"all": "nothing"}
