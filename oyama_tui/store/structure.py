"""Whether the tables, columns and indexes of a file are those that Oyama makes, and no others."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from oyama_tui.core.views import Check
from oyama_tui.store.columns import SCHEMA_VERSION
from oyama_tui.store.damage import legible, short
from oyama_tui.store.migrate import create, revision_of
from oyama_tui.store.schema import schema

_HINT: Final = "Something else than Oyama has changed it; restore a copy from before."
_DROPPED: Final = "Something else than Oyama has dropped it; restore a copy."
_OWN_TABLES: Final = "sqlite_stat"
"""What SQLite keeps for itself after ANALYZE."""


class Part(NamedTuple):
    """A table, an index or another part of a schema."""

    kind: str
    name: str
    table: str


def structure_troubles(connection: sqlite3.Connection) -> Iterator[Check]:
    """What is missing, what is different, and what is not Oyama's; a dropped index is no more than a warning.

    Args:
        connection: Gives text that is no UTF-8 too.
    """
    wanted, present = _expected(), _parts(connection)
    known = {part.name for part in present}
    for table in schema().sorted_tables:
        if table.name not in known:
            yield _problem(f"The table {table.name} is missing.", _DROPPED)
            continue
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
        missing = [column.name for column in table.columns if column.name not in columns]
        for name in missing:
            yield _problem(f"The column {table.name}.{name} is missing.", _DROPPED)
        part = Part("table", table.name, table.name)
        if not missing and present.get(part) != wanted[part]:
            yield _problem(_difference(part, wanted[part], present.get(part, ())), _HINT)
        yield from _indexes(table, wanted, present)
    for part in sorted(present.keys() - wanted.keys(), key=repr):
        if not legible(part.name).startswith(_OWN_TABLES):
            yield _problem(f"The {legible(part.kind)} {legible(part.name)} of {legible(part.table)} is not Oyama's.", _HINT)
    named = {name for table in schema().sorted_tables for name in (table.name, *(index.name for index in table.indexes))}
    for part in sorted(wanted.keys() & present.keys()):
        if part.name not in named and present[part] != wanted[part]:
            yield _problem(_difference(part, wanted[part], present[part]), _HINT)
    for part in sorted(wanted.keys() - present.keys()):
        if part.kind == "index" and part.table in known and part.name not in named:
            yield _problem(f"The index {part.name} of {part.table} is missing.", _DROPPED)
    yield from _stamp(connection, known)


def _indexes(table: sa.Table, wanted: dict[Part, tuple[str, ...]], present: dict[Part, tuple[str, ...]]) -> Iterator[Check]:
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        part = Part("index", str(index.name), table.name)
        names = ", ".join(column.name for column in index.columns)
        make = f"CREATE {'UNIQUE ' if index.unique else ''}INDEX {index.name} ON {table.name} ({names})"
        if part not in present:
            message = f"The index {index.name} of {table.name} is missing, so lists are slow."
            yield Check(id="tables", status="warning", message=message, hint=f"sqlite3 FILE '{make}'")
        elif present[part] != wanted[part]:
            message = f"The index {index.name} of {table.name} is not as Oyama makes it."
            yield _problem(message, f"sqlite3 FILE 'DROP INDEX {index.name}; {make}'")


def _difference(part: Part, wanted: tuple[str, ...], present: tuple[str, ...]) -> str:
    odd = [clause for clause in present if clause not in wanted]
    return f"The {part.kind} {part.name} is not as Oyama makes it{f': it has {short(odd[0])}' if odd else ''}."


def _stamp(connection: sqlite3.Connection, known: set[str]) -> Iterator[Check]:
    """Whether the name of the newest migration is that of this schema."""
    if "alembic_version" not in known:
        yield _problem("The table alembic_version is missing.", _DROPPED)
        return
    found = [row[0] for row in connection.execute("SELECT * FROM alembic_version")]
    if found != [revision_of(SCHEMA_VERSION)]:
        yield _problem(
            f"The table alembic_version says {', '.join(map(legible, found)) or 'nothing'}, not {revision_of(SCHEMA_VERSION)}.", _HINT
        )


def _problem(message: str, hint: str) -> Check:
    return Check(id="tables", status="problem", message=message, hint=hint)


def _parts(connection: sqlite3.Connection) -> dict[Part, tuple[str, ...]]:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    return {Part(kind, name, table): _clauses(sql) for kind, name, table, sql in rows}


def _clauses(sql: object) -> tuple[str, ...]:
    """A statement that makes something, in an order and with blanks that do not depend on which version has written it."""
    if not isinstance(sql, str):
        return () if sql is None else (repr(sql),)
    text = re.sub(r"\s+", " ", sql.replace('"', "")).strip().lower()
    head, _, rest = text.partition("(")
    body, _, tail = rest.rpartition(")")
    clauses, depth, start = [], 0, 0
    for place, letter in enumerate(body):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            clauses.append(body[start:place].strip())
            start = place + 1
    return (head.strip(), tail.strip(), *sorted([*clauses, body[start:].strip()]))


@cache
def _expected() -> dict[Part, tuple[str, ...]]:
    """The parts of a new file."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
        with engine.connect() as wrapped:
            create(wrapped)
        return _parts(connection)
