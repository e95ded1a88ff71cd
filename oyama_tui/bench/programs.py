"""Steps that run a program, beside the bare programs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from oyama_tui.bench.figures import Figures
from oyama_tui.bench.one import Measurement
from oyama_tui.bench.writing import run_at_once
from oyama_tui.core.definition.kinds.run import DEFAULT_SHELL
from oyama_tui.settings import Settings

AT_ONCE: Final = 8
"""Programs that run at the same time."""


def _settings(folder: Path) -> Settings:
    return Settings(home=folder, max_processes=AT_ONCE)


async def steps(folder: Path, size: int) -> Figures:
    """One run that fans out to so many steps with a process each."""
    fan = [{"id": f"s{number}", "run": "true"} for number in range(size)]
    figures = await run_at_once(_settings(folder), {"id": "bench", "type": "parallel", "steps": fan}, 1)
    return {"each": 1000 / figures["rate"]}


async def bare(folder: Path, size: int) -> Figures:
    """The same programs as often and as many at once, each in a session of its own, and nothing else."""
    places = asyncio.Semaphore(_settings(folder).max_processes)

    async def one() -> None:
        async with places:
            quiet, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(
                *DEFAULT_SHELL, "true", stdin=quiet, stdout=pipe, stderr=asyncio.subprocess.STDOUT, start_new_session=True
            )
            await process.communicate()

    await one()
    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(size)))
    return {"each": (time.perf_counter() - began) * 1000 / size}


MEASUREMENTS: Final[Mapping[str, Measurement]] = {"steps": steps, "bare": bare}
