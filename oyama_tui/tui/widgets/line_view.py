"""What every widget shares that draws itself line by line and scrolls."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.style import Style

from oyama_tui.tui.widgets.panes import StillScrollBar


def looks_same(one: Content, other: Content) -> bool:
    """Whether two texts have the same words in the same styles; texts are equal to each other for their words alone.

    Args:
        one: A text.
        other: Another one.
    """
    return one.plain == other.plain and one.spans == other.spans


def blank_line(view: ScrollView, width: int) -> Strip:
    """An empty line of a view.

    Args:
        view: The view.
        width: Cells to fill.
    """
    return Strip.blank(width, view.visual_style.rich_style)


def still_scrollbar(view: ScrollView) -> ScrollBar:
    """The scrollbar of a view, which is made when it is asked for first.

    Args:
        view: The view.
    """
    if view._vertical_scrollbar is None:
        view._vertical_scrollbar = StillScrollBar(vertical=True, name="vertical", thickness=view.scrollbar_size_vertical)
        view._vertical_scrollbar.display = False
        view.app._start_widget(view, view._vertical_scrollbar)
    return view._vertical_scrollbar


class LineView(ScrollView, can_focus=True, inherit_bindings=False):
    """A scrolling widget of lines; only lines in sight are drawn, and drawn ones are kept until they change."""

    virtual_size = Reactive(Size(0, 0))
    """Cells of all lines; a scrollbar shows when they become more or fewer, and nothing else is laid out anew."""

    vertical_scrollbar = property(still_scrollbar)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._drawn: dict[tuple[object, ...], Strip] = {}

    @property
    def room(self) -> Size:
        """Cells for content."""
        return self.scrollable_content_region.size

    @property
    def top(self) -> int:
        """The first line in sight."""
        return round(self.scroll_offset.y)

    def watch_virtual_size(self, size: Size) -> None:
        """Let the scrollbars show it; where one comes or goes, that lays out the screen."""
        if self.size:
            self._scroll_update(size)

    def on_focus(self, event: events.Focus) -> None:
        """Have the keys; what looks different then is drawn where `has_focus` is watched, and nothing else."""
        event.prevent_default()
        self.has_focus = True
        if self.parent is not None:
            self.parent.post_message(events.DescendantFocus(self))

    def on_blur(self, event: events.Blur) -> None:
        """Have the keys no more."""
        event.prevent_default()
        self.has_focus = False
        if self.parent is not None:
            self.parent.post_message(events.DescendantBlur(self))

    def notify_style_update(self) -> None:
        """Draw anew in other colours."""
        super().notify_style_update()
        self._drawn.clear()

    def selection_updated(self, selection: object) -> None:
        """Draw anew with another selection."""
        self._drawn.clear()
        self.refresh()

    def forget_drawn(self) -> None:
        """Draw every line anew."""
        self._drawn.clear()
        self.refresh()

    def strip_of(self, content: Content, width: int, base: Style, y: int, left: int = 0) -> Strip:
        """Draw one line.

        Args:
            content: One line.
            width: Cells to fill.
            base: Style underneath.
            y: The line's number, for selecting text.
            left: Cells scrolled out of sight.
        """
        segments = [Segment(text, style.rich_style) for text, style in content.render(base, "", self._get_style)]
        strip = Strip(segments).crop_extend(left, left + width, base.rich_style)
        return strip.apply_offsets(left, y)

    def scroll_lines(self, lines: int) -> None:
        """Scroll at once."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, force=True)

    def component(self, name: str) -> Style:
        """The style of a component class, over the widget's own."""
        return self.visual_style + self.get_visual_style(name)

    def action_move_down(self) -> None:
        """One line down."""
        self.scroll_lines(1)

    def action_move_up(self) -> None:
        """One line up."""
        self.scroll_lines(-1)

    def action_move_top(self) -> None:
        """To the first line."""
        self.scroll_home(animate=False, force=True)

    def action_move_bottom(self) -> None:
        """To the last line."""
        self.scroll_end(animate=False, force=True)

    def action_page_down(self) -> None:
        """Half a page down."""
        self.scroll_lines(max(self.room.height // 2, 1))

    def action_page_up(self) -> None:
        """Half a page up."""
        self.scroll_lines(-max(self.room.height // 2, 1))
