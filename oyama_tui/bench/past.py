"""A history of very many runs, made quickly: a few are carried out, and copied."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from oyama_tui.bench.figures import Figures
from oyama_tui.bench.one import Measurement
from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio

FAILED_OF: Final = 10
"""One run of so many has failed."""
AGO: Final = "one.{column} - 1000 * ({size} - n.value)"
"""One run a second."""
GROWING: Final[Mapping[str, Mapping[str, str]]] = {
    "workflow_states": {
        **{"key": "n.value", "number": "n.value", "id": "'past-' || n.value", "head": "randomblob(16)"},
        **dict.fromkeys(("created_at", "updated_at", "ended_at"), AGO),
    },
    "workflow_executions": {
        **{"run": "n.value", "number": "n.value", "state_id": "'past-' || n.value"},
        **dict.fromkeys(("started_at", "finished_at"), AGO),
    },
    "workflow_execution_steps": {
        **{"key": "NULL", "run": "n.value"},
        **dict.fromkeys(("scheduled_at", "started_at", "finished_at"), AGO),
    },
}
"""For each table what is different from row to row; all else is that of a run that was carried out."""


async def fill(folder: Path, size: int) -> Figures:
    """A history of so many runs: two are carried out, one of which fails, and copied."""
    settings = Settings(home=folder)
    source = folder / "past.yaml"
    source.write_text(
        json.dumps({"id": "past", "inputs": {"code": {"type": "integer"}}, "steps": [{"id": "s", "run": "exit ${{ inputs.code }}"}]})
    )
    began = time.perf_counter()
    async with open_studio(settings, drive="own") as studio:
        for code in (0, 1):
            await studio.runs.start(str(source), {"code": code})
            while studio.system.driven():
                await asyncio.sleep(0.005)
    await asyncio.to_thread(_copy_runs, settings.database_path, size)
    return {"seconds": time.perf_counter() - began}


def _copy_runs(path: Path, size: int) -> None:
    """Copy the two runs that there are until there are so many; their events are not copied, so `verify` would not like them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode = DELETE", "synchronous = OFF", "cache_size = -262144"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        for table, growing in GROWING.items():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            values = ", ".join(growing.get(column, "one.{column}").format(column=column, size=size) for column in columns)
            run = "key" if table == "workflow_states" else "run"
            connection.execute(
                "WITH RECURSIVE n (value) AS (SELECT 3 UNION ALL SELECT value + 1 FROM n WHERE value < ?)"
                f" INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM n"
                f" JOIN {table} one ON one.{run} = CASE WHEN n.value % ? = 0 THEN 2 ELSE 1 END",
                (size, FAILED_OF),
            )
        connection.execute("UPDATE workflows SET newest_run = ?, runs = ? WHERE id = 'past'", (size, size))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")


MEASUREMENTS: Final[Mapping[str, Measurement]] = {"fill": fill}
