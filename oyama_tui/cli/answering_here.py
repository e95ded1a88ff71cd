"""Answering the gates of a run in the terminal that follows it."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from oyama_tui.cli.answer import decide_asked
from oyama_tui.cli.asking import Words, ask
from oyama_tui.cli.card import card_sheet
from oyama_tui.cli.questions import in_foreground, question
from oyama_tui.cli.run_reporters import RunReporter, TextReporter
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.errors import OyamaError
from oyama_tui.core.events import Verdict
from oyama_tui.core.views import ApprovalCard, ApprovalRow, EventView, RunView

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

VERDICTS: Final[dict[str, Verdict]] = {
    **{"a": "approve", "approve": "approve", "done": "approve"},
    **{"r": "reject", "reject": "reject", "could not do": "reject"},
}
CLOSING: Final = ("approval_decided", "approval_expired", "approval_cancelled")


def _keys(row: ApprovalRow) -> str:
    """Which letter gives which answer."""
    words = answer_words(row.kind)
    return f"a {words.yes.lower()}, r {words.no.lower()}"


class AnsweringReporter:
    """Tells a run to a person who may answer its gates right there, or leave them to another terminal.

    While a card is read and its questions are answered, news is held back; it is told as soon as that is over.

    Args:
        studio: The open studio.
        terminal: A terminal with a person.
        reporter: Tells the run.
    """

    def __init__(self, studio: Studio, terminal: Terminal, reporter: TextReporter) -> None:
        self._studio = studio
        self._terminal = terminal
        self._reporter = reporter
        self._open: deque[str] = deque()
        self._asked = ""
        """The approval that the prompt is about."""
        self._task: asyncio.Task[None] | None = None
        self._absorbed = False
        """A card is being read or answered."""
        self._given = ""
        """The approval whose answer was given here."""
        self._held: list[tuple[TextReporter, EventView]] = []

    async def join(self, view: RunView) -> None:
        """Begin to tell a run that is as the view shows it, and offer its open gates."""
        await self._reporter.join(view)
        await self.offer(view)

    async def tell(self, event: EventView) -> None:
        """Tell one event, or hold it back while a card is read; a question that is answered elsewhere goes away."""
        await self.tell_by(self._reporter, event)

    async def tell_by(self, reporter: TextReporter, event: EventView) -> None:
        """The same for an event of this run or of one below it.

        Args:
            reporter: Tells that run.
            event: The event.
        """
        closed = str(event.payload.get("id")) if event.type in CLOSING else ""
        if closed in self._open:
            self._open.remove(closed)
        if closed and closed == self._asked != self._given and not self._task_done():
            await self._withdraw()
        self._held.append((reporter, event))
        if not self._absorbed:
            await self._release()

    async def pump(self) -> bool:
        """Show new output, and offer the next gate when none is being answered."""
        if self.is_absorbed:
            return True
        await self._release()
        more = await self._reporter.pump()
        if self._task_done():
            self._take_down()
            if self._open and in_foreground():
                self._asked = self._open.popleft()
                self._task = asyncio.create_task(self._offer(self._asked))
        return more or bool(self._open) or self._task is not None

    async def below(self, view: RunView, replay: int) -> RunReporter:
        """What tells a run that a step of this one has started; its gates stand in the same queue."""
        return BelowReporter(self, await self._reporter.below(view, replay))

    async def offer(self, view: RunView) -> None:
        """Offer the open gates of this run or of one below it."""
        self._open.extend(row.id for row in await self._studio.approvals.of_run(view.row.id, pending=True))

    @property
    def is_absorbed(self) -> bool:
        """Whether a card is read or answered, so that news waits."""
        return self._absorbed and not self._task_done()

    async def close(self) -> None:
        """Leave what is open as it is."""
        await self._end_task()
        self._absorbed = False
        await self._release()

    async def _release(self) -> None:
        """Tell what was held back."""
        held, self._held = self._held, []
        for reporter, event in held:
            await reporter.tell(event)
            if event.type == "approval_requested":
                self._open.append(str(event.payload["id"]))

    def _task_done(self) -> bool:
        return self._task is None or self._task.done()

    def _take_down(self) -> None:
        """Note that the prompt is over; a mistake in it is one of the program."""
        task, self._task, self._asked = self._task, None, ""
        if task is not None and not task.cancelled():
            task.result()

    async def _withdraw(self) -> None:
        """Take away the prompt of a gate that was answered elsewhere."""
        await self._end_task()
        self._absorbed = False
        self._terminal.out.line(("\n  Answered elsewhere.", "ask"))

    async def _end_task(self) -> None:
        """End the prompt, whatever was typed."""
        task, self._task, self._asked = self._task, None, ""
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _offer(self, approval: str) -> None:
        """Offer to answer one gate here, until it is answered or left open."""
        try:
            while True:
                card = await self._studio.approvals.get(approval)
                if not card.can_decide:
                    return
                words = f"{_keys(card.row)}, ? the card, Enter leaves it open > "
                typed = (await question(self._terminal, f"  Answer {approval} here: {words}")).lower()
                if not typed:
                    self._terminal.out.line("  It stays open; the commands above answer it from any terminal.")
                    return
                self._absorbed = True
                if typed == "?":
                    await card_sheet(self._terminal, card).read(self._terminal)
                elif typed in VERDICTS and await self._answer(card, VERDICTS[typed]):
                    return
                self._absorbed = False
        except EOFError:
            # Nobody is there any more; the gate stays open.
            return
        except OyamaError as error:
            self._terminal.err.line((f"{error.title}:", "bad"), f" {error.sentence} {error.hint}".rstrip())
        finally:
            self._absorbed = False

    async def _answer(self, card: ApprovalCard, verdict: Verdict) -> bool:
        """Ask what the answer needs, and give it; whether it was given."""
        words = Words()
        if not await ask(self._terminal, card, verdict, words, full=False):
            self._terminal.err.line("Nothing was decided.")
            return False
        self._given = card.row.id
        await decide_asked(self._studio, self._terminal, card, verdict, words)
        return True


class BelowReporter:
    """Tells a run that a step of another one has started, to the person who may answer the gates of both.

    Args:
        above: Tells the outermost run, and asks the questions.
        reporter: Tells this run.
    """

    def __init__(self, above: AnsweringReporter, reporter: TextReporter) -> None:
        self._above = above
        self._reporter = reporter

    async def join(self, view: RunView) -> None:
        """Begin to tell a run that is as the view shows it, and offer its open gates."""
        await self._reporter.join(view)
        await self._above.offer(view)

    async def tell(self, event: EventView) -> None:
        """Tell one event, or hold it back while a card is read."""
        await self._above.tell_by(self._reporter, event)

    async def pump(self) -> bool:
        """Show new output, unless a card is read."""
        return True if self._above.is_absorbed else await self._reporter.pump()

    async def below(self, view: RunView, replay: int) -> RunReporter:
        """The same for a run that a step of this one has started."""
        return BelowReporter(self._above, await self._reporter.below(view, replay))
