"""How a question from outside becomes a run: a definition of one step, made from the shape of the question, and its words as inputs.

Nothing that somebody asks is ever read as a template: the definition names inputs only, and every text of the question is the value of one.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core import events as e
from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.base import NAME, format_duration
from oyama_tui.core.definition.expressions import OPEN, ExpressionError
from oyama_tui.core.definition.kinds.run import DEFAULT_SHELL
from oyama_tui.core.definition.loading import load_workflow
from oyama_tui.core.definition.shell import as_variable
from oyama_tui.core.definition.writing import as_yaml
from oyama_tui.core.errors import InvalidDefinition, InvalidInput, first_problem
from oyama_tui.core.questions import AGENTS, ASK, STEP, Question
from oyama_tui.core.storable import check_storable
from oyama_tui.core.text import one_line

NAMES: Final = {ASK: "Asked by scripts", AGENTS: "Asked by agents"}
COMMAND_NAME: Final = "the command"
"""How people call that step where it runs something."""
MAX_LINE: Final = 500
"""Characters of a title or a target."""
MAX_KEY: Final = 500
"""Characters of a key."""
MAX_ARGUMENTS: Final = 4000
MAX_FILES: Final = 100
MAX_VARIABLES: Final = 200
MAX_TOTAL: Final = 1_000_000
"""Bytes of all that a command and its preview get."""
MAX_SHOWN: Final = 80
"""Characters of a part that a sentence about a difference shows."""
_NAME: Final = re.compile(NAME)


def workflow_id_of(question: Question) -> str:
    """The workflow of which a question is a run."""
    return ASK if question.kind == "ask" and not question.program else AGENTS


def question_workflow(question: Question) -> Workflow:
    """The definition of the run that a question is; questions of the same shape have the same.

    Args:
        question: What is asked.

    Raises:
        InvalidInput: Its form is none.
    """
    try:
        return load_workflow(as_yaml(_definition(question)), "the question")
    except InvalidDefinition as error:
        raise InvalidInput(f"This cannot be asked: {first_problem(error)}.") from error


def question_inputs(question: Question) -> dict[str, JsonValue]:
    """What a question says, as the inputs of its run.

    Args:
        question: What is asked.
    """
    return dict(_values(question))


def _values(question: Question) -> Iterator[tuple[str, JsonValue]]:
    yield "title", question.title
    if question.target:
        yield "target", question.target
    if question.preview:
        yield "preview", question.preview
    yield from ((f"argument_{place}", value) for place, value in enumerate(question.command))
    yield from ((f"file_{place}", value) for place, value in enumerate(question.files))
    yield from ((f"variable_{place}", value) for place, value in enumerate(question.environment.values()))


def _definition(question: Question) -> dict[str, Any]:
    """The definition as plain data."""
    gate: dict[str, Any] = {"title": _filled("title"), "risk": question.risk}
    if question.target:
        gate["target"] = _filled("target")
    if question.preview:
        gate["preview"] = [*DEFAULT_SHELL, _filled("preview")]
    if question.files:
        gate["files"] = [_filled(f"file_{place}") for place in range(len(question.files))]
    if question.form:
        gate["form"] = {name: _field(field) for name, field in question.form.items()}
    if question.timeout is not None:
        gate |= {"timeout": format_duration(question.timeout), "on_timeout": question.on_timeout}
    step: dict[str, Any] = {"id": STEP, "gate": gate}
    if question.environment:
        step["env"] = {name: _filled(f"variable_{place}") for place, name in enumerate(question.environment)}
    if question.command:
        step["run"] = [_filled(f"argument_{place}") for place in range(len(question.command))]
        step |= {"name": COMMAND_NAME, "effect": "permanent", "rerun": "ask"}
    workflow_id = workflow_id_of(question)
    inputs = {name: {"type": "string"} for name, _ in _values(question)}
    return {"id": workflow_id, "name": NAMES[workflow_id], "inputs": inputs, "steps": [step]}


def _field(field: Any) -> dict[str, Any]:
    made: dict[str, Any] = field.model_dump(mode="json", exclude_defaults=True)
    return made or {"type": "string"}


def _filled(name: str) -> str:
    return f"${{{{ inputs.{name} }}}}"


def require_askable(question: Question) -> None:
    """Refuse a question that cannot be shown, kept or carried out as it is.

    Args:
        question: What is asked.

    Raises:
        InvalidInput: What does not fit, and why.
    """
    for name, text in (("title", question.title), ("target", question.target)):
        _require_line(name, text)
    if not question.title.strip():
        raise InvalidInput("A question needs a title.", "Say in one line what is asked, such as 'Deploy v2.4.0?'.")
    if not question.directory.startswith("/"):
        raise InvalidInput(f"The directory {question.directory!r} of a question must be an absolute path.")
    if len(question.key) > MAX_KEY or not question.key.isprintable():
        raise InvalidInput(f"A key is one line of at most {MAX_KEY} printable characters.")
    _require_few("arguments", question.command, MAX_ARGUMENTS)
    _require_few("files", question.files, MAX_FILES)
    _require_few("environment variables", tuple(question.environment), MAX_VARIABLES)
    for name in question.environment:
        if _NAME.fullmatch(name) is None:
            raise InvalidInput(f"{name[:80]!r} is no name of an environment variable.", "Letters, digits and underscores, no digit first.")
    if question.command and not question.command[0]:
        raise InvalidInput("The command that is asked for has an empty name.")
    for name, field in question.form.items():
        if OPEN in field.model_dump_json():
            raise InvalidInput(f"The field {name!r} holds {OPEN}, and nothing is filled in there.")
    for what, text in _passed_on(question):
        try:
            as_variable(text)
        except ExpressionError as error:
            raise InvalidInput(f"{what} cannot be passed on: {error}.") from None
    total = sum(len(text.encode()) for _, text in _passed_on(question))
    if total > MAX_TOTAL:
        raise InvalidInput(
            f"What the command and the preview get has {total:,} bytes in all, and at most {MAX_TOTAL:,} are kept.",
            "Put the content into a file, and name that with --file.",
        )
    try:
        check_storable(question.model_dump(mode="json"))
    except ValueError as error:
        raise InvalidInput(f"The question {error}, so it cannot be kept.") from None


def _require_line(name: str, text: str) -> None:
    if len(text) > MAX_LINE:
        raise InvalidInput(f"The {name} is longer than {MAX_LINE} characters.", "Details belong into --preview or --file.")
    if not text.isprintable():
        wrong = next(letter for letter in text if not letter.isprintable())
        what = "a line break" if wrong in "\r\n" else f"the character U+{ord(wrong):04X}"
        raise InvalidInput(f"The {name} holds {what}, and it is one plain line.")


def _require_few(name: str, items: Sequence[str], most: int) -> None:
    if len(items) > most:
        raise InvalidInput(f"A question takes at most {most} {name}, and this has {len(items)}.")


def _passed_on(question: Question) -> Iterator[tuple[str, str]]:
    """What programs get, and how people call it."""
    yield from ((f"Argument {place} of the command", text) for place, text in enumerate(question.command))
    yield from ((f"The variable {name}", text) for name, text in question.environment.items())
    yield from ((f"The file name {text[:40]!r}", text) for text in question.files)
    yield "The preview command", question.preview


def what_differs(question: Question, started: e.RunStarted, workflow: Workflow) -> list[str]:
    """How a question differs from one that was asked before, in a few words for each part.

    Args:
        question: What is asked now.
        started: How the run began that was asked before.
        workflow: The definition of that run.
    """
    before, now = _parts(started.inputs, workflow), _parts(question_inputs(question), question_workflow(question))
    for name, word in _SAID.items():
        if name == "session" and question.kind == "ask":
            continue
        before[word], now[word] = getattr(started.asker, name, ""), getattr(question.asker, name)
    names = dict.fromkeys((*now, *before))
    found = [_difference(name, before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name)]
    return found or ["what it covers besides"]


_SAID: Final = {"directory": "directory", "program": "program", "session": "session", "tool": "tool", "proposal": "proposal"}
"""What an asker says that a yes is bound to, and how people call it."""


def _parts(inputs: Mapping[str, JsonValue], workflow: Workflow) -> dict[str, Any]:
    """What is asked, by the names that people have for its parts."""
    step, gate = workflow.steps[0], workflow.steps[0].gate
    assert gate is not None

    def listed(prefix: str) -> list[str]:
        return [str(value) for name, value in inputs.items() if name.startswith(f"{prefix}_")]

    return {
        "title": inputs.get("title", ""),
        "target": inputs.get("target", ""),
        "risk": gate.risk,
        "command": shlex.join(listed("argument")),
        "preview": inputs.get("preview", ""),
        "files": shlex.join(listed("file")),
        "form": json.dumps({name: _field(field) for name, field in gate.form.items()}, sort_keys=True),
        "timeout": "none" if gate.timeout is None else f"{format_duration(gate.timeout)}, then {gate.on_timeout}",
        **{f"variable {name}": value for name, value in zip(step.env, listed("variable"), strict=False)},
    }


def _difference(name: str, before: JsonValue, now: JsonValue) -> str:
    """One part that is different."""
    if name == "form" or name == "proposal":
        return f"another {name}"
    return f"{name} {one_line(str(before or ''), MAX_SHOWN)!r} then, {one_line(str(now or ''), MAX_SHOWN)!r} now"
