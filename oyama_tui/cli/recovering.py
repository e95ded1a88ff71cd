"""The command that takes a run up anew: recover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.completing import complete_failed_steps, complete_runs
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.questions import agrees
from oyama_tui.cli.running import Lines, NoWait, RunFollower
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.undoing import is_undone
from oyama_tui.cli.words import RUN_HELP, AsJson, assignments, examples
from oyama_tui.core import commands as c
from oyama_tui.core.definition.base import parse_duration
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.views import RECOVERY_WORDS, TWICE, RecoverPlan, RunRow

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
    _refuse_misfits(from_=from_, step=step, skip=skip, done=done, output=output, comment=comment, plan_only=plan_only, yes=yes)

    async def work(terminal: Terminal) -> int:
        outputs = assignments(output, "--output")
        wish = Wish(
            steps=tuple(from_ or step or ()),
            again=bool(from_),
            supplied=(*_supplied(skip, "skipped", outputs), *_supplied(done, "done", outputs)),
            attempts=attempts,
            delay=_milliseconds(delay),
        )
        row, plan = await _planned(terminal, ref, wish)
        if plan_only:
            _tell_plan(terminal, row, plan, as_json=as_json)
            return Exit.OK
        if not yes and not await agrees(terminal, lambda: _tell_plan(terminal, row, plan, as_json=False), "Do it?"):
            return Exit.OK
        async with terminal.studio() as studio:
            row = await studio.recovery.recover(row.id, **wish.words(), why=comment, seen=plan.seq, detach=detach)
        if not detach:
            code = await RunFollower(terminal, as_json=as_json, as_lines=as_lines, leave_waiting=no_wait).resume(row.id)
            return Exit.OK if code == Exit.WAITING and await is_undone(terminal, row.id) else code
        return _left(terminal, row, as_json=as_json)

    return work


def _left(terminal: Terminal, row: RunRow, *, as_json: bool) -> int:
    """Name a run that another engine drives."""
    if as_json:
        terminal.out.document(documents.run_row(row))
    else:
        terminal.out.line(row.id)
    return Exit.OK


@dataclass(frozen=True)
class Wish:
    """What is to begin once more, and what needs no further try."""

    steps: tuple[str, ...]
    again: bool
    supplied: tuple[c.Supply, ...]
    attempts: int | None
    delay: int

    def words(self) -> dict[str, Any]:
        """As the studio takes it."""
        return {name: getattr(self, name) for name in ("steps", "again", "supplied", "attempts", "delay")}


def _refuse_misfits(
    *,
    from_: list[str] | None,
    step: list[str] | None,
    skip: list[str] | None,
    done: list[str] | None,
    output: list[str] | None,
    comment: str,
    plan_only: bool,
    yes: bool,
) -> None:
    """Refuse options that do not go together."""
    if from_ and (step or skip or done):
        raise typer.BadParameter("--from begins with steps that are over, and goes with none of --step, --skip and --done.")
    if output and len([*(skip or ()), *(done or ())]) != 1:
        raise typer.BadParameter("--output says what one step has left: give one --skip or one --done with it.")
    if plan_only and yes:
        raise typer.BadParameter("--plan and --yes exclude each other.")
    if done and not comment.strip():
        raise typer.BadParameter("--done needs --comment: how it was done, for whoever reads this later.")


async def _planned(terminal: Terminal, ref: str, wish: Wish) -> tuple[RunRow, RecoverPlan]:
    async with terminal.studio() as studio:
        row = (await studio.runs.get(ref)).row
        return row, await studio.recovery.plan(row.id, **wish.words())


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
        twice = f"  {TWICE}" if step.permanent else ""
        what = (RECOVERY_WORDS[step.does], "bold")
        terminal.out.line(f"  {step.label}  ", what, (f"  ({step.node}, {step.was})", "dim"), (twice, "ask"))
    if not plan.steps:
        terminal.out.line("  No step failed: the run only comes to its end once more.")
