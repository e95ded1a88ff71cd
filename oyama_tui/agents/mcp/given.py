"""What the tools are given, and the sentences about what does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from oyama_tui.core.errors import InvalidInput, Problem
from oyama_tui.core.text import one_line

LONGEST_WAIT: Final = 50
"""Seconds: clients give up on a call after a minute."""
MOST_ROWS: Final = 100
MOST_TOLD: Final = 10
"""Mistakes of one call that are told."""
PREVIEW: Final = "preview"
Model = TypeVar("Model", bound=BaseModel)


class Given(BaseModel):
    """What a tool is given."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Id = Annotated[str, Field(min_length=1, max_length=500, description="The id of a question: the run or the approval, as `propose` gave it.")]


class Proposal(Given):
    """What a person is asked."""

    title: str = Field(description="The question in one plain line, such as 'Deploy v2.4.0?'.")
    command: Annotated[list[str], Field(min_length=1)] = Field(
        description="The program and its arguments, one item each, that Oyama runs once after a yes. No shell reads them."
    )
    cwd: str = Field("", description="The directory in which it runs; relative to the server's own, which is the default.")
    target: str = Field("", description="On what it acts, such as 'production'; shown large.")
    files: list[str] = Field([], description="Files whose content is shown, and is part of what is approved; relative to cwd.")
    risk: Literal["low", "normal", "high"] = Field("normal", description="How careful the answer must be.")
    timeout: str = Field(
        "", description="How long it can be answered, such as '4h'; then it counts as a no. Without it as long as it takes."
    )
    key: str = Field("", description="The same key again is the same question, found with its answer and never asked twice.")


class ProposalWithPreview(Proposal):
    """The same where the person lets previews of agents run."""

    preview: str = Field(
        "", description="A shell command that runs at once, before anybody is asked; its output is part of what is approved."
    )


class OneQuestion(Given):
    """A question."""

    id: Id


class Wait(OneQuestion):
    """A question, and how long to wait for it."""

    seconds: Annotated[float, Field(ge=0, le=LONGEST_WAIT)] = Field(
        LONGEST_WAIT, description=f"The longest to wait, at most {LONGEST_WAIT}; call again while it is open."
    )


class Nothing(Given):
    """No words at all."""


class Start(Given):
    """A workflow to start."""

    workflow: Annotated[str, Field(min_length=1, max_length=500)] = Field(description="Its id, as `workflows` lists it.")
    inputs: dict[str, JsonValue] = Field({}, description="Values for its inputs, by name.")


class RunsWanted(Given):
    """Which runs."""

    workflow: str = Field("", description="Only runs of this workflow.")
    live: bool | None = Field(None, description="true: only those that go on; false: only those that are over.")
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = Field(20, description=f"The most rows, at most {MOST_ROWS}.")


class OneRun(Given):
    """A run."""

    id: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="Its id, a part of it that no other has, or words like `release#12` and `release@latest`."
    )


def read(tool: str, model: type[Model], arguments: Mapping[str, Any] | None) -> Model:
    """Read what a tool is given.

    Args:
        tool: The tool, for the sentence.
        model: What fits.
        arguments: As they came.

    Raises:
        InvalidInput: They do not fit; with every mistake.
    """
    # Models write null for what they leave out.
    given = {name: value for name, value in (arguments or {}).items() if value is not None}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problems = list(_problems(model, given, error))
    except RecursionError:
        problems = [Problem("it is nested too deep")]
    told = "; ".join(f"{problem.where}: {problem.message}" if problem.where else problem.message for problem in problems[:MOST_TOLD])
    more = f"; and {len(problems) - MOST_TOLD} more" if len(problems) > MOST_TOLD else ""
    hint = next((problem.hint for problem in problems if problem.hint), "")
    raise InvalidInput(f"{tool} cannot do this: {told}{more}.", hint or f"It takes {_takes(model)}.", problems)


def _takes(model: type[BaseModel]) -> str:
    """The names of what fits, those that are needed first."""
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    others = [f"{name}?" for name, field in model.model_fields.items() if not field.is_required()]
    return ", ".join((*needed, *others)) or "nothing"


def _problems(model: type[BaseModel], given: Mapping[str, Any], error: ValidationError) -> Iterator[Problem]:
    """Each mistake, in a few words."""
    for found in error.errors(include_url=False):
        where = one_line("".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in found["loc"]).lstrip("."), 80)
        if found["type"] == "missing":
            yield Problem(f"{where} is missing")
        elif found["type"] != "extra_forbidden":
            yield Problem(_message(found), where)
        elif where == PREVIEW:
            hint = "Leave it out, or ask the person to start this server as `oyama mcp --previews`."
            yield Problem("it would run before anybody has seen it, and this server was started without --previews", where, hint=hint)
        else:
            close = get_close_matches(where, model.model_fields, n=1)
            yield Problem(f"there is no {where!r}{f', but {close[0]}' if close else ''}")


_WORDS: Final[Mapping[str, str]] = {
    "string_type": "must be text",
    "list_type": "must be a list",
    "dict_type": "must be a map",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be one of {expected}",
    "finite_number": "must be a finite number",
}


def _message(found: Mapping[str, Any]) -> str:
    """What is wrong with a value, as the rest of a sentence."""
    words = _WORDS.get(found["type"])
    if words is None:
        return str(found["msg"])[:200]
    return words.format_map({name: f"{value:g}" if isinstance(value, float) else value for name, value in found.get("ctx", {}).items()})
