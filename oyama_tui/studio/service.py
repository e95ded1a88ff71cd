"""The studio as one object, and how to open it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

from oyama_tui.core.events import Principal, Trigger
from oyama_tui.core.views import Change, Check
from oyama_tui.settings import Settings
from oyama_tui.steps.registry import Executors
from oyama_tui.studio.approvals import Approvals
from oyama_tui.studio.history import History
from oyama_tui.studio.runs import Runs
from oyama_tui.studio.system import System
from oyama_tui.studio.workflows import Workflows

Drive = Literal["none", "own", "all"]
"""Which runs this process drives: none (it only looks or answers), its own (those it starts or resumes), or all without a living owner."""


class Studio:
    """Every use case, once."""

    settings: Settings
    principal: Principal
    workflows: Workflows
    runs: Runs
    approvals: Approvals
    history: History
    system: System

    def changes(self) -> AsyncIterator[Change]:
        """What changed since the last value, by any process, as it happens; several consumers may listen."""
        raise NotImplementedError


@asynccontextmanager
async def open_studio(
    settings: Settings,
    *,
    drive: Drive = "none",
    trigger: Trigger = "cli",
    clock: Callable[[], int] | None = None,
    executors: Executors | None = None,
) -> AsyncIterator[Studio]:
    """Open the database and, when it drives runs, an engine; close both at the end.

    Args:
        settings: Where everything is.
        drive: Which runs this process drives.
        trigger: What is noted as the way in which runs were started.
        clock: Milliseconds since 1970 UTC; the system's when empty.
        executors: By kind of step; the real ones when empty.

    Raises:
        DatabaseProblem: The database cannot be used; the sentence says why.
    """
    raise NotImplementedError
    yield Studio()


async def diagnose(settings: Settings) -> tuple[Check, ...]:
    """Look for trouble even where the database cannot be opened."""
    raise NotImplementedError
