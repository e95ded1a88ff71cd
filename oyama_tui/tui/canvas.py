"""What stands on the terminal, piece by piece, so that only what is different is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Offset
from textual.strip import Strip

from oyama_tui.tui.colours import on_terminal

Piece: TypeAlias = "tuple[int, int, str]"
"""Column, width in cells, and the text with its colours as the terminal gets it."""


class Canvas:
    """Keeps account of every piece of text that the terminal shows.

    Widgets draw whole rows and whole widgets anew, each second where a clock runs. All of that passes here on its way to the terminal, and
    a piece that stands there already goes no further: what a second costs is what has changed in it, on whatever screen.
    """

    def __init__(self) -> None:
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
        pieces = list(_pieces(x, strip, colours))
        if not pieces:
            return ""
        end = pieces[-1][0] + pieces[-1][1]
        there = set(line)
        self._lines[y] = [piece for piece in line if piece[0] + piece[1] <= x or piece[0] >= end] + pieces
        written, place = [], -1
        for piece in pieces:
            column, width, text = piece
            if piece not in there:
                written.append(text if column == place else _go_to(column, y) + text)
                place = column + width
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


def _pieces(x: int, strip: Strip, colours: ColorSystem) -> Iterator[Piece]:
    """A strip as pieces of one look each."""
    for text, style, _control in strip:
        width = cell_len(text)
        if width:
            yield x, width, text if style is None else Strip.render_style(on_terminal(style, colours), text, color_system=colours)
            x += width


def _go_to(x: int, y: int) -> str:
    """Put the cursor into a cell."""
    return Control.move_to(x, y).segment.text
