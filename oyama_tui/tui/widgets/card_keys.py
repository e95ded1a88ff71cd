"""Keys of a grid of cards."""

from __future__ import annotations

from oyama_tui.tui.widgets.card_grid import CardGrid
from oyama_tui.tui.widgets.row_list import RowT


class Cards(CardGrid[RowT]):
    """Cards that keys move through."""

    def action_move_down(self) -> None:
        """To the card below."""
        self.move_by(self.columns_shown)

    def action_move_up(self) -> None:
        """To the card above."""
        self.move_by(-self.columns_shown)

    def action_move_left(self) -> None:
        """To the card on the left."""
        self.move_by(-1)

    def action_move_right(self) -> None:
        """To the card on the right."""
        self.move_by(1)

    def action_move_top(self) -> None:
        """To the first card."""
        self.move_by(-len(self.items))

    def action_move_bottom(self) -> None:
        """To the last card."""
        self.move_by(len(self.items))

    def action_page_down(self) -> None:
        """Two rows of cards down."""
        self.move_by(2 * self.columns_shown)

    def action_page_up(self) -> None:
        """Two rows of cards up."""
        self.move_by(-2 * self.columns_shown)

    def watch_has_focus(self, _focused: bool) -> None:
        """Show the cursor as active or not."""
        self.forget_drawn()
