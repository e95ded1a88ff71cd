"""Engines that write many events, at a wanted rate or as fast as they can."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from oyama_tui.bench.answers import EVENTS_EACH
from oyama_tui.bench.figures import Figures
from oyama_tui.bench.one import Measurement
from oyama_tui.bench.writing import warm_up
from oyama_tui.core.commands import Outcome
from oyama_tui.settings import Settings
from oyama_tui.steps.protocol import StepContext, StepOrder
from oyama_tui.studio import open_studio

RATE: Final = 1000
"""Events a second."""
MANY: Final = 10
"""Runs that are under way at the same time, where there are many."""
CONCURRENCY: Final = 20
"""Items of each run that are under way at the same time."""


class PacedSteps:
    """Carries out steps that end in turn, so many a second."""

    def __init__(self) -> None:
        self._next = 0.0

    async def execute(self, order: StepOrder, context: StepContext) -> Outcome:
        """Wait for its turn.

        Args:
            order: The step.
            context: Tells the time.
        """
        now = time.perf_counter()
        self._next = max(now, self._next) + EVENTS_EACH / RATE
        await asyncio.sleep(self._next - now)
        return Outcome(node=order.node, attempt=order.attempt, status="succeeded", exit_code=0, started_at=context.now())


def _loop(items: int, step: Mapping[str, object]) -> str:
    """A workflow with a loop; all of its runs have the same work."""
    loop = {"id": "fan", "for_each": {"items": list(range(items)), "concurrency": CONCURRENCY}, "steps": [{"id": "s", **step}]}
    return json.dumps({"id": "busy", "steps": [loop]})


async def _paced(folder: Path, size: int, count: int) -> Figures:
    """An engine that writes events at the wanted rate for so many seconds, in several runs at once or in one."""
    source = folder / "busy.yaml"
    source.write_text(_loop(max(size * RATE // EVENTS_EACH // count, 1), {"run": "true"}))
    async with open_studio(Settings(home=folder), drive="own", executors={"run": PacedSteps()}) as studio:
        began = time.perf_counter()
        runs = [await studio.runs.start(str(source), {}) for _ in range(count)]
        while studio.system.driven():
            await asyncio.sleep(0.01)
        seconds = time.perf_counter() - began
        written = sum([(await studio.runs.get(run.id)).seq for run in runs])
    return {"rate": written / seconds}


async def full(folder: Path, size: int) -> Figures:
    """An engine that carries out so many steps of one run as fast as it can."""
    source = folder / "busy.yaml"
    source.write_text(_loop(size, {"set": {"k": 1}}))
    async with open_studio(Settings(home=folder), drive="own") as studio:
        await warm_up(studio, folder, {"id": "s", "set": {"k": 1}})
        began = time.perf_counter()
        await studio.runs.start(str(source), {})
        while studio.system.driven():
            await asyncio.sleep(0.005)
        return {"seconds": time.perf_counter() - began}


MEASUREMENTS: Final[Mapping[str, Measurement]] = {
    "many": lambda folder, size: _paced(folder, size, MANY),
    "one": lambda folder, size: _paced(folder, size, 1),
    "full": full,
}
