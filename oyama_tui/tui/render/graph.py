"""A run as a graph: its outermost steps as vertices, each after what it follows; blocks are one vertex with their counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textual.content import Content

from oyama_tui.core.format import between, brief, spoken
from oyama_tui.core.text import one_line, width_of
from oyama_tui.core.views import NEEDS_YOU, NodeView
from oyama_tui.tui.graph_layout import GraphLayout
from oyama_tui.tui.render.tree import RUNNING
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, joined, plain
from oyama_tui.tui.wording import line_of, progress_in


@dataclass(frozen=True, slots=True)
class Manner:
    """How much is said of each step."""

    name_room: int
    """Cells of a step's name at the most."""
    time_room: int
    """Cells kept for its time and the blank before it, so that nothing moves when time passes."""
    bar: int
    """Cells of the bar of a step under way."""


EDGE: Final = "$text-disabled"
ROOMY: Final = Manner(22, 11, 5)
TIGHT: Final = Manner(11, 6, 0)
"""Where the graph would be wider than the screen: shorter names, times in one unit, and no bars."""
NAMES: Final = Manner(11, 1, 0)
"""Names alone, where times stand elsewhere."""


@dataclass(frozen=True, slots=True)
class Vertex:
    """A step in the graph; the gate before its action is the same vertex."""

    key: str
    """Its identity: the key of the node that stands for the step."""
    node: NodeView
    """What is told of it: the gate as long as that is what the step is at, else the step itself."""
    name: str
    """The step's name for people."""
    after: tuple[str, ...]
    """The vertices that it follows."""


def vertices(nodes: Sequence[NodeView]) -> list[Vertex]:
    """The vertices of a run's graph, in the order of the definition; handlers follow everything that nothing else follows.

    Args:
        nodes: The tree.
    """
    gates = {node.key: node for node in nodes if node.is_own_gate}
    found: list[Vertex] = []
    for node in nodes:
        if node.depth or node.is_own_gate:
            continue
        gate = next((gates[key] for key in node.after if key in gates), None)
        told = gate if gate is not None and node.status in ("pending", "ready") and gate.status not in ("pending", "completed") else node
        after = node.after if gate is None else (*(key for key in node.after if key not in gates), *gate.after)
        if node.kind == "handler":
            followed = {key for vertex in found for key in vertex.after}
            after = tuple(vertex.key for vertex in found if vertex.key not in followed and vertex.node.kind != "handler")
        found.append(Vertex(node.key, told, line_of(node.name or node.step_id), after))
    return found


def widths_of(shown: Sequence[Vertex], manner: Manner) -> Mapping[str, int]:
    """The cells that each vertex keeps, however much its time grows.

    Args:
        shown: The vertices.
        manner: How much is said of each.
    """
    return {vertex.key: 2 + width_of(one_line(vertex.name, manner.name_room)) + manner.time_room for vertex in shown}


def vertex_text(vertex: Vertex, now: datetime, usual: int | None, icons: StatusIcons, manner: Manner) -> Content:
    """Glyph, name, and how long it takes, has taken, or will.

    Args:
        vertex: The step.
        now: The present.
        usual: Milliseconds that it usually takes; none when that is not known.
        icons: How states are drawn.
        manner: How much is said of it.
    """
    node = vertex.node
    name = plain(one_line(vertex.name, manner.name_room), "$text-muted" if node.status in ("pending", "skipped") else "")
    time = _time(node, now, usual, icons, manner).truncate(manner.time_room - 1) if manner.time_room > 1 else BLANK
    return joined([Content.assemble(icons.moving(node.word, now).mark, " ", name), time], " ")


def graph_line(
    layout: GraphLayout, shown: Sequence[Vertex], texts: Callable[[Vertex], Content], widths: Mapping[str, int], line: int
) -> Content:
    """One line of a graph whole: vertices, and the edges between them.

    Args:
        layout: Where everything stands.
        shown: The vertices.
        texts: Draws a vertex.
        widths: The cells that each vertex keeps.
        line: Which line.
    """
    by_key, edges, parts, at = {vertex.key: vertex for vertex in shown}, layout.lines[line], list[Content](), 0
    leads_on = {key for vertex in shown for key in vertex.after}
    for x, key in sorted((place.x, key) for key, place in layout.places.items() if place.y == line):
        text = texts(by_key[key])
        rest = max(widths[key] - text.cell_length, 0)
        fill = Content.styled("─" * rest, EDGE) if key in leads_on else Content(" " * rest)
        parts += [Content.styled(edges[at:x], EDGE), text, fill]
        at = x + widths[key]
    return Content.assemble(*parts, (edges[at:], EDGE))


def _time(node: NodeView, now: datetime, usual: int | None, icons: StatusIcons, manner: Manner) -> Content:
    """What is said of a step's time."""
    said = brief if manner is TIGHT else spoken
    if node.counts is not None and node.counts.total:
        return plain(progress_in(node.counts.completed + node.counts.failed, node.counts.total, manner.time_room - 1), "$text-muted")
    if node.word == NEEDS_YOU:
        return Content.styled("asks" if manner is TIGHT else "asks you", "$text-warning")
    if node.status in RUNNING and node.started_at is not None:
        took = between(node.started_at, now)
        if not usual:
            return Content.styled(said(took), "$text-accent")
        share = Content.styled(f"{min(round(took / usual * 100), 999)}%", "$text-accent")
        return joined([icons.share(took / usual, manner.bar), share], " ")
    if node.duration_ms is not None:
        return Content.styled(said(node.duration_ms), "$text-muted")
    if node.status in ("pending", "ready") and usual:
        return Content.styled(f"~{said(usual)}", "$text-disabled")
    return BLANK
