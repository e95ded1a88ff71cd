"""What of the queue is under the cursor, and whether its card is before somebody's eyes."""

from __future__ import annotations

from time import monotonic

from oyama_tui.core.views import AlikeGroup, AlikeQuestion
from oyama_tui.tui.marks import Look, Marks
from oyama_tui.tui.queue_reading import ApprovalsView
from oyama_tui.tui.render.receipt import NOTHING, Then
from oyama_tui.tui.widgets import approval_parts as parts_of
from oyama_tui.tui.widgets.approval_parts import Card, Queue


class UnderCursor:
    """The selected line of the queue with the card beside it.

    Args:
        queue: The lines.
        card: Everything needed to decide what is selected.
        marks: Remembers what was looked at.
    """

    def __init__(self, queue: Queue, card: Card, marks: Marks) -> None:
        self._queue, self._card, self._marks = queue, card, marks
        self.view: ApprovalsView | None = None
        """What is shown."""

    @property
    def group(self) -> AlikeGroup | None:
        """The group under the cursor; none when it is a question."""
        row = self._queue.selected
        return row if isinstance(row, AlikeGroup) else None

    @property
    def is_shown(self) -> bool:
        """Whether the card that was read last is that of what is selected."""
        view = self.view
        return view is not None and view.card is not None and view.chosen == (self._queue.cursor_key or view.chosen)

    def show_card(self) -> None:
        """Show the card as it is now; while that of what is selected is due, what was shown stays."""
        view = self.view
        if view is not None and not view.card_is_due:
            then = Then(view.run, view.following) if view.run is not None else NOTHING
            self._card.show_card(view.card if self.is_shown else None, view.members, then)

    def note_look(self) -> None:
        """Remember what somebody has had before their eyes long enough: a card, or all of a card that stands for several questions."""
        card, question = self._card, self._card.question
        if question is None or monotonic() - card.in_sight_since < parts_of.IN_SIGHT:
            return
        seen = card.seen(question)
        if not card.members:
            self._marks.looked_at[question.row.id] = Look(question.row.digest, seen)
        elif card.read_whole:
            self._marks.looked_at.update({member.id: Look(member.digest, seen) for member in card.members})

    @property
    def foldable(self) -> str:
        """The unfolded group that the cursor stands in; empty when it stands in none."""
        row = self._queue.selected
        if row is None or self.view is None:
            return ""
        alike, others = (row.alike, "") if isinstance(row, AlikeGroup) else (row.alike, row.asks_others)
        unfolded = any(isinstance(each, AlikeGroup) and each.alike == alike and not each.folded for each in self.view.rows)
        return alike if unfolded and not others else ""

    @property
    def markable(self) -> tuple[AlikeQuestion, ...]:
        """What the cursor stands for, as it is shown; empty while that is not known, and when it is over."""
        row = self._queue.selected
        if isinstance(row, AlikeGroup):
            return self.view.members if self.view is not None and self.is_shown else ()
        if row is None or row.status != "pending":
            return ()
        return (AlikeQuestion(id=row.id, target=row.target, digest=row.digest, alike=row.alike),)
