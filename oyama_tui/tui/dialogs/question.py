"""A dialog about one question: it follows the news about it, and takes nothing any more once that is over."""

from __future__ import annotations

from typing import TypeVar

from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.errors import NotFound, OyamaError
from oyama_tui.core.format import time_of_day
from oyama_tui.core.views import ApprovalCard, ApprovalRow, Change
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.work import is_going, work

ResultT = TypeVar("ResultT")


class QuestionDialog(Dialog[ResultT]):
    """What somebody does with one question.

    Args:
        context: What all screens share.
        card: What was shown.
    """

    FOR_WHAT_WAS_SHOWN = True
    """What is done here is done with what was shown, and not with what is asked instead."""

    def __init__(self, context: AppContext, card: ApprovalCard) -> None:
        super().__init__(context)
        self.card = card
        self._has_ended = False
        """It is known how the question ended: there will be no more news about it."""

    def on_mount(self) -> None:
        """Follow the news about the question, and the time; what came since it was read is no news any more, so look at once."""
        self.context.changed.subscribe(self, self._on_change)
        if self.card.row.deadline is not None:
            self.set_interval(1.0, self._look_again)
        self._look_again()

    def _on_change(self, change: Change) -> None:
        if self.card.row.run_id in change.runs:
            self._look_again()

    def be_free(self) -> None:
        """What was on its way has come back; news that came meanwhile was not looked at."""
        self.busy = False
        self._look_again()

    def end_for_good(self, words: str) -> None:
        """Take no answer any more; the question has ended, or is gone.

        Args:
            words: How.
        """
        self._has_ended = True
        self.end_with(words)

    def _look_again(self) -> None:
        if not self.busy and not self._has_ended and not self.is_dismissed and not is_going(self):
            work(self, self._check_open, group="check", exclusive=True)

    async def _check_open(self) -> None:
        try:
            card = await self.context.studio.approvals.get(self.card.row.id)
        except NotFound as gone:
            self.end_for_good(f"{gone.sentence} Nothing was sent.")
            return
        except OyamaError as error:
            self.refuse(error)
            return
        if self.busy or self._has_ended:
            return
        if card.row.status != "pending":
            self.end_for_good(f"It is over: {how_it_ended(card.row)}. Nothing was sent.")
        elif not self.over and self.FOR_WHAT_WAS_SHOWN and card.row.digest != self.card.row.digest:
            self.end_with("What is asked has changed: look at it again. Nothing was sent.")


def how_it_ended(row: ApprovalRow) -> str:
    """How a question that is over ended, who ended it and when, as a clause without a full stop.

    Args:
        row: The question.
    """
    at = f" at {time_of_day(row.decided_at)}" if row.decided_at else ""
    return f"{answer_words(row.kind).late}, so it expired{at}" if row.status == "expired" else f"{row.said}{at}"
