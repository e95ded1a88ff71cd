"""The tests answer gates as a person does, so the signs of an agent are taken out of their environment.

They start the program some thousand times, so it is compiled once: whoever asks Python in the environment to keep no bytecode is not obeyed.
"""

from __future__ import annotations

import os
from pathlib import Path

from oyama_tui.studio.principal import AGENT_VARIABLES, Caller


def pytest_configure() -> None:
    for variable in (*AGENT_VARIABLES, "OYAMA_RUN_ID", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(variable, None)


def pytest_report_header() -> str | None:
    """Say why answers are refused where the tests are started by an agent or a step: the process tree tells of both."""
    by = Caller(Path("nowhere")).principal
    return None if by.kind == "human" else f"answers do not count here, so tests that give some fail: {by.kind} {by.program}"
