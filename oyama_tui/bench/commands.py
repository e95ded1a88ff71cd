"""How long a command takes from the start of its process to the end, beside Python that does nothing."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from oyama_tui.bench.answers import start_waiting
from oyama_tui.bench.figures import Figures
from oyama_tui.bench.measuring import environment
from oyama_tui.bench.one import Measurement
from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio


async def cold(folder: Path, size: int) -> Figures:
    """Each command so many times in turn, on a database in which as many questions wait; in seconds."""
    async with open_studio(Settings(home=folder), drive="own") as studio:
        await start_waiting(studio, folder, size)
        waiting = [row.id for row in await studio.approvals.list(limit=size)]
    noop = folder / "noop.yaml"
    noop.write_text(json.dumps({"id": "noop", "steps": [{"id": "s", "set": {"k": 1}}]}))
    took: dict[str, list[float]] = {}
    for approval in waiting:
        for name, words in _commands(noop, approval).items():
            took.setdefault(name, []).append(_seconds(words, folder))
    return {name: statistics.median(seconds) for name, seconds in took.items()}


def _commands(noop: Path, approval: str) -> dict[str, tuple[str, ...]]:
    """The words after the interpreter's name."""
    oyama = ("-m", "oyama_tui")
    return {
        "python": ("-c", "pass"),
        "version": (*oyama, "--version"),
        "help": (*oyama, "--help"),
        "list": (*oyama, "list"),
        "approvals": (*oyama, "approvals"),
        "approve": (*oyama, "approve", approval, "--yes"),
        "run": (*oyama, "run", str(noop)),
    }


def _seconds(words: tuple[str, ...], folder: Path) -> float:
    """How long a process takes.

    Raises:
        CalledProcessError: It failed.
    """
    quiet = subprocess.DEVNULL
    env = environment(OYAMA_HOME=str(folder))
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *words], stdin=quiet, stdout=quiet, stderr=subprocess.PIPE, text=True, env=env, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{' '.join(words[-3:])} ended with {done.returncode}: {done.stderr.strip()}")
    return seconds


MEASUREMENTS: Final[Mapping[str, Measurement]] = {"cold": cold}
