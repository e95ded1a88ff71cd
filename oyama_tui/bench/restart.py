"""An engine that starts where many runs wait: until it acts, and what they hold of its memory."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psutil

from oyama_tui.bench.figures import Figures
from oyama_tui.bench.one import Measurement
from oyama_tui.bench.writing import warm_up
from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio


async def acts(folder: Path, _size: int) -> Figures:
    """An engine starts where runs wait, until answers to the oldest, the middle and the newest of them have acted."""
    began = time.perf_counter()
    async with open_studio(Settings(home=folder), drive="all") as studio:
        total = (await studio.approvals.list(limit=1)).total
        rows = [(await studio.approvals.list(limit=1, offset=place))[0] for place in sorted({0, total // 2, total - 1})]
        await asyncio.gather(*(studio.approvals.decide(row.id, "approve", digest=row.digest) for row in rows))
        for row in rows:
            while (await studio.runs.get(row.run_id)).row.status != "completed":
                await asyncio.sleep(0.001)
        return {"seconds": time.perf_counter() - began}


async def memory(folder: Path, size: int) -> Figures:
    """What a process that drives all waiting runs has of memory, in KiB for each of so many."""
    async with open_studio(Settings(home=folder), drive="all") as studio:
        await warm_up_beside(folder)
        total = (await studio.approvals.list(limit=1)).total
        while len(studio.system.driven()) < total:
            await asyncio.sleep(0.01)
        gc.collect()
        return {"each": psutil.Process().memory_info().rss / 1024 / size}


async def warm_up_beside(folder: Path) -> None:
    """Have this process load and build what a run needs, on a database beside."""
    beside = folder / "beside"
    async with open_studio(Settings(home=beside), drive="own") as studio:
        await warm_up(studio, beside, {"id": "s", "set": {"k": 1}})


MEASUREMENTS: Final[Mapping[str, Measurement]] = {"acts": acts, "memory": memory}
