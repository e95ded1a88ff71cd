"""Output that was not kept whole is no value: an expression that refers to it fails and says why."""

from __future__ import annotations

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.definition import Workflow
from tests.core.play import Play

REMARK = "head\n[... 1,234 bytes left out; the log has more ...]\ntail"


def long_output(node: str, attempt: int) -> c.Outcome:
    """The first step wrote more than is kept."""
    cut = node == "a"
    return c.Outcome(node=node, attempt=attempt, status="succeeded", output=REMARK if cut else "short", truncated=cut, outputs={"k": "v"})


def played(**second: object) -> Play:
    """A run of a step with too long an output, and of one after it."""
    steps = [{"id": "a", "run": "true"}, {"id": "b", "run": "true", **second}]
    play = Play(Workflow.model_validate({"id": "play", "steps": steps}), long_output)
    play.start()
    play.run(1)
    return play


@pytest.mark.parametrize(
    "second",
    [
        {"run": "echo ${{ steps.a.output }}"},
        {"run": ["echo", "${{ previous.output }}"]},
        {"env": {"A": "${{ json(steps.a) }}"}},
        {"stdin": "${{ steps.a.output }}"},
        {"if": "steps.a.output.contains('tail')"},
        {"if": "steps.a.output == 'tail'"},
    ],
)
def test_output_that_was_not_kept_whole_cannot_be_referred_to(second: dict[str, object]) -> None:
    play = played(**second)
    failed = [event for event in play.journal if isinstance(event, e.StepFailed)]
    assert [(event.node, event.kind) for event in failed] == [("b", "expression")]
    assert "the output was longer than what is kept of it (64 KiB), so it is no value" in failed[0].message
    assert "OYAMA_OUTPUT" in failed[0].message
    assert not any("left out" in event.model_dump_json() for event in play.journal if isinstance(event, e.StepScheduled))


def test_the_rest_of_such_a_step_can_be_used() -> None:
    play = played(run="echo ${{ steps.a.outputs.k }} ${{ steps.a.exit_code }}", **{"if": "steps.a.succeeded && has(steps.a.output)"})
    assert not [event for event in play.journal if isinstance(event, e.StepFailed)]


def test_a_step_cannot_name_its_own_output_that_was_not_kept_whole() -> None:
    steps = [{"id": "a", "run": "true", "outputs": {"said": "${{ result.text }}"}}]
    play = Play(Workflow.model_validate({"id": "play", "steps": steps}), long_output)
    play.start()
    play.run(1)
    (failed,) = [event for event in play.journal if isinstance(event, e.StepFailed)]
    assert failed.message.startswith("outputs: ")
    assert "64 KiB" in failed.message
