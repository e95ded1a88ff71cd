"""Commands for runs and the database as files: export, import, report, backup."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.printing import OutputClosed, OutputFailed
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, RunRef, examples
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.views import RunFile

app = typer.Typer()
STDOUT: Final = "-"
CHILDREN: Final = 5
"""So many runs are named."""
Force = Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")]
Kind = Literal["html", "md"]
_ENDINGS: Final[dict[str, Kind]] = {".html": "html", ".htm": "html", ".md": "md", ".markdown": "md"}


@app.command(
    epilog=examples(
        "oyama export release#12",
        "oyama export release@latest -o evidence.oyamarun",
        "oyama export release#12 -o - > evidence.oyamarun",
    )
)
def export(
    ref: RunRef,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE|-", help="The file, or - for standard output; named after the run unless said.")
    ] = "",
    force: Force = False,
    as_json: AsJson = False,
) -> Work:
    """Write one run into one file that `oyama verify` checks anywhere: definition, journal, logs."""

    async def work(terminal: Terminal) -> int:
        if output == STDOUT and terminal.out.is_terminal:
            raise InvalidInput("The file is not for a terminal.", "Give it to a pipe, or name a file: -o FILE")
        if output == STDOUT and as_json:
            raise InvalidInput("Standard output cannot take both the file and a JSON document.", "Leave one of -o - and --json out.")
        async with terminal.studio() as studio:
            if output == STDOUT:
                written = await studio.archive.stream(ref, _to_stdout)
            else:
                written = await studio.archive.export(ref, Path(output) if output else None, replace=force)
        if as_json:
            terminal.out.document(documents.run_file(written))
        else:
            _tell(terminal, written)
        return Exit.OK

    return work


def _tell(terminal: Terminal, written: RunFile) -> None:
    """Say what was written; beside the file itself where that goes to standard output."""
    say = terminal.out if written.path else terminal.err
    logs = f", {written.logs} logs" if written.logs else ""
    say.line((written.path or "standard output", "bold"), f"  {written.label}, {written.events} events{logs}, {written.bytes:,} bytes")
    say.line((f"  its newest event has the hash {written.head}", "dim"))
    if not written.ended:
        say.line((f"  The run is not over: it was {written.status} when the file was written.", "ask"))
    if written.children:
        more = " ..." if len(written.children) > CHILDREN else ""
        say.line(f"  Runs that its steps have started are not in it: {', '.join(written.children[:CHILDREN])}{more}")
    if written.path:
        say.line(f"Check:  {terminal.command('verify', written.path)}")


def _to_stdout(piece: bytes) -> None:
    """Write bytes as they are.

    Raises:
        OutputClosed: Nobody reads them any more.
        OutputFailed: They cannot be written.
    """
    if sys.stdout is None:
        raise OutputFailed("there is no standard output")
    try:
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise OutputClosed from None
    except OSError as error:
        raise OutputFailed(error.strerror or str(error)) from None


@app.command("import", epilog=examples("oyama import release-12.oyamarun"))
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file that `oyama export` has written.")],
    as_json: AsJson = False,
) -> Work:
    """Take a run from its file into the database, to be looked at: nothing drives, answers or changes it."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            made = await studio.archive.bring_in(Path(file))
        row = made.row
        if as_json:
            terminal.out.document({**documents.run_row(row), "origin": made.origin, "already": made.already})
            return Exit.OK
        if made.already:
            what = "was imported before" if row.imported else "is in this database itself"
            terminal.out.line((row.label, "bold"), f"  {what}; nothing was done.")
        else:
            terminal.out.line((row.label, "bold"), f"  {row.status}, imported from {made.origin}; one can look at it, and nothing else.")
        terminal.out.line(f"Look:   {terminal.command('show', row.id)}")
        return Exit.OK

    return work


@app.command(
    epilog=examples("oyama report release#12", "oyama report release#12 -o evidence.md", "oyama report release@latest -o - --format md")
)
def report(
    ref: RunRef,
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE|-", help="The file, .html or .md, or - for standard output; named after the run unless said."
        ),
    ] = "",
    kind: Annotated[
        str, typer.Option("--format", metavar="html|md", help="The page's language; that of the file's ending unless said.")
    ] = "",
    force: Force = False,
) -> Work:
    """Write a page for people: what ran, what was asked and shown, who answered, and how to check it."""

    async def work(terminal: Terminal) -> int:
        wanted = _kind(output, kind)
        async with terminal.studio() as studio:
            if output == STDOUT:
                _to_stdout((await studio.archive.report(ref, wanted)).encode("utf-8", "replace"))
                return Exit.OK
            written = await studio.archive.save_report(ref, Path(output) if output else None, wanted, replace=force)
        terminal.out.line((str(written), "bold"))
        return Exit.OK

    return work


def _kind(output: str, given: str) -> Kind:
    """The language of a page, by what was said or by the ending of its file.

    Raises:
        InvalidInput: Neither says it.
    """
    if given:
        if given not in ("html", "md"):
            raise InvalidInput(f"--format {given!r} is neither html nor md.", "For example: --format md")
        return "html" if given == "html" else "md"
    if output in ("", STDOUT):
        return "html"
    found = _ENDINGS.get(Path(output).suffix.lower())
    if found is None:
        raise InvalidInput(f"{output} ends with neither .html nor .md.", "Say which one it is to be: --format html")
    return found


@app.command(epilog=examples("oyama backup copy.db", "oyama backup /mnt/safe/oyama.db --force"))
def backup(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where the copy goes.")],
    force: Force = False,
    as_json: AsJson = False,
) -> Work:
    """Copy the database while it is used; engines go on meanwhile, and the copy is checked."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            made = await studio.archive.backup(Path(file), replace=force)
        if as_json:
            terminal.out.document({"id": made.path, "status": "written", "bytes": made.bytes, "runs": made.runs})
        else:
            runs = "1 run" if made.runs == 1 else f"{made.runs:,} runs"
            terminal.out.line((made.path, "bold"), f"  {runs}, {made.bytes:,} bytes, checked")
        return Exit.OK

    return work
