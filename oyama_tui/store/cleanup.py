"""Removing runs that are over, in small transactions between which every table is sound, and giving their pages back."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from oyama_tui.store import statements as sql
from oyama_tui.store.encoding import json_text
from oyama_tui.store.projections import WORKFLOW_WORDS

BUDGET_ROWS: Final = 200
"""Rows that one transaction removes at the most, about."""
BUDGET_SECONDS: Final = 0.008
"""Seconds after which it begins nothing more."""
SMALL: Final = 100
"""Events, steps and variables of a run that is removed whole in one transaction."""
PAGES: Final = 16
"""Pages that are given back between two looks at the clock."""

_VOTES: Final = "approval_id IN (SELECT id FROM workflow_approvals WHERE run = :run)"
_OF_RUN: Final = "run = :run"
PARTS: Final = {
    "approval_votes": _VOTES,
    "workflow_approvals": _OF_RUN,
    "workflow_execution_steps": _OF_RUN,
    "workflow_scopes": _OF_RUN,
    "workflow_rounds": _OF_RUN,
    "workflow_context": _OF_RUN,
    "workflow_snapshots": _OF_RUN,
    "workflow_imports": _OF_RUN,
    "workflow_events": _OF_RUN,
    "workflow_executions": _OF_RUN,
}
"""The tables with rows of a run besides its own, and which those are; in the order in which nothing is left that refers to missing rows."""
NUMBERED: Final = ("approval_votes", "workflow_execution_steps", "workflow_scopes", "workflow_rounds")
"""Tables whose newest numbers SQLite gives again once the rows that had them are gone; `row_counts` keeps how many it will."""
AGAIN: Final = ":again"
"""Ends the name under which `row_counts` keeps that."""

_SIZE: Final = "seq + total_steps + (SELECT count(*) FROM workflow_context WHERE run = :run)"
_RUN: Final = (
    f"SELECT id, workflow_id, number, phase, status, head, {_SIZE}, pinned, parent, imported FROM workflow_states WHERE key = :run"
)
_LIVE: Final = ("pending", "running", "paused")
_KEPT_BELOW: Final = (
    "WITH RECURSIVE below (id) AS (SELECT :id UNION SELECT s.id FROM workflow_states AS s JOIN below AS b"
    " ON s.parent = b.id WHERE s.parent <> '')"
    " SELECT 1 FROM workflow_states AS s JOIN below AS b ON s.id = b.id"
    " WHERE s.pinned <> 0 OR (s.status IN ('pending', 'running', 'paused') AND s.imported = 0) LIMIT 1"
)
"""Whether a run or one below it is pinned or live."""
_PARENT_STAYS: Final = "SELECT 1 FROM workflow_states WHERE id = :id AND key NOT IN (SELECT run FROM removed_runs)"
_CONDEMNED: Final = "SELECT 1 FROM removed_runs WHERE run = :run"
_STOP: Final = "UPDATE workflow_states SET seq = 0, asked_key = '' WHERE key = :run"
"""Whatever somebody has decided about the run on what it was, finds no place any more; its question may be asked anew."""
_NEWEST: Final = (
    "SELECT key, status FROM workflow_states WHERE workflow_id = :workflow AND imported = 0"
    " AND key NOT IN (SELECT run FROM removed_runs) ORDER BY number DESC LIMIT 1"
)
_FEWER: Final = "UPDATE workflows SET runs = runs - :fewer WHERE id = :workflow"
_OTHER_NEWEST: Final = "UPDATE workflows SET newest_run = :key, status = :status WHERE id = :workflow AND newest_run IS NOT :key"
_COUNT_AGAIN: Final = "INSERT INTO row_counts (name, rows) VALUES (:name, :more) ON CONFLICT (name) DO UPDATE SET rows = rows + :more"


@dataclass(frozen=True, slots=True)
class Removal:
    """Who removes runs, and why."""

    at: int
    by: str
    why: str
    """`cleanup` or `deleted`."""


@dataclass(slots=True)
class Removing:
    """The runs that are to go and how far that has come; only the writer's thread changes it while a piece is removed."""

    keys: list[int]
    """In their order, parents before their children."""
    place: int = 0
    """Of the run that is next."""
    gone: list[str] = field(default_factory=list)
    """The state ids of those of which no row is left."""
    skipped: list[int] = field(default_factory=list)
    """Those that are kept because they, or runs below them, were pinned or went on meanwhile, or because their parent stays."""

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.place >= len(self.keys)


class _Budget:
    def __init__(self) -> None:
        self.rows = BUDGET_ROWS
        self._until = time.perf_counter() + BUDGET_SECONDS

    @property
    def spent(self) -> bool:
        return self.rows <= 0 or time.perf_counter() >= self._until


def remove_piece(connection: sqlite3.Connection, removing: Removing, removal: Removal) -> Removing:
    """Remove as much as one small transaction may: several runs, or a piece of a large one.

    Args:
        connection: Inside a write transaction.
        removing: What is to go.
        removal: Who wants it.

    Returns:
        How far it has come; what was handed in is as it was, because the transaction may fail.
    """
    made = Removing(removing.keys, removing.place)
    budget, fewer = _Budget(), Counter[str]()
    numbers = _newest_numbers(connection)
    while not made.done and not budget.spent:
        key = made.keys[made.place]
        found = connection.execute(_RUN, {"run": key}).fetchone()
        if found is None:
            made.place += 1
            continue
        run = dict(zip(("id", "workflow", "number", "phase", "status", "head", "size", "pinned", "parent", "imported"), found, strict=True))
        begun = connection.execute(_CONDEMNED, {"run": key}).fetchone() is not None
        if not begun and _stays(connection, run):
            made.skipped.append(key)
            made.place += 1
            continue
        if not begun and int(run["size"]) <= SMALL:
            if budget.rows < BUDGET_ROWS and budget.rows < int(run["size"]):
                break
            rows = {table: connection.execute(f"DELETE FROM {table} WHERE {of}", {"run": key}).rowcount for table, of in PARTS.items()}
            _note(connection, key, run, rows, removal)
        else:
            if not begun:
                rows = {table: _count(connection, table, of, key) for table, of in PARTS.items()}
                _note(connection, key, run, rows, removal)
                connection.execute(_STOP, {"run": key})
                fewer[str(run["workflow"])] += not run["imported"]
            if not _remove_rows(connection, key, budget):
                break
            rows, begun = {}, True
        connection.execute("DELETE FROM workflow_states WHERE key = :run", {"run": key})
        budget.rows -= sum(rows.values()) + 2
        if not begun:
            fewer[str(run["workflow"])] += not run["imported"]
        made.gone.append(str(run["id"]))
        made.place += 1
    _count_fewer(connection, fewer)
    _count_again(connection, numbers)
    return made


def _stays(connection: sqlite3.Connection, run: sql.Row) -> bool:
    """Whether a run may not go after all: it or one below it is pinned or live, or its parent stays."""
    if run["pinned"] or (run["status"] in _LIVE and not run["imported"]):
        return True
    if run["parent"] and connection.execute(_PARENT_STAYS, {"id": run["parent"]}).fetchone() is not None:
        return True
    return connection.execute(_KEPT_BELOW, {"id": run["id"]}).fetchone() is not None


def _note(connection: sqlite3.Connection, key: int, run: sql.Row, rows: dict[str, int], removal: Removal) -> None:
    """Keep what there was of a run."""
    kept = {
        "run": key,
        "id": run["id"],
        "workflow_id": run["workflow"],
        "number": run["number"],
        "phase": run["phase"],
        "head": run["head"],
        "rows": json_text({table: count for table, count in rows.items() if count}),
        "at": removal.at,
        "by": removal.by,
        "why": removal.why,
    }
    sql.insert_row(connection, "removed_runs", kept)


def _count(connection: sqlite3.Connection, table: str, of: str, key: int) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table} WHERE {of}", {"run": key}).fetchone()[0])


def _remove_rows(connection: sqlite3.Connection, key: int, budget: _Budget) -> bool:
    """Remove rows of a large run until the budget is spent; whether none is left but its own."""
    for table, of in PARTS.items():
        some = f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE {of} LIMIT :most)"
        while True:
            if budget.spent:
                return False
            most = min(budget.rows, BUDGET_ROWS // 4)
            removed = connection.execute(some, {"run": key, "most": most}).rowcount
            budget.rows -= removed
            if removed < most:
                break
    return True


def _count_fewer(connection: sqlite3.Connection, fewer: Counter[str]) -> None:
    """Let the rows of workflows say what is left of them."""
    for workflow, count in fewer.items():
        connection.execute(_FEWER, {"workflow": workflow, "fewer": count})
        key, status = connection.execute(_NEWEST, {"workflow": workflow}).fetchone() or (None, "")
        word = "draft" if key is None else WORKFLOW_WORDS[status]
        connection.execute(_OTHER_NEWEST, {"workflow": workflow, "key": key, "status": word})


def _newest_numbers(connection: sqlite3.Connection) -> dict[str, int]:
    return {table: connection.execute(f"SELECT coalesce(max(key), 0) FROM {table}").fetchone()[0] for table in NUMBERED}


def _count_again(connection: sqlite3.Connection, before: dict[str, int]) -> None:
    """Note how many numbers will be given a second time, so that a gap can be told from a row that somebody else has deleted."""
    for table, newest in _newest_numbers(connection).items():
        if newest < before[table]:
            connection.execute(_COUNT_AGAIN, {"name": table + AGAIN, "more": before[table] - newest})


def left_over(connection: sqlite3.Connection) -> list[int]:
    """The runs whose removal was cut off, and those that were started by steps of removed ones and are over."""
    begun = "SELECT run FROM removed_runs WHERE run IN (SELECT key FROM workflow_states)"
    children = (
        "SELECT key FROM workflow_states WHERE parent <> '' AND status NOT IN ('pending', 'running', 'paused') AND pinned = 0"
        " AND EXISTS (SELECT 1 FROM removed_runs AS r WHERE r.id = parent AND r.at >= :since)"
    )
    found = [row[0] for row in connection.execute(begun)]
    cut = "SELECT coalesce(max(at), 0) FROM removed_runs"
    since = connection.execute(cut).fetchone()[0]
    return list(dict.fromkeys([*found, *(row[0] for row in connection.execute(children, {"since": since}))]))


def give_pages_back(connection: sqlite3.Connection) -> int:
    """Give pages that nothing is on back to the system, as many as one small transaction may.

    Args:
        connection: Inside a write transaction; of a file that can do so.

    Returns:
        How many are left that could be given back.
    """
    until = time.perf_counter() + BUDGET_SECONDS
    while True:
        free = int(connection.execute("PRAGMA freelist_count").fetchone()[0])
        if not free or not shrinks(connection) or time.perf_counter() >= until:
            return free if shrinks(connection) else 0
        connection.execute(f"PRAGMA incremental_vacuum({PAGES})").fetchall()


def shrinks(connection: sqlite3.Connection) -> bool:
    """Whether the file was made so that it can become smaller piece by piece."""
    return int(connection.execute("PRAGMA auto_vacuum").fetchone()[0]) == 2


def file_bytes(connection: sqlite3.Connection) -> int:
    """How large the database is, what stands in the log beside it included."""
    pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * size)


def known_ids(connection: sqlite3.Connection, ids: Sequence[str]) -> set[str]:
    """Those of these state ids whose run was removed whole: no row of it is left."""
    query = "SELECT 1 FROM removed_runs AS r WHERE r.id = :id AND NOT EXISTS (SELECT 1 FROM workflow_states AS s WHERE s.id = r.id)"
    return {run for run in ids if connection.execute(query, {"id": run}).fetchone() is not None}
