"""One execution of the past, and how its workflow has done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content

from oyama_tui.core.format import date_and_time, spoken, time_of_day
from oyama_tui.core.rows import Rows
from oyama_tui.core.text import safe_text
from oyama_tui.core.views import ApprovalCard, HistoryRow, NodeView, RunView, WorkflowStats
from oyama_tui.tui.render.run import value_lines
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, annotated, labelled, plain, spread, text_lines, wrapped
from oyama_tui.tui.wording import count_of, display_line

LABEL = 12


def detail_lines(
    row: HistoryRow, run: RunView | None, decisions: Rows[ApprovalCard], stats: WorkflowStats | None, width: int, icons: StatusIcons
) -> list[Content]:
    """Everything that the history knows of a run.

    Args:
        row: The execution.
        run: The run, once it is read.
        decisions: Its questions, or those that were asked last.
        stats: How its workflow has done.
        width: Cells.
        icons: How states are drawn.
    """
    lines = [spread(plain(row.label, "bold"), icons.of(row.word).full, width), plain(row.id, "$text-disabled")]
    if row.reason:
        lines += text_lines(row.reason, width, "$text-error" if row.status in ("failed", "rejected") else "$text-muted")
    lines.append(BLANK)
    facts = {
        "started": date_and_time(row.started_at),
        "ended": date_and_time(row.ended_at),
        "took": spoken(row.duration_ms),
        "people took": spoken(row.human_wait_ms) if row.human_wait_ms >= 1000 else "",
        "started by": f"{row.started_by}, {row.trigger}",
    }
    for label, text in facts.items():
        if text:
            lines += labelled(label, plain(text), width, LABEL)
    if run is not None:
        lines += [BLANK, Content.styled("Steps", "bold $text-muted"), *_steps(run.nodes, width, icons)]
    if decisions:
        lines += [BLANK, Content.styled("Decisions", "bold $text-muted"), *_decisions(decisions, width, icons)]
    if stats is not None:
        lines += [BLANK, *stats_lines(stats, width, icons)]
    if run is not None and (run.inputs or run.outputs):
        lines += [BLANK, *value_lines("Inputs", run.inputs, width), *value_lines("Outputs", run.outputs, width)]
    return lines


def _steps(nodes: Sequence[NodeView], width: int, icons: StatusIcons) -> Iterator[Content]:
    for node in nodes:
        name = Content.assemble("  ", "  " * node.depth, icons.of(node.word).mark, " ", plain(node.name or node.step_id))
        yield annotated(name, plain(node.note, "$text-muted"), plain(spoken(node.duration_ms), "$text-muted"), width)


def _decisions(decisions: Rows[ApprovalCard], width: int, icons: StatusIcons) -> Iterator[Content]:
    if decisions.behind:
        yield from wrapped(Content.styled(f"the last {len(decisions)} of {decisions.total:,}", "$text-muted"), width, 2)
    for card in decisions:
        icon = icons.of(card.row.status)
        yield from wrapped(Content.assemble("  ", icon.mark, " ", plain(card.row.title)), width)
        by = f" by {card.row.decided_by}" if card.row.decided_by else ""
        at = f", {date_and_time(card.row.decided_at)}" if card.row.decided_at else ""
        yield plain(f"    {icon.word}{by}{at}", "$text-muted")
        for vote in card.votes:
            form = "  ".join(f"{name}: {display_line(value)}" for name, value in vote.form.items())
            for text in (vote.comment, form):
                if text:
                    yield from wrapped(Content(safe_text(text)), width, 4)
            if len(card.votes) > 1:
                yield plain(f"    {vote.did(card.row.kind)} by {vote.by}, {time_of_day(vote.at)}", "$text-disabled")


def stats_lines(stats: WorkflowStats, width: int, icons: StatusIcons) -> list[Content]:
    """How a workflow has done: rejections are no failures."""
    runs = f"its newest {stats.runs:,} runs" if stats.truncated else count_of(stats.runs, "run")
    lines = [Content.assemble(plain(stats.workflow_id, "bold $text-muted"), (f"  {runs}", "$text-muted"))]
    if stats.success_rate is not None:
        rate = Content.styled(f"{stats.success_rate:.0%}", "$text-success" if stats.success_rate >= 0.9 else "$foreground")
        counts = f"   {stats.completed} completed, {stats.failed} failed"
        lines += labelled("  success", Content.assemble(rate, (counts, "$text-muted")), width, LABEL)
    apart = [count_of(number, word, word) for number, word in ((stats.rejected, "rejected"), (stats.cancelled, "cancelled")) if number]
    if apart:
        lines += labelled("  apart", plain(", ".join(apart), "$text-muted"), width, LABEL)
    if stats.p50_ms is not None:
        p95 = f"   p95 {spoken(stats.p95_ms)}" if stats.p95_ms is not None else ""
        lines += labelled("  worked", plain(f"p50 {spoken(stats.p50_ms)}{p95}"), width, LABEL)
    if len(stats.recent_ms) > 1:
        lines += labelled(
            "  lately", Content.styled(icons.sparkline(stats.recent_ms[-max(width - LABEL, 1) :]), "$text-accent"), width, LABEL
        )
    return lines
