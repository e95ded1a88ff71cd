"""The queue and the card side by side, and what is done with several questions at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.events import Verdict
from oyama_tui.core.views import AlikeGroup, AlikeQuestion, ApprovalOrder
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.bulk import BulkDialog
from oyama_tui.tui.marks import Marks
from oyama_tui.tui.messages import RunOpened
from oyama_tui.tui.queue_reading import ORDERS, ApprovalsView, QueueReading
from oyama_tui.tui.render.queue import queue_title
from oyama_tui.tui.under_cursor import UnderCursor
from oyama_tui.tui.widgets.approval_parts import Queue, count_down
from oyama_tui.tui.widgets.card_side import CardSide
from oyama_tui.tui.widgets.column_titles import ColumnTitles
from oyama_tui.tui.widgets.panes import Beside, Stacked
from oyama_tui.tui.work import work


class Questions(Beside):
    """Questions on the left, the selected one on the right.

    Args:
        context: What all screens share.
    """

    @dataclass
    class Turned(Message):
        """Something else is looked at, or is to be."""

        whole: bool = True
        """The lines must be read again; otherwise the card alone."""
        inside: bool = False
        """The card is to have the keys."""
        words: str = ""
        """To be said."""

    BINDINGS = bindings(c.MarkQuestion, c.MarkAll, c.FoldGroup, c.ReadOn, c.ReadBack, c.OpenRun)

    def __init__(self, context: AppContext) -> None:
        super().__init__(id="questions")
        self._app_context = context
        self.marks = Marks()
        self.queue = Queue(context.icons, context.studio.principal.name, self.marks)
        self.side = CardSide(context.icons)
        self.card = self.side.card
        self.reading = QueueReading(context.studio, self.queue, self.marks)
        self.here = UnderCursor(self.queue, self.card, self.marks)
        """What is selected."""
        self.order: ApprovalOrder = "workflow"
        self.words = ""
        """The filter."""

    def compose(self) -> ComposeResult:
        """Queue and card."""
        with Stacked(id="asked"):
            yield ColumnTitles(lambda _width: queue_title(len(self.marks)))
            yield self.queue
        yield self.side

    def show(self, view: ApprovalsView) -> None:
        """Patch the queue, and show the card."""
        self.here.note_look()
        self.here.view = view
        queue = self.queue
        queue.grouped = self.order == "workflow"
        gone = queue.cursor_key not in {row.key if isinstance(row, AlikeGroup) else row.id for row in view.rows}
        queue.show_rows(view.rows, view.gaps)
        if (gone or view.wanted) and view.chosen:
            queue.select_key(view.chosen)
        if view.wanted == self.reading.wanted:
            self.reading.wanted = ""
        self.here.show_card()
        self.side.note()
        self._note_marks()

    def _note_marks(self) -> None:
        """Say how many are marked, and in which order the questions are or how many the filter hides."""
        hidden = self.here.view.hidden if self.here.view is not None else 0
        words = f"{hidden:,} hidden" if hidden else ORDERS[self.order]
        self.query_one(ColumnTitles).note(Content.styled(words, "$text-accent" if hidden else "$text-disabled"), urgent=not self.marks)
        self.screen.refresh_bindings()

    def tick(self) -> None:
        """Deadlines come nearer, and evidence gets older."""
        self.here.note_look()
        count_down(self.queue)
        self.here.show_card()

    def mark(self, questions: Sequence[AlikeQuestion] | None) -> None:
        """Mark these, or when all of them are marked none of them.

        Args:
            questions: As they are shown; none to forget all marks.
        """
        if questions is None:
            self.marks.clear()
        else:
            self.marks.turn(questions)
        self.queue.forget_drawn()
        self._note_marks()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is there can be marked, folded and read."""
        if action == "fold_group":
            return self.queue.has_focus and self.here.foldable != ""
        if action == "mark_question":
            return bool(self.here.markable)
        if action == "mark_all":
            return bool(self.here.view is not None and self.here.view.total)
        return self.here.is_shown if action in ("read_card", "open_run") else True

    def action_mark_question(self) -> None:
        """Mark the question under the cursor, or all of its group."""
        self.here.note_look()
        self.mark(self.here.markable)

    def action_mark_all(self) -> None:
        """Mark all that fit the filter."""
        work(self, self._mark_all, group="mark", exclusive=True)

    async def _mark_all(self) -> None:
        try:
            found = await self._app_context.studio.queue.questions(order=self.order, words=self.words)
        except OyamaError as error:
            self.post_message(self.Turned(whole=True, words=error.sentence))
            return
        self.mark(found)

    def action_fold_group(self) -> None:
        """Fold the group that the cursor stands in."""
        self.reading.folds[self.here.foldable] = True
        self.post_message(self.Turned())

    def action_read_card(self, pages: int) -> None:
        """Half a page on or back in the card."""
        (self.card.action_page_down if pages > 0 else self.card.action_page_up)()

    def action_open_run(self) -> None:
        """Look at the run that asks."""
        if self.here.view is not None and self.here.view.card is not None:
            self.post_message(RunOpened(self.here.view.card.row.run_id))

    def answer(self, verdict: Verdict) -> bool:
        """Answer what is marked, or the group under the cursor; false when neither is there.

        Args:
            verdict: The answer.
        """
        self.here.note_look()
        group = self.here.markable if self.here.group is not None else ()
        questions = self.marks.digests or {question.id: question.digest for question in group}
        if not questions:
            return False
        if not self.marks and verdict == "approve" and not self.card.read_whole:
            read, parts = self.card.parts
            words = f"One card stands for all of them: read it to the end first, {read} of {parts} read. ctrl+d reads on."
            self.card.to_unread()
            self.post_message(self.Turned(whole=False, inside=True, words=words))
        else:
            work(self, partial(self._ask, verdict, questions), group="bulk", exclusive=True)
        return True

    async def _ask(self, verdict: Verdict, questions: Mapping[str, str]) -> None:
        dialog = BulkDialog(self._app_context, verdict, questions, self.marks.looked_at)
        try:
            await dialog.look()
        except OyamaError as error:
            self.post_message(self.Turned(words=error.sentence))
            return
        if dialog.taking_part:
            self.app.push_screen(dialog, self._answered)
        else:
            self.post_message(self.Turned(words=dialog.none_words))

    def _answered(self, words: str | None) -> None:
        if words is not None:
            self.mark(None)
        self.post_message(self.Turned(words=words or ""))

    @on(Queue.Moved)
    def _moved(self) -> None:
        self.here.note_look()
        if not self.here.is_shown:
            self.post_message(self.Turned(whole=False))

    @on(Queue.Lacking)
    def _lacking(self) -> None:
        self.post_message(self.Turned())

    @on(Queue.MovedOn)
    def _moved_on(self) -> None:
        """Let go of a question that is over."""
        rows = self.here.view.rows if self.here.view is not None else ()
        over = next((row.id for row in rows if not isinstance(row, AlikeGroup) and row.status != "pending"), "")
        if over:
            self.reading.let_go = over
            self.post_message(self.Turned())

    @on(Queue.Chosen)
    def _chosen(self) -> None:
        group = self.here.group
        if group is None:
            self.post_message(self.Turned(whole=False, inside=True))
        else:
            self.reading.folds[group.alike] = not group.folded
            self.post_message(self.Turned())
