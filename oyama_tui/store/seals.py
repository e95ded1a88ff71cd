"""Seals: a hash in each row that no journal tells, so that a change by anything else than Oyama is found.

Temporary triggers of the writer's connection set it, so whatever is written through the writer is sealed, and nothing else is. It has no
key: it tells edits, and nothing about somebody who computes it anew.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.store import columns as c

SEAL: Final = "seal"
_IDENTITY: Final = ("key", "id", "workflow_id", "number", "revision", "directory")


def _columns(table: sa.TableClause) -> tuple[str, ...]:
    return tuple(name for column in table.c if (name := column.name) != SEAL)


SEALED: Final[Mapping[str, tuple[str, ...]]] = {
    "workflows": _columns(c.WORKFLOWS),
    "workflow_revisions": _columns(c.REVISIONS),
    "engine_instances": _columns(c.ENGINES),
    "workflow_snapshots": _columns(c.SNAPSHOTS),
    "workflow_imports": _columns(c.IMPORTS),
    "removed_runs": _columns(c.REMOVED),
    # The rest of a run's row is a projection of its journal, and changes with every append.
    "workflow_states": tuple(name for name in _columns(c.STATES) if name in (*_IDENTITY, *c.OWNERSHIP_COLUMNS)),
}
"""The columns that each seal covers, in the order of their table: the order is part of the seal."""
COUNTED: Final = ("workflows", "workflow_revisions", "engine_instances", "workflow_approvals")
"""Tables without numbers of their own: `row_counts` knows how many rows each has had, those of runs that were removed among them."""
_COUNT: Final = "INSERT INTO row_counts (name, rows) VALUES ('{table}', 1) ON CONFLICT (name) DO UPDATE SET rows = rows + 1;"


def seal(table: str, *values: Any) -> bytes:
    """The hash of a row: BLAKE2b over the JSON of its values, 16 bytes.

    Args:
        table: Where it stands.
        values: Of the columns in `SEALED`, as SQLite holds them.
    """
    text = json.dumps([table, *values], separators=(",", ":"), default=bytes.hex)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).digest()


def is_sealed(table: str, record: Mapping[str, Any]) -> bool:
    """Whether a row is as Oyama has written it."""
    return bool(record[SEAL] == seal(table, *(record[name] for name in SEALED[table])))


def keep_sealed(connection: sqlite3.Connection) -> None:
    """Seal every row that this connection writes from now on, and count those of tables without numbers."""
    connection.create_function("oyama_seal", -1, seal, deterministic=True)
    for table, columns in SEALED.items():
        body = f"{_set(table, columns, 'NEW.')} WHERE rowid = NEW.rowid;"
        changed = ", ".join(f'"{name}"' for name in columns)
        connection.execute(f"CREATE TEMP TRIGGER seal_new_{table} AFTER INSERT ON main.{table} BEGIN {body} END")
        connection.execute(f"CREATE TEMP TRIGGER seal_changed_{table} AFTER UPDATE OF {changed} ON main.{table} BEGIN {body} END")
    for table in COUNTED:
        connection.execute(f"CREATE TEMP TRIGGER count_new_{table} AFTER INSERT ON main.{table} BEGIN {_COUNT.format(table=table)} END")


def seal_all(connection: sqlite3.Connection) -> None:
    """Seal and count the rows that are there, after a migration; columns that come with a later migration are left to that one."""
    connection.create_function("oyama_seal", -1, seal, deterministic=True)
    for table, columns in SEALED.items():
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if not present:
            continue
        connection.execute(_set(table, tuple(name for name in columns if name in present)))
    for table in COUNTED:
        connection.execute(f"INSERT OR REPLACE INTO row_counts (name, rows) SELECT '{table}', count(*) FROM {table}")


def seal_more(connection: sqlite3.Connection, table: str, added: Sequence[str]) -> None:
    """Let the seals of a table cover more columns; a row whose seal was not right keeps it, so that it is still told.

    Args:
        connection: Inside a migration.
        table: The table.
        added: The columns that its seals did not cover before.
    """
    connection.create_function("oyama_seal", -1, seal, deterministic=True)
    before = ", ".join(f'"{name}"' for name in SEALED[table] if name not in added)
    connection.execute(f"{_set(table, SEALED[table])} WHERE {SEAL} = oyama_seal('{table}', {before})")


def _set(table: str, columns: Sequence[str], prefix: str = "") -> str:
    values = ", ".join(f'{prefix}"{name}"' for name in columns)
    return f"UPDATE {table} SET {SEAL} = oyama_seal('{table}', {values})"
