"""The background engine: a process without screens that goes on with runs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import Final

from oyama_tui.core.errors import DatabaseProblem
from oyama_tui.files import open_plain
from oyama_tui.store.queries.system import engines
from oyama_tui.studio.base import Parts

IDLE_SECONDS: Final = 60
"""A background engine ends itself when there has been nothing to drive for so long."""


async def ensure_worker(parts: Parts) -> bool:
    """Start a background engine unless one lives that drives every run; returns whether one was started."""
    alive = await parts.living() - {parts.here}
    for row in await parts.store.database.read(engines):
        if row.id in alive and row.kind == "all":
            return False
    await asyncio.to_thread(_spawn, parts)
    return True


def _spawn(parts: Parts) -> None:
    """Start the process in a session of its own, with its words in a log file."""
    settings = parts.settings
    log = settings.home / "worker.log"
    command = [
        sys.executable,
        "-m",
        "oyama_tui",
        "--database",
        str(settings.database_path),
        "worker",
        "--exit-when-idle",
        str(IDLE_SECONDS),
    ]
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(open_plain(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, in_plain_folder=False), "ab") as words:
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True, cwd="/")
    except OSError as wrong:
        raise DatabaseProblem(f"A background engine could not be started: {wrong}.", "Run `oyama worker` yourself.") from wrong
