"""The syntax of expressions: CEL text becomes a tree of nodes that know their column."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydantic import JsonValue

from oyama_tui.core.definition.nodes import (
    Access,
    Call,
    Chain,
    Choice,
    ExpressionError,
    Field,
    Index,
    ListLiteral,
    Literal,
    Logic,
    Macro,
    MapLiteral,
    Name,
    Node,
    Unary,
)

MAX_LENGTH: Final = 4096
MAX_NESTING: Final = 32
INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1
WHOLE: Final = re.compile(r"[+-]?[0-9]{1,40}")
NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,9})?")
"""Numbers in texts, in ASCII digits as JSON and YAML write them: what else Python would read as a number is none."""
MACROS: Final = {"all": (2,), "exists": (2,), "exists_one": (2,), "filter": (2,), "map": (2, 3)}
"""Methods that bind a variable, and how many arguments they take."""
RESERVED: Final = frozenset(
    {"as", "break", "const", "continue", "else", "for", "function", "if", "import", "in"}
    | {"let", "loop", "namespace", "package", "return", "var", "void", "while"}
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of an expression."""

    kind: str
    """`number`, `string`, `name`, `operator` or `end`."""
    text: str
    column: int


_TOKEN: Final = re.compile(
    r"""(?P<space>(?:[ \t\r\n\f]|//[^\n]*)+)
    |(?P<string>[rR]?(?:\"\"\"(?:[^\\"]|\\(?s:.)|"(?!""))*\"\"\"|'''(?:[^\\']|\\(?s:.)|'(?!''))*'''
        |"(?:[^\\"\n]|\\.)*"|'(?:[^\\'\n]|\\.)*'))
    |(?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+\.[0-9]+|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<operator>\|\||&&|[=!<>]=|[-+*/%<>!?:.,()\[\]{}])""",
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
_ESCAPES: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"} | {c: c for c in "\\\"'`?"}
_LEVELS: Final = (frozenset(["<", "<=", ">", ">=", "==", "!=", "in"]), frozenset("+-"), frozenset("*/%"))


def tokens(source: str) -> Iterator[Token]:
    """Split an expression into its words, with a last one of kind `end`.

    Raises:
        ExpressionError: A character or a quote that fits nowhere.
    """
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None or match.lastgroup is None:
            raise _unreadable(source, position)
        if match.lastgroup != "space":
            yield Token(match.lastgroup, match.group(), position + 1)
        position = match.end()
    yield Token("end", "", len(source) + 1)


def _unreadable(source: str, position: int) -> ExpressionError:
    character = source[position]
    if character in "\"'":
        return ExpressionError("this quote is never closed", position + 1)
    hints = {
        "=": "two equal signs compare: ==",
        "&": "'and' is written &&",
        "|": "'or' is written ||",
        "$": "inside ${{ }} names stand without a $",
    }
    return ExpressionError(f"{character!r} is no part of an expression", position + 1, hints.get(character, ""))


def unquote(token: Token) -> str:
    """Read the text of a string token, escapes included.

    Raises:
        ExpressionError: An escape that does not exist.
    """
    text = token.text
    raw = text[0] in "rR"
    text = text[1:] if raw else text
    width = 3 if text[:3] in ('"""', "'''") and len(text) >= 6 else 1
    body = text[width:-width]
    if raw or "\\" not in body:
        return body

    def expand(match: re.Match[str]) -> str:
        x, u, long, octal, other = match.groups()
        code = int(octal, 8) if octal else int(x or u or long or "0", 16)
        if other is not None and other not in _ESCAPES:
            raise ExpressionError(f"\\{other} is no escape; write \\\\ for a backslash, or r'...' for a pattern", token.column)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise ExpressionError("this escape names no character", token.column)
        return _ESCAPES[other] if other is not None else chr(code)

    return _ESCAPE.sub(expand, body)


def number(token: Token) -> int | float:
    """Read a number token.

    Raises:
        ExpressionError: It does not fit into 64 bits.
    """
    text = token.text
    if text[:2] in ("0x", "0X"):
        value: int | float = int(text, 16)
    elif text.isdigit():
        value = int(text)
    else:
        value = float(text)
    if value > INT_MAX + 1 if isinstance(value, int) else not math.isfinite(value):
        raise ExpressionError("this number is too large", token.column)
    return value


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, source: str) -> None:
        self._tokens = list(tokens(source))
        self._next = 0
        self._nesting = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def parse(self) -> Node:
        node = self._choice()
        if self._token.kind != "end":
            raise self._unexpected()
        return node

    def _take(self, *texts: str) -> Token | None:
        token = self._token
        if token.kind in ("operator", "name") and token.text in texts:
            self._next += 1
            return token
        return None

    def _expect(self, text: str) -> None:
        if self._take(text) is None:
            raise self._unexpected(f"; {text!r} is missing")

    def _unexpected(self, more: str = "") -> ExpressionError:
        token = self._token
        if token.kind == "end":
            return ExpressionError(f"the expression ends too early{more}", token.column)
        hint = {"and": "'and' is written &&", "or": "'or' is written ||", "not": "'not' is written !"}.get(token.text, "")
        if token.text == "=":
            hint = "two equal signs compare: =="
        return ExpressionError(f"{token.text!r} does not fit here{more}", token.column, hint)

    def _choice(self) -> Node:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise ExpressionError(f"the expression is nested more than {MAX_NESTING} deep", self._token.column)
        node = self._logic("||")
        mark = self._take("?")
        if mark is not None:
            yes = self._logic("||")
            self._expect(":")
            node = Choice(node, yes, self._choice(), mark.column)
        self._nesting -= 1
        return node

    def _logic(self, operator: str) -> Node:
        deeper: Callable[[], Node] = (lambda: self._logic("&&")) if operator == "||" else (lambda: self._chain(0))
        operands = [deeper()]
        column = self._token.column
        while self._take(operator):
            operands.append(deeper())
        return operands[0] if len(operands) == 1 else Logic(operator, tuple(operands), column)

    def _chain(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        first = self._chain(level + 1)
        rest: list[tuple[str, Node, int]] = []
        while (mark := self._take(*_LEVELS[level])) is not None:
            rest.append((mark.text, self._chain(level + 1), mark.column))
        return Chain(first, tuple(rest), rest[0][2]) if rest else first

    def _unary(self) -> Node:
        marks: list[Token] = []
        while (mark := self._take("!", "-")) is not None:
            marks.append(mark)
        if len(marks) > MAX_NESTING:
            raise ExpressionError("too many signs in a row", marks[0].column)
        token = self._token
        node = self._member()
        if isinstance(node, Literal) and token.kind == "number" and marks and marks[-1].text == "-" and isinstance(node.value, int | float):
            node = Literal(-node.value, marks.pop().column)
        if isinstance(node, Literal) and type(node.value) is int and node.value > INT_MAX:
            raise ExpressionError("this number is too large", node.column)
        for mark in reversed(marks):
            node = Unary(mark.text, node, mark.column)
        return node

    def _member(self) -> Node:
        base = self._primary()
        pieces: list[Field | Index | Call | Macro] = []
        while (mark := self._take(".", "[")) is not None:
            if mark.text == "[":
                pieces.append(Index(self._choice(), mark.column))
                self._expect("]")
                continue
            token = self._token
            if token.kind != "name":
                raise self._unexpected("; a name belongs after the dot")
            self._next += 1
            pieces.append(self._method(token) if self._take("(") else Field(token.text, token.column))
        return Access(base, tuple(pieces), base.column) if pieces else base

    def _method(self, token: Token) -> Call | Macro:
        arguments = self._items(")")
        counts = MACROS.get(token.text)
        if counts is None:
            return Call(token.text, arguments, token.column)
        if len(arguments) not in counts or not isinstance(arguments[0], Name):
            raise ExpressionError(f"{token.text} is written {token.text}(x, ...) with a name for each item first", token.column)
        return Macro(token.text, arguments[0].name, arguments[1:], token.column)

    def _items(self, closing: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._take(closing):
            if items:
                self._expect(",")
                if self._take(closing):
                    break
            items.append(self._choice())
        return tuple(items)

    def _pairs(self) -> tuple[tuple[Node, Node], ...]:
        pairs: list[tuple[Node, Node]] = []
        while not self._take("}"):
            if pairs:
                self._expect(",")
                if self._take("}"):
                    break
            key = self._choice()
            self._expect(":")
            pairs.append((key, self._choice()))
        return tuple(pairs)

    def _primary(self) -> Node:
        token = self._token
        if token.kind == "end":
            raise self._unexpected()
        self._next += 1
        if token.kind == "number":
            return Literal(number(token), token.column)
        if token.kind == "string":
            return Literal(unquote(token), token.column)
        if token.text == "(":
            inner = self._choice()
            self._expect(")")
            return inner
        if token.text == "[":
            return ListLiteral(self._items("]"), token.column)
        if token.text == "{":
            return MapLiteral(self._pairs(), token.column)
        if token.kind == "name" and token.text not in RESERVED:
            return self._named(token)
        self._next -= 1
        raise self._unexpected()

    def _named(self, token: Token) -> Node:
        constants: dict[str, JsonValue] = {"true": True, "false": False, "null": None}
        if token.text in constants:
            return Literal(constants[token.text], token.column)
        return Call(token.text, self._items(")"), token.column) if self._take("(") else Name(token.text, token.column)


@lru_cache(maxsize=4096)
def parse(source: str) -> Node:
    """Read an expression.

    Args:
        source: At most 4,096 characters.

    Raises:
        ExpressionError: It is no expression, too long or nested too deep.
    """
    if len(source) > MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {MAX_LENGTH} characters")
    if not source.strip():
        raise ExpressionError("the expression is empty", 1)
    return _Parser(source).parse()
