"""Whose turn a question is, for SQLite: the rule of the core, asked of the columns of approvals for the person who reads."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any, Final, cast

from oyama_tui.core.approvers import Person, asks_others
from oyama_tui.core.events import ApproverRule

Text = str | None
"""A JSON column of an approval."""
_READER: Final[ContextVar[Person | None]] = ContextVar("reader", default=None)


@contextmanager
def reading_as(person: Person) -> Iterator[None]:
    """Read in somebody else's name than whoever runs this process, in this task and in what it calls.

    Args:
        person: Whose turn questions are told for.
    """
    token = _READER.set(person)
    try:
        yield
    finally:
        _READER.reset(token)


def add_turns(connection: sqlite3.Connection, person: Callable[[], Person]) -> None:
    """Give a connection the functions `asks_others`, the same as an aggregate `all_ask_others`, and `put_off`.

    A column that is damaged says nothing here; whoever reads its row is told.

    Args:
        connection: Reads.
        person: Tells for whom, where no task says that it reads in another name.
    """

    def reader() -> Person:
        return _READER.get() or person()

    def others(approvers: Text, assigned: Text, yes_by: Text) -> str:
        return _asks_others(approvers, assigned, yes_by, reader())

    connection.create_function("asks_others", 3, others)
    connection.create_aggregate("all_ask_others", 3, cast(Any, partial(_AllAskOthers, others)))
    connection.create_function("put_off", 2, lambda snoozed, now: _put_off(snoozed, now, reader().name))


class _AllAskOthers:
    """Whom all of several questions wait for; nobody where one is for the person who reads."""

    def __init__(self, others: Callable[[Text, Text, Text], str]) -> None:
        self._others = others
        self._found: dict[str, None] = {}

    def step(self, *columns: Any) -> None:
        self._found[self._others(*columns)] = None

    def finalize(self) -> str:
        return "" if "" in self._found else ", ".join(self._found)


def turn_of(approvers: Text, assigned: Text, yes_by: Text, snoozed: Text, person: Person, now: int) -> int:
    """Where an open question stands in somebody's queue: 0 needs them, 1 waits for others, 2 is put off by them.

    Args:
        approvers: Who may answer; none where anybody may.
        assigned: To whom it was handed on.
        yes_by: Who has said yes.
        snoozed: Until when who does not want to see it.
        person: Who looks.
        now: Milliseconds since 1970 UTC.
    """
    if approvers is not None and _asks_others(approvers, assigned, yes_by, person):
        return 1
    return 2 if snoozed is not None and _put_off(snoozed, now, person.name) else 0


@lru_cache(maxsize=4096)
def _asks_others(approvers: Text, assigned: Text, yes_by: Text, person: Person) -> str:
    try:
        rule = ApproverRule.model_validate_json(approvers) if approvers else ApproverRule()
    except ValueError:
        return ""
    return asks_others(rule, _names(assigned), _names(yes_by), person)


def _names(column: Text) -> list[str]:
    found = _read(column)
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def _put_off(snoozed: Text, now: int, name: str) -> bool:
    found = _read(snoozed)
    until = found.get(name) if isinstance(found, dict) else None
    return isinstance(until, int) and until > now


def _read(column: Text) -> Any:
    try:
        return json.loads(column) if column else None
    except ValueError:
        return None
