"""The tree of a run: its nodes, and between them rows for what of long blocks is not shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from textual.content import Content

from oyama_tui.core.format import between, spoken
from oyama_tui.core.views import NEEDS_YOU, BlockCounts, NodeView
from oyama_tui.core.views.trees import PAGE
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, annotated, cell, joined, plain, spread

RUNNING: Final = ("running", "retrying")
LEAST_OF_NAME: Final = 10
"""Cells of a loop's name before the time beside it is left out, and its counts stand closer together."""


@dataclass(frozen=True, slots=True)
class More:
    """The row of the items or rounds of a block that stand before or after those shown."""

    block: str
    """The block's key."""
    depth: int
    """How deep the items stand in the tree."""
    count: int
    """How many there are."""
    before: int
    """How many stand before the page that it leads to."""
    is_above: bool
    """It stands for those before."""

    @property
    def key(self) -> str:
        """Its identity in the list; no node's key has a blank."""
        return f"{self.block} {'above' if self.is_above else 'below'}"


TreeRow: TypeAlias = NodeView | More


def tree_rows(nodes: Sequence[NodeView]) -> list[TreeRow]:
    """The rows of the tree: nodes, and before and after a page of items or rounds a row for those that are not on it.

    Args:
        nodes: As they were read.
    """
    rows: list[TreeRow] = []
    around: list[NodeView] = []
    """The blocks with pages that the present node may stand in; of each, whether its page has begun, stands in `begun`."""
    begun: set[str] = set()
    for node in nodes:
        while around and around[-1].depth >= node.depth:
            rows += _below(around.pop())
        if around and node.kind in ("item", "round") and around[-1].key not in begun:
            begun.add(around[-1].key)
            rows += _above(around[-1])
        rows.append(node)
        if node.span is not None:
            around.append(node)
    for block in reversed(around):
        rows += _below(block)
    return rows


def _above(block: NodeView) -> Iterator[More]:
    span = block.span
    if span is not None and span.before:
        yield More(block.key, block.depth + 1, span.before, max(span.before - PAGE, 0), is_above=True)


def _below(block: NodeView) -> Iterator[More]:
    span = block.span
    if span is not None and span.after:
        yield More(block.key, block.depth + 1, span.after, span.before + span.shown, is_above=False)


def tree_row(
    row: TreeRow, width: int, now: datetime, icons: StatusIcons, *, folds: bool, hurries: str = "", usual: int | None = None
) -> Content:
    """One row of the tree.

    Args:
        row: A node, or what stands for nodes that are not shown.
        width: Cells.
        now: The present.
        icons: How states are drawn.
        folds: Some row can be opened, so that all leave a cell for the sign of that.
        hurries: The key that ends a pause.
        usual: Milliseconds that the node usually takes, which are told until it begins; none when that is not known.
    """
    if isinstance(row, More):
        words = f"… {row.count:,} more {'above' if row.is_above else 'below'}"
        return cell(Content.assemble(" ", "  " * row.depth, (words, "$text-accent")), width)
    sign = (icons.folded if row.folded else icons.opened) if row.opens else " " if folds else ""
    icon = icons.moving("paused" if row.breakpoint else row.word, now)
    front = Content.assemble(" ", "  " * row.depth, icon.mark, (sign, "$text-muted"), " ")
    name = plain(row.name or row.step_id, "$text-muted" if row.status in ("pending", "skipped") else "")
    time = plain(_time(row, now), "$text-muted")
    if usual and row.status == "pending":
        time = plain(f"~{spoken(usual)}", "$text-disabled")
    if row.counts is not None:
        left = plain(f"~{spoken(row.left_ms)} left" if row.left_ms else "", "$text-muted")
        return cell(counted(front, name, row.counts, [time, left], width - 1, icons), width)
    said = f"{row.note} · {hurries}: now" if row.pauses and hurries else row.note
    note = plain(said, "$text-warning" if row.word == NEEDS_YOU else "$text-muted")
    return cell(annotated(front + name, note, time, width - 1), width)


def _time(node: NodeView, now: datetime) -> str:
    """How long a node took, or takes already."""
    if node.duration_ms is not None:
        return spoken(node.duration_ms)
    return spoken(between(node.started_at, now)) if node.started_at and node.status in RUNNING else ""


def counted(front: Content, name: Content, counts: BlockCounts, times: Sequence[Content], width: int, icons: StatusIcons) -> Content:
    """A loop's row: its counts are always whole, its times where there is room for them; the name is cut before them.

    Args:
        front: What stands before the name.
        name: The loop's.
        counts: How many items are where.
        times: How long it took, and still takes.
        width: Cells.
        icons: How states are drawn.
    """
    wide, close, closest = (counts_of(counts, icons, style) for style in ("wide", "close", "closest"))
    least = front.cell_length + min(name.cell_length, LEAST_OF_NAME) + 1
    last = next((time for time in reversed(times) if time), BLANK)
    ends = (joined([wide, *times], "  "), joined([close, *times], "  "), joined([close, last], "  "), close, closest)
    end = next((end for end in ends if least + end.cell_length <= width), closest)
    room = max(width - front.cell_length - end.cell_length - 1, 0)
    return spread(front + name.truncate(room, ellipsis=True), end, width) if room else front + end


def counts_of(counts: BlockCounts, icons: StatusIcons, style: str = "wide") -> Content:
    """How many items of a loop are where: `9,812 ✓  3 ✗  4 ●  181 ○`.

    Args:
        counts: How many items are where.
        icons: How states are drawn.
        style: `wide`, `close` without blanks within, or `closest` without commas too.
    """
    numbers = {
        "completed": counts.completed,
        "failed": counts.failed,
        NEEDS_YOU: counts.asking,
        "running": counts.running - counts.asking,
        "cancelled": counts.cancelled,
        "pending": counts.pending,
    }
    parts = []
    for state, number in numbers.items():
        if number > 0:
            text = f"{number}" if style == "closest" else f"{number:,} " if style == "wide" else f"{number:,}"
            parts.append(Content.assemble((text, "$foreground"), icons.of(state).mark))
    return Content("  " if style == "wide" else " ").join(parts) if parts else Content.styled("no items", "$text-muted")


def of_interest(nodes: Sequence[NodeView]) -> str:
    """Where to look first: what asks, what runs, what failed, else the newest that started; of a folded block, the block."""
    seen = [node for node in nodes if not node.is_around or node.folded]
    for status in ("waiting", "running", "retrying", "failed", "rejected"):
        for node in seen:
            asks = node.counts is not None and node.counts.asking > 0
            if (status if asks and status == "waiting" else node.status) == status:
                return node.key
    started = [node for node in seen if node.started_at is not None]
    return (started[-1] if started else nodes[0]).key if nodes else ""
