"""The questions that wait for a person: the queue, and the card with everything needed to decide."""

from __future__ import annotations

from typing import Literal

from textual import on
from textual.app import ComposeResult
from textual.content import Content

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import ApprovalCard
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.approval_act import Act
from oyama_tui.tui.queue_reading import ORDERS, ApprovalsView
from oyama_tui.tui.screens.answering import AnsweringScreen, key_words
from oyama_tui.tui.screens.sorted_rows import SortedScreen
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.filter_bar import FilterBar
from oyama_tui.tui.widgets.questions import Questions
from oyama_tui.tui.wording import count_of


def is_possible(card: ApprovalCard, act: str) -> bool:
    """Whether something besides a yes can be done with a question.

    Args:
        card: The question.
        act: What.
    """
    if act == "send_back":
        return card.can_decide and card.can_send_back
    if act == "look":
        return card.can_decide and card.has_evidence
    if act == "extend":
        return card.can_decide and card.row.deadline is not None
    if act == "difference":
        return True
    return card.can_decide or (card.row.status == "pending" and act in ("comment", "snooze", "withdraw"))


class ApprovalsScreen(AnsweringScreen, SortedScreen[ApprovalsView]):
    """Questions on the left, the selected one on the right."""

    DEFAULT_CLASSES = "approvals-screen"
    PLACE = "approvals"
    questions_of = "*"
    FILTER_HINT = "words that a question must have"
    BINDINGS = bindings(c.SortRows)
    ORDER_WORDS = tuple(ORDERS.values())

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.questions = Questions(context)
        self._lines_are_due = True
        """The lines are to be read; otherwise only another card is wanted."""

    def compose_body(self) -> ComposeResult:
        """Queue and card."""
        yield self.questions

    async def read(self) -> ApprovalsView:
        """The queue, and the card of the selected question; lines that are different are shown before the card is read."""
        questions, words = self.questions, self.query_one(FilterBar).value.strip()
        if not self._lines_are_due and self.view is not None:
            return await questions.reading.turn_to(self.view, words)
        self._lines_are_due = False
        anew, self._returns = self._returns, False
        questions.order, questions.words = tuple(ORDERS)[self._order], words
        try:
            lines = await questions.reading.read(questions.order, words, anew=anew, shown=self.view)
        except OyamaError:
            self._lines_are_due = True
            raise
        self.damaged = lines.damaged
        if not self.gone and not lines.has_lines_of(self.view):
            self.view = lines
        return await questions.reading.turn_to(lines, words)

    def reload(self) -> None:
        """Read all of it again."""
        self._lines_are_due = True
        super().reload()

    def empty_words(self, view: ApprovalsView) -> Content | None:
        """Nothing waits."""
        if view.rows:
            return None
        if view.hidden:
            return notices.empty(
                f"None of {count_of(view.hidden, 'question')} has these words.",
                "/ other words   esc all questions",
                self.context.command("approvals"),
            )
        return notices.empty(
            "Nothing needs you. When a run comes to a gate, its question waits here until somebody answers.",
            "1 workflows   2 what is going on   4 what was answered",
            self.context.command("approvals"),
        )

    def paint(self, view: ApprovalsView) -> None:
        """Patch the queue and show the card."""
        self.questions.show(view)
        cursor = self.questions.queue.cursor_key
        if cursor and view.chosen != cursor:
            # The cursor went away while this was read, and came back to what was shown before: nobody else asks for that card.
            super().reload()
        if not view.card_is_due:
            self.key_words = key_words(view.card) if view.card is not None else {}

    def tick(self) -> None:
        """Deadlines come nearer, and evidence gets older."""
        self.questions.tick()

    @property
    def card(self) -> ApprovalCard | None:
        """The card of the selected question, once it is read."""
        return self.view.card if self.view is not None and self.questions.here.is_shown else None

    def select(self, approval_id: str, come_from: str = "") -> None:
        """Go to a question as soon as it is in the queue; once it is answered, go back to the run that somebody has come from."""
        self.query_one(FilterBar).clear_words()
        self.questions.reading.wanted = approval_id
        self._way_back = (approval_id, come_from)
        self.go_in()
        self.reload()

    @on(Questions.Turned)
    def _turned(self, event: Questions.Turned) -> None:
        """Something else is looked at."""
        if event.words:
            self.say(event.words)
        if event.inside:
            self.go_in()
        elif event.whole:
            self.reload()
        else:
            super().reload()
        self.refresh_bindings()

    def filter_changed(self) -> None:
        """Other questions are looked at: what was marked among those before is marked no more."""
        if self.questions.marks:
            self.questions.mark(None)
        super().filter_changed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only an open question can be answered; several only with yes and no."""
        together = bool(self.questions.marks) or self.questions.here.group is not None
        if action == "approve":
            return together or (self.card is not None and self.card.can_decide)
        if action == "edit_then_approve":
            return not together and self.card is not None and self.card.can_decide and bool(self.card.content.editable)
        if action == "act":
            act = str(parameters[0])
            return act == "reject" if together else self.card is not None and is_possible(self.card, act)
        return super().check_action(action, parameters)

    def subject_id(self) -> str:
        """The approval's id."""
        group = self.questions.here.group
        return self.questions.queue.cursor_key if group is None else group.first.id

    def subject_command(self) -> tuple[str, ...]:
        """How to answer from a shell."""
        key = self.subject_id()
        return ("approve", key) if key else ("approvals",)

    def action_approve(self) -> None:
        """Ask once more, then say yes: to what is marked, to a group, or to one question."""
        if not self.questions.answer("approve"):
            super().action_approve()

    def action_act(self, act: Act | Literal["reject", "send_back", "difference"]) -> None:
        """Ask for what it takes, then do it."""
        if act != "reject" or not self.questions.answer("reject"):
            super().action_act(act)
