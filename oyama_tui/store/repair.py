"""What is made anew from journals where the tables say something else; what no journal tells is named and left."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex

from oyama_tui.core.errors import CorruptJournal, OyamaError
from oyama_tui.core.views import Check
from oyama_tui.store import statements as sql
from oyama_tui.store.catalog import workflow_columns
from oyama_tui.store.damage import DAMAGE, legible, lenient
from oyama_tui.store.definitions import read_definition
from oyama_tui.store.integrity import remaining_troubles, run_graph, sound_journal
from oyama_tui.store.projections import WORKFLOW_WORDS
from oyama_tui.store.rebuild import Rebuilder, compare_rows, mend_rows, projected_rows, rebuilder
from oyama_tui.store.schema import schema
from oyama_tui.store.seals import is_sealed
from oyama_tui.store.whole import records

_LEFT: Final = "This cannot be made anew; restore a copy from before."


@dataclass(slots=True)
class Repair:
    """What is to be done, and what cannot be."""

    done: list[Check] = field(default_factory=list)
    left: list[Check] = field(default_factory=list)

    @property
    def checks(self) -> tuple[Check, ...]:
        """All of it, what is made anew first."""
        return (*self.done, *self.left)


class OnlyLooked(OyamaError):
    """Takes back what was done to find out what would be done.

    Args:
        found: That.
    """

    def __init__(self, found: Repair) -> None:
        super().__init__("Nothing was changed.")
        self.found = found


def would_repair(connection: sqlite3.Connection) -> Repair:
    """What `repair` would do; nothing is changed.

    Args:
        connection: Inside a write transaction.

    Raises:
        OnlyLooked: Always: it has what was found, and undoes the transaction.
    """
    raise OnlyLooked(repair(connection))


def repair(connection: sqlite3.Connection) -> Repair:
    """Make indexes, the rows of runs and the totals of workflows anew where they differ from what journals and definitions say.

    Args:
        connection: Inside a write transaction; it is rolled back afterwards to find out only what would be done.
    """
    found = Repair()
    kept, connection.text_factory = connection.text_factory, lenient
    try:
        _indexes(connection, found)
        with rebuilder() as rebuild:
            for (key,) in connection.execute("SELECT key FROM workflow_states ORDER BY key").fetchall():
                _run(connection, key, rebuild, found)
        _workflows(connection, found)
        found.left += [check.model_copy(update={"hint": _LEFT}) for check in remaining_troubles(connection)]
    finally:
        connection.text_factory = kept
    return found


def _indexes(connection: sqlite3.Connection, found: Repair) -> None:
    """Make indexes anew that are missing, that miss rows, or have too many."""
    present = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    for table in schema().tables.values():
        for index in table.indexes:
            if index.name not in present:
                connection.execute(str(CreateIndex(index).compile(dialect=sqlite.dialect())))
                found.done.append(_done("file", f"The index {index.name} is made anew."))
    lines = [str(line) for (line,) in connection.execute("PRAGMA integrity_check(1000)") if line != "ok"]
    if any("index" in line for line in lines):
        connection.execute("REINDEX")
        found.done.append(_done("file", "The indexes that differ from their tables are made anew."))


def _run(connection: sqlite3.Connection, key: int, rebuild: Rebuilder, found: Repair) -> None:
    """Make the rows of one run anew, unless its journal itself is damaged."""
    run, events, troubles = sound_journal(connection, key)
    if run is None or troubles:
        return
    try:
        wanted = rebuild.rows(run, run_graph(connection, run), events)
    except CorruptJournal:
        return
    before = compare_rows(wanted, projected_rows(connection, key))
    if not before:
        return
    mend_rows(connection, key, wanted)
    left = compare_rows(wanted, projected_rows(connection, key))
    mended = [line for line in before if line not in left]
    if mended:
        more = f", and {len(mended) - 1} more" if len(mended) > 1 else ""
        found.done.append(_done(run.id, f"The rows of {run.name} are made anew from its journal: {mended[0]}{more}."))


def _done(name: str, message: str) -> Check:
    return Check(id=legible(name), status="warning", message=message)


def _workflows(connection: sqlite3.Connection, found: Repair) -> None:
    """What rows of workflows say of their definition and of their runs."""
    query = (
        "SELECT w.*, r.content, (SELECT count(*) FROM workflow_states s WHERE s.workflow_id = w.id AND s.imported = 0) AS its_runs,"
        " (SELECT max(key) FROM workflow_states s WHERE s.workflow_id = w.id AND s.imported = 0) AS its_newest,"
        " (SELECT status FROM workflow_states s WHERE s.workflow_id = w.id AND s.imported = 0 ORDER BY key DESC LIMIT 1) AS newest_status"
        " FROM workflows w JOIN workflow_revisions r ON r.revision = w.revision AND r.workflow_id = w.id"
    )
    for record in records(connection, query):
        try:
            wanted = _wanted(record)
            sound = is_sealed("workflows", {**record, **wanted})
        except (*DAMAGE, CorruptJournal):
            # Its revision cannot be read, and is named among what is left.
            continue
        changed = {name: value for name, value in wanted.items() if record[name] != value}
        # Every column of it is sealed: what else was changed must not be sealed with what is mended.
        if changed and sound:
            connection.execute(f"UPDATE workflows SET {sql.setting(changed)} WHERE id = :id", {**changed, "id": record["id"]})
            names = ", ".join(changed)
            message = f"The workflow {legible(record['id'])} is made anew from its definition and its runs: {names}."
            found.done.append(_done(record["id"], message))


def _wanted(record: dict[str, Any]) -> dict[str, Any]:
    workflow = read_definition(record["content"], record["revision"])
    status = "draft" if record["its_newest"] is None else WORKFLOW_WORDS[record["newest_status"]]
    return {**workflow_columns(workflow), "newest_run": record["its_newest"], "runs": record["its_runs"], "status": status}
