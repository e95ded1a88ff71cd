"""What every part of a definition is made of: strict models, durations, names and input fields."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

import durationpy
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    Strict,
    WithJsonSchema,
    model_serializer,
)

WORKFLOW_ID = r"^[a-z][a-z0-9_-]{0,63}$"
STEP_ID = r"^[a-z][a-z0-9_]{0,63}$"
CALL = r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$"
"""The pattern of `module:function`."""
PLUGIN_NAME = r"^[a-z][a-z0-9_-]{0,63}$"
"""That of the name of a step kind of another distribution."""
NAME = "[A-Za-z_][A-Za-z0-9_]{0,63}"
EDITED = rf"^[a-z][a-z0-9_]{{0,63}}\.{NAME}$"
"""A value of a step that a person may change at a gate: `notes.text`."""
"""The pattern of names of variables, inputs, secrets and outputs."""
MAX_STEPS = 10_000
MAX_BYTES = 1_000_000
MAX_DEPTH = 50
LONGEST_MS = 10 * 365 * 86_400_000
"""Ten years: the longest duration that a definition may name."""


class DefinitionModel(BaseModel):
    """A strict, frozen piece of a definition: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True, defer_build=True)


def parse_duration(value: object) -> int:
    """Turn `90s`, `1h30m` or `2d` into milliseconds.

    Args:
        value: The text of a duration, with its unit.

    Raises:
        ValueError: The text is no duration, is negative or longer than ten years.
    """
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a duration is a number with its unit, such as 30s, 10m, 2h or 1d")
    try:
        parsed: timedelta = durationpy.from_str(value.strip())
        milliseconds = round(parsed.total_seconds() * 1000)
    except (durationpy.DurationError, OverflowError, ValueError):
        raise ValueError(f"{value[:40]!r} is no duration; write a number with its unit, such as 30s, 10m, 2h or 1d") from None
    if not 0 <= milliseconds <= LONGEST_MS:
        raise ValueError(f"{value[:40]!r} is out of range; a duration lies between 0s and ten years")
    return milliseconds


def format_duration(milliseconds: int) -> str:
    """Write milliseconds as the shortest text that `parse_duration` reads back.

    Args:
        milliseconds: Not negative.
    """
    text = ""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w))+$", "examples": ["30s", "10m", "2h"]}),
]
"""Milliseconds, written as `30s`, `10m`, `2h`, `1d` in a definition."""

Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
AtOnce = Annotated[int, Strict(), Field(ge=1, le=10_000)]
"""Values that no text stands for: `"2"` and `yes` are texts."""
WorkflowType = Literal["sequential", "parallel", "conditional", "graph"]
"""How steps follow each other."""
InputType = Literal["string", "integer", "number", "boolean", "list", "map", "file"]
MAX_FIELD_DEPTH = 4
"""How deep `items` and `fields` of an input may stand in each other."""
Expression = Annotated[str, Field(min_length=1, max_length=4096)]
"""A bare CEL expression."""
Text = Annotated[str, Field(max_length=64 * 1024)]
"""Text in which `${{ ... }}` is replaced once."""
VariableName = Annotated[str, Field(pattern=f"^{NAME}$")]
Values = dict[VariableName, JsonValue]


class InputField(DefinitionModel):
    """One value that a person or a program supplies: an input of a workflow or a field of a gate's form."""

    type: InputType = "string"
    """What kind of value it is."""
    required: Flag = False
    """A run cannot start, or a gate cannot be answered, without it."""
    default: JsonValue = None
    """The value when none is given."""
    items: InputField | None = None
    """What each item of a list is; of a map whose names are free, what each of its values is."""
    fields: dict[VariableName, InputField] = {}
    """What a map has, by name; a name that is not among them is an error."""
    pattern: str | None = Field(default=None, max_length=500)
    """A regular expression (RE2) that a string, or the name of a file without its folders, must match from its start."""
    options: tuple[JsonValue, ...] = Field(default=(), max_length=1000)
    """The only values allowed, when given."""
    min: Number | None = None
    """The least number allowed."""
    max: Number | None = None
    """The greatest number allowed."""
    description: str = Field(default="", max_length=2000)
    """One line for the person who fills it in."""

    @model_serializer(mode="wrap")
    def _without_inner_types(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out inner types that there are not: what was asked before there were any keeps its digest."""
        made: dict[str, Any] = handler(self)
        return {key: value for key, value in made.items() if value or key not in ("items", "fields")}


class EnvAndSecrets(DefinitionModel):
    """A base for the parts that carry environment and secrets."""

    env: dict[VariableName, Text] = {}
    """Environment variables; values may use expressions, secrets too."""
    secrets: tuple[VariableName, ...] = ()
    """Names of secrets that these steps may use."""


def type_words(field: InputField) -> str:
    """Name the kind of a value in a few words: `integer`, `list of file`, `map of name, port`.

    Args:
        field: What is declared.
    """
    inner = ", ".join(field.fields) if field.fields else type_words(field.items) if field.items is not None else ""
    return f"{field.type} of {inner}" if inner else field.type


def json_type(value: Any) -> str:
    """Name the type of a JSON value in the words of `InputField.type`."""
    if isinstance(value, bool):
        return "boolean"
    names: dict[type, str] = {int: "integer", float: "number", str: "string", list: "list", dict: "map", type(None): "null"}
    return names.get(type(value), type(value).__name__)
