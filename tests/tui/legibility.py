"""How well what stands on the screen is read: every piece of it in the colours in which it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Input

from oyama_tui.tui.colours import contrast
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.widgets.card_grid import CardGrid
from oyama_tui.tui.widgets.row_list import RowList
from tests.tui.scene import WatchedApp

WORDS: Final = 4.5
"""The least contrast of text."""
SIGNS: Final = 3.0
"""The least contrast of what carries no words: rules, bars, states that a word stands beside."""
BLACK_AND_WHITE: Final = {Color.from_ansi(0), Color.from_ansi(7)}
CURSORS: Final = "▌▏>:"


@dataclass(frozen=True)
class Cell:
    """One cell of the screen, or several alike."""

    text: str
    style: Style

    @property
    def colours(self) -> tuple[ColorTriplet, ColorTriplet] | None:
        """What is drawn, and the ground that it stands on; none where one of them is the terminal's own."""
        text, ground = self.style.color, self.style.bgcolor
        if text is None or ground is None or text.triplet is None or ground.triplet is None:
            return None
        return (ground.triplet, text.triplet) if self.style.reverse else (text.triplet, ground.triplet)

    @property
    def contrast(self) -> float:
        """How well it is read; 0 where that cannot be told."""
        colours = self.colours
        return contrast(*colours) if colours is not None else 0.0

    @property
    def has_words(self) -> bool:
        """Whether there is something to read."""
        return any(character.isalnum() for character in self.text)


class Sight:
    """What is on the screen or dialog on top.

    Args:
        app: The screens, at rest.
    """

    def __init__(self, app: WatchedApp) -> None:
        self.app = app
        self.strips: list[Strip] = app.screen._compositor.render_strips()
        frame = app.screen.query_one("#frame").region if isinstance(app.screen, ModalScreen) else app.screen.region
        self.frame: Region = frame.intersection(app.screen.region)

    def pieces(self) -> Iterator[Cell]:
        """Everything that is drawn, piece by piece."""
        for y in range(self.frame.y, self.frame.bottom):
            for text, style, _control in self.strips[y].crop(self.frame.x, self.frame.right):
                if style is not None and text.strip():
                    yield Cell(text, style)

    def at(self, x: int, y: int) -> Cell:
        """One cell."""
        segment: Segment = next(iter(self.strips[y].crop(x, x + 1)))
        assert segment.style is not None
        return Cell(segment.text, segment.style)

    def unreadable(self, words: float = WORDS) -> Iterator[str]:
        """What is read with difficulty, or not told apart.

        Args:
            words: The least contrast of text.
        """
        for piece in self.pieces():
            if piece.contrast < (words if piece.has_words else SIGNS):
                yield f"{piece.text.strip()!r} {piece.contrast:.2f} ({piece.style})"
        yield from self._cursors()
        yield from self._focus()
        yield from self._scrollbars()

    def indistinct(self) -> Iterator[str]:
        """What can only be told by colours, or not at all, whatever the terminal makes of them."""
        for piece in self.pieces():
            if piece.style.color is not None and piece.style.color == piece.style.bgcolor and not piece.style.color.is_default:
                yield f"{piece.text.strip()!r} has the colour of its ground ({piece.style})"
            elif self.app.native_ansi_color and not _known(piece.style):
                yield f"{piece.text.strip()!r} stands on a colour that nobody knows ({piece.style})"
        for rows in self._rows():
            bar = self.at(rows.content_region.x, rows.region.y + rows.cursor - rows.top)
            if bar.text not in CURSORS:
                yield f"cursor of {rows.id}: {bar.text!r}"
        focused = self.app.focused
        if isinstance(focused, DialogButton):
            for button in self.app.screen.query(DialogButton):
                told = any(_marked(self.at(x, button.region.y).style) for x in range(button.region.x, button.region.right))
                if button.display and told != (button is focused):
                    yield f"focus of {focused.label} beside {button.label}"

    def _rows(self) -> Iterator[RowList[object]]:
        """Lists whose cursor is in sight."""
        for rows in self.app.screen.query(RowList):
            if rows.is_on_screen and 0 <= rows.cursor - rows.top < rows.room.height:
                yield rows

    def _cursors(self) -> Iterator[str]:
        """Rows under a cursor that look like the others."""
        for rows in self._rows():
            bar = self.at(rows.content_region.x, rows.region.y + rows.cursor - rows.top)
            if bar.text not in CURSORS or bar.contrast < SIGNS:
                yield f"cursor of {rows.id}: {bar.text!r} {bar.contrast:.2f} ({bar.style})"
        for cards in self.app.screen.query(CardGrid):
            bars = [piece for piece in self.pieces() if piece.text.strip() in ("▌", "┃", ">")]
            if cards.display and not any(piece.contrast >= SIGNS for piece in bars):
                yield "cursor of the cards"

    def _focus(self) -> Iterator[str]:
        """A focused button or field that looks like any other one."""
        focused = self.app.focused
        if isinstance(focused, DialogButton):
            grounds = {
                button: self.at(*button.content_region.offset).style for button in self.app.screen.query(DialogButton) if button.display
            }
            others = [style for button, style in grounds.items() if button is not focused]
            if any(_apart(grounds[focused], other) < SIGNS for other in others):
                yield f"focus of {focused.label}"
        if isinstance(focused, Input) and focused.selection.is_empty:
            field = focused.content_region
            here, beside = self.at(field.x + focused.cursor_position - round(focused.scroll_x), field.y), self.at(field.right - 1, field.y)
            if _apart(here.style, beside.style) < SIGNS:
                yield f"cursor of the field: {here.style} beside {beside.style}"

    def _scrollbars(self) -> Iterator[str]:
        """Scrollbars whose place cannot be told."""
        for view in self.app.screen.query(RowList):
            if not view.show_vertical_scrollbar or view.virtual_size.height <= view.size.height or not view.display:
                continue
            grounds = {self.at(view.region.right - 1, y).style for y in range(view.region.y, view.region.bottom)}
            triplets = {colour for style in grounds for colour in (style.color, style.bgcolor) if colour is not None and colour.triplet}
            values = [colour.triplet for colour in triplets if colour.triplet is not None]
            if max((contrast(one, other) for one in values for other in values), default=0) < SIGNS:
                yield f"scrollbar of {view.id}: {grounds}"


def _marked(style: Style) -> bool:
    """Whether a style is told by more than its colour."""
    return bool(style.underline or style.reverse)


def _known(style: Style) -> bool:
    """Whether one of the two colours is the terminal's own ground, or both are black and white."""
    return style.bgcolor is None or style.bgcolor.is_default or {style.color, style.bgcolor} == BLACK_AND_WHITE


def _apart(one: Style, other: Style) -> float:
    """The contrast of two grounds."""
    grounds = [cell.colours for cell in (Cell(" ", one), Cell(" ", other))]
    first, second = grounds
    return contrast(first[1], second[1]) if first is not None and second is not None else 0.0
