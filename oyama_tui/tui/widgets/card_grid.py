"""Cards side by side, as many as fit, with a cursor that stays on its item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.strip import Strip

from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as c
from oyama_tui.tui.commands import workflow_commands as w
from oyama_tui.tui.widgets.layout import BLANK
from oyama_tui.tui.widgets.line_view import LineView, blank_line, looks_same
from oyama_tui.tui.widgets.row_list import RowMessage, RowT

NARROWEST = 36
"""Cells of a card at the least."""
MOST_COLUMNS = 4
GAP = 2
PADDING = 2


class CardGrid(LineView, Generic[RowT]):
    """Cards of equal size.

    Args:
        key: A card's identity.
        paint: Draws a card in so many cells; always the same number of lines.
        height: That number.
        mark: Stands before the card under the cursor.
    """

    BINDINGS = bindings(
        *(c.MoveDown, c.MoveUp, w.CardBefore, w.CardAfter, c.MoveTop, c.MoveBottom, c.PageDown, c.PageUp, w.OpenCard),
    )
    COMPONENT_CLASSES = {"cards--card", "cards--cursor", "cards--bar"}

    class Moved(RowMessage):
        """The cursor is on another card."""

    class Chosen(RowMessage):
        """Somebody wants to look into a card."""

    def __init__(
        self,
        key: Callable[[RowT], str],
        paint: Callable[[RowT, int], Sequence[Content]],
        height: int,
        *,
        id: str,
        classes: str = "",
        mark: str = "▌",
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._key, self._paint, self._inner = key, paint, height
        self._mark = mark
        self.items: Sequence[RowT] = ()
        self.cursor = -1
        self.cursor_key = ""
        self._painted: dict[int, Sequence[Content]] = {}
        """Lines of the cards that have been drawn, by place."""

    def forget_drawn(self) -> None:
        """Draw every card anew."""
        self._painted.clear()
        super().forget_drawn()

    @property
    def card_height(self) -> int:
        """Lines of a card: with a line of air above and below where there is room."""
        return self._inner + (2 if self.room.height >= 26 else 0)

    @property
    def columns_shown(self) -> int:
        """Cards side by side."""
        return min(max((self.room.width - 2 * PADDING + GAP) // (NARROWEST + GAP), 1), MOST_COLUMNS)

    @property
    def card_width(self) -> int:
        """Cells of a card."""
        columns = self.columns_shown
        return max((self.room.width - 2 * PADDING + GAP) // columns - GAP, 8)

    @property
    def selected(self) -> RowT | None:
        """The card under the cursor."""
        return self.items[self.cursor] if 0 <= self.cursor < len(self.items) else None

    def show_rows(self, items: Sequence[RowT]) -> None:
        """Show these cards; the cursor stays on its item, or at its place when the item is gone."""
        place, old = max(self.cursor, 0), self.items
        self.items = items
        if items and tuple(items) == tuple(old):
            return
        found = next((index for index, item in enumerate(items) if self._key(item) == self.cursor_key), -1)
        self._fit()
        self._land(found if found >= 0 else min(place, len(items) - 1))

    def _fit(self) -> None:
        rows = -(-len(self.items) // self.columns_shown)
        self.virtual_size = Size(self.room.width, max(rows * (self.card_height + 1) - 1, 0))
        self.forget_drawn()

    def _land(self, index: int) -> None:
        old = self.cursor_key
        self.cursor = index
        self.cursor_key = self._key(self.items[index]) if 0 <= index < len(self.items) else ""
        self.forget_drawn()
        if self.cursor_key != old:
            self.post_message(self.Moved(self, self.cursor_key))
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        """Scroll as far as needed; while there is no room at all, as under a notice, nothing can be out of sight."""
        height = self.room.height
        if height < 1:
            return
        top = (max(self.cursor, 0) // self.columns_shown) * (self.card_height + 1)
        if top < self.top or height < self.card_height:
            self.scroll_to(y=top, animate=False, force=True)
        elif top + self.card_height > self.top + height:
            self.scroll_to(y=top + self.card_height - height, animate=False, force=True)

    def move_by(self, step: int) -> None:
        """Put the cursor so many cards further."""
        if self.items:
            self._land(min(max(self.cursor + step, 0), len(self.items) - 1))

    def select_key(self, key: str) -> bool:
        """Put the cursor on an item; false when it is not there."""
        index = next((index for index, item in enumerate(self.items) if self._key(item) == key), -1)
        if index >= 0:
            self._land(index)
        return index >= 0

    def on_resize(self, _event: events.Resize) -> None:
        """Arrange for the new size."""
        self._fit()
        self._keep_in_sight()

    def render_line(self, y: int) -> Strip:
        """Draw one line across all cards of a row."""
        line, width = self.top + y, self.size.width
        row, inside = divmod(line, self.card_height + 1)
        columns = self.columns_shown
        items = list(enumerate(self.items))[row * columns : (row + 1) * columns]
        if inside == self.card_height or not items:
            return blank_line(self, width)
        key = (line, width)
        if (drawn := self._drawn.get(key)) is None:
            strips = [blank_line(self, PADDING)]
            for index, item in items:
                strips += [self._card_line(index, item, inside), blank_line(self, GAP)]
            drawn = self._drawn[key] = Strip.join(strips).crop_extend(0, width, self.visual_style.rich_style)
        return drawn

    def _card_line(self, index: int, item: RowT, inside: int) -> Strip:
        here = index == self.cursor
        base = self.component("cards--cursor" if here else "cards--card")
        air = (self.card_height - self._inner) // 2
        lines = self._painted.get(index)
        if lines is None:
            lines = self._painted[index] = self._paint(item, self.card_width - 4)
        content = lines[inside - air] if 0 <= inside - air < len(lines) else BLANK
        bar = Content.styled(self._mark if here else " ", "$text-accent" if self.has_focus else "$text-muted")
        return self.strip_of(Content.assemble(bar, " ", content), self.card_width, base, inside)

    def action_choose(self) -> None:
        """Look into the card."""
        if self.selected is not None:
            self.post_message(self.Chosen(self, self.cursor_key))

    def on_click(self, event: events.Click) -> None:
        """Select with one click, look into it with two."""
        columns = self.columns_shown
        column = (event.x - PADDING) // (self.card_width + GAP)
        index = (self.top + event.y - self.gutter.top) // (self.card_height + 1) * columns + column
        if 0 <= column < columns and 0 <= index < len(self.items):
            self._land(index)
            if event.chain > 1:
                self.action_choose()


def let_time_pass(cards: CardGrid[RowT]) -> None:
    """A second has passed: draw anew if that can be seen.

    Args:
        cards: The cards.
    """
    for index, before in cards._painted.items():
        now = cards._paint(cards.items[index], cards.card_width - 4) if index < len(cards.items) else ()
        if len(now) != len(before) or not all(map(looks_same, now, before)):
            cards.forget_drawn()
            return
