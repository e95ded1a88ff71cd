"""Commands that drive or follow a run: run, resume, watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer
from pydantic import JsonValue

from oyama_tui.cli import documents
from oyama_tui.cli.completing import complete_startable
from oyama_tui.cli.exits import Exit, code_of_status
from oyama_tui.cli.given_inputs import given_inputs
from oyama_tui.cli.logfile import log_path
from oyama_tui.cli.plan_output import print_plan
from oyama_tui.cli.sources import standard_input
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, Inputs, InputsFile, LiveRunRef, assignments, examples
from oyama_tui.core.definition.concurrency import MAX_PRIORITY
from oyama_tui.core.errors import IllegalTransition, InvalidInput
from oyama_tui.core.views import RunRow, RunView

if TYPE_CHECKING:
    from oyama_tui.cli.run_reporters import RunReporter
    from oyama_tui.studio import Studio

app = typer.Typer()
Starting: TypeAlias = "Callable[[Studio], Coroutine[Any, Any, RunRow]]"
"""How a run is started."""
Lines = Annotated[bool, typer.Option("--jsonl", help="Print one JSON line for each event, after it is durable.")]
MOMENT = 2.0
"""Seconds that an interrupted start may take until the run can be named."""
Priority = Annotated[
    int,
    typer.Option(
        "--priority", min=-MAX_PRIORITY, max=MAX_PRIORITY, metavar="N", help="Among runs of the workflow that queue: the higher is first."
    ),
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Leave with exit code 5 when only people are waited for.")]


@app.command(
    epilog=examples(
        "oyama run release.yaml -i version=v1.2.0",
        "oyama run release --detach --priority 10",
        "oyama run release -i version=v1.2.0 --dry-run",
        "oyama run release --inputs values.yaml -i channel=beta",
        "cat release.yaml | oyama run -",
    )
)
def run(
    ref: Annotated[
        str,
        typer.Argument(metavar="FILE|ID|-", help="A workflow's file, its id, or - for standard input.", autocompletion=complete_startable),
    ],
    inputs: Inputs = None,
    inputs_file: InputsFile = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return at once; a background engine drives the run.")] = False,
    no_wait: NoWait = False,
    priority: Priority = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, in order, and start nothing.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Let this file take over the id of another file's workflow.")] = False,
    as_json: AsJson = False,
    as_lines: Lines = False,
) -> Work:
    """Start a run of a workflow and follow it to its end."""
    if sum((detach, no_wait, dry_run)) > 1:
        raise typer.BadParameter("--detach, --no-wait and --dry-run exclude each other.")
    if as_json and as_lines:
        raise typer.BadParameter("--json and --jsonl exclude each other.")
    if as_lines and (detach or dry_run):
        raise typer.BadParameter("--jsonl follows a run, so it does not go with --detach or --dry-run.")
    if ref == inputs_file == "-":
        raise typer.BadParameter("The workflow and --inputs cannot both be read from standard input; write one of them into a file.")

    async def work(terminal: Terminal) -> int:
        values = await given_inputs(inputs_file, assignments(inputs, "--input"))
        given = await asyncio.to_thread(standard_input) if ref == "-" else None
        if dry_run:
            return await _plan(terminal, ref, values, given, as_json=as_json)
        if detach:
            return await _detach(terminal, ref, values, given, replace=replace, priority=priority, as_json=as_json)
        follower = RunFollower(terminal, as_json=as_json, as_lines=as_lines, leave_waiting=no_wait)
        return await follower.start(ref, values, given, replace=replace, priority=priority)

    return work


@app.command(epilog=examples("oyama resume release#12", "oyama resume release@latest --no-wait"))
def resume(ref: LiveRunRef, no_wait: NoWait = False, as_json: AsJson = False, as_lines: Lines = False) -> Work:
    """Let a paused or left run go on, and follow it to its end."""

    async def work(terminal: Terminal) -> int:
        return await RunFollower(terminal, as_json=as_json, as_lines=as_lines, leave_waiting=no_wait).resume(ref)

    return work


@app.command(epilog=examples("oyama watch release@latest"))
def watch(ref: LiveRunRef, as_json: AsJson = False, as_lines: Lines = False) -> Work:
    """Follow a run that others drive, from its first event to its end."""
    if as_json and as_lines:
        raise typer.BadParameter("--json and --jsonl exclude each other.")

    async def work(terminal: Terminal) -> int:
        from oyama_tui.cli.run_progress import choose_reporter, follow

        async with terminal.studio() as studio:
            view = await studio.runs.get(ref)
            reporter = await choose_reporter(studio, terminal, view, as_json=as_json, as_lines=as_lines, replay=view.seq)
            if view.row.owner == "nobody" and view.row.live:
                terminal.note(f"Nobody drives {view.row.label} now. Let it go on: {terminal.command('resume', view.row.id)}")
            await reporter.join(view)
            view = await follow(studio, terminal, view.row.id, reporter, replay=view.seq)
        return _finish(terminal, view, as_json=as_json, as_lines=as_lines)

    return work


async def _plan(terminal: Terminal, ref: str, values: Mapping[str, JsonValue], given: bytes | None, *, as_json: bool) -> int:
    """Print what a run would do."""
    async with terminal.studio() as studio:
        if given is not None:
            studio.workflows.give(given)
        steps = await studio.workflows.dry_run(ref, values)
    if as_json:
        terminal.out.document([documents.planned(step) for step in steps])
        return Exit.OK
    print_plan(terminal, steps)
    return Exit.OK


async def _detach(
    terminal: Terminal, ref: str, values: Mapping[str, JsonValue], given: bytes | None, *, replace: bool, priority: int, as_json: bool
) -> int:
    """Start a run and leave it to another engine."""
    async with terminal.studio() as studio:
        if given is not None:
            studio.workflows.give(given)
        row = await studio.runs.start(ref, values, replace=replace, detach=True, priority=priority)
    return left(terminal, row, as_json=as_json)


def left(terminal: Terminal, row: RunRow, *, as_json: bool) -> int:
    """Name a run that another engine drives, and say so when none can.

    Args:
        terminal: Where to tell it.
        row: The run.
        as_json: As one document.
    """
    if as_json:
        terminal.out.document(documents.run_row(row))
    else:
        terminal.out.line(row.id)
    if row.obstacle:
        terminal.err.line(("Waits:", "bad"), f" {row.label} was started, but no engine can drive it. {row.obstacle}")
        terminal.err.line(f"  It goes on as soon as that is put right. Drive it from here: {terminal.command('resume', row.id)}")
        return Exit.SETTINGS
    if not as_json:
        terminal.err.line(f"{row.label} runs in the background. Look at it: {terminal.command('watch', row.id)}")
    return Exit.OK


def _finish(terminal: Terminal, view: RunView, *, as_json: bool, as_lines: bool) -> Exit:
    """Print how a followed run is at the end, and give the exit code."""
    from oyama_tui.cli.run_progress import tell_end

    if as_json:
        terminal.out.document(documents.run_view(view))
    return code_of_status(view.row.status) if as_json or as_lines else tell_end(terminal, view)


class RunFollower:
    """Driving a run in this process, to its end or until it is left.

    Args:
        terminal: Where it is told.
        as_json: Print one document at the end.
        as_lines: Print a line for each event.
        leave_waiting: Leave when only people are waited for.
    """

    def __init__(self, terminal: Terminal, *, as_json: bool, as_lines: bool, leave_waiting: bool) -> None:
        if as_json and as_lines:
            raise InvalidInput("--json and --jsonl exclude each other.")
        self.terminal = terminal
        self.as_json = as_json
        self.as_lines = as_lines
        self.leave_waiting = leave_waiting
        self.run_id = ""
        self.elsewhere = False
        self.given: bytes | None = None
        terminal.out.persistent = True
        terminal.after_signal = self._tell_ending

    async def start(
        self, ref: str, values: Mapping[str, JsonValue], given: bytes | None = None, *, replace: bool = False, priority: int = 0
    ) -> int:
        """Start a run and follow it.

        Args:
            ref: A workflow's id, a file, or `-`.
            values: Its inputs.
            given: The definition that `-` stands for.
            replace: Let it take over the workflow's id.
            priority: Among runs of the workflow that queue.
        """
        self.given = given
        return await self.begin(lambda studio: studio.runs.start(ref, values, replace=replace, priority=priority))

    async def begin(self, starting: Starting) -> int:
        """Start a run in any way, and follow it.

        Args:
            starting: Starts it.
        """
        return await self._follow("", starting)

    async def resume(self, ref: str) -> int:
        """Let a run go on and follow it."""
        return await self._follow(ref, None)

    async def _follow(self, ref: str, starting: Starting | None) -> int:
        """Start or resume a run, follow it and print how it ended.

        Args:
            ref: A run to resume.
            starting: Starts a new one; none to resume one.
        """
        from oyama_tui.cli.run_progress import choose_reporter
        from oyama_tui.cli.run_reporters import tell_open_gates

        try:
            async with self.terminal.studio("own") as studio:
                if self.given is not None:
                    studio.workflows.give(self.given)
                after = 0
                if starting is None:
                    before = await studio.runs.get(ref)
                    after = before.seq
                    self._learn(before.row)
                    row = await self._gone_on(studio, before.row)
                    if row.ended:
                        self.terminal.err.line(f"{row.label} is over already.")
                        return _finish(self.terminal, await studio.runs.get(row.id), as_json=self.as_json, as_lines=self.as_lines)
                else:
                    row = await self._begun(starting(studio))
                self._learn(row)
                view = await studio.runs.get(row.id)
                reporter = await choose_reporter(
                    studio, self.terminal, view, as_json=self.as_json, as_lines=self.as_lines, answers=not self.leave_waiting
                )
                if after:
                    await reporter.join(before)
                    quiet = self.as_json or self.as_lines
                    await tell_open_gates(studio, self.terminal, self.terminal.err if quiet else self.terminal.out, before)
                view = await self._told(studio, row, reporter, after)
                for left in await studio.runs.hand_over() if view.row.ended else ():
                    self.terminal.note(f"{left.label} goes on in the background. Look at it: {self.terminal.command('watch', left.id)}")
                # This process drives nothing but that run and those below it.
                parked = studio.system.parked().get(row.id, "") or next(iter(studio.system.parked().values()), "")
        except asyncio.CancelledError:
            self._tell_left()
            raise
        if parked and not view.row.ended:
            self.terminal.err.line(("Parked:", "bad"), f" {parked}")
            self.terminal.err.line(f"  The details are in {log_path(self.terminal.settings.home)}.")
            return Exit.BUG
        return _finish(self.terminal, view, as_json=self.as_json, as_lines=self.as_lines)

    async def _gone_on(self, studio: Studio, row: RunRow) -> RunRow:
        """Let a run go on that is not over; one that is over by now is given as it is."""
        if row.ended:
            return row
        try:
            return await studio.runs.resume(row.id)
        except IllegalTransition:
            now = (await studio.runs.get(row.id)).row
            if not now.ended:
                raise
            return now

    async def _begun(self, starting: Coroutine[Any, Any, RunRow]) -> RunRow:
        """Wait for a start; a signal that comes meanwhile leaves it a moment, for a run that exists must be named."""
        task = asyncio.ensure_future(starting)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            done, _ = await asyncio.wait({task}, timeout=MOMENT)
            if done and task.exception() is None:
                self._learn(task.result())
            else:
                task.cancel()
            raise

    async def _told(self, studio: Studio, row: RunRow, reporter: RunReporter, after: int) -> RunView:
        """Tell the run until it is over or left."""
        from oyama_tui.cli.answering_here import AnsweringReporter
        from oyama_tui.cli.run_progress import follow

        try:
            return await follow(studio, self.terminal, row.id, reporter, after=after, leave_waiting=self.leave_waiting)
        finally:
            if isinstance(reporter, AnsweringReporter):
                await reporter.close()

    def _learn(self, row: RunRow) -> None:
        """Know which run it is, and whether another process drives it."""
        self.run_id, self.elsewhere = row.id, row.owner == "elsewhere"

    def _tell_ending(self) -> None:
        """Say that the steps are asked to end."""
        if not self.elsewhere:
            self.terminal.note("Ending the steps that run; once more ends at once.")

    def _tell_left(self) -> None:
        """Say how the run can go on."""
        if self.elsewhere:
            self.terminal.note(f"Interrupted. Another process drives the run: {self.terminal.command('watch', self.run_id)}")
        elif self.run_id:
            self.terminal.note(f"Interrupted. The run can go on: {self.terminal.command('resume', self.run_id)}")
