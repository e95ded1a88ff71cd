"""Commands that steer a run: pause, cancel."""

from __future__ import annotations

from typing import Annotated

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, LiveRunRef, examples
from oyama_tui.core.views import RunRow

app = typer.Typer()
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Kept in the journal.")]


@app.command(epilog=examples("oyama pause release@latest", "oyama pause release#12 --now"))
def pause(
    ref: LiveRunRef,
    now: Annotated[bool, typer.Option("--now", help="Also interrupt what runs; it runs again on resume.")] = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> Work:
    """Start no new step of a run; running steps finish."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            row = await studio.runs.pause(ref, mode="now" if now else "drain", reason=reason)
        _tell(terminal, row, as_json=as_json)
        if not as_json:
            terminal.err.line(f"Go on: {terminal.command('resume', row.id)}")
        return Exit.OK

    return work


@app.command(epilog=examples("oyama cancel release@latest --reason 'wrong version'"))
def cancel(ref: LiveRunRef, reason: Reason = "", as_json: AsJson = False) -> Work:
    """End a run now, its running steps with it."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            row = await studio.runs.cancel(ref, reason=reason)
        if not row.ended and row.owner == "nobody":
            # What it has started is still to be ended, and nobody else does that.
            async with terminal.studio("own") as studio:
                row = await studio.runs.come_to_its_end(row.id)
        _tell(terminal, row, as_json=as_json)
        return Exit.OK

    return work


def _tell(terminal: Terminal, row: RunRow, *, as_json: bool) -> None:
    """Print what the run is now."""
    if as_json:
        terminal.out.document(documents.run_row(row))
    else:
        terminal.out.line(f"{row.label} {row.word}{f': {row.reason}' if row.reason else ''}")
