"""How fast steps are written, beside raw sqlite3 that writes the same rows; and what they take of the disk and of memory."""

from __future__ import annotations

import asyncio
import json
import resource
import sqlite3
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from oyama_tui.bench.figures import Figures
from oyama_tui.bench.one import Measurement, keep_loaded
from oyama_tui.bench.reference import emptied_copy, write_again
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio

STEPS_EACH: Final = 10
"""Steps of each run where there are many runs."""
BATCH: Final = 100
"""Steps for each commit of the reference where they may share one."""
MIB: Final = 2**20


def _steps(count: int) -> list[dict[str, Any]]:
    return [{"id": f"s{number}", "set": {"k": 1}} for number in range(count)]


def _fan(count: int) -> dict[str, Any]:
    fan = _steps(count)
    return {"id": "bench", "type": "parallel", "steps": [*fan, {"id": "join", "set": {"k": 2}, "needs": [step["id"] for step in fan]}]}


async def warm_up(studio: Studio, folder: Path, step: Mapping[str, object]) -> None:
    """Run one step first: what a process pays once, such as building its models, is no part of a rate.

    Args:
        studio: Opened, driving its own runs.
        folder: Where the definition is written.
        step: As in a definition.
    """
    first = folder / "first.yaml"
    first.write_text(json.dumps({"id": "first", "steps": [step]}))
    await studio.runs.start(str(first), {})
    while studio.system.driven():
        await asyncio.sleep(0.005)
    keep_loaded()


async def run_at_once(settings: Settings, definition: Mapping[str, Any], runs: int) -> Figures:
    """Start so many runs at once through the studio and wait until all are over.

    Args:
        settings: Where the database is; the definition is written into the data directory.
        definition: A workflow of the id `bench`.
        runs: How many.

    Raises:
        RuntimeError: One did not complete.
    """
    source = settings.home / "bench.yaml"
    source.write_text(json.dumps(definition))
    async with open_studio(settings, drive="own") as studio:
        await studio.workflows.add(source)
        await warm_up(studio, settings.home, definition["steps"][0])
        commits = studio.system.commits()
        began = time.perf_counter()
        await asyncio.gather(*(studio.runs.start("bench", {}) for _ in range(runs)))
        while studio.system.driven():
            await asyncio.sleep(0.001)
        seconds = time.perf_counter() - began
        commits = studio.system.commits() - commits
        ended = await studio.runs.list(workflow="bench", limit=runs)
    if {row.status for row in ended} != {"completed"} or len(ended) != runs:
        raise RuntimeError(f"not every run completed: {[row.status for row in ended]}")
    steps = runs * len(definition["steps"])
    return {"rate": steps / seconds, "commits": commits / steps}


async def sequential(folder: Path, size: int) -> Figures:
    """One run of so many steps in a row: steps a second, and commits and bytes for each step."""
    empty = await empty_size(folder / "empty")
    settings = Settings(home=folder)
    figures = await run_at_once(settings, {"id": "bench", "steps": _steps(size)}, 1)
    return {**figures, "bytes": (_size(settings) - empty) / size}


async def concurrent(folder: Path, size: int) -> Figures:
    """So many steps in runs of ten, all runs at once."""
    return await run_at_once(Settings(home=folder), {"id": "bench", "steps": _steps(STEPS_EACH)}, max(size // STEPS_EACH, 1))


async def fan_out(folder: Path, size: int) -> Figures:
    """One run that fans out to so many steps and joins."""
    return await run_at_once(Settings(home=folder), _fan(size), 1)


async def peak(folder: Path, size: int) -> Figures:
    """The most memory that a process has had that did all of this, one after another."""
    for name, measurement in (("sequential", sequential), ("concurrent", concurrent), ("fan-out", fan_out)):
        (folder / name).mkdir()
        await measurement(folder / name, size)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"memory": most / MIB if sys.platform == "darwin" else most / 1024}


def _raw(folder: Path, batch: int) -> Figures:
    """What has been recorded, written again."""
    recorded, target = Settings(home=folder).database_path, folder / "raw.db"
    emptied_copy(recorded, target)
    steps, seconds = write_again(recorded, target, batch)
    return {"rate": steps / seconds}


def raw(folder: Path, _size: int) -> Figures:
    """The rows of the run before it, with a commit for each step."""
    return _raw(folder, 1)


def raw_batches(folder: Path, _size: int) -> Figures:
    """The rows of the runs before it, with a commit for many steps."""
    return _raw(folder, BATCH)


async def empty_size(folder: Path) -> int:
    """Bytes of a database with the tables and nothing in them.

    Args:
        folder: Where it is made.
    """
    settings = Settings(home=folder)
    async with open_studio(settings):
        pass
    return _size(settings)


def _size(settings: Settings) -> int:
    """Bytes of a database that nobody has open."""
    with closing(sqlite3.connect(settings.database_path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return settings.database_path.stat().st_size


MEASUREMENTS: Final[Mapping[str, Measurement]] = {
    "sequential": sequential,
    "concurrent": concurrent,
    "fan-out": fan_out,
    "peak": peak,
    "raw": raw,
    "raw-batches": raw_batches,
}
