"""The command `worker`: an engine without screens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Set
from typing import Annotated

import typer

from oyama_tui.cli.exits import Exit
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import examples

app = typer.Typer()
PACE = 0.5
"""Seconds between two looks at whether there is anything to do."""


@app.command(epilog=examples("oyama worker", "oyama worker --exit-when-idle 60"))
def worker(
    idle: Annotated[
        float | None, typer.Option("--exit-when-idle", metavar="SECONDS", min=0, help="Leave after so long without a run to drive.")
    ] = None,
) -> Work:
    """Drive all runs that no other process drives, without screens, until it is told to end."""

    async def work(terminal: Terminal) -> int:
        terminal.stop_code = Exit.OK
        terminal.out.persistent = True
        log = logging.getLogger("oyama.worker")
        try:
            async with terminal.studio("all", "worker") as studio:
                log.info("started")
                terminal.out.line(f"The engine runs on {terminal.settings.database_path}; interrupt it to end it.")
                loop = asyncio.get_running_loop()
                busy = loop.time()
                told: Set[tuple[str, str]] = set()
                while idle is None or loop.time() - busy < idle:
                    await asyncio.sleep(PACE if idle is None else min(PACE, max(idle, 0.01)))
                    alone = studio.system.parked()
                    for run_id, why in alone.items() - told:
                        terminal.out.line(f"{run_id} is left alone: {why}")
                    told = set(alone.items())
                    if (await studio.system.view()).driven_here or studio.system.lacking():
                        busy = loop.time()
        finally:
            log.info("ended")
        return Exit.OK

    return work
