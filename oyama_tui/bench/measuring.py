"""Measurements in processes of their own, as whoever wants their figures sees them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from oyama_tui.bench.figures import Figures, Part

PATIENCE: Final = 900.0
"""Seconds after which a measurement counts as stuck."""
GRACE: Final = 5.0
"""Seconds that it has for ending what it has started."""


class MeasurementFailed(Exception):
    """A measurement came to nothing.

    Args:
        why: In one line.
        said: All that it has said on standard error.
    """

    def __init__(self, why: str, said: str = "") -> None:
        super().__init__(why)
        self.said = said


def environment(**given: str) -> dict[str, str]:
    """The environment without settings of whoever measures, in which Python keeps its bytecode, as it does where people run programs.

    Args:
        given: Variables to add.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OYAMA_") and name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "OYAMA_CONFIG": os.devnull, **given}


def start(name: str, folder: Path, size: int, *, alone: bool = False) -> subprocess.Popen[str]:
    """Start a measurement in a process of its own; it prints its figures as JSON.

    Args:
        name: The module of this package and the measurement in it.
        folder: Where it writes.
        size: How many steps, runs or rows it is about.
        alone: Give it a session of its own, to be ended as a whole.
    """
    command = [sys.executable, "-m", "oyama_tui.bench.one", name, str(size), str(folder)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, env=environment(), start_new_session=alone
    )


def figures_of(process: subprocess.Popen[str]) -> Figures:
    """Wait for the figures of a measurement that was started.

    Args:
        process: Its process.

    Raises:
        MeasurementFailed: It ended without any, or is stuck.
    """
    try:
        told, wrong = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise MeasurementFailed(f"it was not over after {PATIENCE:.0f} s") from None
    if process.returncode:
        lines = [line for line in wrong.splitlines() if line.strip()]
        raise MeasurementFailed(lines[-1].strip() if lines else f"it ended with {process.returncode}", wrong)
    figures: Figures = json.loads(told.splitlines()[-1])
    return figures


@contextmanager
def started(name: str, folder: Path, size: int) -> Iterator[subprocess.Popen[str]]:
    """A measurement beside this one, which is ended with it.

    Args:
        name: The module of this package and the measurement in it.
        folder: Where it writes.
        size: How many steps, runs or rows it is about.
    """
    with start(name, folder, size) as process:
        try:
            yield process
        finally:
            process.kill()


def take(part: Part, folder: Path, scale: float) -> Figures:
    """Take one part of a case in a process of its own, which is ended with all that it has started when it fails.

    Args:
        part: Which.
        folder: That of its round.
        scale: What its size is multiplied by.

    Raises:
        MeasurementFailed: It came to nothing.
    """
    place = folder / part.place
    place.mkdir(parents=True, exist_ok=True)
    process = None
    try:
        with _undisturbed():
            process = start(part.measure, place, max(part.least, round(part.size * scale)), alone=True)
        return figures_of(process)
    except BaseException:
        if process is not None:
            _end(process)
        raise


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put an interrupt off until a process that is being started can be ended."""
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _frame: came.append(number)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handled in before.items():
            signal.signal(number, handled)
    if came:
        raise KeyboardInterrupt


def _end(process: subprocess.Popen[str]) -> None:
    """End a measurement and what it has left, whatever state they are in."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(GRACE)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
