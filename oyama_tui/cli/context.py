"""The command for a run's variables: context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.completing import complete_variables
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.printing import to_json
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, RunRef, assignments, examples
from oyama_tui.core.definition.base import json_type
from oyama_tui.core.variable_text import read_variables
from oyama_tui.core.views import ContextView, RunRow

app = typer.Typer()
CHANGES: Final = ("set", "unset")


@app.command(
    epilog=examples(
        "oyama context release#12",
        "oyama context release#12 set channel=stable",
        'oyama context release#12 set \'hosts=["a", "b"]\' retries=3',
        "oyama context release#12 unset channel",
    )
)
def context(
    ref: RunRef,
    change: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[set NAME=VALUE... | unset NAME...]",
            help="Change variables; steps that start later see it. A value is JSON where it is written as such.",
            autocompletion=complete_variables,
        ),
    ] = None,
    as_json: AsJson = False,
) -> Work:
    """Show the variables of a run, or change them while it goes on."""
    verb, names = (change[0], change[1:]) if change else ("", [])
    if change and verb not in CHANGES:
        raise typer.BadParameter(f"What can be done with variables is set or unset, not {verb!r}.")
    if change and not names:
        raise typer.BadParameter("set needs NAME=VALUE." if verb == "set" else "unset needs the name of a variable.")

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            row = (await studio.runs.get(ref)).row
            before = await studio.runs.context(row.id)
            after = before
            if verb == "set":
                values = read_variables(assignments(names, "set"), {variable.name: variable.value for variable in before})
                after = await studio.runs.change_context(row.id, set=values)
            elif verb == "unset":
                after = await studio.runs.change_context(row.id, unset=names)
        if as_json:
            terminal.out.document([documents.variable(variable, row) for variable in after])
            return Exit.OK
        _tell(terminal, row, before, after, changes=bool(verb))
        return Exit.OK

    return work


def _tell(terminal: Terminal, row: RunRow, before: Iterable[ContextView], after: Sequence[ContextView], *, changes: bool) -> None:
    """Print the variables as they are, and what is new about them."""
    for variable in after:
        value = variable.value if isinstance(variable.value, str) else to_json(variable.value, indent=None)
        terminal.out.line(f"{variable.name}: {value}", (f"  {json_type(variable.value)}", "dim"))
    if not after:
        terminal.err.line(f"{row.label} has no variables{' any more' if changes else ''}.")
    if not changes:
        return
    known = {variable.name: variable.seq for variable in before}
    fresh = [variable.name for variable in after if variable.name not in known]
    if fresh:
        terminal.err.line(f"New: {', '.join(fresh)}.")
    if known == {variable.name: variable.seq for variable in after}:
        terminal.err.line("Nothing has changed: it was so already.")
