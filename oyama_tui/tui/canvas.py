"""What stands on the terminal, piece by piece, so that only what is different is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Offset
from textual.strip import Strip

from oyama_tui.core.text import TWO_CELLS
from oyama_tui.tui.colours import on_terminal
from oyama_tui.tui.status_icons import IN_ASCII

MOST_OVER: Final = 14
"""How many cells more than two a terminal may take for a picture of several characters: each of four emoji, and its tone, by itself."""
Piece: TypeAlias = "tuple[int, int, str]"
"""Column, width in cells, and the text with its colours as the terminal gets it."""


class Canvas:
    """Keeps account of every piece of text that the terminal shows.

    Widgets draw whole rows and whole widgets anew, each second where a clock runs. All of that passes here on its way to the terminal, and
    a piece that stands there already goes no further: what a second costs is what has changed in it, on whatever screen.
    """

    def __init__(self) -> None:
        self.ascii_only = False
        """Write the signs of frames, lists and bars as ASCII letters, whichever widget has drawn them."""
        self._lines: dict[int, list[Piece]] = {}
        self._cursor: Offset | None = None

    def forget(self) -> None:
        """Somebody else may have written on the terminal: nothing is known to stand there."""
        self._lines.clear()
        self._cursor = None

    def changes(self, update: CompositorUpdate, console: Console, cursor: Offset) -> str:
        """What to write so that the terminal shows an update.

        Args:
            update: Parts of the screen, or all of it.
            console: Whose colours are used.
            cursor: Where the cursor is to be afterwards.

        Returns:
            Text with control sequences; empty when all of it stands there already.
        """
        colours = console._color_system or ColorSystem.TRUECOLOR
        written = "".join(self._paint(y, x, strip, colours) for y, x, strip in _strips(update))
        if not written and cursor == self._cursor:
            return ""
        self._cursor = cursor
        return written + _go_to(cursor.x, cursor.y)

    def _paint(self, y: int, x: int, strip: Strip, colours: ColorSystem) -> str:
        """Write the pieces of a strip that do not stand in their place yet."""
        line = self._lines.get(y, [])
        pieces = list(_pieces(x, strip, colours, self.ascii_only))
        if not pieces:
            return ""
        end = pieces[-1][0] + pieces[-1][1]
        there = set(line)
        others = [piece for piece in line if piece[0] + piece[1] <= x or piece[0] >= end]
        self._lines[y] = others + pieces
        written, place, spoilt = [], -1, -1
        for piece in [*pieces, *sorted(piece for piece in others if piece[0] >= end)]:
            column, width, text = piece
            if column >= max(end, spoilt):
                break
            if piece in there and column >= spoilt:
                continue
            if text.isascii() or not TWO_CELLS.search(text):
                written.append(text if column == place else _go_to(column, y) + text)
                place = column + width
            else:
                # However many cells the terminal takes for it: those that it has are empty before, and what follows is written over it.
                here = _go_to(column, y)
                written.append(here + TWO_CELLS.sub(" " * width, text) + here + text)
                place, spoilt = -1, column + width + MOST_OVER
        return "".join(written)


def _strips(update: CompositorUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Row, column and content of everything in an update."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in strips:
                yield y, x, strip
                x += strip.cell_length
    elif isinstance(update, ChopsUpdate):
        for y, first, last in update.spans:
            yield from ((y, x, strip) for x, strip in _chops(update.chops[y].items(), update.chop_ends[y], first, last))


def _chops(chops: Iterable[tuple[int, Strip | None]], ends: Iterable[int], first: int, last: int) -> Iterator[tuple[int, Strip]]:
    """The parts of one row that touch a span."""
    for end, (x, strip) in zip(ends, chops, strict=False):
        if strip is not None and x <= last and end > first:
            yield x, strip if end <= last else strip.crop(0, last - x)


def _pieces(x: int, strip: Strip, colours: ColorSystem, ascii_only: bool) -> Iterator[Piece]:
    """A strip as pieces of one look each."""
    for whole, style, _control in strip:
        look = None if style is None else on_terminal(style, colours)
        for text in _counted_alike(whole.translate(IN_ASCII) if ascii_only else whole):
            width = cell_len(text)
            if width:
                yield x, width, text if look is None else Strip.render_style(look, text, color_system=colours)
                x += width


def _counted_alike(text: str) -> Iterator[str]:
    """A text in parts, so that one whose cells terminals count in different ways stands alone."""
    if text.isascii():
        yield text
        return
    end = 0
    for picture in TWO_CELLS.finditer(text):
        yield text[end : picture.start()]
        yield picture.group()
        end = picture.end()
    yield text[end:]


def _go_to(x: int, y: int) -> str:
    """Put the cursor into a cell."""
    return Control.move_to(x, y).segment.text
