"""How a run from a file gets into the database: as it was, under a number and a chain of this database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from oyama_tui.core import events as e
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.store import statements as sql
from oyama_tui.store.catalog import keep_revision, keep_unlisted, keep_workflow
from oyama_tui.store.damage import DAMAGE, expect_path, reason
from oyama_tui.store.encoding import chain
from oyama_tui.store.reader import any_text
from oyama_tui.store.rebuild import KeptRun, rebuilder, write_rows
from oyama_tui.store.run_file_check import RunFileReader, StoredEvent, damaged
from oyama_tui.store.run_key import RunKey
from oyama_tui.store.runs import free_id, next_key, next_number

_HERE: Final = "SELECT key, id, workflow_id, number FROM workflow_states WHERE id = :id AND key = :key AND imported = 0"
_SAME_EVENT: Final = "SELECT 1 FROM workflow_events WHERE run = :key AND seq = :seq AND hash = :head"
_CAME_BEFORE: Final = (
    "SELECT s.key, s.id, s.workflow_id, s.number FROM workflow_imports i JOIN workflow_states s ON s.key = i.run"
    " WHERE i.origin_id = :id AND i.origin_key = :key AND i.origin_head = :head"
)
_KNOWN: Final = "SELECT 1 FROM workflows WHERE id = :id"


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """What became of a file of a run."""

    run: RunKey
    already: bool
    """The run was here before; nothing was done."""


def find_here(connection: sa.Connection, reader: RunFileReader) -> RunKey | None:
    """The run of a file when it is in the database, as itself or imported before; none otherwise.

    Args:
        connection: To read with.
        reader: The open file.
    """
    with any_text(connection) as raw:
        return _here(raw, reader)


def _here(connection: sqlite3.Connection, reader: RunFileReader) -> RunKey | None:
    manifest = reader.manifest
    named = {"id": manifest.run_id, "key": manifest.key, "seq": manifest.events, "head": bytes.fromhex(manifest.head)}
    found = connection.execute(_HERE, named).fetchone()
    if found is not None and connection.execute(_SAME_EVENT, named).fetchone() is not None:
        return RunKey(*found)
    found = connection.execute(_CAME_BEFORE, named).fetchone()
    return None if found is None else RunKey(*found)


def bring_in(
    connection: sqlite3.Connection,
    reader: RunFileReader,
    events: Sequence[StoredEvent],
    at: int,
    by: str,
    place_logs: Callable[[str], None],
) -> BroughtIn:
    """Write a run with its journal and its rows.

    Args:
        connection: Inside a write transaction.
        reader: The file, which has been checked.
        events: All that are in it.
        at: Milliseconds since 1970 UTC.
        by: Who wants it.
        place_logs: Gives the logs to the run of this state id.

    Raises:
        FileProblem: The events do not lead to rows.
    """
    known = _here(connection, reader)
    if known is not None:
        return BroughtIn(known, already=True)
    try:
        run = _write(connection, reader, events, at)
        _note(connection, reader, run.key, at, by)
    except (sqlite3.IntegrityError, *DAMAGE) as error:
        raise damaged(f"its rows cannot stand beside those that are here ({reason(error)})") from error
    place_logs(run.id)
    return BroughtIn(run, already=False)


def _write(connection: sqlite3.Connection, reader: RunFileReader, events: Sequence[StoredEvent], at: int) -> RunKey:
    """Write the workflow, the run's row, its journal and what follows from that."""
    manifest, workflow = reader.manifest, reader.workflow
    first = events[0].event
    if isinstance(first, e.RunStarted) and first.asker is not None:
        keep_unlisted(connection, workflow, manifest.revision, at)
    elif connection.execute(_KNOWN, {"id": workflow.id}).fetchone() is None:
        keep_workflow(connection, workflow, "", "", at)
    keep_revision(connection, manifest.revision, workflow.id, reader.content, at)
    run_id = free_id(connection, workflow.id, int(manifest.run_id.rpartition("-")[2]))
    number = next_number(connection, workflow.id)
    kept = KeptRun(0, run_id, workflow.id, number, manifest.events, b"", manifest.revision, manifest.directory, manifest.run_id)
    rows = _rows(reader, kept, [stored.event for stored in events])
    [own] = rows["workflow_states"]
    expect_path(own["directory"], "directory")
    key = next_key(connection)
    sql.insert_row(connection, "workflow_states", {**{n: v for n, v in own.items() if n != "seal"}, "key": key, "imported": at})
    head = b""
    for stored in events:
        head = chain(head, key, stored.seq, stored.at, stored.type, stored.payload)
        row = {"run": key, "seq": stored.seq, "at": stored.at, "type": stored.type, "payload": stored.payload, "hash": head}
        connection.execute(sql.INSERT_EVENT, row)
    connection.execute(sql.NOTE_HEAD, {"run": key, "head": head})
    write_rows(connection, key, rows)
    return RunKey(key, run_id, workflow.id, number)


def _rows(reader: RunFileReader, kept: KeptRun, events: Sequence[e.Event]) -> dict[str, list[sql.Row]]:
    with rebuilder() as rebuild:
        try:
            return rebuild.rows(kept, reader.graph, events)
        except CorruptJournal as error:
            raise damaged(error.sentence.rstrip(".")) from error


def _note(connection: sqlite3.Connection, reader: RunFileReader, key: int, at: int, by: str) -> None:
    """Keep where the run comes from, and the points that were named there."""
    manifest = reader.manifest
    origin = {
        "run": key,
        "origin_id": manifest.run_id,
        "origin_key": manifest.key,
        "origin_number": manifest.number,
        "origin_head": bytes.fromhex(manifest.head),
        "digest": reader.digest,
        "program": manifest.program,
        "at": at,
        "by": by,
    }
    sql.insert_row(connection, "workflow_imports", origin)
    for point in manifest.points:
        sql.insert_row(connection, "workflow_snapshots", {"run": key, **point.model_dump()})
