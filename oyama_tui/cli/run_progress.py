"""Following a run: its events after their commit, and its output between them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from oyama_tui.cli.exits import Exit, code_of_status
from oyama_tui.cli.run_reporters import ASCII, GLYPHS, JsonReporter, RunReporter, TextReporter
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.format import compact
from oyama_tui.core.views import NEEDS_YOU, EventView, RunView

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

PACE = 0.1
"""Seconds between two looks at the output of running steps."""
SLOW_PACE = 1.0
"""Seconds between two looks at whether this process can still drive the run, while nothing else happens."""
SIGNS = {
    "completed": ("ok", "good"),
    "failed": ("bad", "bad"),
    "rejected": ("stop", "bad"),
    "cancelled": ("stop", "dim"),
    "paused": ("pause", "ask"),
    NEEDS_YOU: ("ask", "ask"),
}


async def follow(
    studio: Studio,
    terminal: Terminal,
    run_id: str,
    reporter: RunReporter,
    *,
    after: int = 0,
    leave_waiting: bool = False,
) -> RunView:
    """Tell a run until it is over, this process cannot drive it, or Oyama itself has paused it: nobody else lets it go on.

    Args:
        studio: The open studio.
        terminal: Where it is noted why the run stands still: nobody may use the database, or others are before it in the line for a place.
        run_id: The run.
        reporter: Told every event above `after`.
        after: Number of the newest event that is known.
        leave_waiting: Stop as soon as only people are waited for, or the run is paused.

    Returns:
        The run as it is at the end.
    """
    told, given_up, line = after, False, LineNotes(studio, terminal, run_id, joined=after > 0)
    events = studio.runs.follow(run_id, after=after).__aiter__()
    upcoming: asyncio.Future[EventView] = asyncio.ensure_future(anext(events))
    try:
        while True:
            soon = await reporter.pump() or leave_waiting or line.is_news
            if not (await asyncio.wait({upcoming}, timeout=PACE if soon else SLOW_PACE))[0]:
                if run_id in studio.system.parked() or (leave_waiting and await _only_people(studio, run_id, told)):
                    break
                if trouble := studio.system.troubled().get(run_id):
                    terminal.note(f"{trouble} The run goes on as soon as that is over.")
                await line.note()
                continue
            try:
                event = upcoming.result()
            except StopAsyncIteration:
                break
            await reporter.tell(event)
            line.see(event)
            told, given_up = event.seq, _paused_by_oyama(event, given_up)
            if given_up and event.type == "run_paused":
                break
            upcoming = asyncio.ensure_future(anext(events))
    finally:
        upcoming.cancel()
        with suppress(asyncio.CancelledError, StopAsyncIteration):
            await upcoming
    return await studio.runs.get(run_id)


class LineNotes:
    """Says what is before a run while it queues for a place, and the command that would bring it nearer; each sentence once.

    Args:
        studio: The open studio.
        terminal: Where it is noted.
        run_id: The run.
        joined: Its first events are not told, so that it may queue already.
    """

    def __init__(self, studio: Studio, terminal: Terminal, run_id: str, *, joined: bool) -> None:
        self._studio = studio
        self._terminal = terminal
        self._run_id = run_id
        self._queues = joined
        self.is_news = False
        """It queues, and that has not been said."""

    def see(self, event: EventView) -> None:
        """Go on by one event."""
        if event.type == "place_requested" or (event.type == "run_started" and event.payload.get("queued") is True):
            self._queues = self.is_news = True
        elif event.type == "run_admitted":
            self._queues = self.is_news = False

    async def note(self) -> None:
        """Nothing else happens: look how it stands."""
        if not self._queues:
            return
        self.is_news = False
        row = (await self._studio.runs.get(self._run_id)).row
        self._queues = row.place == "queued"
        if row.status == "queued":
            sooner = f". Sooner: {self._terminal.command(*row.hint)}" if row.hint and row.owner != "nobody" and not row.needs_you else ""
            self._terminal.note(f"{row.label} {row.word}{f', {row.reason}' if row.reason else ''}{sooner}")


def _paused_by_oyama(event: EventView, before: bool) -> bool:
    """Whether it was Oyama itself, and not a person, that has asked for the newest pause.

    Args:
        event: The next event.
        before: The answer up to it.
    """
    if event.type != "pause_requested":
        return before
    by = event.payload.get("by")
    return isinstance(by, dict) and by.get("kind") == "system"


async def _only_people(studio: Studio, run_id: str, told: int) -> bool:
    """Whether nothing but an answer, an event or a person's wish makes the run go on, and all events up to there were told."""
    view = await studio.runs.get(run_id)
    if view.seq > told:
        return False
    if view.row.status == "paused":
        return True
    awaited = view.row.needs_you or any(node.waits_for for node in view.nodes)
    return awaited and not view.row.running and not await studio.runs.rests(run_id)


async def choose_reporter(
    studio: Studio, terminal: Terminal, view: RunView, *, as_json: bool, as_lines: bool, replay: int = 0, answers: bool = False
) -> RunReporter:
    """How a run is told: to people, as JSON lines, or in silence until its one document at the end.

    Args:
        studio: The open studio.
        terminal: Where it is told.
        view: The run as it is now.
        as_json: One document at the end.
        as_lines: One line for each event.
        replay: Number of the newest event that is old news.
        answers: Let a person who is there answer gates.
    """
    if as_json or as_lines:
        return JsonReporter(terminal, view.row.id, silent=not as_lines)
    workflow = await studio.workflows.get(view.row.workflow_id)
    asked = {row.id for row in await studio.approvals.of_run(view.row.id, pending=True)} if replay else set[str]()
    reporter = TextReporter(studio, terminal, view, parallel=workflow.type in ("parallel", "graph"), replay=replay, asked=asked)
    if not answers or not terminal.interactive or studio.principal.kind != "human":
        return reporter
    from oyama_tui.cli.answering_here import AnsweringReporter

    return AnsweringReporter(studio, terminal, reporter)


def tell_end(terminal: Terminal, view: RunView) -> Exit:
    """Print how a run ended, or why it is left, and give the exit code."""
    row = view.row
    glyphs = GLYPHS if terminal.glyphs else ASCII
    sign, style = SIGNS.get(row.word, ("wait", "ask"))
    took = f" in {compact(row.duration_ms)}" if row.duration_ms is not None else ""
    why = f": {row.reason}" if row.reason else ""
    terminal.out.line((f"{glyphs[sign]} {row.label} {row.word}", style), f"{took}, {row.completed} of {row.total} steps{why}")
    if not row.ended:
        terminal.out.line(f"  It goes on with: {terminal.command('resume', row.id)}")
    return code_of_status(row.status)
