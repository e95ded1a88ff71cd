"""The cases: each runs in a fresh process and says what it counted."""

from __future__ import annotations

import asyncio
import gc
import json
import sqlite3
import time
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from oyama_tui.core.definition.kinds.run import DEFAULT_SHELL
from oyama_tui.descriptors import keep_descriptors
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio

Counted = dict[str, float]
"""`steps`, `seconds`, `commits` and `bytes`."""


def _chain(steps: int) -> dict[str, Any]:
    return {"id": "bench", "steps": [{"id": f"s{number}", "set": {"k": 1}} for number in range(steps)]}


def _fan(steps: int) -> dict[str, Any]:
    fan = [{"id": f"s{number}", "set": {"k": 1}} for number in range(steps)]
    return {"id": "bench", "type": "parallel", "steps": [*fan, {"id": "join", "set": {"k": 2}, "needs": [step["id"] for step in fan]}]}


def _program_fan(steps: int) -> dict[str, Any]:
    return {"id": "bench", "type": "parallel", "steps": [{"id": f"s{number}", "run": "true"} for number in range(steps)]}


async def _warm_up(studio: Studio, folder: Path, definition: dict[str, Any]) -> None:
    """One tiny run first: what a process pays once, such as building its models, is no part of a rate."""
    first = folder / "first.yaml"
    first.write_text(json.dumps({"id": "first", "steps": definition["steps"][:1]}))
    await studio.runs.start(str(first), {})
    while studio.system.driven():
        await asyncio.sleep(0.005)
    # As the program itself does: what is loaded stays.
    gc.collect()
    gc.freeze()


async def _run(folder: Path, definition: dict[str, Any], runs: int) -> Counted:
    """Start so many runs at once through the studio and wait until all are over."""
    source = folder / "bench.yaml"
    source.write_text(json.dumps(definition))
    settings = Settings(home=folder)
    async with open_studio(settings, drive="own") as studio:
        await studio.workflows.add(source)
        await _warm_up(studio, folder, definition)
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


async def programs(folder: Path) -> Counted:
    """P12: one run that fans out to 200 steps with a process each, as many at once as an engine starts."""
    return await _run(folder, _program_fan(PROGRAMS), 1)


async def bare_programs(folder: Path) -> Counted:
    """The reference of P12: the same programs as often and as many at once, each in a session of its own, and nothing else."""
    places = asyncio.Semaphore(Settings(home=folder).max_processes)

    async def one() -> None:
        async with places:
            quiet, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(
                *DEFAULT_SHELL, "true", stdin=quiet, stdout=pipe, stderr=asyncio.subprocess.STDOUT, start_new_session=True
            )
            await process.communicate()

    await one()
    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(PROGRAMS)))
    return {"steps": PROGRAMS, "seconds": time.perf_counter() - began, "commits": 0, "bytes": 0}


PROGRAMS: Final = 200
CASES: Final[dict[str, Callable[[Path], Coroutine[Any, Any, Counted]]]] = {
    "sequential": sequential,
    "concurrent": concurrent,
    "fan-out": fan_out,
    "programs": programs,
    "bare-programs": bare_programs,
}


def measure(name: str, folder: Path) -> Counted:
    """Run one case in this process, which passes on as little as the program itself."""
    keep_descriptors()
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
