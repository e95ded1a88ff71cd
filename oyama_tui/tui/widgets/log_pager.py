"""The live output of a step."""

from __future__ import annotations

from collections.abc import Iterator

from textual.geometry import Size
from textual.selection import Selection

from oyama_tui.core.terminal_output import OutputLines
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import everywhere as c
from oyama_tui.tui.widgets.pager import Pager
from oyama_tui.tui.widgets.places import Paragraph, begins_of
from oyama_tui.tui.widgets.program_output import output_line

MOST_LINES = 10_000
"""Older lines are let go."""
LONGEST_LINE = 64 * 1024
"""Characters of a line that are shown."""
GOES_ON = " … (the line goes on in the log file)"
OLDER = "… the lines before these are in the log file"


class LogPager(Pager):
    """Text that grows at its end; follows the end until somebody scrolls up."""

    BINDINGS = bindings(c.MoveLeft, c.MoveRight)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.follow = True
        self.wrap = True
        self.texts: list[str] = []
        self._incoming = OutputLines(LONGEST_LINE, GOES_ON)
        self._open = False
        """The last text is that of a line under way."""
        self._heights: list[int] = []
        """Lines on the screen of each text."""

    def clear(self) -> None:
        """Begin anew."""
        self.texts, self._heights, self.lines, self._open = [], [], [], False
        self._incoming.clear()
        self.follow, self.partial = True, False
        self._fit()

    def pass_over(self, words: str) -> None:
        """Begin a new line after text that is left out.

        Args:
            words: Say in one line what is left out.
        """
        under_way = self._incoming.finish()
        self.partial = True
        self._add([*under_way, words])

    def append(self, text: str) -> None:
        """Add text; its last line may go on later, or be overwritten."""
        if text:
            self._add(self._incoming.feed(text))

    def _add(self, lines: list[str]) -> None:
        if self._open:
            self.texts.pop()
            del self.lines[len(self.lines) - self._heights.pop() :]
        under_way = self._incoming.under_way
        self._open = bool(under_way)
        if under_way:
            lines.append(under_way)
        if len(lines) > MOST_LINES:
            self._add_line(OLDER)
        for line in lines[-MOST_LINES:]:
            self._add_line(line)
        gone = self._let_go_of_old()
        self._fit()
        if self.follow:
            self.to_end()
        elif gone:
            self.scroll_lines(-gone)
        self._place -= gone

    def _paragraphs(self) -> Iterator[Paragraph]:
        begin = 0
        for text, height in zip(self.texts, self._heights, strict=True):
            lines = [line.plain for line in self.lines[begin : begin + height]]
            yield begin, lines, lines[0] if height == 1 else output_line(text, colours=False).expand_tabs().plain
            begin += height

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

    def _add_line(self, text: str) -> None:
        width = self.room.width
        content = output_line(text, colours=not self.app.no_color)
        if content.plain.isascii() and "\t" not in content.plain and (not self.wrap or len(content) <= width):
            broken = [content]  # most lines are of this kind, and breaking them takes longest
        else:
            broken = content.wrap(width) if self.wrap and content and width > 0 else [content.expand_tabs()]
        self.texts.append(text)
        self.lines.extend(broken)
        self._heights.append(len(broken))

    def _let_go_of_old(self) -> int:
        surplus = len(self.texts) - MOST_LINES
        if surplus <= 0:
            return 0
        surplus += 1
        gone = sum(self._heights[:surplus])
        self.partial = True
        self.texts[:surplus], self._heights[:surplus], self.lines[:gone] = [OLDER], [1], [output_line(OLDER, colours=False)]
        return gone - 1

    def _fit(self) -> None:
        width = self.room.width
        if not self.wrap:
            width = max(width, max((line.cell_length for line in self.lines), default=0))
        self.virtual_size = Size(width, len(self.lines))
        self.forget_places()

    def lay_out_again(self) -> None:
        """Break all lines anew: for another width, or when wrapping changes."""
        texts, self.texts, self._heights, self.lines = self.texts, [], [], []
        self._place = -1
        for text in texts:
            self._add_line(text)
        self._fit()
        if self.follow:
            self.to_end()

    def _lay_out(self) -> None:
        if self.room.width > 0 and self.room.width != self._laid_out_for:
            self._laid_out_for = self.room.width
            self.lay_out_again()
        elif self.follow:
            self.to_end()

    def set_wrap(self, wrap: bool) -> None:
        """Break long lines, or let them run out of sight."""
        self.wrap = wrap
        self.scroll_to(x=0, animate=False, force=True)
        self.lay_out_again()

    def to_end(self) -> None:
        """Go to the end and follow it."""
        self.follow = True
        self.scroll_to(y=max(len(self.lines) - self.room.height, 0), animate=False, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up stops following, coming to the end starts it again."""
        super().watch_scroll_y(old_value, new_value)
        at_end = round(new_value) >= len(self.lines) - self.room.height
        if at_end != self.follow and (at_end or new_value < old_value):
            self.follow = at_end
            self.post_message(self.ReadFurther(self))

    def action_move_bottom(self) -> None:
        """To the end, and follow it."""
        self.to_end()
        self.post_message(self.ReadFurther(self))

    def action_move_left(self) -> None:
        """Long lines: to the left."""
        self.scroll_to(x=self.scroll_offset.x - 8, animate=False, force=True)

    def action_move_right(self) -> None:
        """Long lines: to the right."""
        self.scroll_to(x=self.scroll_offset.x + 8, animate=False, force=True)
