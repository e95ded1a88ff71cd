"""What a journal can hold: values that JSON has, written and read back without a change.

Every value passes through here before it becomes part of an event: inputs, the context, orders, what attempts give back, answers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import JsonValue

MAX_LEVELS: Final = 64
"""The most lists and maps around a value."""
MAX_DIGITS: Final = 1000
"""Of a whole number. Larger than 64 bits is kept as it is, because other programs write such numbers."""
_TOO_LARGE: Final = 10**MAX_DIGITS


def check_storable(value: Any) -> None:
    """Refuse what cannot be stored.

    Args:
        value: Any value.

    Raises:
        ValueError: The rest of a sentence about the value, such as `holds a number that is not finite, at items[2]`.
    """
    if _is_plainly_storable(value):
        return
    level = [value]
    for _ in range(MAX_LEVELS + 1):
        below: list[Any] = []
        for item in level:
            if isinstance(item, Mapping):
                below.extend([*item.keys(), *item.values()])
            elif isinstance(item, list | tuple):
                below.extend(item)
            elif item is not None and item is not True and item is not False:
                wrong = misfit(item)
                if wrong:
                    place = place_of(value, item)
                    raise ValueError(f"{wrong}, at {place}" if place else wrong)
        if not below:
            return
        level = below
    raise ValueError(f"is nested more than {MAX_LEVELS} deep")


def _is_plainly_storable(value: Any) -> bool:
    """Whether a value is so small that a look shows that it can be stored: most values of a run are empty, or a few short ones by name."""
    if type(value) is dict:
        return all(type(name) is str and name.isascii() and _is_plain(item) for name, item in value.items())
    return _is_plain(value)


def _is_plain(item: Any) -> bool:
    kind = type(item)
    return item is None or kind is bool or (kind is str and item.isascii()) or (kind is int and -_TOO_LARGE < item < _TOO_LARGE)


def misfit(item: object) -> str:
    """What keeps a value that is neither a list nor a map from being stored; empty when nothing does."""
    if isinstance(item, str):
        return "" if is_whole(item) else "holds half a character (a lone surrogate)"
    if isinstance(item, float):
        return "" if math.isfinite(item) else "holds a number that is not finite"
    if isinstance(item, bool) or item is None:
        return ""
    if isinstance(item, int):
        return "" if -_TOO_LARGE < item < _TOO_LARGE else f"holds a whole number of more than {MAX_DIGITS:,} digits"
    return f"holds a value of type {type(item).__name__}, which JSON does not have"


def is_whole(text: str) -> bool:
    """Whether a text has no half of a character, which UTF-8 cannot write."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return False
    return True


def whole(text: str) -> str:
    """A text in which every half of a character is replaced."""
    return text if is_whole(text) else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def place_of(value: Any, item: object) -> str:
    """Where a part stands in a value, such as `items[2].n`; empty when it is the value itself."""
    for place, found in _places(value):
        if found is item:
            return whole(place.removeprefix("."))[:200]
    return ""


def _places(value: Any) -> Iterator[tuple[str, object]]:
    level: list[tuple[str, Any]] = [("", value)]
    for _ in range(MAX_LEVELS + 1):
        below: list[tuple[str, Any]] = []
        for place, found in level:
            yield place, found
            if isinstance(found, Mapping):
                below.extend((f"{place}.{key}", key) for key in found)
                below.extend((f"{place}.{key}", inner) for key, inner in found.items())
            elif isinstance(found, list | tuple):
                below.extend((f"{place}[{index}]", inner) for index, inner in enumerate(found))
        level = below


def storable_part(values: Mapping[str, JsonValue]) -> tuple[dict[str, JsonValue], str]:
    """The values that can be stored, and why the first of the others cannot; empty when all can."""
    kept: dict[str, JsonValue] = {}
    why = ""
    for name, value in values.items():
        try:
            check_storable({name: value})
        except ValueError as error:
            why = why or f"{whole(name)[:64]} {error}"
        else:
            kept[name] = value
    return kept, why


def differ(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values are different as JSON: `true` is not 1, and 1 is not 1.0.

    Args:
        one: A value.
        other: Another one.
    """
    return json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True)
