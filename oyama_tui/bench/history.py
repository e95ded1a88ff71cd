"""A history of very many runs on the screens."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from oyama_tui.bench.figures import Figures
from oyama_tui.bench.one import Measurement
from oyama_tui.bench.screens import measured_screens
from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio
from oyama_tui.tui.screens.history import HistoryScreen

PACE: Final = 1 / 30
"""Seconds between two keys, as a held key repeats."""


async def keys(folder: Path, size: int) -> Figures:
    """Open the history, press so many keys in it, go to both ends, and filter; in milliseconds."""
    async with open_studio(Settings(home=folder)) as studio, measured_screens(studio) as screens:
        total = (await studio.history.page(studio.history.parse(""), limit=1)).total
        failed = (await studio.history.page(studio.history.parse("status:failed"), limit=1)).total
        opened = await screens.press_ms("4", lambda written: f"past #{total}" in written)
        await screens.rest()
        screen = screens.app.screen
        assert isinstance(screen, HistoryScreen)
        rows = screen.listed

        def stands_at(number: int) -> bool:
            return rows.selected is not None and rows.selected.number == number

        moves = []
        for place in range(1, size + 1):
            next_key = time.perf_counter() + PACE
            number = total - place
            moves.append(await screens.press_ms("j", lambda _, number=number: stands_at(number)))  # type: ignore[misc]
            await asyncio.sleep(max(next_key - time.perf_counter(), 0))
        ends = []
        for key, number in (("G", 1), ("g", total)) * 5:
            await screens.rest()
            ends.append(await screens.press_ms(key, lambda _, number=number: stands_at(number)))  # type: ignore[misc]
        await screens.rest()
        await screens.press_ms("slash", lambda _: screens.app.focused is not None and screens.app.focused.id == "filter")
        await screens.rest()
        filtered = await screens.paste_ms("status:failed", lambda _: rows.line_count == failed)
    return {"open": opened, "key": statistics.median(moves), "ends": statistics.median(ends), "filter": filtered}


MEASUREMENTS: Final[Mapping[str, Measurement]] = {"keys": keys}
