"""Following the queue: a line for each change, or how many wait, as it happens; a database that cannot be read is waited for."""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, TextIO

from oyama_tui.cli.exits import Exit
from oyama_tui.cli.notice_commands import NoticeCommands, command_words
from oyama_tui.cli.printing import OutputClosed, clock
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.errors import DatabaseProblem, NewerSchema, NotFound
from oyama_tui.core.notice import notice_of
from oyama_tui.core.text import first_line
from oyama_tui.core.views import ApprovalRow, Change

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

ALL: Final = 100_000
"""Questions that are followed at once."""
PACE: Final = 0.1
"""Seconds between two readings of the queue at the least."""
LOOK: Final = 1.0
"""Seconds between two looks at whether anybody reads, and at a database that cannot be used."""
MOST_RUNS: Final = 50
"""So many runs that have changed at once are asked for questions that were answered before anybody looked."""
NEWEST: Final = 20
"""And so many questions of each."""
Word = Literal["new", "answered", "expired", "withdrawn"]
WORDS: Final[dict[str, Word]] = {
    "approved": "answered",
    "rejected": "answered",
    "sent_back": "answered",
    "expired": "expired",
    "cancelled": "withdrawn",
}
"""By how an approval stands when it is over."""
_STYLES: Final[dict[Word, str]] = {"new": "ask", "answered": "good", "expired": "bad", "withdrawn": "dim"}


@dataclass(frozen=True, slots=True)
class QueueChange:
    """One thing that has happened to one approval."""

    word: Word
    row: ApprovalRow


class Queue:
    """What is known of the queue, over several openings of the database.

    Args:
        workflow: Only approvals of this workflow; of all when empty.
    """

    def __init__(self, workflow: str) -> None:
        self._workflow = workflow
        self._since = datetime.now(UTC)
        self._open: dict[str, ApprovalRow] = {}
        self._seen: set[str] = set()

    async def begin(self, studio: Studio) -> int:
        """Take in what waits already, which is no news; returns how many that are."""
        rows = await studio.approvals.list(workflow=self._workflow, limit=ALL)
        self._open = {row.id: row for row in rows}
        self._seen.update(self._open)
        return rows.total

    async def look(self, studio: Studio, runs: frozenset[str]) -> list[QueueChange]:
        """What has happened since the last look, each question's opening before its end.

        Args:
            studio: Where to look.
            runs: The runs that have changed.
        """
        rows = await studio.approvals.list(workflow=self._workflow, limit=ALL)
        now = {row.id: row for row in rows}
        brief = await self._brief(studio, runs, now)
        fresh = sorted((row for row in (*now.values(), *brief) if row.id not in self._seen), key=lambda row: (row.requested_at, row.id))
        closed = [row for id, row in self._open.items() if id not in now]
        self._open = now
        self._seen.update(row.id for row in fresh)
        changes = [QueueChange("new", row) for row in fresh]
        for known in closed:
            with suppress(NotFound):
                changes += _ended((await studio.approvals.get(known.id)).row)
        return changes + [change for row in brief for change in _ended(row)]

    async def _brief(self, studio: Studio, runs: frozenset[str], now: dict[str, ApprovalRow]) -> list[ApprovalRow]:
        """Questions that were asked and answered between two looks."""
        found: list[ApprovalRow] = []
        for run in sorted(runs) if len(runs) <= MOST_RUNS else ():
            with suppress(NotFound):
                found += await studio.approvals.of_run(run, newest=NEWEST)
        unseen = [row for row in found if row.id not in self._seen and row.id not in now and row.requested_at >= self._since]
        return [row for row in unseen if row.status != "pending" and self._workflow in ("", row.workflow_id)]


def _ended(row: ApprovalRow) -> list[QueueChange]:
    return [QueueChange(WORDS[row.status], row)] if row.status in WORDS else []


class QueueWatch:
    """The command's work.

    Args:
        workflow: Only approvals of this workflow; of all when empty.
        count: Print how many wait, and nothing else.
        as_json: Print JSON, one document on each line.
        command: Run for each new question; empty for none.
        limit: Seconds that it may take.
    """

    def __init__(self, workflow: str, *, count: bool, as_json: bool, command: str = "", limit: float = 0) -> None:
        self._workflow = workflow
        self._count = count
        self._as_json = as_json
        self._command, self._limit = command, limit
        self._queue = Queue(workflow)
        self._begun = False
        self._counted = -1
        self._trouble = ""

    async def follow(self, terminal: Terminal) -> int:
        """Tell changes until somebody ends it, or nobody reads any more."""
        commands = NoticeCommands(command_words(self._command), self._limit, terminal.err) if self._command else None
        try:
            while True:
                try:
                    async with terminal.studio() as studio:
                        await self._follow(terminal, studio, commands)
                    return Exit.OK
                except DatabaseProblem as error:
                    if isinstance(error, NewerSchema) or not self._begun:
                        raise
                    self._note(terminal, error.sentence)
                await self._until_there(terminal)
        finally:
            if commands is not None:
                await commands.close()

    async def _until_there(self, terminal: Terminal) -> None:
        """Wait until there is a database again: opening a file that is not there, or that is only being copied, would make one of it."""
        while True:
            await asyncio.sleep(LOOK)
            _require_reader(terminal.out.stream)
            with suppress(OSError):
                if terminal.settings.database_path.stat().st_size:
                    return

    async def _follow(self, terminal: Terminal, studio: Studio, commands: NoticeCommands | None) -> None:
        """Tell changes while one database can be read."""
        changes = studio.changes()
        try:
            if not self._begun:
                await self._begin(terminal, studio)
            else:
                await self._tell(terminal, studio, frozenset(), commands)
            async with _upcoming(changes) as upcoming:
                async for change in upcoming:
                    _require_reader(terminal.out.stream)
                    if change is None:
                        studio.system.require_database()
                        continue
                    if change.lost:
                        self._note(terminal, change.lost)
                        continue
                    await self._tell(terminal, studio, change.runs, commands)
                    await asyncio.sleep(PACE)
        finally:
            await changes.aclose()

    async def _begin(self, terminal: Terminal, studio: Studio) -> None:
        waiting = await self._queue.begin(studio)
        self._begun = True
        if self._count:
            self._tell_count(terminal, await _count(studio, self._workflow))
        else:
            terminal.err.line(f"{waiting} {'waits' if waiting == 1 else 'wait'} already; what changes follows.")

    async def _tell(self, terminal: Terminal, studio: Studio, runs: frozenset[str], commands: NoticeCommands | None) -> None:
        """Print what has changed, and run the command for what is new."""
        if self._count:
            self._tell_count(terminal, await _count(studio, self._workflow))
        if self._count and commands is None:
            self._trouble = ""
            return
        for change in await self._queue.look(studio, runs):
            if not self._count:
                self._tell_change(terminal, change)
            if commands is not None and change.word == "new":
                commands.run(notice_of(change.row))
        self._trouble = ""

    def _tell_count(self, terminal: Terminal, waiting: int) -> None:
        """Print how many wait, when that is another number."""
        if waiting == self._counted:
            return
        self._counted = waiting
        if self._as_json:
            terminal.out.json_line(count_document(waiting))
        else:
            terminal.out.line(str(waiting))

    def _tell_change(self, terminal: Terminal, change: QueueChange) -> None:
        row = change.row
        if self._as_json:
            terminal.out.json_line({**row.model_dump(mode="json"), "change": change.word})
            return
        at = row.requested_at if change.word == "new" else row.decided_at
        until = f"until {clock(row.deadline)}" if row.deadline is not None and change.word == "new" else ""
        told = f"{row.risk} {until}".rstrip() if change.word == "new" else row.said
        title = first_line(row.title).replace("\t", " ")
        terminal.out.line(f"{clock(at)}  ", (f"{change.word:<9}", _STYLES[change.word]), f"  {row.id}  {row.run_way}  {told}  {title}")

    def _note(self, terminal: Terminal, why: str) -> None:
        """Say once why nothing is told for the time being."""
        if why != self._trouble:
            self._trouble = why
            terminal.err.line(f"{why} What changes is told as soon as it can be read again.")


async def _count(studio: Studio, workflow: str) -> int:
    """How many wait for the person who runs this process."""
    return (await studio.approvals.list(workflow=workflow, limit=1, mine=True)).total


def count_document(waiting: int) -> dict[str, object]:
    """How many wait, as a document.

    Args:
        waiting: So many.
    """
    return {"id": "approvals", "status": "waiting" if waiting else "clear", "waiting": waiting}


@asynccontextmanager
async def _upcoming(changes: AsyncIterator[Change]) -> AsyncIterator[AsyncIterator[Change | None]]:
    """Changes as they come, and none after each second without one."""
    upcoming = asyncio.ensure_future(anext(changes))

    async def each() -> AsyncIterator[Change | None]:
        nonlocal upcoming
        while True:
            done, _ = await asyncio.wait({upcoming}, timeout=LOOK)
            if not done:
                yield None
                continue
            try:
                change = upcoming.result()
            except StopAsyncIteration:
                return
            upcoming = asyncio.ensure_future(anext(changes))
            yield change

    try:
        yield each()
    finally:
        upcoming.cancel()
        with suppress(asyncio.CancelledError, StopAsyncIteration):
            await upcoming


def _require_reader(stream: TextIO | None) -> None:
    """Make sure that somebody reads what is printed.

    Raises:
        OutputClosed: Nobody does any more.
    """
    if stream is None:
        raise OutputClosed
    poll = select.poll()
    poll.register(stream.fileno(), 0)
    if any(found & (select.POLLERR | select.POLLHUP) for _, found in poll.poll(0)):
        raise OutputClosed
