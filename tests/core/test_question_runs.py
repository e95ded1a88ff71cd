"""Questions from outside as definitions and inputs: nothing in them is read as a template, and bad ones are refused with a sentence."""

from __future__ import annotations

import pytest

from oyama_tui.core.definition.base import InputField
from oyama_tui.core.definition.loading import load_workflow
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.events import Principal, RunStarted
from oyama_tui.core.question_runs import question_inputs, question_workflow, require_askable, what_differs
from oyama_tui.core.questions import Question

HOSTILE = "${{ secrets.TOKEN }} ${{ x"
PLAIN = Question(title="Deploy?", directory="/srv")
FULL = Question(
    title=HOSTILE,
    target=HOSTILE,
    risk="high",
    command=("make", HOSTILE, "", "two\nlines\x1b[31m"),
    directory="/srv",
    environment={"PATH": "/bin", "STAGE": HOSTILE},
    preview=f"echo '{HOSTILE}'",
    files=(HOSTILE,),
    form={"reason": InputField(type="string", required=True), "count": InputField(type="integer", default=3)},
    timeout=3_600_000,
    on_timeout="fail",
)


def test_no_text_of_a_question_stands_in_its_definition() -> None:
    text = question_workflow(FULL).canonical()
    assert "secrets" not in text
    assert "TOKEN" not in text
    assert list(question_inputs(FULL).values()).count(HOSTILE) == 5


def test_questions_of_the_same_shape_have_the_same_definition() -> None:
    other = FULL.model_copy(update={"title": "Another", "command": ("a", "b", "c", "d"), "directory": "/tmp"})
    assert question_workflow(other).revision() == question_workflow(FULL).revision()
    longer = FULL.model_copy(update={"command": (*FULL.command, "e")})
    assert question_workflow(longer).revision() != question_workflow(FULL).revision()


def test_the_definition_is_one_that_a_file_could_have() -> None:
    for question in (PLAIN, FULL, PLAIN.model_copy(update={"kind": "tool_call"})):
        workflow = question_workflow(question)
        assert load_workflow(workflow.canonical(), "again") == workflow


def test_every_character_of_a_form_is_kept() -> None:
    said = "a\u0085 b\u2028c\x7f\x9b"
    [step] = question_workflow(PLAIN.model_copy(update={"form": {"why": InputField(default=said, description=said)}})).steps
    assert step.gate is not None
    assert (step.gate.form["why"].default, step.gate.form["why"].description) == (said, said)


def test_a_command_is_permanent_and_never_runs_again_by_itself() -> None:
    [step] = question_workflow(FULL).steps
    assert (step.effect, step.asks_to_rerun, step.retry) == ("permanent", True, None)


def test_questions_of_agents_are_runs_of_a_workflow_of_their_own() -> None:
    assert question_workflow(PLAIN).id == "ask"
    assert {question_workflow(PLAIN.model_copy(update={"kind": kind})).id for kind in ("tool_call", "elicitation")} == {"agents"}


def test_a_thousand_arguments_are_a_definition_like_any_other() -> None:
    question = PLAIN.model_copy(update={"command": tuple(f"argument {n}" for n in range(1000))})
    require_askable(question)
    [step] = question_workflow(question).steps
    assert len(getattr(step, "run")) == 1000  # noqa: B009


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"title": "  "}, "needs a title"),
        ({"title": "two\nlines"}, "title holds a line break"),
        ({"title": "bell\x07"}, r"title holds the character U\+0007"),
        ({"title": "x" * 501}, "longer than 500"),
        ({"target": "tab\t"}, r"target holds the character U\+0009"),
        ({"directory": "here"}, "absolute path"),
        ({"key": "two\nlines"}, "key is one line"),
        ({"key": "k" * 501}, "at most 500"),
        ({"command": ("",)}, "empty name"),
        ({"command": ("x", "a\x00b")}, "Argument 1 of the command cannot be passed on: .*NUL"),
        ({"command": ("x", "a" * 102_401)}, "Argument 1 of the command cannot be passed on: .*102,400 fit"),
        ({"command": ("x", *("a" * 100_000,) * 11)}, "1,100,001 bytes in all, and at most 1,000,000"),
        ({"command": ("x",) * 4001}, "at most 4000 arguments"),
        ({"preview": "a\x00"}, "preview command cannot be passed on"),
        ({"files": ("f",) * 101}, "at most 100 files"),
        ({"environment": {"1A": "x"}}, "no name of an environment variable"),
        ({"environment": {"A": "\x00"}}, "variable A cannot be passed on"),
        ({"words": "\ud800"}, "half a character"),
        ({"form": {"a": InputField(description="${{ x }}")}}, "field 'a' holds"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_sentence(change: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        require_askable(PLAIN.model_copy(update=change))


def test_an_argument_of_100_kib_is_taken() -> None:
    require_askable(PLAIN.model_copy(update={"command": ("x", "a" * 102_400)}))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"title": "Drop?"}, "title 'Deploy?' then, 'Drop?' now"),
        ({"command": ("make", "it")}, "command '' then, 'make it' now"),
        ({"risk": "high"}, "risk 'normal' then, 'high' now"),
        ({"environment": {"PATH": "/b"}, "preview": "x"}, "variable PATH '' then, '/b' now"),
        ({"timeout": 60_000}, "timeout 'none' then, '1m, then reject' now"),
        ({"directory": "/tmp"}, "directory '/srv' then, '/tmp' now"),
        ({"form": {"a": InputField()}}, "another form"),
        ({"covers": {"x.sh": "1"}}, "what it covers besides"),
    ],
)
def test_what_differs_from_the_question_before_is_named(change: dict[str, object], says: str) -> None:
    workflow = question_workflow(PLAIN)
    started = RunStarted(at=1, revision="r", inputs=question_inputs(PLAIN), by=Principal(name="ana"), asker=PLAIN.asker)
    assert says in what_differs(PLAIN.model_copy(update=change), started, workflow)
