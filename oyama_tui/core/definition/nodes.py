"""The nodes of expressions, and the references that a tree of them makes.

Chains of operators and of accesses are one node each, so that the depth of a tree is the depth of its brackets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import JsonValue


class ExpressionError(ValueError):
    """An expression that cannot be read or evaluated.

    Args:
        message: One sentence without the expression itself.
        column: First character is 1; 0 where unknown.
        hint: What to do about it; empty when the message says it.
    """

    def __init__(self, message: str, column: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.column = column
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that is written out."""

    value: JsonValue
    column: int


@dataclass(frozen=True, slots=True)
class Name:
    """A name of the scope, or the variable of a macro."""

    name: str
    column: int


@dataclass(frozen=True, slots=True)
class Field:
    """`.name` after a value."""

    name: str
    column: int


@dataclass(frozen=True, slots=True)
class Index:
    """`[key]` after a value."""

    key: Node
    column: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function, or a method when it stands in an `Access`."""

    name: str
    arguments: tuple[Node, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Macro:
    """`.all(x, ...)` and the like after a list or a map."""

    name: str
    variable: str
    bodies: tuple[Node, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Access:
    """A value followed by fields, indices, methods and macros."""

    base: Node
    pieces: tuple[Field | Index | Call | Macro, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`!` or `-` before a value."""

    operator: str
    operand: Node
    column: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one precedence, from left to right."""

    first: Node
    rest: tuple[tuple[str, Node, int], ...]
    """Operator, operand and the operator's column."""
    column: int


@dataclass(frozen=True, slots=True)
class Logic:
    """Conditions joined by `&&` or by `||`."""

    operator: str
    operands: tuple[Node, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? yes : no`."""

    condition: Node
    yes: Node
    no: Node
    column: int


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """`[a, b]`."""

    items: tuple[Node, ...]
    column: int


@dataclass(frozen=True, slots=True)
class MapLiteral:
    """`{"key": value}`."""

    pairs: tuple[tuple[Node, Node], ...]
    column: int


Node: TypeAlias = Literal | Name | Access | Call | Unary | Chain | Logic | Choice | ListLiteral | MapLiteral


AN_ITEM = "\0"
"""Stands in a path for an index that is no text."""


def path_of(node: Node, *, through_items: bool = False) -> tuple[str, ...]:
    """The names that a node follows from the scope, as far as they are written out; empty when it starts elsewhere.

    Args:
        node: The node.
        through_items: Go on after an index that is no text; `AN_ITEM` stands for it.
    """
    if isinstance(node, Name):
        return (node.name,)
    if not isinstance(node, Access) or not isinstance(node.base, Name):
        return ()
    path = [node.base.name]
    for piece in node.pieces:
        name = _static_name(piece)
        if name is None and through_items and isinstance(piece, Index):
            name = AN_ITEM
        if name is None:
            break
        path.append(name)
    return tuple(path)


def _static_name(piece: Field | Index | Call | Macro) -> str | None:
    if isinstance(piece, Field):
        return piece.name
    if isinstance(piece, Index) and isinstance(piece.key, Literal) and isinstance(piece.key.value, str):
        return piece.key.value
    return None


def find_references(
    node: Node, bound: frozenset[str] = frozenset(), *, tested: bool = False, through_items: bool = False
) -> Iterator[tuple[tuple[str, ...], int, bool]]:
    """Walk over all paths that an expression follows from the scope.

    Args:
        node: The expression.
        bound: Variables of the macros around it, which are no references.
        tested: It is what `has` asks for.
        through_items: As of `path_of`.

    Yields:
        The path, its column, and whether only its existence is asked for.
    """
    if isinstance(node, Name | Access):
        path = path_of(node, through_items=through_items)
        if path and path[0] not in bound:
            yield path, node.column, tested
    asks = isinstance(node, Call) and node.name == "has"
    for child, variable in children(node):
        if not (isinstance(node, Access) and child is node.base and isinstance(child, Name)):
            inner = bound | {variable} if variable else bound
            yield from find_references(child, inner, tested=asks, through_items=through_items)


def children(node: Node) -> Iterator[tuple[Node, str]]:
    """Walk over the nodes right below a node, each with the variable that it is evaluated with, if any."""
    if isinstance(node, Access):
        yield node.base, ""
        for piece in node.pieces:
            if isinstance(piece, Index):
                yield piece.key, ""
            elif isinstance(piece, Call):
                yield from ((argument, "") for argument in piece.arguments)
            elif isinstance(piece, Macro):
                yield from ((body, piece.variable) for body in piece.bodies)
    elif isinstance(node, Call):
        yield from ((argument, "") for argument in node.arguments)
    elif isinstance(node, Unary):
        yield node.operand, ""
    elif isinstance(node, Chain):
        yield node.first, ""
        yield from ((operand, "") for _, operand, _ in node.rest)
    elif isinstance(node, Logic):
        yield from ((operand, "") for operand in node.operands)
    elif isinstance(node, Choice):
        yield from ((child, "") for child in (node.condition, node.yes, node.no))
    elif isinstance(node, ListLiteral):
        yield from ((item, "") for item in node.items)
    elif isinstance(node, MapLiteral):
        yield from ((child, "") for pair in node.pairs for child in pair)
