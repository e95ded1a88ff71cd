"""The functions of expressions: pure, bounded, over JSON values."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

import re2
from pydantic import JsonValue

from oyama_tui.core.definition.base import json_type
from oyama_tui.core.definition.nodes import ExpressionError
from oyama_tui.core.definition.syntax import INT_MAX, INT_MIN, NUMBER, WHOLE

MAX_WORK: Final = 200_000
"""Nodes visited and items touched in one evaluation."""
MAX_SIZE: Final = 8_000_000
"""Characters of one text."""


class Unusable:
    """Stands in a scope for a value that exists but cannot be used; whoever refers to it is told why.

    Args:
        why: What is wrong with it.
        hint: What to do instead.
    """

    def __init__(self, why: str, hint: str) -> None:
        self.why = why
        self.hint = hint

    def error(self, column: int) -> ExpressionError:
        """What an expression fails with that refers to it."""
        return ExpressionError(f"{self.why}; {self.hint}", column)


class Partial(dict[str, JsonValue]):
    """Values of a step of which some, or all, never came to be: what is missing is null, and so is whatever one asks of that."""


ABSENT: Final = Partial()
"""All values of a step that did not run. An expression takes it for null."""


class Budget:
    """The work that one evaluation may still do."""

    def __init__(self) -> None:
        self.left = MAX_WORK

    def spend(self, amount: int, column: int) -> None:
        """Count work.

        Raises:
            ExpressionError: There is no budget left.
        """
        self.left -= amount
        if self.left < 0:
            raise ExpressionError("the expression does too much work", column, "do it in a step instead")

    def text(self, value: str, column: int) -> str:
        """Count the characters of a text that was made.

        Raises:
            ExpressionError: It is too long.
        """
        if len(value) > MAX_SIZE:
            raise ExpressionError(f"the expression makes a text of more than {MAX_SIZE:,} characters", column)
        self.spend(len(value) // 64, column)
        return value

    def copy(self, value: Any, column: int) -> JsonValue:
        """Copy a value into plain lists and dicts.

        Raises:
            ExpressionError: It is too large, or no JSON value.
        """
        self.spend(1, column)
        if isinstance(value, str):
            return self.text(value, column)
        if value is ABSENT:
            return None
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {key: self.copy(item, column) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.copy(item, column) for item in value]
        if isinstance(value, Unusable):
            raise value.error(column)
        raise ExpressionError(f"a value of type {type(value).__name__} cannot be used here", column)


def equal(left: Any, right: Any, budget: Budget, column: int) -> bool:
    """Whether two values are the same: numbers by value, other types never equal each other.

    Raises:
        ExpressionError: The comparison costs too much.
    """
    budget.spend(1, column)
    for value in (left, right):
        if isinstance(value, Unusable):
            raise value.error(column)
    left, right = None if left is ABSENT else left, None if right is ABSENT else right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return len(left) == len(right) and all(key in right and equal(item, right[key], budget, column) for key, item in left.items())
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(equal(one, other, budget, column) for one, other in zip(left, right, strict=True))
    return bool(left == right)


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Any:
    """Compile an RE2 pattern: it matches in linear time.

    Raises:
        ValueError: It is no pattern of RE2; the text says why.
    """
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        detail = error.args[0] if error.args else ""
        reason = detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)
    except UnicodeEncodeError:
        reason = "it holds half a character"
    raise ValueError(f"{pattern[:60]!r} is no regular expression (RE2): {reason}")


def to_text(value: Any) -> str:
    """Write a value as text: null is empty, lists and maps are compact JSON, whole numbers have no fraction."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() < 10_000 else hex(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _size(value: Any) -> int:
    if not isinstance(value, str | list | tuple | Mapping):
        raise TypeError("text, a list or a map")
    return len(value)


def _matches(text: str, pattern: str) -> bool:
    compiled = compile_pattern(pattern)
    return compiled.search(text) is not None


def _int(value: Any) -> int:
    if isinstance(value, str):
        value = value.strip()
        if not WHOLE.fullmatch(value):
            raise ValueError(f"{value[:40]!r} is no whole number")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number or text")
    made = int(value)
    if not INT_MIN <= made <= INT_MAX:
        raise ValueError("this number is too large")
    return made


def _double(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("a number or text")
    if isinstance(value, str) and not NUMBER.fullmatch(value.strip()):
        raise ValueError(f"{value[:40]!r} is no number")
    try:
        made = float(value)
    except OverflowError:
        made = math.inf
    if not math.isfinite(made):
        raise ValueError("this number is too large")
    return made


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise ValueError(f"{to_text(value)[:40]!r} is neither true nor false")


def _join(items: list[Any], separator: str = ",") -> str:
    return separator.join(to_text(item) for item in items)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []


def _split(text: str, separator: str) -> list[str]:
    if not separator:
        raise ValueError("the separator is empty")
    return text.split(separator)


def _replace(text: str, old: str, new: str) -> str:
    if text.count(old) * len(new) > MAX_SIZE:
        raise ValueError("the text becomes too long")
    return text.replace(old, new)


_TEXT: Final = (str,)
_LIST: Final = (list, tuple)
_ANY: Final = (object,)
FUNCTIONS: Final[Mapping[str, tuple[Callable[..., Any], tuple[tuple[type, ...], ...], int, bool]]] = {
    "size": (_size, (_ANY,), 1, True),
    "contains": (lambda text, part: part in text, (_TEXT, _TEXT), 2, True),
    "startsWith": (lambda text, part: text.startswith(part), (_TEXT, _TEXT), 2, True),
    "endsWith": (lambda text, part: text.endswith(part), (_TEXT, _TEXT), 2, True),
    "matches": (_matches, (_TEXT, _TEXT), 2, True),
    "int": (_int, (_ANY,), 1, False),
    "double": (_double, (_ANY,), 1, False),
    "bool": (_bool, (_ANY,), 1, False),
    "string": (to_text, (_ANY,), 1, False),
    "join": (_join, (_LIST, _TEXT), 1, True),
    "json": (_json, (_ANY,), 1, False),
    "lines": (_lines, (_TEXT,), 1, True),
    "urlEncode": (lambda value: quote(to_text(value).encode("utf-8", "surrogatepass"), safe=""), (_ANY,), 1, False),
    "trim": (lambda text: text.strip(), (_TEXT,), 1, True),
    "split": (_split, (_TEXT, _TEXT), 2, True),
    "replace": (_replace, (_TEXT, _TEXT, _TEXT), 3, True),
    "lowerAscii": (lambda text: text.lower() if text.isascii() else _ascii_case(text, str.lower), (_TEXT,), 1, True),
    "upperAscii": (lambda text: text.upper() if text.isascii() else _ascii_case(text, str.upper), (_TEXT,), 1, True),
}
"""Name -> what it does, the types of its arguments, how many it needs, and whether it may follow a dot."""


def _ascii_case(text: str, change: Callable[[str], str]) -> str:
    return "".join(change(character) if character.isascii() else character for character in text)


def check(name: str, count: int, column: int, *, method: bool) -> None:
    """Refuse a function that does not exist, or a wrong count of arguments.

    Args:
        name: As it is written.
        count: Arguments between the brackets.
        column: Where it stands.
        method: Whether it follows a dot.

    Raises:
        ExpressionError: With the nearest name, or what the function takes.
    """
    if name == "has" and not method:
        if count != 1:
            raise ExpressionError("has takes one value with a field, such as has(inputs.name)", column)
        return
    if name not in FUNCTIONS or (method and not FUNCTIONS[name][3]):
        close = get_close_matches(name, [*FUNCTIONS, "has"], n=1)
        more = f"; did you mean {close[0]!r}?" if close else f"; there is: has, {', '.join(FUNCTIONS)}"
        raise ExpressionError(f"there is no function {name!r}{more}", column)
    _, types, least, _ = FUNCTIONS[name]
    given = count + method
    if not least <= given <= len(types):
        raise ExpressionError(f"{name} takes {len(types) - method} values here, not {count}", column)


def call(name: str, arguments: list[Any], budget: Budget, column: int) -> Any:
    """Call a function.

    Args:
        name: A name that `check` accepts.
        arguments: For a method, what stands before the dot comes first.
        budget: Pays for the size of arguments and result.
        column: Where the call stands.

    Raises:
        ExpressionError: Unknown function, or arguments that do not fit.
    """
    check(name, len(arguments), column, method=False)
    function, types, _, _ = FUNCTIONS[name]
    for position, (value, allowed) in enumerate(zip(arguments, types, strict=False), 1):
        if not isinstance(value, allowed):
            wanted = "text" if allowed is _TEXT else "a list"
            raise ExpressionError(f"{name} needs {wanted} as value {position}, not type {json_type(value)}", column)
        if isinstance(value, str):
            budget.text(value, column)
        elif name in ("join", "json", "string", "urlEncode"):
            arguments[position - 1] = budget.copy(value, column)
    try:
        made = function(*arguments)
    except TypeError as error:
        raise ExpressionError(f"{name} needs {error}, not type {json_type(arguments[0])}", column) from None
    except ValueError as error:
        raise ExpressionError(f"{name}: {error}", column) from None
    if isinstance(made, list):
        budget.spend(len(made), column)
    return budget.text(made, column) if isinstance(made, str) else made


MEANINGS: Final[Mapping[str, str]] = {
    "size(x)": "characters of a text, items of a list or a map",
    "x.contains(part)": "whether a text holds another one",
    "x.startsWith(part)": "whether a text begins with another one",
    "x.endsWith(part)": "whether a text ends with another one",
    "x.matches(pattern)": "whether a regular expression (RE2) is found in a text",
    "int(x)": "the whole number of a text or number",
    "double(x)": "the number of a text or number",
    "bool(x)": "true or false of the texts `true` and `false`",
    "string(x)": "the text of a value",
    "join(list, separator)": "the texts of all items, with `,` between them unless another separator is given",
    "json(x)": "a value as compact JSON",
    "lines(text)": "the lines of a text, without an empty last one",
    "x.trim()": "a text without white space at its ends",
    "x.split(separator)": "the parts of a text",
    "x.replace(old, new)": "a text in which every `old` is `new`",
    "x.lowerAscii()": "a text with its ASCII letters in lower case",
    "x.upperAscii()": "a text with its ASCII letters in upper case",
    "urlEncode(x)": "a value as one part of a URL, every other character escaped",
    "has(x.y)": "whether `x` has `y`",
}
"""How each function is written, and what it gives."""
