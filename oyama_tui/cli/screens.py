"""The screens, and the command `demo`."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import termios
from contextlib import suppress
from typing import Any

import typer

from oyama_tui.cli.exits import Exit
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import examples

app = typer.Typer()
LEAST_COLUMNS, LEAST_ROWS = 20, 5
"""Below this the screens cannot show anything."""


@app.command(epilog=examples("oyama demo"))
def demo() -> Work:
    """Look around: the screens with a small workflow that asks you something."""

    async def work(terminal: Terminal) -> int:
        if terminal.interactive and not _obstacle(terminal):
            return await _show(terminal, demo=True)
        from oyama_tui.cli.running import RunFollower

        path = terminal.settings.home / "demo" / "demo.yaml"
        if not path.exists():
            async with terminal.studio() as studio:
                await studio.workflows.create(path, "demo")
        return await RunFollower(terminal, as_json=False, as_lines=False, leave_waiting=False).start(str(path), {})

    return work


async def screens(terminal: Terminal) -> int:
    """Open the screens, where there is a terminal for them."""
    obstacle = _obstacle(terminal)
    if obstacle:
        terminal.err.line(f"{obstacle} The commands work everywhere: {terminal.command('--help')}")
        return Exit.USAGE
    return await _show(terminal, demo=False)


def _obstacle(terminal: Terminal) -> str:
    """Why the screens cannot be shown here, in one sentence; empty when they can."""
    if not terminal.interactive:
        return "The screens need a terminal, and this is none."
    if os.environ.get("TERM", "dumb") in ("", "dumb"):
        return "The screens need a terminal that can move its cursor, and TERM says that this one cannot."
    size = shutil.get_terminal_size()
    if 0 < size.columns < LEAST_COLUMNS or 0 < size.lines < LEAST_ROWS:
        return f"The screens need at least {LEAST_COLUMNS} columns and {LEAST_ROWS} rows; this terminal has {size.columns}x{size.lines}."
    return ""


async def _show(terminal: Terminal, *, demo: bool) -> int:
    """Run the screens; the engine is a process of its own."""
    from oyama_tui.tui.line import make_plain

    descriptor = sys.stdin.fileno()
    before: list[Any] = termios.tcgetattr(descriptor)

    def restore(*, title: bool = True) -> None:
        make_plain(sys.stdout.fileno(), title=title)
        with suppress(termios.error, OSError):
            termios.tcsetattr(descriptor, termios.TCSANOW, before)

    terminal.out.persistent = True
    terminal.at_once = restore
    try:
        async with terminal.studio("background", "screen") as studio:
            from oyama_tui.tui.app import run_screens

            return await run_screens(studio, demo=demo, on_hang_up=terminal.hang_up, lend_keys=terminal.lend_keys)
    except (asyncio.CancelledError, Exception):
        # The screens have ended by now, and have given the title back.
        restore(title=False)
        raise
