"""Commands about definitions: list, init, validate, schema."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from oyama_tui.cli.completing import complete_files, complete_templates
from oyama_tui.cli.error_output import refuse_damaged
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.printing import clock
from oyama_tui.cli.sources import standard_input
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, examples
from oyama_tui.core.definition.base import MAX_BYTES
from oyama_tui.core.errors import NotFound
from oyama_tui.files import read_named

app = typer.Typer()
MOST = MAX_BYTES + 1
"""Bytes that are read of a definition: enough to see that it is too large."""


@app.command(name="list", epilog=examples("oyama list", "oyama list --json"))
def list_workflows(as_json: AsJson = False) -> Work:
    """List workflows, those with the newest activity first."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            rows = await studio.workflows.list()
        if as_json:
            terminal.out.document([row.model_dump(mode="json") for row in rows])
        elif rows:
            terminal.out.table(
                ("ID", "STATUS", "TYPE", "STEPS", "RUNS", "NEWEST", "SOURCE"),
                [
                    (
                        row.id,
                        row.word,
                        row.type,
                        str(row.steps),
                        str(row.runs),
                        clock(row.newest_at),
                        (row.source or "stored") + (" (changed)" if row.changed else " (gone)" if row.missing else ""),
                    )
                    for row in rows
                ],
            )
        elif not rows.damaged:
            terminal.err.line(f"There are no workflows yet. Make one: {terminal.command('init')}")
        refuse_damaged(rows.damaged)
        return Exit.OK

    return work


@app.command(epilog=examples("oyama init", "oyama init ops --template release"))
def init(
    directory: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where the new file goes.")] = Path(),
    template: Annotated[
        str, typer.Option("--template", "-t", metavar="NAME", help="Which ready workflow to begin with.", autocompletion=complete_templates)
    ] = "release",
    as_json: AsJson = False,
) -> Work:
    """Write a new workflow file to begin with."""

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            if template not in studio.workflows.templates():
                raise NotFound(f"There is no template {template!r}.", f"Templates: {', '.join(studio.workflows.templates())}")
            row = await studio.workflows.create(directory / f"{template}.yaml", template)
        if as_json:
            terminal.out.document(row.model_dump(mode="json"))
        else:
            terminal.out.line(f"Wrote {row.source}")
            terminal.err.line(f"Start it: {terminal.command('run', str(directory / f'{template}.yaml'))}")
        return Exit.OK

    return work


@app.command(epilog=examples("oyama validate release.yaml", "cat release.yaml | oyama validate -"))
def validate(
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="A workflow's file, or - for standard input.", autocompletion=complete_files)
    ],
    as_json: AsJson = False,
) -> Work:
    """Check a definition and name every mistake with its place."""

    async def work(terminal: Terminal) -> int:
        from oyama_tui.cli import documents
        from oyama_tui.cli.plan_output import print_tree
        from oyama_tui.core.definition.reading import decoded
        from oyama_tui.core.dry_run import written_steps
        from oyama_tui.studio.workflows import examined

        name, raw = ("<stdin>", standard_input()) if file == "-" else (file, _read(file))
        workflow, warnings = examined(decoded(raw, name), name)
        listed = written_steps(workflow)
        blocks = sum(step.is_block for step in listed)
        steps = len(listed) - blocks
        if as_json:
            told = {"id": workflow.id, "status": "valid", "name": workflow.label, "type": workflow.type, "steps": steps, "blocks": blocks}
            doubts = [asdict(warning) for warning in warnings]
            told |= {"revision": workflow.revision(), "file": file, "tree": [documents.written(step) for step in listed]}
            terminal.out.document({**told, "warnings": doubts})
        else:
            inside = f", {blocks} block{'' if blocks == 1 else 's'}" if blocks else ""
            terminal.out.line(f"{name}: {workflow.id} is valid: {workflow.type}, {steps} steps{inside}")
            if blocks:
                print_tree(terminal, listed)
            for warning in warnings:
                terminal.err.line(f"warning: {warning}")
        return Exit.OK

    return work


def _read(file: str) -> bytes:
    """The content of a file.

    Raises:
        NotFound: It cannot be read.
    """
    try:
        return read_named(Path(file), MOST)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise NotFound(f"The file {file} cannot be read: {reason}.", "Check the path.") from None


@app.command(epilog=examples("oyama schema > workflow.schema.json"))
def schema() -> Work:
    """Print the JSON Schema of definitions, for editors."""

    async def work(terminal: Terminal) -> int:
        from oyama_tui.core.definition.schema import json_schema

        terminal.out.document(json_schema())
        return Exit.OK

    return work
