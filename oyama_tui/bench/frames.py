"""How long it takes from the start of a process to the first frame of its screens, beside an app of Textual with one line."""

from __future__ import annotations

import os
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from oyama_tui.bench.figures import Figures
from oyama_tui.bench.one import Measurement
from oyama_tui.bench.terminals import terminal, terminal_environment
from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio

PATIENCE: Final = 60.0
"""Seconds."""
SEEN: Final = "everything stands here"
"""What the small app shows."""
SMALL: Final = f"""
from textual.app import App, ComposeResult
from textual.widgets import Static
class Small(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("{SEEN}")
Small().run()
"""


async def ours(folder: Path, size: int) -> Figures:
    """The screens on a database that is there, so many times; until the workflow in it is in sight."""
    source = folder / "at-first-sight.yaml"
    source.write_text("id: at-first-sight\nsteps: [{id: s, set: {k: 1}}]\n")
    async with open_studio(Settings(home=folder)) as studio:
        await studio.workflows.add(source)
    command = (sys.executable, "-m", "oyama_tui")
    return {"seconds": statistics.median(_until_seen(command, folder, source.stem) for _ in range(size))}


def bare(folder: Path, size: int) -> Figures:
    """The small app, so many times."""
    return {"seconds": statistics.median(_until_seen((sys.executable, "-c", SMALL), folder, SEEN) for _ in range(size))}


def _until_seen(command: Sequence[str], folder: Path, words: str) -> float:
    """How long it takes from the start of a process until it has written words to its terminal, in seconds.

    Raises:
        RuntimeError: It never did.
    """
    with terminal() as (person, program):
        began = time.perf_counter()
        env = terminal_environment(OYAMA_HOME=str(folder))
        with subprocess.Popen(command, stdin=program, stdout=program, stderr=program, env=env) as process:
            try:
                written = b""
                while words.encode() not in written:
                    left = began + PATIENCE - time.perf_counter()
                    if process.poll() is not None or not select.select([person], [], [], max(left, 0))[0]:
                        raise RuntimeError(f"{words!r} was never shown, but {written[-500:]!r}")
                    written += os.read(person, 65536)
                return time.perf_counter() - began
            finally:
                process.kill()


MEASUREMENTS: Final[Mapping[str, Measurement]] = {"ours": ours, "bare": bare}
