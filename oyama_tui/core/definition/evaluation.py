"""What expressions mean: a tree of nodes and a scope of JSON values become one JSON value.

CEL, with JSON values as its only types: integers and other numbers mix, equality never fails, and comparing with null is fine.
Every evaluation has a budget of work and of size, because loops over lists nest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core.definition import functions
from oyama_tui.core.definition.base import json_type
from oyama_tui.core.definition.functions import ABSENT, Budget, Partial, equal
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
    children,
    path_of,
)
from oyama_tui.core.definition.syntax import INT_MAX, INT_MIN

Scope = Mapping[str, Any]
MISSING: Final = object()


def check_calls(node: Node) -> None:
    """Refuse functions that do not exist and wrong counts of arguments, before any value is known.

    Raises:
        ExpressionError: At the first one.
    """
    if isinstance(node, Call):
        functions.check(node.name, len(node.arguments), node.column, method=False)
    if isinstance(node, Access):
        for piece in node.pieces:
            if isinstance(piece, Call):
                functions.check(piece.name, len(piece.arguments), piece.column, method=True)
    for child, _ in children(node):
        check_calls(child)


class Evaluator:
    """One evaluation: a scope, and what is left of its budget.

    Args:
        scope: The names that the expression may use.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._budget = Budget()

    def result(self, node: Node) -> JsonValue:
        """Evaluate a whole expression; what comes back shares nothing with the scope.

        Raises:
            ExpressionError: The value does not exist, has the wrong type, or costs too much.
        """
        return self._budget.copy(self._value(node), node.column)

    def _value(self, node: Node) -> Any:
        self._budget.spend(1, node.column)
        return _MEANINGS[type(node)](self, node)

    def _literal(self, node: Literal) -> Any:
        return node.value

    def _name(self, node: Name) -> Any:
        value = self._scope.get(node.name, MISSING)
        if value is not MISSING:
            return value
        if node.name == "secrets":
            raise ExpressionError(
                "secrets cannot be used here",
                node.column,
                "they are for values of env, elements of an argument list and parts of an http request",
            )
        names = sorted(self._scope)
        raise ExpressionError(f"there is no {node.name!r} here{nearest(node.name, names)}", node.column)

    def _access(self, node: Access) -> Any:
        value = self._value(node.base)
        for position, piece in enumerate(node.pieces):
            self._budget.spend(1, piece.column)
            if value is ABSENT and isinstance(piece, Call | Macro):
                value = None
            if isinstance(piece, Call):
                arguments = [self._value(argument) for argument in piece.arguments]
                value = functions.call(piece.name, [value, *arguments], self._budget, piece.column)
            elif isinstance(piece, Macro):
                value = self._macro(piece, value)
            else:
                key: Any = piece.name if isinstance(piece, Field) else self._value(piece.key)
                value = self._pick(value, key, piece.column, node, position)
        return None if value is ABSENT else value

    def _pick(self, value: Any, key: Any, column: int, node: Access, position: int) -> Any:
        if isinstance(value, Mapping):
            found = value.get(key, MISSING) if isinstance(key, str) else MISSING
            if isinstance(found, functions.Unusable):
                raise found.error(column)
            if found is not MISSING:
                return found
            if isinstance(value, Partial):
                return ABSENT
            raise ExpressionError(f"{_describe(node, position)} has no {key!r}{nearest(key, value)}", column)
        if isinstance(value, list | tuple) and type(key) is int:
            if 0 <= key < len(value):
                return value[key]
            raise ExpressionError(f"{_describe(node, position)} has {len(value)} items, so there is no item {key}", column)
        if isinstance(value, list | tuple):
            raise ExpressionError(f"{_describe(node, position)} is a list; its items are [0], [1] and so on, not {_show(key)}", column)
        if value is None:
            raise ExpressionError(f"{_describe(node, position)} is null, so it has no {_show(key)}", column)
        raise ExpressionError(f"{_describe(node, position)} is of type {json_type(value)}, so it has no {_show(key)}", column)

    def _macro(self, macro: Macro, value: Any) -> Any:
        if not isinstance(value, Mapping | list | tuple):
            raise ExpressionError(f"{macro.name} works on lists and maps, not on type {json_type(value)}", macro.column)
        outer = self._scope
        results: list[tuple[Any, Any]] = []
        try:
            for item in value:
                self._scope = {**outer, macro.variable: item} if len(outer) < 64 else _Layer(outer, macro.variable, item)
                found = self._value(macro.bodies[0])
                if macro.name != "map" or len(macro.bodies) == 2:
                    found = self._boolean(found, macro.bodies[0].column, macro.name)
                if macro.name == "map" and len(macro.bodies) == 2:
                    if not found:
                        continue
                    found = self._value(macro.bodies[1])
                results.append((item, found))
                if (macro.name, found) in (("all", False), ("exists", True)) and isinstance(found, bool):
                    break
        finally:
            self._scope = outer
        if macro.name == "map":
            return [found for _, found in results]
        if macro.name == "filter":
            return [item for item, found in results if found]
        hits = sum(found for _, found in results)
        return {"all": hits == len(results), "exists": hits > 0, "exists_one": hits == 1}[macro.name]

    def _call(self, node: Call) -> Any:
        if node.name == "has":
            return self._has(node)
        arguments = [self._value(argument) for argument in node.arguments]
        return functions.call(node.name, arguments, self._budget, node.column)

    def _has(self, node: Call) -> bool:
        """Whether the last field of a path exists; whatever comes before it must exist or be null."""
        target = node.arguments[0] if len(node.arguments) == 1 else None
        last = target.pieces[-1] if isinstance(target, Access) else None
        if not isinstance(target, Access) or not isinstance(last, Field | Index):
            raise ExpressionError("has takes one value with a field, such as has(inputs.name)", node.column)
        before = Access(target.base, target.pieces[:-1], target.column) if len(target.pieces) > 1 else target.base
        value = self._value(before)
        key: Any = last.name if isinstance(last, Field) else self._value(last.key)
        if isinstance(value, Mapping):
            return isinstance(key, str) and key in value
        return isinstance(value, list | tuple) and type(key) is int and 0 <= key < len(value)

    def _unary(self, node: Unary) -> Any:
        value = self._value(node.operand)
        if node.operator == "!":
            return not self._boolean(value, node.column, "!")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ExpressionError(f"- needs a number, not type {json_type(value)}", node.column)
        return _in_range(-value, node.column)

    def _chain(self, node: Chain) -> Any:
        value = self._value(node.first)
        for operator, operand, column in node.rest:
            value = self._operate(operator, value, self._value(operand), column)
        return value

    def _operate(self, operator: str, left: Any, right: Any, column: int) -> Any:
        if operator in ("==", "!="):
            return equal(left, right, self._budget, column) == (operator == "==")
        if operator == "in":
            return self._contains(right, left, column)
        if operator in ("<", "<=", ">", ">="):
            if not (_numbers(left, right) or (isinstance(left, str) and isinstance(right, str))):
                raise ExpressionError(f"{operator} cannot compare {_types(left, right)}", column)
            return _COMPARISONS[operator](left, right)
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            self._budget.spend((len(left) + len(right)) // 64, column)
            return left + right
        if operator == "+" and isinstance(left, list | tuple) and isinstance(right, list | tuple):
            self._budget.spend(len(left) + len(right), column)
            return [*left, *right]
        if not _numbers(left, right):
            hint = "string(x) makes text of a value" if operator == "+" and isinstance(left, str) != isinstance(right, str) else ""
            raise ExpressionError(f"{operator} does not work on {_types(left, right)}", column, hint)
        return _calculate(operator, left, right, column)

    def _contains(self, container: Any, item: Any, column: int) -> bool:
        if isinstance(container, Mapping):
            return isinstance(item, str) and item in container
        if isinstance(container, list | tuple):
            return any(equal(item, other, self._budget, column) for other in container)
        hint = "text.contains(part) looks for a part of a text" if isinstance(container, str) else ""
        raise ExpressionError(f"'in' looks into lists and maps, not into type {json_type(container)}", column, hint)

    def _logic(self, node: Logic) -> bool:
        """`false && x` is false and `true || x` is true, even when the other side cannot be evaluated."""
        decisive = node.operator == "||"
        failed: ExpressionError | None = None
        for operand in node.operands:
            try:
                if self._boolean(self._value(operand), operand.column, node.operator) == decisive:
                    return decisive
            except ExpressionError as error:
                failed = failed or error
        if failed is not None:
            raise failed
        return not decisive

    def _choice(self, node: Choice) -> Any:
        return self._value(node.yes if self._boolean(self._value(node.condition), node.column, "?") else node.no)

    def _list(self, node: ListLiteral) -> Any:
        return [self._value(item) for item in node.items]

    def _map(self, node: MapLiteral) -> Any:
        made: dict[str, Any] = {}
        for key_node, value_node in node.pairs:
            key = self._value(key_node)
            if not isinstance(key, str):
                raise ExpressionError(f"the keys of a map are text, not of type {json_type(key)}", key_node.column)
            if key in made:
                raise ExpressionError(f"the key {key!r} stands twice in this map", key_node.column)
            made[key] = self._value(value_node)
        return made

    @staticmethod
    def _boolean(value: Any, column: int, where: str) -> bool:
        if isinstance(value, bool):
            return value
        raise ExpressionError(f"{where} needs true or false, not type {json_type(value)}", column, "compare it, for example with == or !=")


class _Layer(Mapping[str, Any]):
    """A large scope with one more name."""

    def __init__(self, outer: Scope, name: str, value: Any) -> None:
        self._outer, self._added, self._held = outer, name, value

    def __getitem__(self, key: str) -> Any:
        return self._held if key == self._added else self._outer[key]

    def __iter__(self) -> Iterator[str]:
        yield from {**dict.fromkeys(self._outer), self._added: None}

    def __len__(self) -> int:
        return len(self._outer) + (self._added not in self._outer)


def _calculate(operator: str, left: Any, right: Any, column: int) -> int | float:
    whole = type(left) is int and type(right) is int
    if operator in "/%" and right == 0:
        raise ExpressionError("division by zero", column)
    value: int | float
    try:
        if operator == "+":
            value = left + right
        elif operator == "-":
            value = left - right
        elif operator == "*":
            value = left * right
        elif operator == "%":
            value = left - right * _truncated(left, right) if whole else math.fmod(left, right)
        else:
            value = _truncated(left, right) if whole else left / right
    except OverflowError:
        raise ExpressionError("the result of this calculation is too large", column) from None
    _in_range(value, column)
    return value


def _truncated(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _in_range(value: Any, column: int) -> Any:
    if (isinstance(value, int) and not INT_MIN <= value <= INT_MAX) or (isinstance(value, float) and not math.isfinite(value)):
        raise ExpressionError("the result of this calculation is too large", column)
    return value


def _numbers(left: Any, right: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in (left, right))


def _types(left: Any, right: Any) -> str:
    return f"type {json_type(left)} with type {json_type(right)}"


def _describe(node: Access, position: int) -> str:
    path = path_of(Access(node.base, node.pieces[:position], node.column) if position else node.base)
    return ".".join(path) if len(path) == position + 1 else "this value"


def _show(key: Any) -> str:
    return repr(key) if isinstance(key, str) else f"item {key}" if type(key) is int else f"key of type {json_type(key)}"


def nearest(name: object, known: Mapping[str, object] | Sequence[str]) -> str:
    """`; did you mean 'x'?` or `; there is: a, b`, ready to be put after a sentence about an unknown name."""
    names = [key for key in list(known)[:500] if isinstance(key, str)]
    close = get_close_matches(str(name)[:100], names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    more = ", ..." if len(names) > 12 else ""
    return f"; there is: {', '.join(names[:12])}{more}" if names else "; it is empty"


_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}
_MEANINGS: Final[Mapping[type, Callable[[Evaluator, Any], Any]]] = {
    Literal: Evaluator._literal,
    Name: Evaluator._name,
    Access: Evaluator._access,
    Call: Evaluator._call,
    Unary: Evaluator._unary,
    Chain: Evaluator._chain,
    Logic: Evaluator._logic,
    Choice: Evaluator._choice,
    ListLiteral: Evaluator._list,
    MapLiteral: Evaluator._map,
}
