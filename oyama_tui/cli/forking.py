"""The command that starts a run from what another one had done: fork."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import typer
from pydantic import JsonValue

from oyama_tui.cli import documents
from oyama_tui.cli.completing import complete_files, complete_fork_inputs, complete_outer_steps, complete_points, complete_runs
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.questions import agrees
from oyama_tui.cli.running import Lines, NoWait, RunFollower, left
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import POINT_HELP, RUN_HELP, AsJson, assignments, examples
from oyama_tui.core import commands as c
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.text import one_line
from oyama_tui.core.variable_text import read_variables
from oyama_tui.core.views import REUSE_WORDS, TWICE, ForkPlan, RunRow

app = typer.Typer()
AnyRun = Annotated[str, typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=complete_runs)]
From = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="STEP",
        help="This step begins once more, and what depends on it; may be repeated.",
        autocompletion=complete_outer_steps,
    ),
]
At = Annotated[
    str, typer.Option(metavar="POINT", help=f"Go on from this point, else from now. {POINT_HELP}", autocompletion=complete_points)
]
ForkInputs = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", metavar="NAME=VALUE", help="Another value of an input.", autocompletion=complete_fork_inputs),
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A variable; a value is JSON where it is written as such.")
]
Unset = Annotated[list[str] | None, typer.Option(metavar="NAME", help="A variable that is to be gone.")]
Output = Annotated[
    list[str] | None,
    typer.Option(metavar="STEP.NAME=VALUE", help="What a step that is taken over is to have left; what depends on it begins once more."),
]
Definition = Annotated[str, typer.Option(metavar="FILE", help="Go by another definition of the workflow.", autocompletion=complete_files)]


@dataclass(frozen=True)
class Words:
    """What is wanted, as it was typed."""

    from_: list[str] | None
    inputs: list[str] | None
    set: list[str] | None
    unset: list[str] | None
    output: list[str] | None


@app.command(
    epilog=examples(
        "oyama fork release#11 --plan",
        "oyama fork release#11 --from publish",
        "oyama fork release#11 --at build -i version=1.3",
        "oyama fork release#11 --definition release.yaml",
        "oyama fork release#11 --output upload.url=https://example.org --yes --detach",
    )
)
def fork(
    ref: AnyRun,
    from_: From = None,
    at: At = "",
    inputs: ForkInputs = None,
    set_: Set = None,
    unset: Unset = None,
    output: Output = None,
    definition: Definition = "",
    plan_only: Annotated[bool, typer.Option("--plan", help="Show what would be done, and do nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return at once; a background engine drives the new run.")] = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
    as_lines: Lines = False,
) -> Work:
    """Start a new run that takes over what another one had done, with something changed."""
    _refuse_misfits(from_=from_, at=at, plan_only=plan_only, yes=yes, leaves=(detach, no_wait), as_json=as_json, as_lines=as_lines)
    words = Words(from_, inputs, set_, unset, output)

    async def work(terminal: Terminal) -> int:
        row, wish = await _wish(terminal, ref, words)
        point = at
        if not yes:
            async with terminal.studio() as studio:
                plan = await studio.forks.plan(row.id, wish, at=at, definition=definition)
            if plan_only or not await agrees(terminal, lambda: _tell_plan(terminal, row, plan, as_json=False), "Start it?"):
                if plan_only:
                    _tell_plan(terminal, row, plan, as_json=as_json)
                return Exit.OK
            wish, point = wish.model_copy(update={"digest": plan.digest}), str(plan.at)
        if not detach:
            follower = RunFollower(terminal, as_json=as_json, as_lines=as_lines, leave_waiting=no_wait)
            return await follower.begin(lambda studio: studio.forks.fork(row.id, wish, at=point, definition=definition))
        async with terminal.studio() as studio:
            return left(terminal, await studio.forks.fork(row.id, wish, at=point, definition=definition, detach=True), as_json=as_json)

    return work


def _refuse_misfits(
    *, from_: list[str] | None, at: str, plan_only: bool, yes: bool, leaves: tuple[bool, bool], as_json: bool, as_lines: bool
) -> None:
    """Refuse options that do not go together."""
    if from_ and at:
        raise typer.BadParameter("--from goes on from the newest event, and --at from another point: give one of them.")
    if plan_only and yes:
        raise typer.BadParameter("--plan and --yes exclude each other.")
    if sum((plan_only, *leaves)) > 1:
        raise typer.BadParameter("--plan, --detach and --no-wait exclude each other.")
    if as_json and as_lines:
        raise typer.BadParameter("--json and --jsonl exclude each other.")
    if as_lines and (plan_only or leaves[0]):
        raise typer.BadParameter("--jsonl follows a run, so it does not go with --plan or --detach.")


async def _wish(terminal: Terminal, ref: str, words: Words) -> tuple[RunRow, c.ForkWish]:
    """The run, and what is to be different."""
    async with terminal.studio() as studio:
        row = (await studio.runs.get(ref)).row
        now = {variable.name: variable.value for variable in await studio.runs.context(row.id)}
    return row, c.ForkWish(
        steps=tuple(words.from_ or ()),
        inputs=dict(assignments(words.inputs, "--input")),
        set=read_variables(assignments(words.set, "--set"), now),
        unset=tuple(words.unset or ()),
        outputs=_outputs(words.output),
    )


def _outputs(words: Iterable[str] | None) -> dict[str, dict[str, JsonValue]]:
    found: dict[str, dict[str, JsonValue]] = {}
    for name, value in assignments(words, "--output").items():
        step_id, dot, output = name.partition(".")
        if not dot or not step_id or not output:
            raise InvalidInput(f"--output {name!r} does not say of which step.", "For example: --output upload.url=https://example.org")
        found.setdefault(step_id, {})[output] = value
    return found


def _tell_plan(terminal: Terminal, row: RunRow, plan: ForkPlan, *, as_json: bool) -> None:
    """Print what would be done."""
    if as_json:
        terminal.out.document(documents.fork_plan(row, plan))
        return
    terminal.out.line(("A new run", "bold"), f", forked from {row.label} {plan.label}")
    for step in plan.steps:
        why = f"  ({one_line(step.why, 120)})" if step.why else ""
        twice = f"  {TWICE}" if step.permanent else ""
        terminal.out.line(f"  {step.label}  ", (REUSE_WORDS[step.does], "bold"), (why, "dim"), (twice, "ask"))
    for change in plan.changed:
        terminal.out.line(f"  {change}")
    for note in plan.notes:
        terminal.out.line((f"  {note}", "dim"))
    if not any(step.does in ("again", "new") for step in plan.steps):
        terminal.out.line("  Nothing begins once more: it comes to its end at once.")
