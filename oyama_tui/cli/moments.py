"""Commands for the points of a run's journal: snapshots, snapshot, diff."""

from __future__ import annotations

from typing import Annotated

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.completing import complete_points
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.past_output import print_differences, print_points
from oyama_tui.cli.printing import clock
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import POINT_HELP, AsJson, RunRef, examples

app = typer.Typer()


@app.command(epilog=examples("oyama snapshots release#12", "oyama snapshots release#12 --limit 500 --json"))
def snapshots(
    ref: RunRef,
    limit: Annotated[
        int | None,
        typer.Option(min=1, max=100_000, help="The most points without a name; as many as the setting snapshots_shown says unless said."),
    ] = None,
    as_json: AsJson = False,
) -> Work:
    """List the points of a run: where steps were over, the newest first, and those that have a name."""

    async def work(terminal: Terminal) -> int:
        most = limit if limit is not None else terminal.settings.snapshots_shown
        async with terminal.studio() as studio:
            row = (await studio.runs.get(ref)).row
            found = await studio.moments.snapshots(row.id, limit=most + 1)
        unnamed = [point for point in found if not point.name]
        points = [point for point in found if point not in unnamed[most:]]
        if as_json:
            terminal.out.document([documents.snapshot(point, row.id) for point in points])
        elif points:
            print_points(terminal, points)
        else:
            terminal.err.line(f"No step of {row.label} is over yet, and no point of it has a name.")
        if len(unnamed) > most:
            terminal.err.line(f"The newest {most:,}, and all that have a name. More: --limit N")
        return Exit.OK

    return work


@app.command(
    epilog=examples(
        "oyama snapshot release#12 'before the upload'",
        "oyama snapshot release#12 tested --at test",
        "oyama snapshot release#12 tested --forget",
    )
)
def snapshot(
    ref: RunRef,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call the point: up to 60 characters in one line.")],
    at: Annotated[
        str,
        typer.Option(
            "--at", metavar="POINT", help=f"Which point, the newest event unless said. {POINT_HELP}", autocompletion=complete_points
        ),
    ] = "",
    forget: Annotated[bool, typer.Option("--forget", help="Take the name away; the point itself stays.")] = False,
    as_json: AsJson = False,
) -> Work:
    """Give a point of a run a name, or take the name away."""
    if forget and at:
        raise typer.BadParameter("--forget goes without --at: the name says which point is meant.")

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            row = (await studio.runs.get(ref)).row
            if forget:
                await studio.moments.forget(row.id, name)
                points = await studio.moments.snapshots(row.id)
            else:
                seq = await studio.moments.resolve(row.id, at) if at else None
                points = (await studio.moments.name(row.id, name, at=seq),)
        if as_json:
            named = [documents.snapshot(point, row.id) for point in points if point.name]
            terminal.out.document(named if forget else named[0])
        elif forget:
            terminal.out.line(f"{row.label}: no point is named {name!r} any more.")
        else:
            terminal.out.line(f"{row.label}: {name!r} is the point after event {points[0].seq}, {clock(points[0].at)}.")
        return Exit.OK

    return work


@app.command(epilog=examples("oyama diff release#12 test publish", "oyama diff release#12 17 now --json"))
def diff(
    ref: RunRef,
    one: Annotated[str, typer.Argument(metavar="POINT", help=POINT_HELP, autocompletion=complete_points)],
    other: Annotated[str, typer.Argument(metavar="POINT", help="Another one.", autocompletion=complete_points)],
    as_json: AsJson = False,
) -> Work:
    """Show what two points of a run do not have in common: its state, its steps, its variables."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            past = await studio.moments.open(ref)
            try:
                first, second = [await studio.moments.resolve(past.run_id, point) for point in (one, other)]
                found = await past.difference(first, second)
            finally:
                past.close()
        if as_json:
            terminal.out.document([documents.difference(each, past.run_id) for each in found])
        elif found:
            print_differences(terminal, found)
        else:
            terminal.err.line(f"{past.label} was the same after event {first} and after event {second}.")
        return Exit.OK

    return work
