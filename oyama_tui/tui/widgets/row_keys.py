"""Keys and mouse of a list with a cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events

from oyama_tui.tui.widgets.row_list import NO_GAPS, Heading, Remark, RowList, RowMessage, RowT


class Rows(RowList[RowT]):
    """A list of rows that keys and mouse move through, and that asks for those which are come to and have not been read."""

    class Lacking(RowMessage):
        """Lines are in sight, or under the cursor, whose rows have not been read; `reach` says how far reading must go."""

    @property
    def reach(self) -> int:
        """How many rows there are down to the last line in sight, and to the cursor."""
        last = max(self.top + self.room.height, self.cursor + 1)
        return sum(1 for row in self._lines[:last] if not isinstance(row, Heading))

    def _look_for_unread(self) -> None:
        in_sight = self._lines[self.top : self.top + self.room.height]
        if None in in_sight or None in self._lines[max(self.cursor, 0) : self.cursor + 1]:
            self.post_message(self.Lacking(self, self.cursor_key))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notice rows that have not been read."""
        super().watch_scroll_y(old_value, new_value)
        self._look_for_unread()

    def show_rows(self, rows: Sequence[RowT], gaps: Mapping[int, int] = NO_GAPS) -> None:
        """Show these rows; the cursor stays on its item, or at its place when the item is gone."""
        super().show_rows(rows, gaps)
        self._look_for_unread()

    def move_to(self, line: int, step: int = 1) -> None:
        """Put the cursor on a line, or on the nearest row in the direction of `step`."""
        super().move_to(line, step)
        self._look_for_unread()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a row can be chosen."""
        return self.selected is not None if action == "choose" else super().check_action(action, parameters)

    def action_move_down(self) -> None:
        """To the next row."""
        self.move_to(self.cursor + 1)

    def action_move_up(self) -> None:
        """To the row before."""
        self.move_to(self.cursor - 1, -1)

    def action_move_top(self) -> None:
        """To the first row."""
        self.move_to(0)

    def action_move_bottom(self) -> None:
        """To the last row."""
        self.move_to(self.line_count - 1, -1)

    def action_page_down(self) -> None:
        """Half a page down."""
        self.move_to(self.cursor + max(self.room.height // 2, 1))

    def action_page_up(self) -> None:
        """Half a page up."""
        self.move_to(self.cursor - max(self.room.height // 2, 1), -1)

    def action_choose(self) -> None:
        """Look into the row."""
        if self.selected is not None:
            self.post_message(self.Chosen(self, self.cursor_key))

    def on_click(self, event: events.Click) -> None:
        """Select with one click, look into it with two."""
        line = self.top + event.y - self.gutter.top
        if not 0 <= line < self.line_count:
            return
        if line != self.cursor:
            self.move_to(line, -1 if isinstance(self.row_at(line), Remark) else 1)
        if event.chain > 1:
            self.action_choose()
