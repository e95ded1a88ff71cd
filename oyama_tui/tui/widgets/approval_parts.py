"""The two sides of the approvals: the queue, and the card that knows since when it has been in sight."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from oyama_tui.core.events import Seen
from oyama_tui.core.views import ApprovalCard, ApprovalRow
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as every
from oyama_tui.tui.render.approval import ages, card_lines, queue_group, queue_row
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.pager import nothing
from oyama_tui.tui.widgets.reading import ReadText
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.widgets.sight import Sight
from oyama_tui.tui.wording import utc_now

IN_SIGHT = 0.3
"""Seconds that a card has been in sight before a key can mean it."""


class Queue(Rows[ApprovalRow], inherit_bindings=False):
    """The questions; paging keys read on in the card instead.

    Args:
        icons: How states are drawn.
        me: Whose questions are put off, when they are.
    """

    class MovedOn(Message):
        """Somebody has moved the cursor, or would have."""

    BINDINGS = bindings(every.MoveDown, every.MoveUp, every.MoveTop, every.MoveBottom, every.Choose)

    def __init__(self, icons: StatusIcons, me: str) -> None:
        super().__init__(
            lambda row: row.id,
            lambda row, width: queue_row(row, width, utc_now(), icons),
            lambda row: queue_group(row, put_off=row.is_snoozed(me, utc_now())),
            id="queue",
            classes="left",
        )
        self._of_workflow = self._group
        self.grouped = True
        """Headings stand over the questions of each workflow; without them other things say what comes first."""

    def show_rows(self, rows: Sequence[ApprovalRow], unread: int = 0, at: int | None = None) -> None:
        """Show these questions."""
        self._group = self._of_workflow if self.grouped else None
        super().show_rows(rows, unread, at)

    def move_to(self, line: int, step: int = 1) -> None:
        """Put the cursor on a line."""
        super().move_to(line, step)
        self.post_message(self.MovedOn())


class Card(ReadText, inherit_bindings=False):
    """Everything needed to decide one question; the screen's keys read on in it, from the queue too."""

    BINDINGS = bindings(every.MoveDown, every.MoveUp, every.MoveTop, every.MoveBottom)

    def __init__(self, icons: StatusIcons) -> None:
        super().__init__(id="card", classes="right")
        self._icons = icons
        self.sight = Sight(self)
        self._shown: tuple[ApprovalCard | None, tuple[str, ...]] = (None, ("",))

    def show_card(self, card: ApprovalCard | None) -> None:
        """Show a card; another content starts from the top and counts as unread."""
        words = () if card is None else ages(card, utc_now())
        if (card, words) == self._shown:
            return
        self._shown = (card, words)
        name = _name_of(card) if card is not None else ""
        fresh = name != self.sight.shown
        if card is None:
            self.show(nothing)
        else:
            now = utc_now()
            self.show(lambda width: card_lines(card, width, now, self._icons), from_top=fresh)
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


def _name_of(card: ApprovalCard) -> str:
    """What is shown, by its name: a part of it that is no part of the digest may change."""
    return f"{card.row.id} {card.row.digest}"
