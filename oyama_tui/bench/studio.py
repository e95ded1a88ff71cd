"""What the studio itself takes, without a server or screens around it."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from oyama_tui.bench.answers import start_waiting
from oyama_tui.bench.figures import Figures
from oyama_tui.bench.one import Measurement, keep_loaded
from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio

TIMES: Final = 100
WAITING: Final = 20
"""Open questions."""


def _definition(name: str) -> str:
    return json.dumps({"id": name, "steps": [{"id": "a", "run": "true"}]})


async def _median_ms(call: Callable[[int], Awaitable[Any]]) -> float:
    """How long a call takes, in milliseconds; the first pays for what is loaded then."""
    took = []
    for number in range(TIMES + 1):
        began = time.perf_counter()
        await call(number)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took[1:])


async def calls(folder: Path, size: int) -> Figures:
    """With so many workflows: list them, create one, pause or resume a run, list the open questions."""
    async with open_studio(Settings(home=folder), drive="own") as studio:
        await start_waiting(studio, folder, WAITING)
        for number in range(size - 1):
            await studio.workflows.store(_definition(f"w{number}"))
        run = (await studio.runs.list(live=True, limit=1))[0].id

        async def one_transition(number: int) -> object:
            return await (studio.runs.resume(run) if number % 2 else studio.runs.pause(run))

        keep_loaded()
        return {
            "list": await _median_ms(lambda _: studio.workflows.list()),
            "approvals": await _median_ms(lambda _: studio.approvals.list()),
            "transition": await _median_ms(one_transition),
            "create": await _median_ms(lambda number: studio.workflows.store(_definition(f"n{number}"))),
        }


MEASUREMENTS: Final[Mapping[str, Measurement]] = {"calls": calls}
