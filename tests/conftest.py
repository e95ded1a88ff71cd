"""The tests answer gates as a person does, so the signs of an agent are taken out of their environment.

They start the program some thousand times, so it is compiled once: an environment that asks Python to keep no bytecode is not obeyed.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

from oyama_tui.studio.principal import AGENT_VARIABLES, Caller

MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3
"""Bytes that must be free there."""
GARBAGE = (5_000, 10, 20)
"""When Python looks for garbage: with the usual numbers that takes a third of the processor's time of tests of the screens."""


def pytest_collection_finish() -> None:
    """Look no more through what is loaded, the tests themselves among it: it stays to the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


def pytest_configure() -> None:
    if "PYTEST_DEBUG_TEMPROOT" not in os.environ and _holds_files_in_memory():
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)
    for variable in (*AGENT_VARIABLES, "OYAMA_RUN_ID", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(variable, None)


def _holds_files_in_memory() -> bool:
    """Whether there is room for the tests' files in memory: as real as on a disc, and every commit waits for a disc."""
    try:
        room = os.statvfs(MEMORY)
    except OSError:
        return False
    return os.access(MEMORY, os.W_OK) and not room.f_flag & os.ST_NOEXEC and room.f_bavail * room.f_frsize >= ROOM


def pytest_report_header() -> str | None:
    """Say why answers are refused where the tests are started by an agent or a step: the process tree tells of both."""
    by = Caller(Path("nowhere")).principal
    return None if by.kind == "human" else f"answers do not count here, so tests that give some fail: {by.kind} {by.program}"
