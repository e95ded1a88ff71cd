"""No value that JSON cannot hold becomes part of an event, whatever way it comes; what does reads back as it was."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.definition.expressions import evaluate
from oyama_tui.core.definition.nodes import ExpressionError
from oyama_tui.core.errors import InvalidForm, InvalidInput
from oyama_tui.core.state import RunStatus
from oyama_tui.core.storable import MAX_LEVELS, check_storable
from tests.core.play import ANA, EVENT, Play, of_type, succeed, workflow


def nested(levels: int) -> JsonValue:
    value: JsonValue = 1
    for _ in range(levels):
        value = [value]
    return value


BAD: dict[str, tuple[JsonValue, str]] = {
    "infinite": (math.inf, "holds a number that is not finite, at n"),
    "no number": ([1, {"x": -math.nan}], "holds a number that is not finite, at n[1].x"),
    "half a character": ("a\ud800", "holds half a character (a lone surrogate), at n"),
    "half a character in a key": ({"\udcff": 1}, "holds half a character (a lone surrogate), at n."),
    "very large": ([10**1000], "holds a whole number of more than 1,000 digits, at n[0]"),
    "deep": (nested(MAX_LEVELS), "is nested more than 64 deep"),
}
bad = pytest.mark.parametrize(("value", "words"), BAD.values(), ids=BAD)


def started(step: dict[str, object], **more: object) -> Play:
    run = Play(workflow(steps=[{"id": "a", **step}, {"id": "b", "run": "echo ${{ steps.a.output }}"}], **more))
    run.start()
    return run


@bad
@pytest.mark.parametrize("step", [{"run": "x", "parse": "json"}, {"python": "m:f"}, {"set": {"n": 1}}], ids=["run", "python", "set"])
@pytest.mark.parametrize("name", ["result", "outputs", "context"])
def test_what_an_attempt_gives_back_and_json_cannot_hold_fails_the_attempt(
    value: JsonValue, words: str, step: dict[str, object], name: str
) -> None:
    run = started(step)
    outcome = succeed("a", 1).model_copy(update={name: {"n": value}})
    (event,) = run.send(c.ReportOutcome(at=2, outcome=outcome))
    assert isinstance(event, e.StepFailed)
    assert event.kind == ("python" if "python" in step else "parse")
    assert event.message.startswith(f"What it gave back cannot be kept: its {name} {words}")
    assert EVENT.validate_json(EVENT.dump_json(event)) == event


@bad
def test_a_failure_keeps_what_can_be_kept_and_says_what_cannot(value: JsonValue, words: str) -> None:
    run = started({"run": "x"})
    outcome = c.Outcome(node="a", attempt=1, status="failed", kind="exit", message="Exit code 3.", outputs={"good": [1], "n": value})
    (event,) = run.send(c.ReportOutcome(at=2, outcome=outcome))
    assert isinstance(event, e.StepFailed)
    assert event.outputs == {"good": [1]}
    assert event.message.startswith(f"Exit code 3. Of its outputs, n {words}")
    assert EVENT.validate_json(EVENT.dump_json(event)) == event


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_halves_of_characters_in_output_and_message_are_replaced(status: str) -> None:
    run = started({"run": "x"})
    outcome = c.Outcome.model_validate({"node": "a", "attempt": 1, "status": status, "output": "o\ud800", "message": "m\udcff"})
    (event,) = run.send(c.ReportOutcome(at=2, outcome=outcome))
    assert isinstance(event, e.StepSucceeded | e.StepFailed)
    assert event.output == "o\ufffd"
    assert EVENT.validate_json(EVENT.dump_json(event)) == event


@bad
def test_people_cannot_bring_it_in_either(value: JsonValue, words: str) -> None:
    fields = {"n": {"type": "map"}}
    play = Play(workflow(inputs=fields, steps=[{"id": "a", "gate": {"title": "T", "form": fields}}]), inputs={"n": {"n": value}})
    with pytest.raises(InvalidInput, match=r"n: (holds|is nested)"):
        play.start()
    play.inputs = {}
    play.start()
    with pytest.raises(InvalidInput, match="cannot be kept"):
        play.send(c.ChangeContext(at=2, by=ANA, set={"x": value}))
    (approval,) = play.state.open
    for answer in ({"form": {"n": {"n": value}}}, {"metadata": {"n": value}}):
        with pytest.raises(InvalidForm):
            play.send(c.Decide.model_validate({"at": 2, "by": ANA, "id": approval, "verdict": "approve", **answer}))


@pytest.mark.parametrize(
    "source",
    [
        *("context.n * 10.0", "context.n + context.n", "-context.n - context.n", "context.n / 1e-10", "double('1e999')", "1.0 / 0.0"),
        *("double('inf')", "double('nan')", "double('1_0')", "1e999", "double(context.big)", "context.big * 1.5", "int('\u0663')"),
    ],
)
def test_no_expression_makes_a_number_that_is_not_finite(source: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(source, {"context": {"n": 1e308, "big": 10**400}})


@pytest.mark.parametrize("where", ["set", "with", "outputs", "workflow outputs"])
def test_a_value_that_expressions_nest_too_deep_fails_where_it_is_made(where: str) -> None:
    deep = "${{ [[[context.deep]]] }}"
    steps: dict[str, dict[str, object]] = {
        "set": {"set": {"x": deep}},
        "with": {"python": "m:f", "with": {"x": deep}},
        "outputs": {"run": "x", "outputs": {"x": deep}},
        "workflow outputs": {"run": "x"},
    }
    run = Play(
        workflow(context={"deep": nested(MAX_LEVELS - 2)}, steps=[{"id": "a", **steps[where]}], outputs={"x": deep} if " " in where else {})
    )
    run.start()
    assert run.run().status is RunStatus.FAILED
    assert run.state.error is not None
    assert (run.state.error.kind, "nested more than 64 deep" in run.state.error.message) == ("expression", True)


def test_no_event_can_be_made_with_a_number_that_is_not_finite() -> None:
    with pytest.raises(ValidationError):
        e.ContextChanged(at=1, by=ANA, set={"x": [math.inf]})
    with pytest.raises(ValidationError):
        e.StepSucceeded(at=1, node="a", attempt=1, result={"x": math.nan})


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.floats() | st.text(alphabet=st.characters(categories=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet=st.characters(categories=None)), inner, max_size=3),
)


@given(values)
def test_what_passes_reads_back_as_it_was(value: JsonValue) -> None:
    run = started({"run": "x"})
    (event,) = run.send(c.ReportOutcome(at=2, outcome=succeed("a", 1).model_copy(update={"result": value})))
    assert repr(EVENT.validate_json(EVENT.dump_json(event))) == repr(event)
    try:
        check_storable(value)
    except ValueError:
        assert of_type([event], e.StepFailed)
    else:
        assert of_type([event], e.StepSucceeded)
