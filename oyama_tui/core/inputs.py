"""Values that people and programs supply, read as the types that a definition declares."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core.definition.base import InputField, json_type
from oyama_tui.core.definition.functions import compile_pattern, to_text
from oyama_tui.core.definition.syntax import INT_MAX, INT_MIN, NUMBER, WHOLE
from oyama_tui.core.errors import Problem
from oyama_tui.core.storable import check_storable

MAX_TEXT: Final = 1_000_000
"""Characters of one text."""
_YES_NO: Final = {"true": True, "yes": True, "false": False, "no": False}


def coerce(
    fields: Mapping[str, InputField], given: Mapping[str, JsonValue], *, noun: str = "input"
) -> tuple[dict[str, JsonValue], list[Problem]]:
    """Read given values as their declared types, and fill in what was not given.

    Args:
        fields: What is declared, by name.
        given: What was supplied; a text stands for a value of any type, null and blank text for none.
        noun: What one of them is called in messages.

    Returns:
        A value for every declared name (null where there is neither value nor default), and the problems; `where` is the name.
    """
    values: dict[str, JsonValue] = {}
    problems: list[Problem] = []
    for name, field in fields.items():
        try:
            values[name] = read_value(field, given.get(name))
        except ValueError as error:
            values[name] = None
            problems.append(Problem(str(error), where=name, hint=field.description[:200]))
    for name in given:
        if name not in fields:
            close = get_close_matches(name[:100], list(fields)[:500], n=1)
            known = f"there is: {', '.join(list(fields)[:12])}" if fields else f"this takes no {noun}s"
            hint = f"did you mean {close[0]!r}?" if close else known
            problems.append(Problem(f"there is no {noun} {name[:100]!r}", where=name[:100], hint=hint))
    return values, problems


def read_value(field: InputField, value: JsonValue) -> JsonValue:
    """Read one value as the type of its field and check it.

    Args:
        field: What is declared.
        value: What was given; null, or blank text, stands for nothing.

    Raises:
        ValueError: One sentence that says what does not fit.
    """
    blank = value is None or (isinstance(value, str) and not value.strip() and (field.type != "string" or field.required))
    if blank and field.default is not None:
        value = field.default
    elif blank and field.required:
        raise ValueError("is required")
    elif value is None or (blank and field.type != "string"):
        return None
    made = _READERS[field.type](value)
    if field.options and not any(_same(made, option) for option in field.options):
        shown = ", ".join(to_text(option)[:40] for option in field.options[:12])
        raise ValueError(f"must be one of {shown}{', ...' if len(field.options) > 12 else ''}; it is {to_text(made)[:60]!r}")
    if isinstance(made, str) and field.pattern is not None and compile_pattern(field.pattern).match(made) is None:
        raise ValueError(f"{made[:60]!r} does not match the pattern {field.pattern}")
    if isinstance(made, int | float) and not isinstance(made, bool):
        if field.min is not None and made < field.min:
            raise ValueError(f"must be at least {to_text(field.min)}; it is {to_text(made)}")
        if field.max is not None and made > field.max:
            raise ValueError(f"must be at most {to_text(field.max)}; it is {to_text(made)}")
    return made


def _same(value: JsonValue, option: JsonValue) -> bool:
    return isinstance(value, bool) == isinstance(option, bool) and value == option


def _string(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not of type {json_type(value)}")
    if len(value) > MAX_TEXT:
        raise ValueError(f"has {len(value):,} characters, and at most {MAX_TEXT:,} are allowed")
    check_storable(value)
    return value


def _integer(value: JsonValue) -> int:
    if (isinstance(value, str) and WHOLE.fullmatch(value.strip())) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be a whole number; it is {to_text(value)[:60]!r}")
    if not INT_MIN <= value <= INT_MAX:
        raise ValueError("is too large for a whole number")
    return value


def _number(value: JsonValue) -> int | float:
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        text = value.strip()
        value = int(text) if WHOLE.fullmatch(text) else float(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number such as 12, -1.5 or 1e3; it is {to_text(value).strip()[:60]!r}")
    if isinstance(value, int):
        return _integer(value)
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


def _boolean(value: JsonValue) -> bool:
    if isinstance(value, str):
        value = _YES_NO.get(value.strip().lower(), value)
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false; it is {to_text(value)[:60]!r}")
    return value


def _structure(value: JsonValue, kind: type[list[Any]] | type[dict[str, Any]], name: str, example: str) -> Any:
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise ValueError(f"has {len(value):,} characters, and at most {MAX_TEXT:,} are allowed")
        try:
            value = json.loads(value, parse_constant=_refuse_constant, object_pairs_hook=_without_doubles)
        except _Doubled as doubled:
            raise ValueError(f"holds the key {str(doubled)[:60]!r} twice") from None
        except (ValueError, RecursionError):
            raise ValueError(f"must be a {name}, written as JSON such as {example}") from None
    if isinstance(value, tuple):
        value = list(value)
    if not isinstance(value, kind):
        raise ValueError(f"must be a {name}, written as JSON such as {example}; it is of type {json_type(value)}")
    check_storable(value)
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _without_doubles(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Doubled(next(name for name in names if names.count(name) > 1))
    return made


class _Doubled(ValueError):
    """A key that stands twice in a map."""


_READERS: Final[Mapping[str, Callable[[JsonValue], JsonValue]]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "list": lambda value: _structure(value, list, "list", '["a", "b"]'),
    "map": lambda value: _structure(value, dict, "map", '{"key": "value"}'),
}
