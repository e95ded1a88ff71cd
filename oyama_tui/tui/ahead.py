"""Screens that are made before somebody goes to them: widgets and their styles take longer than reading what they show."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from oyama_tui.tui.window import Window

QUIET: Final = 0.25
"""Seconds without anything to do before the next one is made."""


async def make_ahead(app: Window, modes: Sequence[str], is_idle: Callable[[], bool]) -> None:
    """Make screens one after another, each when nobody has typed anything for a moment; they read when they are gone to.

    Args:
        app: Runs.
        modes: The places, the likeliest first.
        is_idle: Whether nothing is under way.
    """
    for mode in modes:
        await asyncio.sleep(QUIET)
        while not is_idle():
            await asyncio.sleep(QUIET)
        await app._init_mode(mode)
