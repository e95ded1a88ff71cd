"""Expressions and templates: bare CEL, and text with `${{ ... }}` in it.

The language is CEL with JSON values as its only types. Names are looked up in the scope when they are met, so a scope may be any mapping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core.definition.base import NAME, json_type
from oyama_tui.core.definition.evaluation import Evaluator, check_calls
from oyama_tui.core.definition.functions import MAX_SIZE, to_text
from oyama_tui.core.definition.nodes import ExpressionError, Node, find_references
from oyama_tui.core.definition.syntax import parse
from oyama_tui.core.storable import check_storable

__all__ = [
    "OPEN",
    "ExpressionError",
    "Piece",
    "evaluate",
    "evaluate_condition",
    "leave_open",
    "place_references",
    "references",
    "render",
    "render_secret_text",
    "render_text",
    "secret_name",
    "split_template",
    "template_references",
    "to_text",
]

OPEN: Final = "${{"
CACHED: Final = 32_768
"""Expressions that are kept read: several for each step of the largest workflow, or a long run would read every one of them again."""
_SECRET: Final = re.compile(rf"\s*secrets\.({NAME})\s*")
_OPEN_AS_VALUE: Final = "${{ '${{' }}"
_MARKS: Final = re.compile(r"[{}\"']")


@dataclass(frozen=True, slots=True)
class Piece:
    """One `${{ ... }}` of a text."""

    source: str
    """What stands between the braces."""
    start: int
    """Offset of the `$`."""
    end: int
    """Offset after the last brace."""

    @property
    def column(self) -> int:
        """The offset of the expression itself."""
        return self.start + len(OPEN)


@lru_cache(maxsize=CACHED)
def _compiled(source: str) -> Node:
    node = parse(source)
    check_calls(node)
    return node


@lru_cache(maxsize=CACHED)
def place_references(source: str, *, through_items: bool = False) -> tuple[tuple[tuple[str, ...], int, bool], ...]:
    """The paths that an expression follows from the scope, with their columns, and whether only their existence is asked for.

    Args:
        source: A bare expression.
        through_items: Go on after an index that is no text; `AN_ITEM` stands for it.

    Raises:
        ExpressionError: It is no expression.
    """
    return tuple(find_references(_compiled(source), through_items=through_items))


def references(source: str) -> frozenset[tuple[str, ...]]:
    """The paths that a bare expression follows from the scope, such as `("steps", "test", "output")`.

    Args:
        source: A bare expression.

    Raises:
        ExpressionError: It is no expression.
    """
    return frozenset(path for path, _, _ in place_references(source))


@lru_cache(maxsize=CACHED)
def split_template(text: str) -> tuple[str | Piece, ...]:
    """Split a text into its plain parts and its expressions.

    Args:
        text: Any text.

    Raises:
        ExpressionError: A `${{` without its `}}`; the column is that of the text.
    """
    if OPEN not in text:
        return (text,) if text else ()
    parts: list[str | Piece] = []
    position = 0
    while (start := text.find(OPEN, position)) >= 0:
        if start > position:
            parts.append(text[position:start])
        close = _closing(text, start)
        parts.append(Piece(text[start + len(OPEN) : close], start, close + 2))
        position = close + 2
    if position < len(text):
        parts.append(text[position:])
    return tuple(parts)


def _closing(text: str, start: int) -> int:
    """The offset of the `}}` that ends the expression at `start`; braces in quotes and of maps do not count."""
    position, depth = start + len(OPEN), 0
    while (match := _MARKS.search(text, position)) is not None:
        mark, position = match.group(), match.end()
        if mark in "\"'":
            position = _after_quote(text, match.start())
            if position < 0:
                break
        elif mark == "{":
            depth += 1
        elif depth:
            depth -= 1
        elif text.startswith("}", position):
            return match.start()
    raise ExpressionError("this ${{ is never closed with }}", start + 1)


def _after_quote(text: str, start: int) -> int:
    quote = text[start] * 3 if text.startswith(text[start] * 3, start) else text[start]
    raw = start > 0 and text[start - 1] in "rR" and not (start > 1 and (text[start - 2].isalnum() or text[start - 2] == "_"))
    position = start + len(quote)
    while position < len(text):
        if text.startswith(quote, position):
            return position + len(quote)
        position += 2 if text[position] == "\\" and not raw else 1
    return -1


def _pieces(value: JsonValue) -> list[Piece]:
    if isinstance(value, str):
        return [part for part in split_template(value) if isinstance(part, Piece)] if OPEN in value else []
    if isinstance(value, list | tuple):
        return [piece for item in value for piece in _pieces(item)]
    if isinstance(value, dict):
        return [piece for item in value.values() for piece in _pieces(item)]
    return []


def template_references(value: JsonValue) -> frozenset[tuple[str, ...]]:
    """The paths that all `${{ ... }}` in a nested value follow.

    Args:
        value: Text, or lists and maps with text in them.

    Raises:
        ExpressionError: One of them is no expression.
    """
    pieces = _pieces(value)
    return frozenset(path for piece in pieces for path in references(piece.source)) if pieces else frozenset()


def evaluate(source: str, scope: Mapping[str, Any]) -> JsonValue:
    """Evaluate a bare expression.

    Args:
        source: A bare expression.
        scope: Names and their JSON values; only those that are named are looked up.

    Raises:
        ExpressionError: It cannot be read or evaluated.
    """
    try:
        return Evaluator(scope).result(_compiled(source))
    except (RecursionError, MemoryError):
        raise ExpressionError("the expression, or a value that it uses, is nested too deep") from None


def evaluate_condition(source: str, scope: Mapping[str, Any]) -> bool:
    """Evaluate a bare expression that must be true or false.

    Args:
        source: A bare expression.
        scope: Names and their JSON values.

    Raises:
        ExpressionError: It cannot be evaluated, or is something else than true or false.
    """
    value = evaluate(source, scope)
    if not isinstance(value, bool):
        raise ExpressionError(
            f"a condition must be true or false, and this is of type {json_type(value)}", hint="compare it with something"
        )
    return value


def render(value: JsonValue, scope: Mapping[str, Any]) -> JsonValue:
    """Replace every `${{ ... }}` in a nested value, once; a text that is nothing else keeps the type of its value.

    Args:
        value: Text, or lists and maps with text in them; keys stay as they are.
        scope: Names and their JSON values.

    Raises:
        ExpressionError: One of the expressions cannot be evaluated, or what comes out cannot be kept.
    """
    made = _rendered(value, scope)
    try:
        check_storable(made)
    except ValueError as error:
        raise ExpressionError(f"the value {error}, so it cannot be kept") from None
    return made


def _rendered(value: JsonValue, scope: Mapping[str, Any]) -> JsonValue:
    if isinstance(value, str):
        if OPEN not in value:
            return value
        parts = split_template(value)
        if len(parts) == 1 and isinstance(parts[0], Piece):
            return evaluate(parts[0].source, scope)
        return _joined(parts, scope)
    if isinstance(value, list | tuple):
        return [_rendered(item, scope) for item in value]
    if isinstance(value, dict):
        return {key: _rendered(item, scope) for key, item in value.items()}
    return value


def render_text(text: str, scope: Mapping[str, Any]) -> str:
    """Replace every `${{ ... }}` in a text, once.

    Args:
        text: The template.
        scope: Names and their JSON values.

    Raises:
        ExpressionError: One of the expressions cannot be evaluated.
    """
    return _joined(split_template(text), scope) if OPEN in text else text


def _joined(parts: tuple[str | Piece, ...], scope: Mapping[str, Any]) -> str:
    return _bounded("".join(part if isinstance(part, str) else to_text(evaluate(part.source, scope)) for part in parts))


def _bounded(text: str) -> str:
    if len(text) > MAX_SIZE:
        raise ExpressionError(f"the text becomes longer than {MAX_SIZE:,} characters")
    return text


def secret_name(source: str) -> str:
    """The name of the secret that an expression stands for; empty when it is another expression.

    Args:
        source: A bare expression; only the plain form `secrets.NAME` counts.
    """
    match = _SECRET.fullmatch(source)
    return match.group(1) if match else ""


def render_secret_text(text: str, scope: Mapping[str, Any]) -> str | dict[str, JsonValue]:
    """Replace every `${{ ... }}` in a text, once, and keep secrets as references.

    Args:
        text: The template.
        scope: Names and their JSON values, without secrets.

    Returns:
        Plain text, or `{"$secret": ["Bearer ", {"name": "TOKEN"}]}` to be joined by the executor.

    Raises:
        ExpressionError: One of the expressions cannot be evaluated, or does more with a secret than name it.
    """
    parts = split_template(text)
    if not any(isinstance(part, Piece) and secret_name(part.source) for part in parts):
        return _joined(parts, scope)
    made: list[JsonValue] = []
    for part in parts:
        name = secret_name(part.source) if isinstance(part, Piece) else ""
        plain = part if isinstance(part, str) else "" if name else to_text(evaluate(part.source, scope))
        if name:
            made.append({"name": name})
        elif made and isinstance(made[-1], str):
            made[-1] += plain
        elif plain:
            made.append(plain)
    return {"$secret": made}


def leave_open(text: str, scope: Mapping[str, Any], is_open: Callable[[str], bool]) -> str | dict[str, JsonValue]:
    """Replace the `${{ ... }}` in a text but for those that are to be filled in later, and keep secrets as references.

    What is filled in now can never be taken for an expression later: a `${{` in a value becomes an expression for these characters.

    Args:
        text: The template.
        scope: Names and their JSON values, without secrets.
        is_open: Says of an expression whether it is for later.

    Returns:
        A template, or one with secrets in it as `render_secret_text` has them; each of its texts is to be filled in once more.

    Raises:
        ExpressionError: One of the others cannot be evaluated.
    """
    made: list[str | dict[str, JsonValue]] = []
    known = ""
    for part in (*split_template(text), ""):
        name = secret_name(part.source) if isinstance(part, Piece) else ""
        later = isinstance(part, Piece) and not name and is_open(part.source)
        if isinstance(part, str):
            known += part
        elif not name and not later:
            known += to_text(evaluate(part.source, scope))
        if part == "" or name or later:
            made += [known.replace(OPEN, _OPEN_AS_VALUE)] if known else []
            known = ""
        if name:
            made.append({"name": name})
        elif later and isinstance(part, Piece):
            made.append(f"{OPEN}{part.source}}}}}")
    if any(isinstance(part, dict) for part in made):
        return {"$secret": list(made)}
    return _bounded("".join(part for part in made if isinstance(part, str)))
