"""The command `worker`: an engine without screens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Set
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from oyama_tui.cli.exits import Exit
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import examples
from oyama_tui.core.errors import DatabaseLost, DatabaseProblem

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

app = typer.Typer()
PACE = 0.5
"""Seconds between two looks at whether there is anything to do."""


@app.command(epilog=examples("oyama worker", "oyama worker --exit-when-idle 60"))
def worker(
    idle: Annotated[
        float | None, typer.Option("--exit-when-idle", metavar="SECONDS", min=0, help="Leave after so long without a run to drive.")
    ] = None,
    spare: Annotated[bool, typer.Option("--spare", help="Leave at once when another one that was started so is there already.")] = False,
) -> Work:
    """Drive all runs that no other process drives, without screens, until it is told to end."""

    async def work(terminal: Terminal) -> int:
        terminal.stop_code = Exit.OK
        terminal.out.persistent = True
        from oyama_tui.studio import sole_place

        log = logging.getLogger("oyama.worker")
        with sole_place(terminal.settings) if spare else nullcontext(True) as free:
            if not free:
                log.info("not needed")
                return Exit.OK
            try:
                async with terminal.studio("all", "worker") as studio:
                    log.info("started")
                    terminal.out.line(f"The engine runs on {terminal.settings.database_path}; interrupt it to end it.")
                    await _until_idle(studio, terminal, idle)
            finally:
                log.info("ended")
        return Exit.OK

    return work


async def _until_idle(studio: Studio, terminal: Terminal, idle: float | None) -> None:
    """Wait until nothing was driven for so long; without a limit, for ever."""
    loop = asyncio.get_running_loop()
    busy = loop.time()
    told: Set[tuple[str, str]] = set()
    missed = ""
    while idle is None or loop.time() - busy < idle:
        await asyncio.sleep(PACE if idle is None else min(PACE, max(idle, 0.01)))
        alone = studio.system.parked()
        for run_id, why in alone.items() - told:
            terminal.out.line(f"{run_id} is left alone: {why}")
        told = set(alone.items())
        try:
            studio.system.require_database()
        except DatabaseLost:
            raise
        except DatabaseProblem as trouble:
            # The engine waits until it can be used again, but what nobody can find is no work that keeps a worker here.
            if trouble.sentence != missed:
                missed = trouble.sentence
                terminal.err.line(f"{trouble.sentence} {trouble.hint}".rstrip())
            continue
        missed = ""
        if studio.system.driven() or studio.system.lacking():
            busy = loop.time()
