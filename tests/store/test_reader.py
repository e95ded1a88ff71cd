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
from oyama_tui.store import reader as reading
from oyama_tui.store.database import Database
from oyama_tui.store.reader import THREADS, Reader

CROWD = 8
HOLDING: list[threading.Event] = []
"""What lets the queries go on that are held."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "oyama.db")
    yield made
    made.close()


def version(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


@pytest.fixture
def checks() -> list[str]:
    """The threads that have begun a transaction."""
    return []


@pytest.fixture
def reader(tmp_path: Path, checks: list[str]) -> Iterator[Reader]:
    sqlite3.connect(tmp_path / "any.db").close()

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(tmp_path / "any.db", isolation_level=None, check_same_thread=False)

    made = Reader(tmp_path / "any.db", connect, lambda: checks.append(threading.current_thread().name), keep=True)
    yield made
    # Whatever a test that has failed still holds must not hold up the end.
    for go in HOLDING:
        go.set()
    HOLDING.clear()
    made.close()


async def test_queries_of_one_moment_share_a_transaction(reader: Reader, checks: list[str]) -> None:
    crowd = await asyncio.gather(*(reader.read(lambda connection, n=n: (n, version(connection))) for n in range(CROWD)))  # type: ignore[misc]
    assert [n for n, _ in crowd] == list(range(CROWD))
    assert len(checks) == 1


async def test_what_comes_while_the_thread_reads_waits_for_it_and_shares_the_next_transaction(
    reader: Reader, checks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 60)
    began, go, slow = held(reader)
    await asyncio.to_thread(began.wait)
    others = [asyncio.create_task(reader.read(version)) for _ in range(CROWD)]
    await asyncio.sleep(0)
    assert len(checks) == 1
    go.set()
    assert await asyncio.gather(slow, *others) == [0] * (CROWD + 1)
    assert len(checks) == 2


async def test_a_long_query_holds_up_no_other(reader: Reader, checks: list[str]) -> None:
    """Neither those of its own moment, before and behind it, nor later ones; the test ends only if they are answered."""
    before = asyncio.create_task(reader.read(version))
    began, go, slow = held(reader)
    behind = [asyncio.create_task(reader.read(version)) for _ in range(CROWD)]
    assert await before == 0
    assert await asyncio.gather(*behind) == [0] * CROWD
    assert began.is_set()
    assert await reader.read(version) == 0
    assert not slow.done()
    # One is held; on a busy machine another one may seem to be.
    assert len(set(checks)) >= 2
    go.set()
    assert await slow == 0


async def test_as_many_long_queries_as_threads_run_at_once_and_the_next_one_follows(reader: Reader) -> None:
    holding = [held(reader) for _ in range(THREADS)]
    for began, _, _ in holding:
        await asyncio.to_thread(began.wait)
    last = asyncio.create_task(reader.read(version))
    holding[2][1].set()
    assert await last == 0
    for _, go, slow in holding:
        go.set()
        assert await slow == 0


async def test_what_waits_is_answered_before_the_end(reader: Reader) -> None:
    last = asyncio.create_task(reader.read(version))
    await asyncio.sleep(0)
    reader.close()
    assert await last == 0


def held(reader: Reader) -> tuple[threading.Event, threading.Event, asyncio.Task[int]]:
    """A query that has begun and goes on when it may."""
    began, go = threading.Event(), threading.Event()
    HOLDING.append(go)

    def query(connection: sa.Connection) -> int:
        began.set()
        go.wait()
        return version(connection)

    return began, go, asyncio.create_task(reader.read(query))


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
