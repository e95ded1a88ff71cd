"""Whether a file is whole: its pages and indexes, its references, and the rows that belong to no run's journal."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.views import Check
from oyama_tui.store.catalog import workflow_columns
from oyama_tui.store.damage import DAMAGE, legible, reason, short
from oyama_tui.store.definitions import read_definition
from oyama_tui.store.gaps import missing_numbers, missing_rows
from oyama_tui.store.projections import WORKFLOW_WORDS
from oyama_tui.store.seals import is_sealed
from oyama_tui.store.structure import structure_troubles

Record = dict[str, Any]
"""One row, by column, as SQLite holds it."""
MOST: Final = 20
"""Findings of one kind that are told; the rest is counted."""
_RECOVER: Final = "Restore a copy; keep the damaged file, `sqlite3 FILE .recover` may still read parts of it."
_CHANGED: Final = "Something else than Oyama has changed it, and no journal tells what stood there; compare it with a copy from before."
_DERIVED: Final = "The runs and the definition are sound, so nothing is lost; the row was changed by something else than Oyama."
_DELETED: Final = "Something else than Oyama has deleted or renumbered rows; restore a copy from before."


def whole_troubles(connection: sqlite3.Connection) -> Iterator[Check]:
    """Everything that is wrong with the file besides single runs.

    Args:
        connection: In one read transaction; gives text that is no UTF-8 too.
    """
    pages = list(page_troubles(connection))
    yield from pages
    parts = list(structure_troubles(connection))
    yield from parts
    if not any(check.status == "problem" for check in parts):
        yield from row_troubles(connection)


def page_troubles(connection: sqlite3.Connection) -> Iterator[Check]:
    """Damaged pages, rows that differ from their index, and rows that refer to rows that do not exist."""
    yield from _told("file", _RECOVER, "The file is damaged", _integrity_lines(connection))
    yield from _told("file", _DELETED, "Rows are missing", _references(connection))


def row_troubles(connection: sqlite3.Connection) -> Iterator[Check]:
    """Rows that are missing and were not removed by Oyama, and rows of workflows, revisions and engines that were changed."""
    yield from _told("rows", _DELETED, "Rows are missing", missing_rows(connection))
    yield from _told("rows", _DELETED, "Runs are missing", missing_numbers(connection))
    yield from _told("rows", _CHANGED, "A row was changed", _seals(connection))
    yield from _told("rows", _DERIVED, "A row was changed", _workflows(connection))


def records(connection: sqlite3.Connection, query: str, values: Mapping[str, Any] | None = None) -> list[Record]:
    """The rows of a query by column."""
    cursor = connection.execute(query, values or {})
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _told(name: str, hint: str, title: str, lines: Iterator[str]) -> Iterator[Check]:
    """Lines as findings; what keeps SQLite from reading on is a finding too."""
    try:
        for line in islice(lines, MOST):
            yield Check(id=name, status="problem", message=f"{title}: {line}.", hint=hint)
        more = sum(1 for _ in lines)
        if more:
            yield Check(id=name, status="problem", message=f"{title}: {more} more findings like these.", hint=hint)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        yield Check(id=name, status="problem", message=f"The file is damaged: it cannot be read ({reason(error)}).", hint=_RECOVER)


def _integrity_lines(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute(f"PRAGMA integrity_check({MOST + 1})"):
        if line != "ok":
            yield from (" ".join(part.split()) for part in legible(line).splitlines() if part.strip())


def _references(connection: sqlite3.Connection) -> Iterator[str]:
    seen: Counter[tuple[str, str]] = Counter()
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        seen[table, parent] += 1
        if seen[table, parent] == 1:
            yield f"row {row} of {table} refers to a row of {parent} that does not exist"
    for (table, parent), count in seen.items():
        if count > 1:
            yield f"{count - 1} more rows of {table} refer to rows of {parent} that do not exist"
    owners = "SELECT id, owner FROM workflow_states WHERE owner IS NOT NULL AND owner NOT IN (SELECT id FROM engine_instances)"
    for run, owner in connection.execute(owners):
        yield f"run {legible(run)} belongs to the engine {legible(owner)}, of which there is no row"


_SEALED_ROWS: Final = (
    ("workflows", "id"),
    ("workflow_revisions", "revision"),
    ("engine_instances", "id"),
    ("workflow_snapshots", "name"),
    ("workflow_imports", "run"),
    ("removed_runs", "id"),
)
"""Tables whose rows no journal tells, and what names a row."""


def _seals(connection: sqlite3.Connection) -> Iterator[str]:
    for table, name in _SEALED_ROWS:
        for record in records(connection, f"SELECT * FROM {table}"):
            if not _sound(lambda table=table, record=record: is_sealed(table, record)):  # type: ignore[misc]
                yield f"{table} {legible(record[name])} is not as Oyama has written it"


def _sound(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except DAMAGE:
        return False


def _workflows(connection: sqlite3.Connection) -> Iterator[str]:
    """What the rows of workflows say of their definition and of their runs."""
    contents = {}
    for record in records(connection, "SELECT revision, workflow_id, content FROM workflow_revisions"):
        try:
            workflow = contents[record["revision"]] = read_definition(record["content"], record["revision"])
        except CorruptJournal as error:
            yield f"workflow_revisions: {error.sentence.rstrip('.')}"
        else:
            if workflow.id != record["workflow_id"]:
                yield f"workflow_revisions {record['revision']}: it is of {workflow.id}, not of {legible(record['workflow_id'])}"
    runs: Counter[object] = Counter()
    newest: dict[object, tuple[int, object]] = {}
    staying = (
        "SELECT key, workflow_id, status FROM workflow_states WHERE imported = 0 AND key NOT IN (SELECT run FROM removed_runs) ORDER BY key"
    )
    for key, workflow_id, status in connection.execute(staying):
        runs[workflow_id] += 1
        newest[workflow_id] = (key, status)
    for record in records(connection, "SELECT * FROM workflows"):
        key, status = newest.get(record["id"], (None, None))
        word = "draft" if key is None else WORKFLOW_WORDS.get(str(status), "")
        wanted: Record = {"newest_run": key, "runs": runs[record["id"]], "status": word}
        content = contents.get(record["revision"])
        if content is None or content.id != record["id"]:
            yield f"workflows {legible(record['id'])}: its revision {legible(record['revision'])} is missing or is another workflow's"
        else:
            wanted |= workflow_columns(content)
        yield from _compared(record, wanted)


def _compared(record: Record, wanted: Record) -> Iterable[str]:
    for name, value in wanted.items():
        if record[name] != value or type(record[name]) is not type(value):
            yield f"workflows {legible(record['id'])}: {name} is {short(record[name])}, and should be {short(value)}"
