"""Ways to damage a database, and what is in one as a reader sees it."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from oyama_tui.store.damage import lenient

TRIES = 100
VALUES: tuple[Any, ...] = (
    None,
    "",
    "other",
    7,
    -1,
    2**62,
    0.5,
    b"\x00\xff",
    "[" * 30_000,
    "{]",
    '{"k": 1}',
    '"text"',
    "\x1b[31mred\x00",
    "x" * 100_000,
)
NO_TEXT = "CAST(x'ff80fe' AS TEXT)"
"""Text that is no UTF-8, as SQL."""
STRUCTURES = (
    "DROP INDEX idx_workflow_states_status",
    "DROP TABLE approval_votes",
    "ALTER TABLE workflow_approvals DROP COLUMN comment",
    "ALTER TABLE workflow_executions ADD COLUMN colour TEXT",
    "CREATE TRIGGER quiet AFTER INSERT ON workflow_events BEGIN DELETE FROM workflow_events WHERE position = NEW.position; END",
    "CREATE TABLE beside (x)",
    "CREATE VIEW seen AS SELECT 1",
    "DROP TABLE alembic_version",
    "ALTER TABLE alembic_version ADD COLUMN colour TEXT",
)

Content = dict[str, Any]


def content(path: Path) -> Content | str:
    """All rows, the parts of the schema, and the numbers in the header that mean something; why not, when it cannot be read."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.text_factory = lenient
            found: Content = {
                name: connection.execute(f"PRAGMA {name}").fetchone() for name in ("user_version", "application_id", "encoding")
            }
            parts = connection.execute("SELECT type, name, tbl_name, lower(sql) FROM sqlite_master ORDER BY name").fetchall()
            found["parts"] = [(*part[:3], " ".join(str(part[3]).split())) for part in parts]
            for kind, name, *_ in parts:
                if kind == "table":
                    # Not by an index, whose order a damaged one could change; 1 and 1.0 are different here.
                    rows = connection.execute(f'SELECT * FROM "{name}" NOT INDEXED').fetchall()
                    found[f"rows of {name}"] = sorted(map(repr, rows))
            return found
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return f"{type(error).__name__}: {error}"


def flip(sound: bytes, path: Path, chance: random.Random) -> str:
    """Write the file with one bit turned over; returns which."""
    place, bit = chance.randrange(len(sound)), chance.randrange(8)
    path.write_bytes(sound[:place] + bytes([sound[place] ^ (1 << bit)]) + sound[place + 1 :])
    return f"bit {bit} of byte {place}"


def edit(path: Path, chance: random.Random) -> str:
    """Change something by SQL, whatever the constraints allow; returns the statement."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.text_factory = lenient
        for _ in range(TRIES):
            statement, values = _statement(connection, chance)
            try:
                if connection.execute(statement, values).rowcount != 0:
                    return f"{statement} {[repr(value)[:40] for value in values]}"
            except (sqlite3.Error, OverflowError):
                continue
    raise AssertionError("no edit is possible")


def _statement(connection: sqlite3.Connection, chance: random.Random) -> tuple[str, tuple[Any, ...]]:
    kind = chance.choices(("update", "swap", "delete", "insert", "structure"), (60, 10, 15, 10, 5))[0]
    if kind == "structure":
        return chance.choice(STRUCTURES), ()
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    table = chance.choice(tables)
    rowids = [row[0] for row in connection.execute(f"SELECT rowid FROM {table}")]
    if not rowids:
        return "SELECT 1 WHERE 0", ()
    row, other = chance.choice(rowids), chance.choice(rowids)
    columns = [column[1] for column in connection.execute(f"PRAGMA table_info({table})")]
    column = f'"{chance.choice(columns)}"'
    if kind == "delete":
        return f"DELETE FROM {table} WHERE rowid = ?", (row,)
    if kind == "swap":
        return f"UPDATE {table} SET {column} = (SELECT {column} FROM {table} WHERE rowid = ?) WHERE rowid = ?", (other, row)
    if kind == "insert":
        names = ", ".join(f'"{name}"' for name in columns)
        # A copy of a row whose keys, if it has any, are new.
        copied = ", ".join(f'CASE typeof("{name}") WHEN \'text\' THEN "{name}" || \'0\' ELSE "{name}" + 1000 END' for name in columns[:1])
        rest = "".join(f', "{name}"' for name in columns[1:])
        return f"INSERT INTO {table} ({names}) SELECT {copied}{rest} FROM {table} WHERE rowid = ?", (row,)
    if chance.random() < 0.1:
        return f"UPDATE {table} SET {column} = {NO_TEXT} WHERE rowid = ?", (row,)
    if chance.random() < 0.3:
        return f"UPDATE {table} SET {column} = {column} + 1 WHERE rowid = ? AND typeof({column}) = 'integer'", (row,)
    return f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (chance.choice(VALUES), row)
