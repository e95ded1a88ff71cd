"""Output as text: lines as programs wrote them, each with the lines on the screen that it takes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from textual.content import Content
from textual.geometry import Size
from textual.selection import Selection

from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as c
from oyama_tui.tui.widgets.pager import Pager
from oyama_tui.tui.widgets.places import Paragraph, begins_of
from oyama_tui.tui.widgets.program_output import output_line


class Remark(str):
    """A line between those of the output that says something about them."""

    __slots__ = ()


class LogText(Pager):
    """Lines of output, broken to fit or running out of sight, which can be searched and copied."""

    BINDINGS = bindings(c.MoveLeft, c.MoveRight)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.wrap = True
        self.texts: list[str] = []
        self._heights: list[int] = []
        """Lines on the screen of each text."""

    def _paragraphs(self) -> Iterator[Paragraph]:
        begin = 0
        for text, height in zip(self.texts, self._heights, strict=True):
            lines = [line.plain for line in self.lines[begin : begin + height]]
            yield begin, lines, lines[0] if height == 1 else output_line(text, colours=False).expand_tabs().plain
            begin += height

    def _searched(self) -> Iterator[Paragraph]:
        return (paragraph for text, paragraph in zip(self.texts, self._paragraphs(), strict=True) if not isinstance(text, Remark))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text; lines that were only broken to fit are whole again."""
        return "\n".join(self._selected(selection)), "\n"

    def _selected(self, selection: Selection) -> Iterator[str]:
        for first, lines, whole in self._paragraphs():
            spans = {at: span for at in range(len(lines)) if (span := selection.get_span(first + at)) is not None}
            if spans:
                begins, last = begins_of(lines, whole), max(spans)
                end = spans[last][1] if spans[last][1] != -1 else len(whole) if last == len(lines) - 1 else len(lines[last])
                yield whole[begins[min(spans)] + spans[min(spans)][0] : begins[last] + end]

    def _add_line(self, text: str, width: int) -> None:
        broken = self.broken(text, width)
        self.texts.append(text)
        self.lines.extend(broken)
        self._heights.append(len(broken))

    def broken(self, text: str, width: int) -> list[Content]:
        """The lines on the screen of a line of output.

        Args:
            text: As a program wrote it.
            width: Cells.
        """
        content = output_line(text, colours=not self.app.no_color)
        if content.plain.isascii() and "\t" not in content.plain and (not self.wrap or len(content) <= width):
            return [content]  # most lines are of this kind, and breaking them takes longest
        return content.wrap(width) if self.wrap and content and width > 0 else [content.expand_tabs()]

    def replace(self, texts: list[str], broken: list[list[Content]]) -> None:
        """Show other lines instead of all; the caller says where to look.

        Args:
            texts: As programs wrote them.
            broken: The lines on the screen of each.
        """
        self._place = -1
        self.texts, self._heights = texts, [len(lines) for lines in broken]
        self.lines = [line for lines in broken for line in lines]
        self._fit()

    def text_at(self, line: int) -> int:
        """Which of the texts a line on the screen belongs to."""
        return min(bisect_right(list(accumulate(self._heights)), line), max(len(self.texts) - 1, 0))

    def line_of(self, text: int) -> int:
        """The first line on the screen of a text."""
        return sum(self._heights[:text])

    def _fit(self) -> None:
        width = self.room.width
        if not self.wrap:
            width = max(width, max((line.cell_length for line in self.lines), default=0))
        self.virtual_size = Size(width, len(self.lines))
        self.forget_places()

    def set_wrap(self, wrap: bool) -> None:
        """Break long lines, or let them run out of sight."""
        self.wrap = wrap
        self.scroll_to(x=0, animate=False, force=True)
        self.lay_out_again()

    def action_move_left(self) -> None:
        """Long lines: to the left."""
        self.scroll_to(x=self.scroll_offset.x - 8, animate=False, force=True)

    def action_move_right(self) -> None:
        """Long lines: to the right."""
        self.scroll_to(x=self.scroll_offset.x + 8, animate=False, force=True)

    def lay_out_again(self) -> None:
        """Break all lines anew: for another width, or when wrapping changes."""
        texts, self.texts, self._heights, self.lines = self.texts, [], [], []
        self._place, width = -1, self.room.width
        for text in texts:
            self._add_line(text, width)
        self._fit()
