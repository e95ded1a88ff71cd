"""How SQLite finds what a write transaction reads and changes: by an index, however long the history is."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from oyama_tui.core.views import KeptAnswer, WorkflowRow
from oyama_tui.settings import Settings
from oyama_tui.store import statements
from oyama_tui.store.columns import FIRST_COLUMNS, OWNERSHIP_COLUMNS
from oyama_tui.store.database import Database
from oyama_tui.store.tables import StateTable
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import Script, until_status, write

STEPS = [
    {"id": "note", "set": {"k": 1}},
    {"id": "ask", "gate": {"title": "Go on?", "timeout": "1h"}},
    {"id": "fails", "run": "x", "retry": {"max_attempts": 2, "interval": "1ms"}, "on_failure": "continue"},
    {"id": "skipped", "if": "false", "run": "x"},
    {"id": "last", "run": "x"},
]
LIMITS = ({"limit": 2}, {"limit": 1, "overlap": "cancel_running"}, {"limit": 1, "overlap": "skip"})


async def play(studio: Studio, script: Script, folder: Path) -> None:
    """Use every kind of statement: several starts in one moment, gates, retries, ends, limits, a cancelled run, a removed workflow."""
    path = write(folder, steps=STEPS)
    script.failing["fails"] = 1
    rows = await asyncio.gather(*(studio.runs.start(path, {}) for _ in range(5)))
    for row in rows:
        await until_status(studio, row.id, "waiting")
    for asked in await studio.approvals.list():
        await studio.approvals.decide(asked.id, "approve")
    for row in rows:
        await until_status(studio, row.id, "completed")
    ended = await studio.runs.start(path, {})
    await until_status(studio, ended.id, "waiting")
    await studio.runs.pause(ended.id)
    await studio.runs.cancel(ended.id)
    await until_status(studio, ended.id, "cancelled")
    for number, limit in enumerate(LIMITS):
        limited = await studio.runs.start(write(folder, id=f"limited-{number}", concurrency=limit, steps=STEPS[-1:]), {})
        await until_status(studio, limited.id, "completed")
    assert await studio.requests.begin("kept", "f") is None
    await studio.requests.finish("kept", KeptAnswer(status=200, headers={}, body=b""))
    assert await studio.requests.begin("given back", "f") is None
    await studio.requests.forget("given back")
    listed: tuple[WorkflowRow, ...] = await studio.workflows.list()
    await studio.workflows.delete(listed[0].id)


def test_every_statement_fits_the_tables() -> None:
    texts = {name: text for name, text in vars(statements).items() if name.isupper() and isinstance(text, str) and not name.startswith("_")}
    assert len(texts) > 20
    engine = sa.create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        for text in texts.values():
            raw.execute(f"EXPLAIN {text}", defaultdict(lambda: None))


def test_every_column_of_a_run_is_set_by_a_start_an_append_or_a_claim() -> None:
    columns = set(StateTable.__table__.columns.keys())  # type: ignore[attr-defined]
    parts = (statements.MOVED_COLUMNS, FIRST_COLUMNS, OWNERSHIP_COLUMNS, ("seal",))
    assert sorted(name for part in parts for name in part) == sorted(columns)


@pytest.mark.filterwarnings("error")
async def test_no_statement_of_a_write_transaction_walks_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statements: dict[str, None] = {}
    connect = Database.connect_writer

    def traced(database: Database) -> sqlite3.Connection:
        connection = connect(database)
        connection.set_trace_callback(lambda statement: statements.setdefault(statement))
        return connection

    monkeypatch.setattr(Database, "connect_writer", traced)
    script = Script()
    settings = Settings(home=tmp_path)
    async with open_studio(settings, drive="all", executors=script.kinds()) as studio:
        await play(studio, script, tmp_path)
    written = [statement for statement in statements if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))]
    assert any(statement.startswith("SELECT 1 FROM workflow_states AS mine") for statement in written)
    assert any(statement.startswith("SELECT number, id, place") for statement in written)
    assert {"workflow_states", "workflow_events", "workflows"} <= {word for statement in written for word in statement.split()}
    with closing(sqlite3.connect(settings.database_path)) as connection:
        for statement in written:
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
            costly = [step for step in plan if step.startswith(("SCAN ", "USE TEMP B-TREE")) and step != "SCAN CONSTANT ROW"]
            assert not costly, (statement, plan)
            # An index that leads to all runs of a workflow, to pick out one of them, is as long as its history.
            if "place" in statement and statement.startswith("SELECT "):
                assert any("idx_workflow_states_place" in step for step in plan), plan
            if statement.startswith("SELECT id FROM workflow_states WHERE +"):
                assert any("idx_workflow_states_status" in step for step in plan), plan
