"""Values that people and programs supply, read as the types that a definition declares."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core.definition.base import InputField, json_type
from oyama_tui.core.definition.functions import compile_pattern, to_text
from oyama_tui.core.definition.syntax import INT_MAX, INT_MIN, NUMBER, WHOLE
from oyama_tui.core.errors import InvalidInput, Problem
from oyama_tui.core.storable import check_storable

Place = tuple[str | int, ...]
"""The keys and indices that lead to a part of a value."""
MAX_TEXT: Final = 1_000_000
"""Characters of one text."""
MAX_PATH: Final = 4096
"""Characters of the path of a file."""
MAX_TOLD: Final = 20
"""So many problems of one value are told."""
_YES_NO: Final = {"true": True, "yes": True, "false": False, "no": False}
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


class BadValue(ValueError):
    """A value, or a part of it, does not fit its declared type; the text is the rest of a sentence about it.

    Args:
        message: What does not fit, such as `must be a whole number`.
        place: Where in the value; empty for all of it.
        hint: What to do about it.
    """

    def __init__(self, message: str, place: Place = (), hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint


def place_text(place: Sequence[str | int]) -> str:
    """Write the place of a part as it follows the name of the whole: `[2].port`.

    Args:
        place: Keys and indices.
    """
    return "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" if _PLAIN_KEY.fullmatch(part) else f"[{json.dumps(part[:60])}]"
        for part in place
    )


def coerce(
    fields: Mapping[str, InputField], given: Mapping[str, JsonValue], *, noun: str = "input"
) -> tuple[dict[str, JsonValue], list[Problem]]:
    """Read given values as their declared types, and fill in what was not given.

    Args:
        fields: What is declared, by name.
        given: What was supplied; a text stands for a value of any type, null and blank text for none.
        noun: What one of them is called in messages.

    Returns:
        A value for every declared name (null where there is neither value nor default), and the problems; `where` is the name, with the
        place inside the value, such as `hosts[2].port`.
    """
    values: dict[str, JsonValue] = {}
    problems: list[Problem] = []
    for name, field in fields.items():
        wrong: list[BadValue] = []
        made = _read(field, given.get(name), (), wrong)
        values[name] = None if wrong else made
        problems += (Problem(bad.message, where=f"{name}{place_text(bad.place)}", hint=bad.hint) for bad in wrong)
    for name in given:
        if name not in fields:
            known = _known(name, fields) if fields else f"this takes no {noun}s"
            problems.append(Problem(f"there is no {noun} {name[:100]!r}", where=name[:100], hint=known))
    return values, problems


def _known(name: str, fields: Iterable[str]) -> str:
    """Which name may have been meant."""
    known = list(fields)
    close = get_close_matches(name[:100], known[:500], n=1)
    return f"did you mean {close[0]!r}?" if close else f"there is: {', '.join(known[:12])}"


def bad_inputs(workflow: str, problems: Sequence[Problem]) -> InvalidInput:
    """The refusal of inputs that do not fit.

    Args:
        workflow: Its id.
        problems: At least one.
    """
    listed = "; ".join(f"{problem.where}: {problem.message}" for problem in problems)
    hint = next((problem.hint for problem in problems if problem.hint), "")
    return InvalidInput(f"The inputs of {workflow} do not fit: {listed}.", hint, problems)


def read_value(field: InputField, value: JsonValue) -> JsonValue:
    """Read one value as the type of its field and check it.

    Args:
        field: What is declared.
        value: What was given; null, or blank text, stands for nothing.

    Raises:
        BadValue: What does not fit first, and where.
    """
    wrong: list[BadValue] = []
    made = _read(field, value, (), wrong)
    if wrong:
        raise wrong[0]
    return made


def _read(field: InputField, value: JsonValue, place: Place, wrong: list[BadValue]) -> JsonValue:
    """Read a value or a part of one; what does not fit is added to `wrong`."""
    blank = value is None or (isinstance(value, str) and not value.strip() and (field.type != "string" or field.required))
    if blank and field.default is not None:
        value = field.default
    elif blank and field.required:
        wrong.append(BadValue("is required", place, field.description[:200]))
        return None
    elif value is None or (blank and field.type != "string"):
        return None
    before = len(wrong)
    try:
        made = _READERS[field.type](value) if field.type in _READERS else _structure(field, value)
        made = _inside(field, made, place, wrong)
        if len(wrong) == before:
            _check(field, made)
    except ValueError as error:
        wrong.append(BadValue(str(error), place, field.description[:200]))
        return None
    return made


def _inside(field: InputField, value: JsonValue, place: Place, wrong: list[BadValue]) -> JsonValue:
    """Read the parts of a list or a map whose types are declared."""
    if isinstance(value, dict) and field.fields:
        for name in value:
            if name not in field.fields:
                wrong.append(BadValue(f"is not a field here; {_known(name, field.fields)}", (*place, name)))
        return {name: _read(inner, value.get(name), (*place, name), wrong) for name, inner in field.fields.items()}
    if field.items is None:
        return value
    if isinstance(value, dict):
        return {name: _item(field.items, item, (*place, name), wrong) for name, item in value.items()}
    if isinstance(value, list):
        return [_item(field.items, item, (*place, index), wrong) for index, item in enumerate(value)]
    return value


def _item(field: InputField, value: JsonValue, place: Place, wrong: list[BadValue]) -> JsonValue:
    """Read one item: a list has no empty places."""
    if len(wrong) >= MAX_TOLD:
        return None
    before = len(wrong)
    made = _read(field, value, place, wrong)
    if made is None and len(wrong) == before:
        wrong.append(BadValue(f"is {'null' if value is None else 'empty'}; give it a value of type {field.type}, or leave it out", place))
    return made


def _check(field: InputField, made: JsonValue) -> None:
    """Check a value that has the right type."""
    if field.options and not any(_same(made, option) for option in field.options):
        shown = ", ".join(to_text(option)[:40] for option in field.options[:12])
        raise ValueError(f"must be one of {shown}{', ...' if len(field.options) > 12 else ''}; it is {to_text(made)[:60]!r}")
    if isinstance(made, str) and field.pattern is not None:
        matched = made.rpartition("/")[2] if field.type == "file" else made
        if compile_pattern(field.pattern).match(matched) is None:
            raise ValueError(f"{matched[:60]!r} does not match the pattern {field.pattern}")
    if isinstance(made, int | float) and not isinstance(made, bool):
        if field.min is not None and made < field.min:
            raise ValueError(f"must be at least {to_text(field.min)}; it is {to_text(made)}")
        if field.max is not None and made > field.max:
            raise ValueError(f"must be at most {to_text(field.max)}; it is {to_text(made)}")


def map_files(field: InputField, value: JsonValue, change: Callable[[str, Place], JsonValue], place: Place = ()) -> JsonValue:
    """Put something else in the place of every path of a file in a value.

    Args:
        field: The value's type.
        value: Read as that type.
        change: Gives what takes a path's place, for the path and its place in the value.
        place: Where the value itself stands.
    """
    if field.type == "file":
        return change(value, place) if isinstance(value, str) and value.strip() else value
    if isinstance(value, dict) and field.fields:
        return {
            name: map_files(field.fields[name], item, change, (*place, name)) if name in field.fields else item
            for name, item in value.items()
        }
    if field.items is None or not isinstance(value, list | dict):
        return value
    if isinstance(value, dict):
        return {name: map_files(field.items, item, change, (*place, name)) for name, item in value.items()}
    return [map_files(field.items, item, change, (*place, index)) for index, item in enumerate(value)]


def with_default_files(field: InputField, change: Callable[[str, Place], JsonValue]) -> InputField:
    """A field in whose defaults, and in those of its parts, something else stands for every path of a file.

    Args:
        field: As it is declared.
        change: As for `map_files`.
    """
    return field.model_copy(
        update={
            "default": map_files(field, field.default, change),
            "items": None if field.items is None else with_default_files(field.items, change),
            "fields": {name: with_default_files(inner, change) for name, inner in field.fields.items()},
        }
    )


def has_files(field: InputField) -> bool:
    """Whether a value of a field may hold the path of a file.

    Args:
        field: What is declared.
    """
    inner = [*field.fields.values(), *([field.items] if field.items is not None else [])]
    return field.type == "file" or any(has_files(part) for part in inner)


def example(field: InputField) -> str:
    """How a value of a field may be written, as JSON where it is no text.

    Args:
        field: What is declared.
    """
    sample = _sample(field)
    return sample if isinstance(sample, str) else json.dumps(sample, ensure_ascii=False)


def _sample(field: InputField) -> JsonValue:
    if field.default is not None or field.options:
        return field.options[0] if field.default is None else field.default
    if field.type == "map" and field.fields:
        return {name: _sample(inner) for name, inner in list(field.fields.items())[:4]}
    if field.items is not None:
        return {"key": _sample(field.items)} if field.type == "map" else [_sample(field.items)]
    samples: Mapping[str, JsonValue] = {
        "integer": 1,
        "number": 1.5,
        "boolean": True,
        "list": ["a", "b"],
        "map": {"key": "value"},
        "file": "folder/file",
    }
    return samples.get(field.type, "text")


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


def _file(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be the path of a file, not of type {json_type(value)}")
    path = _string(value)
    if len(path) > MAX_PATH or "\0" in path:
        raise ValueError(
            "cannot be the path of a file: it " + ("holds a NUL" if "\0" in path else f"has more than {MAX_PATH:,} characters")
        )
    return path


def _structure(field: InputField, value: JsonValue) -> Any:
    kind: type[Any] = list if field.type == "list" else dict
    wanted = f"must be a {field.type}, written as JSON such as {example(field)[:200]}"
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise ValueError(f"has {len(value):,} characters, and at most {MAX_TEXT:,} are allowed")
        try:
            value = json.loads(value, **REFUSALS)
        except DoubledKey as doubled:
            raise ValueError(f"holds the key {str(doubled)[:60]!r} twice") from None
        except (ValueError, RecursionError):
            raise ValueError(wanted) from None
    if isinstance(value, tuple):
        value = list(value)
    if not isinstance(value, kind):
        raise ValueError(f"{wanted}; it is of type {json_type(value)}")
    check_storable(value)
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _without_doubles(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise DoubledKey(next(name for name in names if names.count(name) > 1))
    return made


class DoubledKey(ValueError):
    """A key that stands twice in a map; the text is the key."""


REFUSALS: Final[dict[str, Any]] = {"parse_constant": _refuse_constant, "object_pairs_hook": _without_doubles}
"""How JSON from people is read: what JSON does not have is an error, and so is a key that stands twice."""
_READERS: Final[Mapping[str, Callable[[JsonValue], JsonValue]]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "file": _file,
}
