"""Large values stand once in the file, in the event that has brought them, and are shown whole."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from pydantic import JsonValue

from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import until_status, write

SIZE = 200_000
LARGE = 100_000
"""What is longer than this is one of the values of this test."""
PRINT = f"import json; print(json.dumps({{'big': 'r' * {SIZE}}}))"
WRITE = f"import os; open(os.environ['OYAMA_OUTPUT'], 'w').write('big<<E\\n' + 'o' * {SIZE} + '\\nE\\n')"
STEPS = [
    {"id": "result", "run": [sys.executable, "-c", PRINT], "parse": "json"},
    {"id": "outputs", "run": [sys.executable, "-c", WRITE]},
    {"id": "text", "run": [sys.executable, "-c", f"print('t' * {SIZE})"]},
    {"id": "ask", "gate": "Go on?"},
]


def copies(path: Path) -> dict[str, int]:
    """By table and column, how many large values stand there."""
    found: dict[str, int] = {}
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for column in [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]:
                [(count,)] = connection.execute(f'SELECT count(*) FROM {table} WHERE length("{column}") > {LARGE}')
                if count:
                    found[f"{table}.{column}"] = count
    return found


async def played(studio: Studio, folder: Path) -> str:
    """A run with large values of every sort, at its end."""
    path = write(folder, inputs={"big": {}}, steps=STEPS, outputs={"whole": "of ${{ inputs.big }}"})
    run = await studio.runs.start(path, {"big": "i" * SIZE})
    await until_status(studio, run.id, "waiting")
    await studio.runs.change_context(run.id, set={"big": "c" * SIZE, "small": None})
    [asked] = await studio.approvals.list()
    await studio.approvals.decide(asked.id, "approve")
    await until_status(studio, run.id, "completed")
    return run.id


async def shown(studio: Studio, run_id: str) -> dict[str, JsonValue]:
    """What people are shown of the large values."""
    view = await studio.runs.get(run_id)
    found: dict[str, JsonValue] = {"inputs": view.inputs["big"], "outputs of the run": view.outputs["whole"]}
    for node in ("result", "outputs", "text"):
        attempt = await studio.runs.attempt(run_id, node)
        assert attempt is not None
        found[node] = attempt.result["big"] if isinstance(attempt.result, dict) else attempt.outputs.get("big", attempt.output)
    context = {variable.name: variable.value for variable in await studio.runs.context(run_id)}
    assert context["small"] is None
    return {**found, "context": context["big"]}


async def test_large_values_stand_once_and_are_shown_whole(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    async with open_studio(settings, drive="all", trigger="test") as studio:
        run_id = await played(studio, tmp_path)
        found = await shown(studio, run_id)
        assert all(check.status == "ok" for check in await studio.system.verify())
        log = await studio.runs.log(run_id, "text", offset=0, limit=2 * SIZE)
        assert log.text == "t" * SIZE + "\n"
    text = found.pop("text")
    assert found == {
        "inputs": "i" * SIZE,
        "outputs of the run": "of " + "i" * SIZE,
        "result": "r" * SIZE,
        "outputs": "o" * SIZE,
        "context": "c" * SIZE,
    }
    assert "bytes left out" in str(text), "of its output the journal keeps the beginning and the end"
    assert copies(settings.database_path) == {"workflow_events.payload": len(found)}
    with closing(sqlite3.connect(settings.database_path)) as connection:
        [(payloads,)] = connection.execute("SELECT sum(length(payload)) FROM workflow_events")
        connection.execute("VACUUM")
    assert settings.database_path.stat().st_size < 1.2 * payloads + 300_000
