"""The cases: each runs in a fresh process and says what it counted."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio

Counted = dict[str, float]
"""`steps`, `seconds`, `commits` and `bytes`."""


def _chain(steps: int) -> dict[str, Any]:
    return {"id": "bench", "steps": [{"id": f"s{number}", "set": {"k": 1}} for number in range(steps)]}


def _fan(steps: int) -> dict[str, Any]:
    fan = [{"id": f"s{number}", "set": {"k": 1}} for number in range(steps)]
    return {"id": "bench", "type": "parallel", "steps": [*fan, {"id": "join", "set": {"k": 2}, "needs": [step["id"] for step in fan]}]}


async def _warm_up(studio: Studio, folder: Path) -> None:
    """One tiny run first: what a process pays once, such as building its models, is no part of a rate."""
    first = folder / "first.yaml"
    first.write_text(json.dumps({"id": "first", "steps": [{"id": "s", "set": {"k": 1}}]}))
    await studio.runs.start(str(first), {})
    while studio.system.driven():
        await asyncio.sleep(0.005)


async def _run(folder: Path, definition: dict[str, Any], runs: int) -> Counted:
    """Start so many runs at once through the studio and wait until all are over."""
    source = folder / "bench.yaml"
    source.write_text(json.dumps(definition))
    settings = Settings(home=folder)
    async with open_studio(settings, drive="own") as studio:
        await studio.workflows.add(source)
        await _warm_up(studio, folder)
        commits = studio.system.commits()
        began = time.perf_counter()
        await asyncio.gather(*(studio.runs.start("bench", {}) for _ in range(runs)))
        while studio.system.driven():
            await asyncio.sleep(0.005)
        seconds = time.perf_counter() - began
        commits = studio.system.commits() - commits
        ended = await studio.runs.list(workflow="bench", limit=runs)
    if {row.status for row in ended} != {"completed"} or len(ended) != runs:
        raise RuntimeError(f"not every run completed: {[row.status for row in ended]}")
    with closing(sqlite3.connect(settings.database_path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {
        "steps": runs * len(definition["steps"]),
        "seconds": seconds,
        "commits": commits,
        "bytes": settings.database_path.stat().st_size,
    }


async def sequential(folder: Path) -> Counted:
    """P1: one run of 1,000 `set` steps in a row."""
    return await _run(folder, _chain(1000), 1)


async def concurrent(folder: Path) -> Counted:
    """P2: 100 runs of 10 steps at once."""
    return await _run(folder, _chain(10), 100)


async def fan_out(folder: Path) -> Counted:
    """P2: one run that fans out to 1,000 steps and joins."""
    return await _run(folder, _fan(1000), 1)


CASES: Final[dict[str, Callable[[Path], Coroutine[Any, Any, Counted]]]] = {
    "sequential": sequential,
    "concurrent": concurrent,
    "fan-out": fan_out,
}


def measure(name: str, folder: Path) -> Counted:
    """Run one case in this process."""
    return asyncio.run(CASES[name](folder))


def empty_size(folder: Path) -> int:
    """Bytes of a database with the tables and nothing in them."""

    async def opened() -> int:
        settings = Settings(home=folder)
        async with open_studio(settings):
            pass
        with closing(sqlite3.connect(settings.database_path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return settings.database_path.stat().st_size

    return asyncio.run(opened())
