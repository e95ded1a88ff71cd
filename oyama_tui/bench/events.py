"""The screens of this process, which show what an engine in another one writes."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from oyama_tui.bench.figures import Figures
from oyama_tui.bench.load import CONCURRENCY, MANY
from oyama_tui.bench.measuring import figures_of, started
from oyama_tui.bench.one import Measurement
from oyama_tui.bench.screens import MeasuredScreens, measured_screens
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from oyama_tui.tui.widgets.row_keys import Rows

SPARE: Final = 60
"""Seconds that an engine would go on for longer than it is watched; it is ended before."""
PACE: Final = 0.1
"""Seconds between two keys."""


async def beside(folder: Path, size: int) -> Figures:
    """Another process carries out as many steps of one run as fast as it can, while the screens of this one show its runs."""
    async with open_studio(Settings(home=folder)) as studio, _on_runs(studio) as screens:
        with started("load.full", folder, size) as engine:
            figures = await asyncio.to_thread(figures_of, engine)
        await screens.rest()
    return figures


async def many(folder: Path, size: int) -> Figures:
    """The screens of this process show Runs for so many seconds, while another process writes events of several runs."""
    async with open_studio(Settings(home=folder)) as studio, _on_runs(studio) as screens:
        with started("load.many", folder, size + SPARE) as engine:
            await _appear(studio, MANY, engine)
            return await _watched(studio, screens, size)


async def one(folder: Path, size: int) -> Figures:
    """The screens of this process show one run with its loop open for so many seconds, while another process writes events of it."""
    async with open_studio(Settings(home=folder)) as studio, _on_runs(studio) as screens:
        with started("load.one", folder, size + SPARE) as engine:
            await _appear(studio, 1, engine)
            await _until_there(screens)
            await screens.press_ms("enter", lambda _: isinstance(screens.app.screen, RunScreen))
            await _until_there(screens)
            # It can be opened once it has begun.
            await screens.until(lambda: _has_begun(screens))
            await screens.press_ms("enter", lambda _: True)
            await screens.until(lambda: _has_rows(screens, CONCURRENCY + 1))
            return await _watched(studio, screens, size)


@asynccontextmanager
async def _on_runs(studio: Studio) -> AsyncIterator[MeasuredScreens]:
    """The screens, showing Runs."""
    async with measured_screens(studio) as screens:
        await screens.press_ms("2", lambda _: isinstance(screens.app.screen, RunsScreen))
        yield screens


async def _appear(studio: Studio, runs: int, engine: subprocess.Popen[str]) -> None:
    """Wait until so many runs are under way.

    Raises:
        MeasurementFailed: Their engine has ended.
    """
    while len(await studio.runs.list(live=True)) < runs:
        if engine.poll() is not None:
            figures_of(engine)
        await asyncio.sleep(0.02)


async def _until_there(screens: MeasuredScreens) -> None:
    """Wait until a list with a row under its cursor has the keys."""
    await screens.until(lambda: isinstance(screens.app.focused, Rows) and _rows(screens).selected is not None)


def _has_begun(screens: MeasuredScreens) -> bool:
    """Whether the block under the cursor says how far it is."""
    return isinstance(screens.app.focused, Rows) and getattr(screens.app.focused.selected, "counts", None) is not None


def _has_rows(screens: MeasuredScreens, count: int) -> bool:
    """Whether the list that has the keys has at least so many rows; while rows come and go, nothing may have them."""
    return isinstance(screens.app.focused, Rows) and screens.app.focused.line_count >= count


def _rows(screens: MeasuredScreens) -> Rows[Any]:
    """The list that has the keys."""
    assert isinstance(screens.app.focused, Rows)
    return screens.app.focused


async def _watched(studio: Studio, screens: MeasuredScreens, seconds: int) -> Figures:
    """Go up and down in the list that has the keys for so long: the part of a core that this process takes, and a key in milliseconds."""
    await _until_there(screens)
    rows = _rows(screens)
    took: list[float] = []
    events = (await studio.system.measures()).events
    began, spent = time.perf_counter(), time.process_time()
    while (now := time.perf_counter()) - began < seconds:
        under, key = rows.cursor_key, "k" if rows.place else "j"
        took.append(await screens.press_ms(key, lambda _, under=under: rows.cursor_key != under))  # type: ignore[misc]
        await asyncio.sleep(max(now + PACE - time.perf_counter(), 0))
    took_all, spent = time.perf_counter() - began, time.process_time() - spent
    events = (await studio.system.measures()).events - events
    return {"load": 100 * spent / took_all, "key": statistics.median(took), "rate": events / took_all}


MEASUREMENTS: Final[Mapping[str, Measurement]] = {"beside": beside, "many": many, "one": one}
