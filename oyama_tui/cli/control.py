"""Commands that steer a run: pause, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.completing import complete_pausable
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, LiveRunRef, examples
from oyama_tui.core.views import RunRow

app = typer.Typer()
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Kept in the journal.")]


@app.command(
    epilog=examples(
        "oyama pause release@latest",
        "oyama pause release#12 --now",
        "oyama pause release#12 --at publish",
        "oyama pause release#12 --at publish --clear",
    )
)
def pause(
    ref: LiveRunRef,
    now: Annotated[bool, typer.Option("--now", help="Also interrupt what runs; it runs again on resume.")] = False,
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            metavar="STEP",
            help="Pause once, when this step is about to begin; may be repeated. Excludes --now.",
            autocompletion=complete_pausable,
        ),
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Take back that it pauses at these steps; at every step without --at. Excludes --now.")
    ] = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> Work:
    """Start no new step of a run, at once or at a step; running steps finish."""
    if now and (at or clear):
        raise typer.BadParameter(f"--now and {'--at' if at else '--clear'} exclude each other: a pause at a step interrupts nothing.")
    if reason and (at or clear):
        raise typer.BadParameter("--reason is that of a pause at once; a pause at a step says at which.")

    async def work(terminal: Terminal) -> int:
        if at or clear:
            return await _set_breakpoints(terminal, ref, at or (), clear=clear, as_json=as_json)
        async with terminal.studio() as studio:
            row = await studio.runs.pause(ref, mode="now" if now else "drain", reason=reason)
        _tell(terminal, row, as_json=as_json)
        if not as_json:
            terminal.err.line(f"Go on: {terminal.command('resume', row.id)}")
        return Exit.OK

    return work


async def _set_breakpoints(terminal: Terminal, ref: str, steps: Sequence[str], *, clear: bool, as_json: bool) -> int:
    """Have a run pause at some steps, or no more, and tell at which it is to pause then."""
    async with terminal.studio() as studio:
        row = await (studio.breakpoints.clear if clear else studio.breakpoints.set)(ref, steps)
        left = (await studio.runs.get(row.id)).breakpoints
    if as_json:
        terminal.out.document({**documents.run_row(row), "breakpoints": list(left)})
        return Exit.OK
    terminal.out.line(f"{row.label} pauses before {', '.join(left)}" if left else f"{row.label} pauses at no step")
    if left:
        terminal.err.line(f"Take it back: {terminal.command('pause', row.id, '--clear')}")
    return Exit.OK


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
