"""The two sides of the approvals: the queue, and the card that knows since when it has been in sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from textual.message import Message

from oyama_tui.core.events import Seen
from oyama_tui.core.views import AlikeGroup, AlikeQuestion, ApprovalCard, ApprovalRow
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as every
from oyama_tui.tui.marks import Marks
from oyama_tui.tui.render.approval import ages, card_lines
from oyama_tui.tui.render.queue import left_words, queue_heading, queue_line, targets_lines
from oyama_tui.tui.render.receipt import NOTHING, Then
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.pager import nothing
from oyama_tui.tui.widgets.reading import ReadText
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.widgets.row_list import NO_GAPS
from oyama_tui.tui.widgets.sight import Sight
from oyama_tui.tui.wording import utc_now

QueueRow: TypeAlias = ApprovalRow | AlikeGroup
"""A line of the queue."""
IN_SIGHT = 0.3
"""Seconds that a card has been in sight before a key can mean it."""


class Queue(Rows[QueueRow], inherit_bindings=False):
    """The questions, and groups of them; paging keys read on in the card instead.

    Args:
        icons: How states are drawn.
        me: Whose questions are put off, when they are.
        marks: Which questions are marked.
    """

    class MovedOn(Message):
        """Somebody has moved the cursor, or would have."""

    BINDINGS = bindings(every.MoveDown, every.MoveUp, every.MoveTop, every.MoveBottom, every.Choose)

    def __init__(self, icons: StatusIcons, me: str, marks: Marks) -> None:

        def is_within(row: QueueRow) -> bool:
            return isinstance(row, ApprovalRow) and row.alike in self._unfolded and not row.asks_others

        super().__init__(
            lambda row: row.key if isinstance(row, AlikeGroup) else row.id,
            lambda row, width: queue_line(row, width, utc_now(), icons, marked=marks.holds(row), within=is_within(row)),
            lambda row: queue_heading(row, put_off=isinstance(row, ApprovalRow) and row.is_snoozed(me, utc_now())),
            id="queue",
            classes="left",
        )
        self._of_workflow = self._group
        self._unfolded: frozenset[str] = frozenset()
        self.said: dict[int, object] = {}
        """By line in sight: what its countdown has said."""
        self.grouped = True
        """Headings stand over the questions of each workflow; without them other things say what comes first."""

    def show_rows(self, rows: Sequence[QueueRow], gaps: Mapping[int, int] = NO_GAPS) -> None:
        """Show these questions."""
        self._group = self._of_workflow if self.grouped else None
        unfolded = frozenset(row.alike for row in rows if isinstance(row, AlikeGroup) and not row.folded)
        if unfolded != self._unfolded:
            self._unfolded = unfolded
            self.forget_drawn()
        super().show_rows(rows, gaps)

    def move_to(self, line: int, step: int = 1) -> None:
        """Put the cursor on a line."""
        super().move_to(line, step)
        self.post_message(self.MovedOn())


def count_down(queue: Queue) -> None:
    """A second has passed: draw anew the lines of the queue on which that can be seen.

    Args:
        queue: The lines.
    """
    said: dict[int, object] = {}
    now = utc_now()
    for line in range(queue.top, queue.top + queue.room.height):
        row = queue.row_at(line)
        if isinstance(row, AlikeGroup | ApprovalRow) and row.deadline is not None:
            said[line] = row, left_words(row.deadline, now)
            if queue.said.get(line) != said[line]:
                queue._forget_line(line)
    queue.said = said


class Card(ReadText, inherit_bindings=False):
    """Everything needed to decide one question; the screen's keys read on in it, from the queue too."""

    BINDINGS = bindings(every.MoveDown, every.MoveUp, every.MoveTop, every.MoveBottom)

    def __init__(self, icons: StatusIcons) -> None:
        super().__init__(id="card", classes="right")
        self._icons = icons
        self.sight = Sight(self)
        self.members: tuple[AlikeQuestion, ...] = ()
        """The questions that it stands for, where it is the card of a group."""
        self.question: ApprovalCard | None = None
        """What it shows."""
        self._shown: tuple[object, ...] = (None, ("",))

    def show_card(self, card: ApprovalCard | None, members: Sequence[AlikeQuestion] = (), then: Then = NOTHING) -> None:
        """Show a card; another content starts from the top and counts as unread.

        Args:
            card: Of a question; none when there is none.
            members: All questions of the group that it stands for; empty for a question by itself.
            then: What goes on, where it is over.
        """
        words = () if card is None else ages(card, utc_now())
        if (card, words, members, then) == self._shown:
            return
        # What has ended in the meantime says so at its top, wherever somebody was reading.
        ended = self.question is not None and card is not None and _has_ended(self.question.row, card.row)
        self._shown, self.question = (card, words, members, then), card
        name = _name_of(card) if card is not None else ""
        # A group that has become smaller has been read as far as it was.
        fresh = name != self.sight.shown or bool(members) != bool(self.members) or not set(members) <= set(self.members)
        self.members = tuple(members)
        if card is None:
            self.show(nothing)
        else:
            now = utc_now()
            self.show(
                lambda width: [*targets_lines(members, width), *card_lines(card, width, now, self._icons, then)], from_top=fresh or ended
            )
        if fresh:
            self.sight.show(name)

    @property
    def in_sight_since(self) -> float:
        """When the question has come into sight, by the monotonic clock; infinite while nobody sees it."""
        return self.sight.since

    def seen(self, card: ApprovalCard) -> Seen | None:
        """What of a question somebody has had before their eyes; none when another one is shown.

        Args:
            card: The question, as it was answered.
        """
        if _name_of(card) != self.sight.shown:
            return None
        read, parts = self.parts
        return Seen(how="card", parts=parts, read=read, milliseconds=round(self.sight.milliseconds))

    def on_show(self) -> None:
        """It has got room."""
        self.sight.come()

    def on_hide(self) -> None:
        """It has no room any more."""
        self.sight.leave()


def _has_ended(before: ApprovalRow, now: ApprovalRow) -> bool:
    """Whether a question that was open is over."""
    return before.id == now.id and before.status == "pending" != now.status


def _name_of(card: ApprovalCard) -> str:
    """What is shown, by its name: a part of it that is no part of the digest may change."""
    return f"{card.row.id} {card.row.digest}"
