"""Answering the question whose card is in sight."""

from __future__ import annotations

from functools import partial
from typing import Literal

from textual.screen import ModalScreen

from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.events import Verdict
from oyama_tui.core.views import ApprovalCard, Decision, EditedView
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.approval_act import Act, ApprovalActDialog
from oyama_tui.tui.dialogs.decision import DecisionDialog
from oyama_tui.tui.dialogs.edit import EditDialog
from oyama_tui.tui.messages import RunOpened
from oyama_tui.tui.queue_reading import ApprovalsView
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.screens.difference import DifferenceScreen
from oyama_tui.tui.widgets import approval_parts as parts_of
from oyama_tui.tui.widgets.approval_parts import Card


class AnsweringScreen(StudioScreen[ApprovalsView]):
    """A screen with the card of one question; a key means it only when it was in sight as the key was typed."""

    BINDINGS = bindings(
        *(c.Approve, c.Reject, c.EditThenApprove, c.SendBack, c.Compare, c.CommentOn),
        *(c.LookAgain, c.Delegate, c.Snooze, c.Extend, c.Withdraw),
    )

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._way_back = ("", "")
        """A question, and the run from which somebody has come to it."""
        self._returns = False
        """Somebody has been elsewhere: what was under the cursor then is no matter any more."""

    @property
    def card(self) -> ApprovalCard | None:
        """The card of the selected question, once it is read."""
        return None

    def on_screen_suspend(self) -> None:
        """Under a dialog the card stays in sight, under another place it does not."""
        if not isinstance(self.app.screen, ModalScreen):
            self._returns = True
            self.query_one(Card).sight.leave()

    def on_screen_resume(self) -> None:
        """It is in sight again; a screen that is made ahead is not."""
        if self in self.app.screen_stack:
            self.query_one(Card).sight.come()

    def action_approve(self) -> None:
        """Ask once more, then say yes."""
        if self._may_say_yes():
            assert self.card is not None
            self.app.push_screen(_dialog(self, self.card, "approve"), self._decided)

    def action_edit_then_approve(self) -> None:
        """Take other values, show what is different, then ask once more."""
        if not self._may_say_yes():
            return
        card = self.card
        assert card is not None

        def seen(edited: EditedView | None) -> None:
            if edited is not None:
                self.app.push_screen(_dialog(self, card, "approve", edited), self._decided)

        self.app.push_screen(EditDialog(self.context, card), seen)

    def _may_say_yes(self) -> bool:
        """Whether a yes is possible to what is in sight; if not, say why."""
        card, pager = self.card, self.query_one(Card)
        if card is None or not self._is_meant():
            return False
        if not card.can_approve:
            self.say(card.obstacle)
            return False
        if card.row.risk == "high" and not pager.read_whole:
            read, parts = pager.parts
            self.say(f"Read it to the end first, half a second for each part: {read} of {parts} read. ctrl+d reads on.")
            pager.to_unread()
            self.go_in()
            return False
        return True

    def action_act(self, act: Act | Literal["reject", "send_back", "difference"]) -> None:
        """Ask for what it takes, then do it; or show what is different."""
        if act == "difference":
            if self.card is not None:
                self.app.push_screen(DifferenceScreen(self.context, self.card.row.id))
            return
        if self.card is None or not self._is_meant():
            return
        if act == "reject" or act == "send_back":
            self.app.push_screen(_dialog(self, self.card, act), self._decided)
        else:
            self.app.push_screen(ApprovalActDialog(self.context, self.card, act), lambda _: self.reload())

    def _is_meant(self) -> bool:
        """Whether a key can have meant this card: it was in sight when the key was typed."""
        if self.context.typed_at() - self.query_one(Card).in_sight_since >= parts_of.IN_SIGHT:
            return True
        self.say("It has only just come into sight: look at it, then press again.")
        self.go_in()
        return False

    def _decided(self, decision: Decision | None) -> None:
        self.reload()
        if decision is None:
            return
        self.say(decision.message)
        asked, run_id = self._way_back
        if run_id and decision.approval.id == asked:
            self.post_message(RunOpened(run_id))


def key_words(card: ApprovalCard) -> dict[str, str]:
    """What the keys that answer are called, as the card calls the answers; empty for a key that says only that there is nothing to see.

    Args:
        card: What is in sight.
    """
    words = answer_words(card.row.kind)
    found = {c.Approve.id(): words.yes.lower(), c.Reject.id(): words.no.lower()}
    return found if card.last_yes is not None or card.rounds or card.reopened else {**found, c.Compare.id(): ""}


def _dialog(screen: AnsweringScreen, card: ApprovalCard, verdict: Verdict, edited: EditedView | None = None) -> DecisionDialog:
    """The dialog for an answer to what is in sight on a screen."""
    return DecisionDialog(screen.context, card, verdict, partial(screen.query_one(Card).seen, card), edited)
