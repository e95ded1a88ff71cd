"""The live output of a step."""

from __future__ import annotations

from textual.content import Content

from oyama_tui.core.terminal_output import OutputLines
from oyama_tui.tui.log_index import GOES_ON, LONGEST
from oyama_tui.tui.widgets.log_text import LogText, Remark
from oyama_tui.tui.widgets.program_output import output_line

MOST_LINES = 10_000
"""Older lines are let go."""
LONGEST_LINE = LONGEST
OLDER = Remark("... the lines before these are read when you scroll further up")


class LogPager(LogText):
    """Text that grows at its end; follows the end until somebody scrolls up."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.follow = True
        self._incoming = OutputLines(LONGEST_LINE, GOES_ON)
        self._open = False
        """The last text is that of a line under way."""

    def clear(self) -> None:
        """Forget everything."""
        self.begin_anew()

    def begin_anew(self) -> None:
        """Show nothing, until there is more."""
        self.texts, self._heights, self.lines, self._open = [], [], [], False
        self._incoming.clear()
        self.follow, self.partial = True, False
        self._fit()

    def replace(self, texts: list[str], broken: list[list[Content]]) -> None:
        """Show other lines instead of all."""
        self._incoming.clear()
        self._open = False
        super().replace(texts, broken)

    def pass_over(self, words: str) -> None:
        """Begin a new line after text that is left out.

        Args:
            words: Say in one line what is left out.
        """
        under_way = self._incoming.finish()
        self.partial = True
        self._add([*under_way, Remark(words)])

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
        width = self.room.width
        if len(lines) > MOST_LINES:
            self._add_line(OLDER, width)
        for line in lines[-MOST_LINES:]:
            self._add_line(line, width)
        gone = self._let_go_of_old()
        self._fit()
        if self.follow:
            self.to_end()
        elif gone:
            self.scroll_to(y=self.scroll_offset.y - gone, animate=False, force=True)
        self._place -= gone

    def _let_go_of_old(self) -> int:
        surplus = len(self.texts) - MOST_LINES
        if surplus <= 0:
            return 0
        surplus += 1
        gone = sum(self._heights[:surplus])
        self.partial = True
        self.texts[:surplus], self._heights[:surplus], self.lines[:gone] = [OLDER], [1], [output_line(OLDER, colours=False)]
        return gone - 1

    def lay_out_again(self) -> None:
        """Break all lines anew: for another width, or when wrapping changes."""
        super().lay_out_again()
        if self.follow:
            self.to_end()

    def _lay_out(self) -> None:
        if self.room.width > 0 and self.room.width != self._laid_out_for:
            self._laid_out_for = self.room.width
            self.lay_out_again()
        elif self.follow:
            self.to_end()

    def to_end(self) -> None:
        """Go to the end and follow it."""
        self.follow = True
        self.scroll_to(y=max(len(self.lines) - self.room.height, 0), animate=False, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up stops following, coming to the end starts it again."""
        super().watch_scroll_y(old_value, new_value)
        self.has_moved(new_value < old_value)

    @property
    def at_bottom(self) -> bool:
        """Whether the last line is in sight."""
        return self.top >= len(self.lines) - self.room.height

    def has_moved(self, up: bool) -> None:
        """Another part of the text is in sight.

        Args:
            up: It was moved up.
        """
        at_end = self.at_bottom
        if at_end != self.follow and (at_end or up):
            self.follow = at_end
            self.post_message(self.ReadFurther(self))

    def action_move_bottom(self) -> None:
        """To the end, and follow it."""
        self.to_end()
        self.post_message(self.ReadFurther(self))
