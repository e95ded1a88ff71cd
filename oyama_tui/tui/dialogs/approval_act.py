"""What somebody does with a question besides answering it: comment, hand on, put off, give it more time, ask it no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Literal

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from oyama_tui.core.definition.base import parse_duration
from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import ApprovalCard, ApprovalRow
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.question import QuestionDialog
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.widgets.layout import plain
from oyama_tui.tui.widgets.writing import NEW_LINE, OneLine, SeveralLines
from oyama_tui.tui.work import work

Act = Literal["comment", "delegate", "snooze", "extend", "look", "withdraw"]


@dataclass(frozen=True)
class Words:
    """How one of these is asked for."""

    title: str
    explains: str
    yes: str
    field: str = ""
    """What is asked for besides a comment; empty when nothing is."""
    example: str = ""


WORDS: Final[Mapping[Act, Words]] = {
    "comment": Words("Say something about", "It stays open; everybody who looks at it sees what you say.", "Say it"),
    "delegate": Words(
        "Hand on", "They may answer from then on; whoever could before still can.", "Hand it on", "to", "ana, or group:release"
    ),
    "snooze": Words("Put off", "Only you do not see it until then. Its deadline stays.", "Put it off", "for how long", "90m, 2h or 1d"),
    "extend": Words("Give more time to", "It can be answered for so much longer.", "Give it", "how much longer", "90m, 2h or 1d"),
    "look": Words("Look again", "Preview and files are looked at anew. Then it is asked once more, until the same time.", "Look again"),
    "withdraw": Words("Ask no more", "Its run ends as cancelled, which is no rejection.", "Ask it no more"),
}


class ApprovalActDialog(QuestionDialog[ApprovalRow]):
    """Asks for what it takes, and does it.

    Args:
        context: What all screens share.
        card: The question.
        act: What somebody wants to do.
    """

    FOR_WHAT_WAS_SHOWN = False

    def __init__(self, context: AppContext, card: ApprovalCard, act: Act) -> None:
        super().__init__(context, card)
        self._act, self._words = act, WORDS[act]

    def heading(self) -> str:
        """What is done with which question."""
        return f"{self._words.title}: {self.card.row.title}"

    def compose_fields(self) -> ComposeResult:
        """What it means, and what it takes."""
        yield Static(plain(self._words.explains, "$text-muted"), markup=False)
        if self._words.field:
            example = (f"  {self._words.example}", "$text-disabled")
            yield Static(Content.assemble(self._words.field, example), classes="label", markup=False)
            yield OneLine(id="value", compact=True, classes="control")
        needed = ("  needed" if self._act == "comment" else "", "$text-accent")
        yield Static(Content.assemble("comment", needed, (f"  {NEW_LINE}", "$text-disabled")), classes="label", markup=False)
        yield SeveralLines(id="comment", classes="control", placeholder="" if self._act == "comment" else "nothing to add")

    def compose_buttons(self) -> ComposeResult:
        """Do it, or not now."""
        yield DialogButton(self._words.yes, id="yes", classes="-reject" if self._act == "withdraw" else "-approve")
        yield DialogButton("Not now", id="no")

    def first_focus(self) -> Widget | None:
        """What is to be filled in."""
        return self.query_one("#value" if self._words.field else "#comment")

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        if event.button.id == "no":
            self.action_close_dialog()
        elif not self.busy:
            value = self.query_one("#value", Input).value.strip() if self._words.field else ""
            self.busy = True
            work(self, partial(self._do, value, self.query_one("#comment", SeveralLines).value.strip()), group="act")

    async def _do(self, value: str, comment: str) -> None:
        try:
            row = await self._done(value, comment)
        except ValueError as error:
            self.complain(f"{error}.")
            self.query_one("#value").focus()
        except OyamaError as error:
            self.refuse(error)
        else:
            self.dismiss(row)
        finally:
            self.be_free()

    async def _done(self, value: str, comment: str) -> ApprovalRow:
        acts, row = self.context.studio.approval_acts, self.card.row
        if self._act == "comment":
            return await acts.comment(row.id, comment)
        if self._act == "delegate":
            return await acts.delegate(row.id, value, comment=comment)
        if self._act == "look":
            return await acts.look_again(row.id, comment=comment)
        if self._act == "withdraw":
            return await acts.withdraw(row.id, comment)
        more = timedelta(milliseconds=parse_duration(value))
        if self._act == "snooze":
            return await acts.snooze(row.id, datetime.now(UTC) + more, comment=comment)
        return await acts.extend(row.id, (row.deadline or datetime.now(UTC)) + more, comment=comment)
