"""A list with a cursor that stays on its item, however the rows change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from types import MappingProxyType
from typing import Final, Generic, TypeVar, cast

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as c
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK
from oyama_tui.tui.widgets.line_view import LineView, blank_line, looks_same

RowT = TypeVar("RowT")
NO_GAPS: Final[Mapping[int, int]] = MappingProxyType({})


@dataclass(frozen=True)
class Heading:
    """A line between rows that cannot be selected."""

    content: Content


@dataclass
class RowMessage(Message):
    """Something about one row of a list."""

    rows: LineView
    key: str

    @property
    def control(self) -> LineView:
        """The list."""
        return self.rows


def marked(content: Content, rows: LineView) -> Content:
    """A row with the cursor before it, which is seen without any colour too.

    Args:
        content: It begins with a blank, as every row does.
        rows: Has the cursor.
    """
    icons = StatusIcons(rows.screen.has_class("-ascii"))
    here = rows.has_focus or not rows.can_focus
    mark = Content.styled(icons.cursor, "$text-accent") if here else Content.styled(icons.cursor_elsewhere, "$text-muted")
    return mark + content[1:] if content.plain.startswith(" ") else content


class Remark(Heading):
    """A line that says more of the row above it."""


def with_headings(
    rows: Sequence[RowT],
    group: Callable[[RowT], Content] | None,
    gaps: Mapping[int, int],
    remark: Callable[[RowT], Content | None] | None = None,
) -> list[RowT | Heading | None]:
    """The lines of a list: rows, what stands between them, and a place for each row that has not been read.

    Args:
        rows: Those that have been read.
        group: The heading that a row stands under; none for a list without headings.
        gaps: By how many of the rows stand before: how many there are that have not been read.
        remark: What a line below a row says more of it, where there is something; none for a list without such lines.
    """
    lines: list[RowT | Heading | None] = []
    previous: str | None = None
    for index, row in enumerate(rows):
        lines += [None] * gaps.get(index, 0)
        if group is not None and (heading := group(row)).plain != previous:
            if lines:
                lines.append(Heading(BLANK))
            lines.append(Heading(heading))
            previous = heading.plain
        lines.append(row)
        if remark is not None and (more := remark(row)) is not None:
            lines.append(Remark(more))
    return lines + [None] * gaps.get(len(rows), 0)


class RowList(LineView, Generic[RowT]):
    """Rows of one line each.

    Args:
        key: A row's identity.
        paint: Draws a row in so many cells.
        group: The heading that a row stands under; none for a list without headings.
        remark: What a line below a row says more of it, where there is something; none for a list without such lines.
        empty: What stands there when there are no rows, a line each.
    """

    BINDINGS = bindings(c.MoveDown, c.MoveUp, c.MoveTop, c.MoveBottom, c.PageDown, c.PageUp, c.Choose)
    COMPONENT_CLASSES = {"rows--cursor", "rows--cursor-blurred"}

    class Moved(RowMessage):
        """The cursor is on another row; the key is empty when there is none."""

    class Chosen(RowMessage):
        """Somebody wants to look into a row."""

    def __init__(
        self,
        key: Callable[[RowT], str],
        paint: Callable[[RowT, int], Content],
        group: Callable[[RowT], Content] | None = None,
        *,
        remark: Callable[[RowT], Content | None] | None = None,
        empty: Callable[[], Sequence[Content]] = tuple,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.slid_at = float("-inf")
        """When another item came under the cursor by itself."""
        self._key, self._paint, self._group, self._remark, self._empty = key, paint, group, remark, empty
        self._lines: list[RowT | Heading | None] = []
        self._contents: dict[int, Content] = {}
        """What was drawn last on a line."""
        self._repainted: dict[int, tuple[RowT | Heading | None, int, Content]] = {}
        """What is to be drawn next on a line: the row, its cells, and how it looks."""
        self.cursor = -1
        self.cursor_key = ""

    @property
    def line_count(self) -> int:
        """How many lines there are, headings included."""
        return len(self._lines)

    def row_at(self, line: int) -> RowT | Heading | None:
        """What stands on a line; none when it is not known (yet)."""
        return self._lines[line] if 0 <= line < len(self._lines) else None

    @property
    def selected(self) -> RowT | None:
        """The row under the cursor."""
        row = self.row_at(self.cursor)
        return None if isinstance(row, Heading) else row

    def show_rows(self, rows: Sequence[RowT], gaps: Mapping[int, int] = NO_GAPS) -> None:
        """Show these rows; the cursor stays on its item, or at its place when the item is gone.

        Args:
            rows: Those that have been read.
            gaps: By how many of the rows stand before: how many there are that have not been read.
        """
        before, place, old, under = self.cursor, self.place, self._lines, self.cursor_key
        lines = with_headings(rows, self._group, gaps, self._remark)
        self._lines = lines or [Heading(content) for content in self._empty()]
        line = self._line_of(under)
        if line < 0 and rows:
            line = self._nth_row(place)
        self._forget_changed(old)
        self._land(line)
        if under and self.cursor_key != under:
            self.slid_at = monotonic()
        if before >= 0 and line != before and self.top and self.line_count > self.room.height:
            self.scroll_to(y=self.top + line - before, animate=False, force=True)
        self._keep_in_sight()

    def _line_of(self, key: str) -> int:
        """Where an item stands; -1 when it is not there."""
        lines = enumerate(self._lines)
        return next((i for i, row in lines if row is not None and not isinstance(row, Heading) and self._key(row) == key), -1)

    def _forget_changed(self, old: Sequence[RowT | Heading | None]) -> None:
        new = self._lines
        if len(old) != len(new):
            self.virtual_size = Size(self.room.width, self.line_count)
            self.forget_drawn()
            return
        for line in range(self.top, min(self.top + self.room.height + 1, len(new))):
            if old[line] != new[line]:
                self._forget_line(line)
        for key in [key for key in self._drawn if not self.top <= cast(int, key[0]) <= self.top + self.room.height]:
            del self._drawn[key]

    @property
    def place(self) -> int:
        """How many rows stand before the cursor."""
        return sum(1 for row in self._lines[: max(self.cursor, 0)] if not isinstance(row, Heading))

    def _nth_row(self, place: int) -> int:
        rows = [line for line, row in enumerate(self._lines) if not isinstance(row, Heading)]
        return rows[min(place, len(rows) - 1)] if rows else -1

    def _land(self, line: int) -> None:
        old_key, old_line = self.cursor_key, self.cursor
        row = self.row_at(line)
        self.cursor = line
        self.cursor_key = "" if row is None or isinstance(row, Heading) else self._key(row)
        for changed in {old_line, line} - {-1}:
            self._forget_line(changed)
        if self.cursor_key != old_key:
            self.post_message(self.Moved(self, self.cursor_key))

    def _forget_line(self, line: int) -> None:
        for key in [key for key in self._drawn if key[0] == line]:
            del self._drawn[key]
        self.refresh_lines(line, 1)

    def move_to(self, line: int, step: int = 1) -> None:
        """Put the cursor on a line, or on the nearest row in the direction of `step`; where there is none, on the nearest one before."""
        line = min(max(line, 0), self.line_count - 1)
        ways = range(line, -1 if step < 0 else self.line_count, step), range(line, self.line_count if step < 0 else -1, -step)
        rows = (there for way in ways for there in way if not isinstance(self.row_at(there), Heading))
        if (found := next(rows, -1)) >= 0:
            self._land(found)
            self._keep_in_sight()

    def select_key(self, key: str) -> bool:
        """Put the cursor on an item; false when it is not there."""
        line = self._line_of(key)
        if line >= 0:
            self.move_to(line)
        return line >= 0

    def _keep_in_sight(self) -> None:
        height = self.room.height
        if self.cursor < 0 or height < 1:
            return
        first = self.cursor - 1 if self.cursor and isinstance(self.row_at(self.cursor - 1), Heading) else self.cursor
        if first < self.top:
            self.scroll_to(y=first, animate=False, force=True)
        elif self.cursor >= self.top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)

    def on_resize(self, _event: events.Resize) -> None:
        """Draw for the new width."""
        self.virtual_size = Size(self.room.width, self.line_count)
        self.forget_drawn()
        self._keep_in_sight()

    def watch_has_focus(self, _focused: bool) -> None:
        """Show the cursor as active or not."""
        if self.cursor >= 0:
            self._forget_line(self.cursor)

    def paint_line(self, line: int, width: int) -> Content:
        """One line's content."""
        row = self.row_at(line)
        if row is None:
            return Content.styled(" …", "$text-disabled")
        return row.content.truncate(width, ellipsis=True) if isinstance(row, Heading) else self._paint(row, width)

    def render_line(self, y: int) -> Strip:
        """Draw one line in sight."""
        line, width = self.top + y, self.size.width
        if line >= self.line_count:
            return blank_line(self, width)
        key = (line, width)
        if (drawn := self._drawn.get(key)) is None:
            base = self.visual_style
            if line == self.cursor:
                base = self.component("rows--cursor" if self.has_focus else "rows--cursor-blurred")
            row, cells, content = self._repainted.pop(line, (None, 0, BLANK))
            if row is not self.row_at(line) or cells != self.room.width:
                content = self.paint_line(line, self.room.width)
            self._contents[line] = content
            drawn = self._drawn[key] = self.strip_of(marked(content, self) if line == self.cursor else content, width, base, line)
        return drawn


def let_time_pass(rows: RowList[RowT]) -> None:
    """A second has passed: draw anew the lines on which that can be seen.

    Args:
        rows: The list.
    """
    in_sight = range(rows.top, rows.top + rows.room.height + 1)
    rows._drawn = {key: strip for key, strip in rows._drawn.items() if key[0] in in_sight}
    rows._contents = {line: content for line, content in rows._contents.items() if line in in_sight}
    rows._repainted.clear()
    for line, before in rows._contents.items():
        now = rows.paint_line(line, rows.room.width)
        if not looks_same(now, before):
            rows._forget_line(line)
            rows._repainted[line] = rows.row_at(line), rows.room.width, now
