"""The command that takes a run back: undo."""

from __future__ import annotations

from typing import Annotated

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.completing import complete_points, complete_runs
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.questions import agrees
from oyama_tui.cli.running import Lines, NoWait, RunFollower
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import POINT_HELP, RUN_HELP, AsJson, examples
from oyama_tui.core.events.undo import UNDONE_BACK
from oyama_tui.core.format import as_text
from oyama_tui.core.text import one_line
from oyama_tui.core.views import UNDO_WORDS, RunRow, UndoPlan, UndoStep

app = typer.Typer()
_LONGEST = 100
"""Characters of a value or an action that one line shows."""


@app.command(
    epilog=examples("oyama undo release#12", "oyama undo release#12 --to build --plan", "oyama undo release@latest --force announce --yes")
)
def undo(
    ref: Annotated[str, typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=complete_runs)],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="POINT",
            help=f"What was over then stays; the beginning unless said. {POINT_HELP}",
            autocompletion=complete_points,
        ),
    ] = "start",
    force: Annotated[
        list[str] | None,
        typer.Option("--force", metavar="STEP", help="This step cannot be undone: undo the rest all the same. May be repeated."),
    ] = None,
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="Why; kept in the journal.")] = "",
    plan_only: Annotated[bool, typer.Option("--plan", help="Show what would be done, and do nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Leave the run to an engine in the background.")] = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
    as_lines: Lines = False,
) -> Work:
    """Take a run back: run what its steps say undoes them, the newest first, and pause where it was then."""
    if plan_only and yes:
        raise typer.BadParameter("--plan and --yes exclude each other.")

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            row = (await studio.runs.get(ref)).row
            plan = await studio.undoing.plan(row.id, to=to, force=force or ())
        if plan_only:
            _tell_plan(terminal, row, plan, as_json=as_json)
            return Exit.OK
        if not yes and not await _agreed(terminal, row, plan, force or []):
            return Exit.OK
        async with terminal.studio() as studio:
            row = await studio.undoing.undo(row.id, to=to, force=force or (), why=comment, seen=plan.seq, detach=detach)
        if not detach:
            code = await RunFollower(terminal, as_json=as_json, as_lines=as_lines, leave_waiting=no_wait).resume(row.id)
            return Exit.OK if await is_undone(terminal, row.id) else code
        if as_json:
            terminal.out.document(documents.run_row(row))
        else:
            terminal.out.line(row.id)
        return Exit.OK

    return work


async def is_undone(terminal: Terminal, run_id: str) -> bool:
    """Whether a run rests where it was taken back to, or has ended there, as was wanted.

    Args:
        terminal: Where the database is known.
        run_id: The run.
    """
    async with terminal.studio() as studio:
        row = (await studio.runs.get(run_id)).row
    return (row.status == "paused" and row.reason.startswith(UNDONE_BACK)) or row.status == "undone"


async def _agreed(terminal: Terminal, row: RunRow, plan: UndoPlan, force: list[str]) -> bool:
    """Show the plan and ask; steps that cannot be undone are not asked about: they must have been named."""
    if terminal.interactive and set(plan.obstacles) - set(force):
        # The same refusal that doing it would end in, without a question before it.
        _tell_plan(terminal, row, plan, as_json=False)
        return True
    return await agrees(terminal, lambda: _tell_plan(terminal, row, plan, as_json=False), "Undo it?")


def _tell_plan(terminal: Terminal, row: RunRow, plan: UndoPlan, *, as_json: bool) -> None:
    """Print what would be done."""
    if as_json:
        terminal.out.document(documents.undo_plan(row, plan))
        return
    terminal.out.line((f"{row.label}", "bold"), f" back {plan.label}")
    undone = [step for step in plan.steps if step.does in ("undone", "impossible")]
    for number, step in enumerate(undone, 1):
        terminal.out.line(f"  {number:>2}  {step.label}  ", (UNDO_WORDS[step.does], "bold"), f" {_how(step)}", (_node(step), "dim"))
    for step in plan.steps:
        if step not in undone:
            style = "bad" if step.does == "permanent" else "dim"
            count = f" ({step.count:,} times)" if step.count > 1 else ""
            terminal.out.line(f"   –  {step.label}{count}  ", (UNDO_WORDS[step.does], style))
    if not plan.steps:
        terminal.out.line("  Nothing that was done is known to leave anything behind.")
    for name, value in plan.set.items():
        terminal.out.line(f"  {name} = {one_line(as_text(value), _LONGEST)}  ", ("as it was then", "dim"))
    for name in plan.unset:
        terminal.out.line(f"  {name}  ", ("is no more", "dim"))
    after = "Then the run ends." if plan.ends else f"Then the run pauses; resumed, it begins anew with {_again(plan)}."
    terminal.out.line(f"  {after}")


def _how(step: UndoStep) -> str:
    return one_line(step.action, _LONGEST) if step.does == "undone" else one_line(step.why, _LONGEST)


def _node(step: UndoStep) -> str:
    return "" if step.node == step.label else f"  ({step.node})"


def _again(plan: UndoPlan) -> str:
    more = f" and {len(plan.again) - 1} more" if len(plan.again) > 1 else ""
    return f"{plan.again[0] if plan.again else 'what follows'}{more}"
