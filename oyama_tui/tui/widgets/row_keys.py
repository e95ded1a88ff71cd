"""Keys and mouse of a list with a cursor."""

from __future__ import annotations

from textual import events

from oyama_tui.tui.widgets.row_list import RowList, RowT


class Rows(RowList[RowT]):
    """A list of rows that keys and mouse move through."""

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
            self.move_to(line)
        if event.chain > 1:
            self.action_choose()
