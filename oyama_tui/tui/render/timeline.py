"""A run along time: when each step worked, when people were waited for, and what is still to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from textual.content import Content

from oyama_tui.core.format import spoken
from oyama_tui.core.views import NEEDS_YOU, NodeView, Span, UsualTimes
from oyama_tui.tui.render.tree import RUNNING, TreeRow
from oyama_tui.tui.widgets.layout import BLANK, cell, plain

FOLD: Final = 8
"""Cells of a time in which nothing worked, however long it was."""
WORTH_FOLDING: Final = 0.2
"""A rest is folded when it is longer than this part of all the work."""
TICK_ROOM: Final = 9
"""Cells from one time on the axis to the next at the least."""
TICKS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172_800, 604_800)
"""Seconds between two times on the axis."""
PARTS: Final = " ▏▎▍▌▋▊▉"
"""The first so many eighths of a cell."""
SIGNS: Final[Mapping[str, tuple[str, str]]] = {
    "worked": ("█", "$text-accent"),
    "failed": ("░", "$text-error"),
    "person": ("▒", "$text-warning"),
}
"""How times of a kind are drawn."""
EXPECTED: Final = ("┈", "$text-disabled")
SLOW: Final = 2.0
"""So many times its usual time is worth a word."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the axis on which all cells stand for the same time."""

    begins: float
    """Milliseconds from the start of the run."""
    ends: float
    first: float
    """The cell where it begins."""
    cells: float
    folded: bool
    """Nothing worked in it, and it takes less room than it would."""


@dataclass(frozen=True)
class Course:
    """What of a run is drawn along time.

    Args:
        start: When the run was started.
        now: The present, or its end.
        spans: By node: when it worked, and when people were waited for.
        usual: How long its nodes usually take.
        to_come: By node that has not begun: from when to when it is expected to work, in milliseconds from the start.
    """

    start: datetime
    now: datetime
    spans: Mapping[str, Sequence[Span]]
    usual: UsualTimes
    to_come: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def at(self, time: datetime | None) -> float:
        """Milliseconds from the start of the run until a time, or until now."""
        return max(0.0, ((time or self.now) - self.start).total_seconds() * 1000)


def course(start: datetime, now: datetime, spans: Sequence[Span], usual: UsualTimes, nodes: Sequence[NodeView], *, ended: bool) -> Course:
    """What of a run is drawn along time, with what is to be expected of steps that have not begun.

    Args:
        start: When it was started.
        now: The present, or its end.
        spans: When its nodes worked, and when people were waited for.
        usual: How long its nodes usually take.
        nodes: Its tree.
        ended: It is over, so that nothing is expected.
    """
    by_node: defaultdict[str, list[Span]] = defaultdict(list)
    for span in spans:
        by_node[span.node].append(span)
    found = Course(start, now, by_node, usual)
    to_come: dict[str, tuple[float, float]] = {}
    over: dict[str, float] = {}
    for node in nodes if not ended else ():
        begun = by_node.get(node.key, [])
        usually = usual.nodes.get(node.key, 0)
        if begun or node.duration_ms is not None:
            ends = [found.at(span.ended) for span in begun]
            under_way = [found.at(span.began) + usually for span in begun if span.ended is None]
            over[node.key] = max([*ends, *under_way], default=0.0)
        elif node.status in ("pending", "ready"):
            first = max([found.at(now), *(over.get(key, 0.0) for key in node.after)])
            over[node.key] = first + usually
            if usually:
                to_come[node.key] = (first, first + usually)
    return Course(start, now, by_node, usual, to_come)


class Axis:
    """Where on a line a time of a run stands: in proportion while anything works, while nothing does in a few cells.

    Args:
        shown: What is drawn.
        width: Cells.
    """

    def __init__(self, shown: Course, width: int) -> None:
        self.width = width
        working = _merged(
            (shown.at(span.began), shown.at(span.ended)) for spans in shown.spans.values() for span in spans if span.kind != "person"
        )
        working = _merged([*working, *shown.to_come.values()])
        end = max([shown.at(None), *(last for _, last in shown.to_come.values()), 1.0])
        work = sum(last - first for first, last in working) or end
        parts: list[tuple[float, float, bool]] = []
        at = 0.0
        for first, last in [*working, (end, end)]:
            if first > at:
                parts.append((at, first, first - at > WORTH_FOLDING * work))
            if last > first:
                parts.append((first, last, False))
            at = max(at, last)
        folds = sum(folded for _, _, folded in parts)
        fold = float(FOLD if folds * FOLD * 2 <= width else max(width // (2 * folds), 1) if folds else 0)
        plainly = sum(last - first for first, last, folded in parts if not folded) or 1.0
        self._per_ms = max(width - folds * fold, 1.0) / plainly
        self.stretches: list[Stretch] = []
        place = 0.0
        for first, last, folded in parts:
            cells = fold if folded else (last - first) * self._per_ms
            self.stretches.append(Stretch(first, last, place, cells, folded))
            place += cells

    def cell(self, at: float) -> float:
        """The place of a time, in cells and parts of them.

        Args:
            at: Milliseconds from the start of the run.
        """
        for stretch in self.stretches:
            if at <= stretch.ends:
                return stretch.first + stretch.cells * max(0.0, at - stretch.begins) / (stretch.ends - stretch.begins)
        return float(self.width)

    def title(self) -> Content:
        """The line above: times from the start, and where some are left out."""
        cells = ["─"] * self.width
        step = next((tick for tick in TICKS if tick * 1000 * self._per_ms >= TICK_ROOM), TICKS[-1]) * 1000
        free = 0
        for stretch in self.stretches:
            if stretch.folded:
                place = int(stretch.first + stretch.cells / 2)
                cells[min(place, self.width - 1)] = "…"
                free = int(stretch.first + stretch.cells)
                continue
            tick = -(-stretch.begins // step) * step
            while tick <= stretch.ends:
                words, place = tick_words(round(tick / 1000)), int(self.cell(tick))
                if place >= free and place + len(words) < self.width:
                    cells[place : place + len(words)] = words
                    free = place + len(words) + 2
                tick += step
        return Content.styled("".join(cells), "$text-muted")


def tick_words(seconds: int) -> str:
    """A time on the axis, whole: `30s`, `1m`, `1m30`, `2h15`, `1d`.

    Args:
        seconds: From the start of the run.
    """
    for size, unit, part in ((86_400, "d", 3_600), (3_600, "h", 60), (60, "m", 1)):
        if seconds >= size:
            rest = seconds % size // part
            return f"{seconds // size}{unit}{rest:02d}" if rest else f"{seconds // size}{unit}"
    return f"{seconds}s" if seconds else "0"


def _merged(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Times without those between them that overlap or touch."""
    merged: list[tuple[float, float]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def bars(node: NodeView, shown: Course, axis: Axis) -> Content:
    """The line of one node: its times, drawn to an eighth of a cell.

    Args:
        node: The node.
        shown: What is drawn.
        axis: Where times stand.
    """
    cells: list[tuple[str, str]] = [(" ", "")] * axis.width
    times = [(shown.at(span.began), shown.at(span.ended), *SIGNS[span.kind]) for span in shown.spans.get(node.key, ())]
    if node.key in shown.to_come:
        times.append((*shown.to_come[node.key], *EXPECTED))
    for first, last, sign, style in times:
        _draw(cells, axis.cell(first), axis.cell(last), sign, style)
    for stretch in axis.stretches:
        place = int(stretch.first)
        if stretch.folded and 0 <= place < axis.width and cells[place][0] == " ":
            cells[place] = ("┊", "$text-disabled")
    return Content.assemble(*cells)


def _draw(cells: list[tuple[str, str]], first: float, last: float, sign: str, style: str) -> None:
    """One time; however short it was, it is seen."""
    begin = min(int(first), len(cells) - 1)
    eighths = round((last - begin) * 8)
    if sign == "█" and eighths <= 8:
        cells[begin] = ("█" if eighths == 8 and first - begin < 0.5 else "▐" if first - begin >= 0.5 else PARTS[max(eighths, 1)], style)
        return
    end = min(max(round(last) if sign != "█" else int(last), begin + 1), len(cells))
    for place in range(begin, end):
        cells[place] = (sign, style)
    if sign == "█":
        if first - begin >= 0.5:
            cells[begin] = ("▐", style)
        rest = round((last - end) * 8)
        if rest and end < len(cells):
            cells[end] = (PARTS[min(rest, 7)], style)


def remark(node: NodeView, shown: Course) -> Content:
    """What is worth saying about the times of a node: how much slower it was than usual, which attempt it is, who has not answered."""
    usually = shown.usual.nodes.get(node.key)
    took = node.duration_ms
    if node.status in RUNNING and node.started_at is not None:
        took = round(shown.at(None) - shown.at(node.started_at))
    if node.word == NEEDS_YOU:
        return Content.styled("nobody has answered", "$text-warning")
    if usually and took is not None and took >= SLOW * usually and took - usually >= 1000:
        return Content.styled(f"{took / usually:.0f}× its usual time", "$text-warning")
    return Content.styled(f"attempt {node.attempt}", "$text-muted") if node.attempt > 1 else BLANK


def timeline_row(head: Content, row: TreeRow, shown: Course, axis: Axis, width: int) -> Content:
    """One line: what stands in the tree, the times, and a remark where it has room.

    Args:
        head: The row of the tree in as many cells as are left of the axis.
        row: The node, or what stands for nodes that are not shown.
        shown: What is drawn.
        axis: Where times stand.
        width: Cells.
    """
    if not isinstance(row, NodeView):
        return cell(head, width)
    line, words = bars(row, shown, axis), remark(row, shown)
    if words:
        # Where nothing is drawn, the remark stands on the axis too.
        drawn = len(line.plain.rstrip(" ┊")) + 2
        room = width - head.cell_length - drawn - 2
        if words.cell_length <= room:
            line = line[:drawn] + words
    return cell(Content.assemble(head, " ", line), width)


def legend(shown: Course, width: int) -> Content:
    """What the signs mean, and how long the runs of the workflow work.

    Args:
        shown: What is drawn.
        width: Cells.
    """
    parts = [Content.assemble((sign, style), (f" {word}  ", "$text-muted")) for word, (sign, style) in _legend_signs(shown)]
    usual = shown.usual
    if usual.work_p95_ms is not None:
        parts.append(plain(f"95 of 100 runs work no longer than {spoken(usual.work_p95_ms)}", "$text-muted"))
    return cell(Content(" ").join([BLANK, *parts]), width)


def _legend_signs(shown: Course) -> list[tuple[str, tuple[str, str]]]:
    words = [("worked", SIGNS["worked"]), ("a person's time", SIGNS["person"]), ("failed attempt", SIGNS["failed"])]
    if shown.to_come:
        words.append((f"expected from {shown.usual.runs} run{'s' if shown.usual.runs != 1 else ''}", EXPECTED))
    return words
