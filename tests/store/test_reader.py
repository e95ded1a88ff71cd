"""Queries of one moment share a transaction, and each has its own answer or error."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from oyama_tui.core.errors import DatabaseProblem, NotFound
from oyama_tui.store.database import Database
from oyama_tui.store.reader import CROWD, Reader


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "oyama.db")
    yield made
    made.close()


def version(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


async def test_a_crowd_shares_one_transaction_and_a_few_have_a_thread_each(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "any.db").close()
    checks: list[str] = []

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(tmp_path / "any.db", isolation_level=None, check_same_thread=False)

    reader = Reader(tmp_path / "any.db", connect, lambda: checks.append(threading.current_thread().name), keep=True)
    crowd = await asyncio.gather(*(reader.read(lambda connection, n=n: (n, version(connection))) for n in range(CROWD + 1)))  # type: ignore[misc]
    assert [n for n, _ in crowd] == list(range(CROWD + 1))
    assert len(checks) == 1
    checks.clear()
    await asyncio.gather(*(reader.read(version) for _ in range(3)))
    assert len(checks) == 3
    reader.close()


async def test_an_answer_that_fails_spoils_no_other(database: Database) -> None:
    def wrong(connection: sa.Connection) -> None:
        raise NotFound("There is no such thing.")

    def broken(connection: sa.Connection) -> None:
        connection.exec_driver_sql("SELECT * FROM nowhere")

    queries = [version, wrong, broken, *[version] * CROWD]
    answers = await asyncio.gather(*(database.read(query) for query in queries), return_exceptions=True)
    kinds = [type(answer) for answer in answers]
    assert kinds[:3] == [int, NotFound, DatabaseProblem]
    assert set(kinds[3:]) == {int}


async def test_all_are_told_when_the_file_is_gone(database: Database) -> None:
    await database.read(version)
    os.unlink(database.path)
    answers = await asyncio.gather(*(database.read(version) for _ in range(CROWD + 1)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {DatabaseProblem}


async def test_a_query_sees_what_was_committed_before_it_was_asked(database: Database) -> None:
    with sqlite3.connect(database.path) as connection:
        connection.execute("CREATE TABLE numbers (n INTEGER)")
    connection.close()
    query = "SELECT count(*) FROM numbers"
    writer = database.connect_writer()
    for number in range(1, 30):
        writer.execute("INSERT INTO numbers VALUES (1)")
        counts = await asyncio.gather(
            *(database.read(lambda connection: connection.exec_driver_sql(query).scalar_one()) for _ in range(number))
        )
        assert set(counts) == {number}
    writer.close()


async def test_after_its_end_it_says_so(tmp_path: Path) -> None:
    database = Database(tmp_path / "oyama.db")
    database.close()
    with pytest.raises(RuntimeError):
        await database.read(version)
