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


async def _waiting(studio: Studio, folder: Path) -> None:
    """Start runs that wait for an answer."""
    source = folder / "asks.yaml"
    source.write_text(json.dumps({"id": "asks", "steps": [{"id": "ask", "gate": "Go?"}, {"id": "act", "set": {"k": 1}}]}))
    await studio.workflows.add(source)
    for _ in range(WAITING // AT_ONCE):
        await asyncio.gather(*(studio.runs.start("asks", {}) for _ in range(AT_ONCE)))
    while len(await studio.approvals.list(limit=WAITING)) < WAITING:
        await asyncio.sleep(0.01)


async def answers(folder: Path) -> Counted:
    """P4: 1,000 questions of runs that are driven here are answered at once, until all runs have completed."""
    async with open_studio(Settings(home=folder), drive="own") as studio:
        await _waiting(studio, folder)
        rows = await studio.approvals.list(limit=WAITING)
        gc.collect()
        gc.freeze()
        commits = studio.system.commits()
        began = time.perf_counter()
        await asyncio.gather(*(studio.approvals.decide(row.id, "approve", digest=row.digest) for row in rows))
        while studio.system.driven():
            await asyncio.sleep(0.001)
        seconds = time.perf_counter() - began
        commits = studio.system.commits() - commits
    return {"steps": WAITING, "seconds": seconds, "commits": commits, "bytes": 0}


async def waiting(folder: Path) -> Counted:
    """What P5 begins with: 1,000 runs that wait for an answer."""
    began = time.perf_counter()
    async with open_studio(Settings(home=folder), drive="own") as studio:
        await _waiting(studio, folder)
    return {"steps": WAITING, "seconds": time.perf_counter() - began, "commits": 0, "bytes": 0}


async def restart(folder: Path) -> Counted:
    """P5: an engine starts with 1,000 waiting runs, until an answer to the newest of them has acted."""
    began = time.perf_counter()
    async with open_studio(Settings(home=folder), drive="all") as studio:
        row = (await studio.approvals.list(limit=WAITING))[-1]
        await studio.approvals.decide(row.id, "approve", digest=row.digest)
        while (await studio.runs.get(row.run_id)).row.status != "completed":
            await asyncio.sleep(0.001)
        seconds = time.perf_counter() - began
    return {"steps": WAITING, "seconds": seconds, "commits": 0, "bytes": 0}


WAITING: Final = 1000
"""Runs that wait for an answer."""
AT_ONCE: Final = 200
"""Of them so many are started in one moment."""
PROGRAMS: Final = 200
CASES: Final[dict[str, Callable[[Path], Coroutine[Any, Any, Counted]]]] = {
    "sequential": sequential,
    "concurrent": concurrent,
    "fan-out": fan_out,
    "programs": programs,
    "bare-programs": bare_programs,
    "answers": answers,
    "waiting": waiting,
    "restart": restart,
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
