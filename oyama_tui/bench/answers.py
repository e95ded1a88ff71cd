"""How long it takes to answer questions: many at once, and one of a run with a long journal."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from oyama_tui.bench.figures import Figures
from oyama_tui.bench.measuring import environment
from oyama_tui.bench.one import Measurement, keep_loaded
from oyama_tui.core.views import ApprovalRow
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio

AT_ONCE: Final = 200
"""Runs that are started in one moment."""
EVENTS_EACH: Final = 4
"""Events of one item of a loop."""
TIMES: Final = 10
"""Answers to each run."""
ASKS: Final = {"id": "asks", "steps": [{"id": "ask", "gate": "Go?"}, {"id": "act", "set": {"k": 1}}]}
AGAIN: Final = {"id": "again", "repeat": {"while": "true", "max": 10_000}, "steps": [{"id": "ask", "gate": "Go on?"}]}


async def start_waiting(studio: Studio, folder: Path, runs: int) -> None:
    """Start runs that wait for an answer.

    Args:
        studio: Opened, driving its own runs.
        folder: Where the definition is written.
        runs: How many.
    """
    source = folder / "asks.yaml"
    source.write_text(json.dumps(ASKS))
    await studio.workflows.add(source)
    for begun in range(0, runs, AT_ONCE):
        await asyncio.gather(*(studio.runs.start("asks", {}) for _ in range(min(AT_ONCE, runs - begun))))
    while (await studio.approvals.list(limit=1)).total < runs:
        await asyncio.sleep(0.01)


async def waiting(folder: Path, size: int) -> Figures:
    """So many runs that wait for an answer."""
    began = time.perf_counter()
    async with open_studio(Settings(home=folder), drive="own") as studio:
        await start_waiting(studio, folder, size)
    return {"seconds": time.perf_counter() - began}


async def here(folder: Path, size: int) -> Figures:
    """So many questions of runs that are driven here are answered at once, until all runs have completed."""
    async with open_studio(Settings(home=folder), drive="own") as studio:
        await start_waiting(studio, folder, size)
        rows = await studio.approvals.list(limit=size)
        keep_loaded()
        commits = studio.system.commits()
        began = time.perf_counter()
        await _answer_all(studio, rows)
        while studio.system.driven():
            await asyncio.sleep(0.001)
        seconds = time.perf_counter() - began
        commits = studio.system.commits() - commits
    return {"seconds": seconds, "commits": commits}


async def elsewhere(folder: Path, size: int) -> Figures:
    """The questions that wait there are answered at once in this process, until all runs have completed in the one that drives them."""
    async with _driven_elsewhere(folder) as studio:
        rows = await studio.approvals.list(limit=size)
        keep_loaded()
        began = time.perf_counter()
        await _answer_all(studio, rows)
        while (await studio.runs.list(live=True, limit=1)).total:
            await asyncio.sleep(0.002)
        return {"seconds": time.perf_counter() - began}


async def _answer_all(studio: Studio, rows: Sequence[ApprovalRow]) -> None:
    """Say yes to all at once."""
    await asyncio.gather(*(studio.approvals.decide(row.id, "approve", digest=row.digest) for row in rows))


@asynccontextmanager
async def _driven_elsewhere(folder: Path) -> AsyncIterator[Studio]:
    """A studio that drives nothing, while an engine in another process drives all runs that there are."""
    settings = Settings(home=folder)
    quiet, env = asyncio.subprocess.DEVNULL, environment(OYAMA_HOME=str(folder))
    command = (sys.executable, "-m", "oyama_tui", "worker")
    process = await asyncio.create_subprocess_exec(*command, stdin=quiet, stdout=quiet, stderr=quiet, env=env)
    try:
        async with open_studio(settings) as studio:
            total = (await studio.runs.list(live=True, limit=1)).total
            while any(row.owner == "nobody" for row in await studio.runs.list(live=True, limit=total)):
                if process.returncode is not None:
                    raise RuntimeError(f"the engine ended with {process.returncode}")
                await asyncio.sleep(0.05)
            yield studio
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def fill(folder: Path, size: int) -> Figures:
    """One run with so many events, and one with few, which ask again after each answer."""
    async with open_studio(Settings(home=folder), drive="own") as studio:
        for name, items in (("long", max(size // EVENTS_EACH, 1)), ("short", 1)):
            loop = {"id": "fill", "for_each": {"items": list(range(items)), "concurrency": 100}, "steps": [{"id": "s", "set": {"k": 1}}]}
            source = folder / f"{name}.yaml"
            source.write_text(json.dumps({"id": name, "steps": [loop, AGAIN]}))
            run = await studio.runs.start(str(source), {})
            await _question_of(studio, run.id)
            events = (await studio.runs.get(run.id)).seq
        return {"events": events}


async def _question_of(studio: Studio, ref: str) -> ApprovalRow:
    """The open question of a run, as soon as there is one."""
    while not (rows := await studio.approvals.of_run(ref, pending=True)):
        await asyncio.sleep(0.005)
    return rows[0]


async def _answer_ms(studio: Studio, ref: str) -> float:
    """How long an answer takes until it is durable, in milliseconds."""
    row = await _question_of(studio, ref)
    began = time.perf_counter()
    await studio.approvals.decide(row.id, "approve", digest=row.digest)
    return (time.perf_counter() - began) * 1000


async def one_here(folder: Path, _size: int) -> Figures:
    """One answer to the long and to the short run, in the process that drives them."""
    took: dict[str, list[float]] = {"long": [], "short": []}
    async with open_studio(Settings(home=folder), drive="all") as studio:
        for _ in range(TIMES + 1):
            for name, times in took.items():
                times.append(await _answer_ms(studio, f"{name}@latest"))
    # The first pays for what is loaded then.
    return {name: statistics.median(times[1:]) for name, times in took.items()}


async def one_elsewhere(folder: Path, _size: int) -> Figures:
    """The first answer to each of them from a studio in another process, which has answered nothing of it before, and the second one."""
    first: dict[str, list[float]] = {"long": [], "short": []}
    again: dict[str, list[float]] = {"long-again": [], "short-again": []}
    async with _driven_elsewhere(folder) as studio:
        await _answer_ms(studio, "short@latest")
        for _ in range(TIMES // 2):
            for name, times in first.items():
                async with open_studio(Settings(home=folder)) as fresh:
                    times.append(await _answer_ms(fresh, f"{name}@latest"))
                    again[f"{name}-again"].append(await _answer_ms(fresh, f"{name}@latest"))
    return {name: statistics.median(times) for name, times in (first | again).items()}


MEASUREMENTS: Final[Mapping[str, Measurement]] = {
    "waiting": waiting,
    "here": here,
    "elsewhere": elsewhere,
    "fill": fill,
    "one-here": one_here,
    "one-elsewhere": one_elsewhere,
}
