"""A run as a graph that one goes through along its edges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.strip import Strip

from oyama_tui.core.views import NodeView, UsualTimes
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import global_commands as c
from oyama_tui.tui.commands import screen_commands as s
from oyama_tui.tui.graph_layout import GraphLayout, lay_out
from oyama_tui.tui.render.graph import ROOMY, TIGHT, Vertex, graph_line, vertex_text, vertices, widths_of
from oyama_tui.tui.render.tree import TreeRow
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.line_view import LineView, blank_line
from oyama_tui.tui.widgets.row_keys import Rows

LOOSE, CLOSE = 2, 1
"""Lines from one vertex to the next one below it, where there is room and where there is less."""
NEAR: Final = 8
"""Cells that stay in sight beside the vertex under the cursor."""


class RunGraph(LineView):
    """The graph of a run; what is under its cursor is what is selected in the tree.

    Args:
        icons: How states are drawn.
        rows: The rows of the tree.
        now: Tells the present.
    """

    BINDINGS = bindings(c.MoveDown, c.MoveUp, s.ToFollowing, s.ToFollowed, c.MoveTop, c.MoveBottom, c.Choose)
    COMPONENT_CLASSES = {"graph--cursor"}

    def __init__(self, icons: StatusIcons, rows: Rows[TreeRow], now: Callable[[], datetime]) -> None:
        super().__init__(id="graph", classes="left")
        self._icons, self._rows, self._now = icons, rows, now
        self._vertices: list[Vertex] = []
        self._usual = UsualTimes()
        self._layout = GraphLayout({}, (), 0)
        self._laid_out: object = None
        """What was laid out last."""
        self._manner = ROOMY
        self._widths: Mapping[str, int] = {}
        """The cells of each vertex."""

    def show(self, nodes: Sequence[NodeView], usual: UsualTimes) -> None:
        """Show a run.

        Args:
            nodes: Its tree.
            usual: How long its nodes usually take.
        """
        self._vertices, self._usual = vertices(nodes), usual
        self._fit()

    def _fit(self) -> None:
        """Lay the graph out, unless it is the same as before and has the same room."""
        after = {vertex.key: vertex.after for vertex in self._vertices}
        roomy, room = widths_of(self._vertices, ROOMY), Size(self.screen.size.width - 2, max(self.screen.size.height // 2, 3))
        if (wanted := (after, roomy, room)) != self._laid_out:
            self._laid_out = wanted
            self._manner, self._widths = ROOMY, roomy
            layout = lay_out(after, roomy, LOOSE)
            if layout.width > room.width:
                self._manner, self._widths = TIGHT, widths_of(self._vertices, TIGHT)
            self._layout = lay_out(after, self._widths, CLOSE if len(layout.lines) > room.height else LOOSE)
            self.virtual_size = Size(self._layout.width, len(self._layout.lines))
            self.refresh(layout=True)
        self.let_time_pass()

    def let_time_pass(self) -> None:
        """Draw anew what is in sight, with the cursor in sight."""
        self.forget_drawn()
        if (place := self._layout.places.get(self.cursor)) is not None and self.room:
            left = round(self.scroll_offset.x)
            width = self._widths[self.cursor]
            if place.x - NEAR < left or place.x + width + NEAR > left + self.room.width:
                self.scroll_to(x=max(place.x - (self.room.width - width) // 2, 0), animate=False, force=True)
            if not self.top <= place.y < self.top + self.room.height:
                self.scroll_to(y=place.y - self.room.height // 2, animate=False, force=True)

    @property
    def cursor(self) -> str:
        """The vertex under the cursor: the one that has the selected node in it; empty when there is none."""
        selected = self._rows.cursor_key
        return next((vertex.key for vertex in self._vertices if _is_in(selected, vertex)), "")

    def _go(self, key: str) -> None:
        vertex = next((vertex for vertex in self._vertices if vertex.key == key), None)
        if vertex is not None:
            self._rows.select_key(vertex.node.key)
            self.let_time_pass()

    def action_move_down(self) -> None:
        """To the vertex below."""
        self._go(_beside(self._layout, self.cursor, 1))

    def action_move_up(self) -> None:
        """To the vertex above."""
        self._go(_beside(self._layout, self.cursor, -1))

    def action_to_following(self) -> None:
        """Along an edge, to what follows."""
        here = self.cursor
        self._go(_nearest(self._layout, here, [vertex.key for vertex in self._vertices if here in vertex.after]))

    def action_to_followed(self) -> None:
        """Along an edge, to what it follows."""
        here = next((vertex for vertex in self._vertices if vertex.key == self.cursor), None)
        self._go(_nearest(self._layout, self.cursor, here.after if here else ()))

    def action_move_top(self) -> None:
        """To the first vertex."""
        self._go(self._vertices[0].key if self._vertices else "")

    def action_move_bottom(self) -> None:
        """To the last vertex."""
        self._go(self._vertices[-1].key if self._vertices else "")

    def action_choose(self) -> None:
        """Look into the vertex."""
        self._rows.action_choose()

    def on_click(self, event: events.Click) -> None:
        """Select with one click, look into it with two."""
        x, y = event.x - self.gutter.left + round(self.scroll_offset.x), event.y - self.gutter.top + self.top
        for key, place in self._layout.places.items():
            if place.y == y and place.x <= x < place.x + self._widths[key]:
                self._go(key)
                if event.chain > 1:
                    self.action_choose()

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the new size."""
        self._fit()

    def watch_has_focus(self, _focused: bool) -> None:
        """Show the cursor as active or not."""
        self.forget_drawn()

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        """Other cells are in sight."""
        super().watch_scroll_x(old_value, new_value)
        self.forget_drawn()

    def render_line(self, y: int) -> Strip:
        """Draw one line in sight."""
        line, width, left = self.top + y, self.size.width, round(self.scroll_offset.x)
        if line >= len(self._layout.lines):
            return blank_line(self, width)
        key = (line, width, left)
        if (drawn := self._drawn.get(key)) is None:
            drawn = self._drawn[key] = self.strip_of(self._line(line), width, self.visual_style, line, left)
        return drawn

    def _line(self, line: int) -> Content:
        """One line whole: vertices, and the edges between them."""
        now, cursor = self._now(), self.cursor

        def text_of(vertex: Vertex) -> Content:
            text = vertex_text(vertex, now, self._usual.nodes.get(vertex.node.key), self._icons, self._manner)
            picked = self.get_visual_style("graph--cursor").background_style
            return text.stylize(picked) if vertex.key == cursor else text

        return graph_line(self._layout, self._vertices, text_of, self._widths, line)


def _is_in(node: str, vertex: Vertex) -> bool:
    """Whether a node is that of a vertex, its gate, or in its block."""
    return node in (vertex.key, vertex.node.key) or node.startswith(
        (f"{vertex.key}.", f"{vertex.key}[", f"{vertex.key}#", f"{vertex.key} ")
    )


def _nearest(layout: GraphLayout, cursor: str, keys: Sequence[str]) -> str:
    """Of some vertices the one whose line is nearest to the cursor's; empty when there are none."""
    places, here = layout.places, layout.places.get(cursor)
    return min(
        (key for key in keys if key in places), key=lambda key: (abs(places[key].y - here.y) if here else 0, places[key].y), default=""
    )


def _beside(layout: GraphLayout, cursor: str, step: int) -> str:
    """The next vertex of the same layer, above or below; of any layer where there is none."""
    places, here = layout.places, layout.places.get(cursor)
    if here is None:
        return next(iter(places), "")
    further = [key for key, place in places.items() if (place.y - here.y) * step > 0]
    same = [key for key in further if places[key].layer == here.layer]
    return min(same or further, key=lambda key: (abs(places[key].y - here.y), abs(places[key].layer - here.layer)), default="")
