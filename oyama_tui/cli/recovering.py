"""The command that takes a run up anew: recover."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.completing import complete_failed_steps, complete_runs
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.questions import says_yes
from oyama_tui.cli.running import Lines, NoWait, RunFollower
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import RUN_HELP, AsJson, assignments, examples
from oyama_tui.core import commands as c
from oyama_tui.core.definition.base import parse_duration
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.views import RECOVERY_WORDS, RecoverPlan, RunRow

app = typer.Typer()
AnyRun = Annotated[str, typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=complete_runs)]
_STEP: dict[str, object] = {"metavar": "STEP", "autocompletion": complete_failed_steps}


@app.command(
    epilog=examples(
        "oyama recover release@latest",
        "oyama recover release#12 --step publish --plan",
        "oyama recover release#12 --done upload --output url=https://example.org --comment 'uploaded by hand'",
        "oyama recover release#12 --from build",
    )
)
def recover(
    ref: AnyRun,
    step: Annotated[list[str] | None, typer.Option("--step", help="Only this of what failed; may be repeated.", **_STEP)] = None,
    from_: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="STEP", help="Begin with this step although it is over, and with all that depends on it."),
    ] = None,
    skip: Annotated[list[str] | None, typer.Option("--skip", help="Leave this out instead of trying it again.", **_STEP)] = None,
    done: Annotated[list[str] | None, typer.Option("--done", help="Somebody has done this by hand.", **_STEP)] = None,
    output: Annotated[
        list[str] | None, typer.Option("--output", metavar="NAME=VALUE", help="An output of what is skipped or done; may be repeated.")
    ] = None,
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="Why; kept in the journal.")] = "",
    attempts: Annotated[int | None, typer.Option("--attempts", help="How often each step may be tried; as it says itself.")] = None,
    delay: Annotated[str, typer.Option("--delay", metavar="TIME", help="The pause before each attempt, such as 30s.")] = "",
    plan_only: Annotated[bool, typer.Option("--plan", help="Show what would be done, and do nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Leave the run to an engine in the background.")] = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
    as_lines: Lines = False,
) -> Work:
    """Take a run up anew that failed, was rejected or cancelled: what failed begins once more, and what never began."""
    if from_ and (step or skip or done):
        raise typer.BadParameter("--from begins with steps that are over, and goes with none of --step, --skip and --done.")
    if output and len([*(skip or ()), *(done or ())]) != 1:
        raise typer.BadParameter("--output says what one step has left: give one --skip or one --done with it.")
    if plan_only and yes:
        raise typer.BadParameter("--plan and --yes exclude each other.")
    if done and not comment.strip():
        raise typer.BadParameter("--done needs --comment: how it was done, for whoever reads this later.")

    async def work(terminal: Terminal) -> int:
        outputs = assignments(output, "--output")
        supplied = [*_supplied(skip, "skipped", outputs), *_supplied(done, "done", outputs)]
        steps, again, pause = tuple(from_ or step or ()), bool(from_), _milliseconds(delay)
        async with terminal.studio() as studio:
            row = (await studio.runs.get(ref)).row
            plan = await studio.recovery.plan(row.id, steps=steps, again=again, supplied=supplied, attempts=attempts, delay=pause)
        if plan_only:
            _tell_plan(terminal, row, plan, as_json=as_json)
            return Exit.OK
        if not yes:
            if not terminal.interactive:
                raise InvalidInput("Nobody can be asked here.", "Look at it with --plan, then say --yes.")
            _tell_plan(terminal, row, plan, as_json=False)
            if not await says_yes(terminal, "Do it?"):
                terminal.err.line("Nothing was done.")
                return Exit.OK
        async with terminal.studio("background" if detach else "none") as studio:
            row = await studio.recovery.recover(
                row.id, steps=steps, again=again, supplied=supplied, why=comment, attempts=attempts, delay=pause, seen=plan.seq
            )
        if detach:
            if as_json:
                terminal.out.document(documents.run_row(row))
            else:
                terminal.out.line(row.id)
            return Exit.OK
        return await RunFollower(terminal, as_json=as_json, as_lines=as_lines, leave_waiting=no_wait).resume(row.id)

    return work


def _supplied(steps: list[str] | None, outcome: Literal["done", "skipped"], outputs: dict[str, str]) -> list[c.Supply]:
    return [c.Supply(step=name, outcome=outcome, outputs=dict(outputs)) for name in steps or ()]


def _milliseconds(delay: str) -> int:
    if not delay:
        return 0
    try:
        return parse_duration(delay)
    except ValueError as wrong:
        raise InvalidInput(f"--delay {delay!r}: {wrong}.", "For example: --delay 30s") from None


def _tell_plan(terminal: Terminal, row: RunRow, plan: RecoverPlan, *, as_json: bool) -> None:
    """Print what would be done."""
    if as_json:
        terminal.out.document(documents.recover_plan(row, plan))
        return
    terminal.out.line((f"{row.label}", "bold"), f" {row.word}{f': {row.reason}' if row.reason else ''}")
    for step in plan.steps:
        terminal.out.line(f"  {step.label}  ", (RECOVERY_WORDS[step.does], "bold"), (f"  ({step.node}, {step.was})", "dim"))
    if not plan.steps:
        terminal.out.line("  No step failed: the run only comes to its end once more.")
