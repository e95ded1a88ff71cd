"""Waiting for the answer to a question from outside: what is said meanwhile, the output of its command, and the exit code."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from oyama_tui.cli import documents
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.live_output import LiveOutput
from oyama_tui.cli.printing import CLEAR_LINE
from oyama_tui.cli.run_reporters import tell_gate
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.asked import is_of_command
from oyama_tui.core.errors import IllegalTransition
from oyama_tui.core.format import between, compact, stopwatch
from oyama_tui.core.questions import STEP
from oyama_tui.core.views import AskedView, AttemptView

if TYPE_CHECKING:
    from oyama_tui.core.questions import Question
    from oyama_tui.studio import Studio

PACE: Final = 0.1
"""Seconds between two looks at the output of a command that runs."""
TICK: Final = 1.0
"""Seconds between two looks otherwise, besides those that news cause."""
PIECE: Final = 256 * 1024
MOMENT: Final = 2.0
"""Seconds that an interrupted start may take until the question can be named."""
SHELL_SIGNAL: Final = 128
"""What shells add to the number of the signal that ended a program."""


class AskWaiting:
    """Asks or finds a question, and waits for what comes of it.

    Args:
        terminal: Where it is told.
        as_json: Print one document at the end.
        leave: Leave while it is open.
    """

    def __init__(self, terminal: Terminal, *, as_json: bool, leave: bool) -> None:
        self.terminal = terminal
        self.as_json = as_json
        self.leave = leave
        self._asked = False
        self._told = ""
        """The approval about which was told how to answer it."""
        self._line = ""
        self._since = datetime.now(UTC)
        terminal.out.persistent = True

    async def ask(self, question: Question) -> int:
        """Ask, and wait.

        Args:
            question: What is asked.
        """
        self._asked = True
        return await self._run(lambda studio: studio.asking.ask(question))

    async def resume(self, ref: str) -> int:
        """Wait for a question that was asked before.

        Args:
            ref: Its run or approval.
        """
        return await self._run(lambda studio: studio.asking.get(ref))

    async def _run(self, begin: Callable[[Studio], Awaitable[AskedView]]) -> int:
        async with self.terminal.studio("background", "ask") as studio:
            view = await self._begun(studio, begin)
            if self.leave and not view.over:
                return self._left(view)
            try:
                view, output = await self._followed(studio, view)
            except asyncio.CancelledError:
                self._clear()
                await self._interrupted(studio, view.run_id)
                raise
            finally:
                self._clear()
            newest = output.newest and await studio.runs.attempt(view.run_id, *output.newest)
        return self._finish(view, newest or None)

    async def _begun(self, studio: Studio, begin: Callable[[Studio], Awaitable[AskedView]]) -> AskedView:
        """Ask; a signal that comes meanwhile leaves it a moment, for a question that exists is withdrawn or named."""
        task = asyncio.ensure_future(begin(studio))
        try:
            view = await asyncio.shield(task)
        except asyncio.CancelledError:
            done, _ = await asyncio.wait({task}, timeout=MOMENT)
            if done and task.exception() is None:
                await self._interrupted(studio, task.result().run_id)
            else:
                task.cancel()
            raise
        return view

    async def _followed(self, studio: Studio, view: AskedView) -> tuple[AskedView, _Output]:
        """Tell how it goes until it is over."""
        output = _Output(studio, None if self.as_json else self.terminal, view.run_id)
        views = studio.asking.follow(view.run_id).__aiter__()
        upcoming = asyncio.ensure_future(anext(views))
        try:
            while not view.over:
                done, _ = await asyncio.wait({upcoming}, timeout=PACE if view.status == "running" else TICK)
                if done:
                    view = upcoming.result()
                    await self._tell(studio, view)
                    if not view.over:
                        upcoming = asyncio.ensure_future(anext(views))
                else:
                    await self._tell_trouble(studio, view)
                self._progress(view)
                await output.pump()
        finally:
            upcoming.cancel()
            await asyncio.gather(upcoming, return_exceptions=True)
        await output.pump()
        await output.finish()
        return view, output

    async def _tell(self, studio: Studio, view: AskedView) -> None:
        """Say once what is waited for, and how to answer it."""
        if view.status != "waiting" or view.approval_id == self._told:
            return
        self._clear()
        card = await studio.approvals.get(view.approval_id)
        if view.cut_off:
            self.terminal.note("The command was cut off when it had begun; it runs again only if a person says so.")
        tell_gate(self.terminal, self.terminal.err, view.approval_id, card.content, view.deadline, again=bool(card.reopened))
        self._told = view.approval_id

    async def _tell_trouble(self, studio: Studio, view: AskedView) -> None:
        """Say why nothing goes on."""
        trouble = (await studio.system.view()).trouble or (await studio.runs.get(view.run_id)).row.obstacle
        if trouble:
            self._clear()
            self.terminal.note(f"{view.run_label} waits: {trouble}")

    def _progress(self, view: AskedView) -> None:
        """Show on a terminal, in one line that is written again and again, what is waited for."""
        if not self.terminal.err.colour or view.over or (view.status == "running" and not self.as_json):
            self._clear()
            return
        now = datetime.now(UTC)
        words = {"checking": "gets ready", "waiting": "waits for an answer", "running": "runs"}.get(view.status, view.status)
        left = f", {compact(round(max(between(now, view.deadline), 0)))} left" if view.deadline and view.status == "waiting" else ""
        self._line = f"  {view.run_label} {words}  {stopwatch(between(self._since, now))}{left}"[: self.terminal.err.width - 1]
        self.terminal.err.write(f"{CLEAR_LINE}{self._line}")

    def _clear(self) -> None:
        if self._line:
            self._line = ""
            self.terminal.err.write(CLEAR_LINE)

    def _left(self, view: AskedView) -> int:
        """Name a question that stays open."""
        if self.as_json:
            self.terminal.out.document(documents.asked(view, None))
        else:
            self.terminal.out.line(view.run_id)
            self.terminal.err.line(f"{view.run_label} is open. Wait for its answer: {self.terminal.command('ask', '--wait', view.run_id)}")
        return Exit.WAITING

    async def _interrupted(self, studio: Studio, run_id: str) -> None:
        """Withdraw what nobody would come back for, or say how to come back."""
        view = await studio.asking.get(run_id)
        if self._asked and not view.key and not view.over and view.status != "running":
            try:
                await studio.asking.withdraw(run_id, "the program that asked was interrupted")
            except IllegalTransition:
                view = await studio.asking.get(run_id)
            else:
                self.terminal.note(f"Interrupted, and {view.run_label} withdrawn. With --key it would have stayed open.")
                return
        again = self.terminal.command("ask", "--wait", run_id)
        stands = "is over" if view.over else "goes on without this process" if view.status == "running" else "stays open"
        self.terminal.note(f"Interrupted. {view.run_label} {stands}. Come back to it: {again}")

    def _finish(self, view: AskedView, attempt: AttemptView | None) -> int:
        """Say how it ended, print the document, and give the exit code."""
        if self.as_json or not view.runs:
            self.terminal.out.document(documents.asked(view, attempt))
        said = _end_words(view)
        if said and (view.status != "approved" or self.terminal.err.is_terminal):
            self.terminal.err.line(said)
        if view.cut_off:
            self.terminal.note("The command was cut off when it had begun, so it may have run in part.")
        return code_of_asked(view)


def code_of_asked(view: AskedView) -> int:
    """The exit code of a question that is over: that of its command where one ran.

    Args:
        view: How it stands.
    """
    if view.status in ("rejected", "expired", "withdrawn"):
        return Exit.REJECTED
    if view.exit_code is not None:
        return view.exit_code if view.exit_code >= 0 else SHELL_SIGNAL - view.exit_code
    return Exit.FAILED if view.status == "failed" else Exit.OK


def _end_words(view: AskedView) -> str:
    """How a question ended, in a line; nothing where its command says it."""
    by = f" by {view.by}" if view.by else ""
    why = f": {view.comment}" if view.comment else ""
    if view.status == "failed":
        return "" if view.exit_code is not None else f"{view.run_label} failed: {view.error}"
    words = {
        "rejected": f"{view.run_label} was rejected{by}{why}",
        "expired": f"Nobody answered {view.run_label} in time.",
        "withdrawn": f"{view.run_label} was withdrawn{by}{why}",
        "approved": f"{view.run_label} was approved{by}{why}",
    }
    return words.get(view.status, "")


class _Output:
    """Passes on what the command of a question prints: to a terminal made safe, to a pipe or a file as it stands.

    Args:
        studio: The open studio.
        terminal: Where to; none to pass nothing on.
        run_id: The run.
    """

    def __init__(self, studio: Studio, terminal: Terminal | None, run_id: str) -> None:
        self._studio = studio
        self._terminal = terminal
        self._run_id = run_id
        self._seen = 0
        """The event with which the newest attempt that is known began."""
        self._offset = 0
        self.newest: tuple[str, int] | None = None
        """The attempt of the command that began last: its node and its number."""
        self._live = LiveOutput(studio, run_id, terminal.out, self._show) if terminal is not None and terminal.out.is_terminal else None

    async def pump(self) -> None:
        """Pass on what is new."""
        for attempt in await self._studio.runs.attempts(self._run_id, step=STEP, after=self._seen):
            self._seen = attempt.seq
            if await self._runs(attempt.node, attempt.attempt):
                await self.finish()
                self.newest, self._offset = (attempt.node, attempt.attempt), 0
                if self._live is not None:
                    self._live.begin(attempt.node, attempt.attempt)
        await self._pass_on()

    async def finish(self) -> None:
        """Pass on the rest of the newest attempt."""
        if self.newest is None:
            return
        await self._pass_on()
        if self._live is not None:
            await self._live.finish(self.newest[0])

    async def _runs(self, node: str, attempt: int) -> bool:
        """Whether an attempt is one of the command."""
        view = await self._studio.runs.attempt(self._run_id, node, attempt)
        return view is not None and is_of_command(view)

    async def _pass_on(self) -> None:
        if self.newest is None or self._terminal is None:
            return
        if self._live is not None:
            await self._live.pump()
            return
        node, attempt = self.newest
        while True:
            await self._terminal.out.room()
            chunk: Any = await self._studio.runs.log(self._run_id, node, attempt=attempt, offset=self._offset, limit=PIECE)
            self._offset = chunk.offset
            if not chunk.text:
                return
            self._terminal.out.write(chunk.text)

    def _show(self, key: str, line: str) -> None:
        if self._terminal is not None:
            self._terminal.out.output_line(line)
