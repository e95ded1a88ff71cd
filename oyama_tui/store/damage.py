"""Damage: rows that Oyama has not written like this, told as what, where and what to do.

Anything that is read from the file may have been changed by something else. What fails on it, a view that does not validate, JSON that
does not parse, a number where text stands, becomes a `DatabaseProblem` here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from sqlalchemy.exc import InvalidRequestError

from oyama_tui.core.errors import DatabaseProblem
from oyama_tui.core.rows import Rows

T = TypeVar("T")
RowT = TypeVar("RowT")
DAMAGE: Final = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, InvalidRequestError)
"""What values that nobody expects make code raise."""
HINT: Final = "Run `oyama verify`, which names all that is damaged; restore a copy from before."
_SHOWN: Final = 60
"""Characters of a value in a sentence."""


def lenient(raw: bytes) -> str:
    """A text column as text, also when it is no UTF-8: each byte that is none becomes a lone surrogate."""
    return raw.decode("utf-8", "surrogateescape")


def legible(value: object) -> str:
    """Any value of a column as text that can be printed."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") if not value.isascii() else value
    return short(value)


def short(value: object) -> str:
    """Any value of a column in a few characters, quoted as in Python."""
    text = repr(value[:_SHOWN] if isinstance(value, str | bytes) else value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def reason(error: Exception) -> str:
    """What is wrong with a row, in a few words."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{where or 'it'} is {short(first['input'])}" if first["type"] != "missing" else f"{where} is missing"
    return " ".join(legible(str(error)).split())[:200] or type(error).__name__


def damaged(table: str, key: object, error: Exception) -> DatabaseProblem:
    """That a row cannot be read."""
    return DatabaseProblem(f"The row {legible(key)} of {table} is damaged: {reason(error)}.", HINT)


def unreadable(path: Path, error: Exception) -> DatabaseProblem:
    """That something in the file cannot be read, where nobody knows the row."""
    return DatabaseProblem(f"The database {path} holds something that Oyama has not written: {reason(error)}.", HINT)


@contextmanager
def reading(table: str, key: object) -> Iterator[None]:
    """Tell what fails inside as damage of one row.

    Raises:
        DatabaseProblem: Names the row.
    """
    try:
        yield
    except DAMAGE as error:
        raise damaged(table, key, error) from error


def readable_rows(table: str, rows: Iterable[RowT], key: Callable[[RowT], Any], make: Callable[[RowT], T]) -> Rows[T]:
    """The views of all rows that can be read, and what is wrong with the others.

    Args:
        table: Where they stand.
        rows: Of a result.
        key: What names one.
        make: Makes its view.
    """
    good: list[T] = []
    told: list[str] = []
    for row in rows:
        try:
            good.append(make(row))
        except DAMAGE as error:
            told.append(damaged(table, key(row), error).sentence)
        except DatabaseProblem as known:
            told.append(known.sentence)
    return Rows(good, told)


def expect(condition: bool, what: str) -> None:
    """Make sure that a value is possible at all.

    Raises:
        ValueError: It is not; says what.
    """
    if not condition:
        raise ValueError(what)


def expect_path(value: object, name: str) -> None:
    """Make sure that a value can be a path, or is empty.

    Args:
        value: Of a column.
        name: Of the column.

    Raises:
        ValueError: No file system has such a path.
    """
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"{name} is {short(value)}, which is no path")
