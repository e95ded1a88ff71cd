"""Measurements by name: each runs in a process of its own, which loads what that one needs and no more."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeAlias

from oyama_tui.bench.figures import Figures, Part
from oyama_tui.core.errors import OyamaError
from oyama_tui.descriptors import keep_descriptors

Measurement: TypeAlias = "Callable[[Path, int], Figures | Coroutine[Any, Any, Figures]]"
"""Takes a folder of its own and a size."""
PATIENCE: Final = 900.0
"""Seconds after which a measurement counts as stuck."""
GRACE: Final = 5.0
"""Seconds that it has for ending what it has started."""


class MeasurementFailed(Exception):
    """A measurement came to nothing; its text says why."""


def measure(name: str, folder: Path, size: int) -> Figures:
    """Take one measurement in this process, which passes on as little as the program itself.

    Args:
        name: The module of this package and the measurement in it.
        folder: Where to write.
        size: How many steps, runs or rows it is about.
    """
    keep_descriptors()
    found = _measurements(name)[name.partition(".")[2]](folder, size)
    return asyncio.run(found) if isinstance(found, Coroutine) else found


def is_known(name: str) -> bool:
    """Whether there is such a measurement.

    Args:
        name: The module of this package and the measurement in it.
    """
    return find_spec(f"{__package__}.{name.partition('.')[0]}") is not None and name.partition(".")[2] in _measurements(name)


def _measurements(name: str) -> Mapping[str, Measurement]:
    """Those of the module in which one is."""
    found: Mapping[str, Measurement] = import_module(f"{__package__}.{name.partition('.')[0]}").MEASUREMENTS
    return found


def keep_loaded() -> None:
    """Look no more through what is there, as the program itself does: it stays."""
    gc.collect()
    gc.freeze()


def environment(**given: str) -> dict[str, str]:
    """The environment without settings of whoever measures, and in which Python keeps its bytecode, as it does where people run programs.

    Args:
        given: Variables to add.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OYAMA_") and name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **given}


def start(name: str, folder: Path, size: int, *, alone: bool = False) -> subprocess.Popen[str]:
    """Start a measurement in a process of its own; it prints its figures as JSON.

    Args:
        name: The module of this package and the measurement in it.
        folder: Where it writes.
        size: How many steps, runs or rows it is about.
        alone: Give it a session of its own, to be ended as a whole.
    """
    command = [sys.executable, "-m", "oyama_tui.bench", "--measure", name, "--size", str(size), "--folder", str(folder)]
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
        raise MeasurementFailed(lines[-1].strip() if lines else f"it ended with {process.returncode}")
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
    process = start(part.measure, place, max(part.least, round(part.size * scale)), alone=True)
    try:
        return figures_of(process)
    except BaseException:
        _end(process)
        raise


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


def say(name: str, folder: Path, size: int) -> int:
    """Take a measurement and print its figures as one line of JSON.

    Args:
        name: The module of this package and the measurement in it.
        folder: Where to write.
        size: How many steps, runs or rows it is about.

    Returns:
        The exit code.
    """
    try:
        print(json.dumps(measure(name, folder, size)))
    except OyamaError as error:
        # One sentence is enough: it says what is to be done.
        print(f"{error.title}: {error.sentence} {error.hint}".rstrip(), file=sys.stderr)
        return 1
    return 0
