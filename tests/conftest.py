"""The tests answer gates as a person does, so the signs of an agent are taken out of their environment.

They start the program some thousand times, so it is compiled once: an environment that asks Python to keep no bytecode is not obeyed.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

from oyama_tui.studio.principal import AGENT_VARIABLES, Caller

GARBAGE = (5_000, 10, 20)
"""When Python looks for garbage: with the usual numbers that takes a third of the processor's time of tests of the screens."""


def pytest_collection_finish() -> None:
    """Look no more through what is loaded, the tests themselves among it: it stays to the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


def pytest_configure() -> None:
    for variable in (*AGENT_VARIABLES, "OYAMA_RUN_ID", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(variable, None)


def pytest_report_header() -> str | None:
    """Say why answers are refused where the tests are started by an agent or a step: the process tree tells of both."""
    by = Caller(Path("nowhere")).principal
    return None if by.kind == "human" else f"answers do not count here, so tests that give some fail: {by.kind} {by.program}"
