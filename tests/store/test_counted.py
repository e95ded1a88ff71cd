"""A count that is remembered is that of what the transaction saw."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from oyama_tui.store import reader
from oyama_tui.store.counted import Counted
from oyama_tui.store.database import Database


@dataclass(frozen=True)
class Listed:
    """A part of a list, and whether it was counted."""

    total: int
    counted: bool


def part(connection: sa.Connection, total: int | None) -> Listed:
    found = connection.exec_driver_sql("SELECT count(*) FROM numbers").scalar_one() if total is None else total
    return Listed(found, total is None)


async def test_it_counts_once_until_somebody_writes_be_it_in_the_midst_of_a_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine another thread may read too, which remembers for itself.
    monkeypatch.setattr(reader, "PATIENCE", 60)
    with closing(Database(tmp_path / "oyama.db")) as database, closing(sqlite3.connect(tmp_path / "oyama.db")) as other:
        other.execute("CREATE TABLE numbers (n INTEGER)")
        other.commit()

        def writes(_connection: sa.Connection) -> None:
            with closing(sqlite3.connect(database.path)) as writer, writer:
                writer.execute("INSERT INTO numbers VALUES (1)")

        counted: Counted[str] = Counted(database)
        assert await counted.read("all", part) == Listed(0, True)
        assert await counted.read("all", part) == Listed(0, False)
        assert await counted.read("others", part) == Listed(0, True)
        # Both are in one transaction, which has begun before what is written in it is.
        _, before = await asyncio.gather(database.read(writes), counted.read("all", part))
        assert before == Listed(0, True)
        assert await counted.read("all", part) == Listed(1, True)
        assert await counted.read("all", part) == Listed(1, False)
