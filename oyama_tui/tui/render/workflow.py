"""One workflow: its head, its steps, its text, what that was before, and how it does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from textual.content import Content

from oyama_tui.core.format import ago, date_and_time, spoken
from oyama_tui.core.text import safe_text
from oyama_tui.core.views import NodeView, RevisionView, SourceView, StepFigures, UsualTimes, WorkflowFigures, WorkflowRow, WorkflowStats
from oyama_tui.tui.graph_layout import lay_out
from oyama_tui.tui.render.graph import NAMES, ROOMY, TIGHT, Vertex, graph_line, vertex_text, vertices, widths_of
from oyama_tui.tui.render.workflow_lines import GOOD
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, cell, joined, labelled, plain, spread, text_lines, wrapped
from oyama_tui.tui.wording import count_of, line_of

LABEL: Final = 14
_KEY: Final = re.compile(r"^(\s*(?:- )?)([A-Za-z_][\w.-]*)(:)(?=\s|$)")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""No time passes for steps that have not begun."""


def workflow_head(row: WorkflowRow, stats: WorkflowStats, width: int, now: datetime, icons: StatusIcons) -> list[Content]:
    """The two lines above everything else.

    Args:
        row: The workflow.
        stats: How it does.
        width: Cells.
        now: The present.
        icons: How states are drawn.
    """
    steps = plain(f"{row.type}, {count_of(row.steps, 'step')}, {count_of(row.runs, 'run')}", "$text-muted")
    state = icons.moving(row.word, now).full if row.newest_run else plain("no run yet", "$text-muted")
    name = joined([plain(row.name or row.id, "bold"), plain(row.id if row.name and row.name != row.id else "", "$text-disabled"), state])
    rates = []
    if stats.success_rate is not None:
        rates.append(Content.styled(f"{stats.success_rate:.0%} good", "$text-success" if stats.success_rate >= GOOD else "$text-error"))
    if stats.p50_ms is not None:
        rates.append(plain(f"usually {spoken(stats.p50_ms)}", "$text-muted"))
    badge = "the file is gone" if row.missing else "the file has changed since" if row.changed else ""
    about = joined([plain(badge, "$text-error" if row.missing else "$text-accent"), plain(row.description, "$text-muted")])
    return [Content(" ") + spread(name, steps, width - 2), Content(" ") + spread(about, joined(rates), width - 2)]


def step_lines(nodes: Sequence[NodeView], usual: UsualTimes, width: int, icons: StatusIcons) -> list[Content]:
    """The steps as a graph where there is room for it, and one by one.

    Args:
        nodes: The outermost steps.
        usual: How long they usually take.
        width: Cells.
        icons: How states are drawn.
    """
    lines = _graph(nodes, usual, width, icons)
    names = {node.key: line_of(node.name or node.step_id) for node in nodes}
    room = max((len(name) for name in names.values()), default=0)
    for node in nodes:
        if node.is_own_gate:
            continue
        time = f"~{spoken(usual.nodes[node.key])}" if node.key in usual.nodes else ""
        gate = "asks first" if any(key.endswith(".gate") for key in node.after) else ""
        follows = ", ".join(names[key] for key in node.after if key in names and not key.endswith(".gate"))
        facts = [
            plain(node.kind, "$text-accent"),
            plain(gate, "$text-warning"),
            plain(f"after {follows}" if follows else "", "$text-muted"),
        ]
        lines.append(spread(joined([cell(plain(names[node.key]), min(room, width // 3)), *facts]), plain(time, "$text-muted"), width))
    return lines


def _graph(nodes: Sequence[NodeView], usual: UsualTimes, width: int, icons: StatusIcons) -> list[Content]:
    """The graph in as few cells as it needs; nothing where that is too many."""
    found = vertices(nodes)
    after = {vertex.key: vertex.after for vertex in found}
    tried = ((manner, widths_of(found, manner)) for manner in (ROOMY, TIGHT, NAMES))
    fits = ((manner, widths, layout) for manner, widths in tried if (layout := lay_out(after, widths, 1)).width <= width)
    if (chosen := next(fits, None)) is None:
        return []
    manner, widths, layout = chosen

    def text_of(vertex: Vertex) -> Content:
        return vertex_text(vertex, _EPOCH, usual.nodes.get(vertex.node.key), icons, manner)

    return [BLANK, *(graph_line(layout, found, text_of, widths, at) for at in range(len(layout.lines))), BLANK]


def source_lines(source: SourceView, width: int) -> list[Content]:
    """A definition with the numbers of its lines; what is wrong with it stands above.

    Args:
        source: The text.
        width: Cells.
    """
    where = plain(source.path or "stored in the database", "$text-muted")
    note = "what is kept here, because the file cannot be read" if source.kept and source.path else ""
    lines = [spread(where, plain(note, "$text-muted"), width)]
    if source.problem:
        lines += text_lines(source.problem, width, "$text-error")
    lines.append(BLANK)
    texts = safe_text(source.text).split("\n")
    column = len(str(len(texts)))
    for number, text in enumerate(texts[:-1] if texts[-1:] == [""] else texts, 1):
        head = Content.styled(f"{number:>{column}}  ", "$text-disabled")
        for index, piece in enumerate(wrapped(_coloured(text), width - column - 2)):
            lines.append((head if not index else Content(" " * (column + 2))) + piece)
    return lines


def _coloured(text: str) -> Content:
    if text.lstrip().startswith("#"):
        return Content.styled(text, "$text-muted")
    if (key := _KEY.match(text)) is not None:
        return Content.assemble(key[1], (key[2], "$text-accent"), text[key.end(2) :])
    return Content(text)


def revision_lines(revisions: Sequence[RevisionView], width: int, now: datetime) -> list[Content]:
    """What a workflow's text has been, the newest first, with what each has changed.

    Args:
        revisions: The contents.
        width: Cells.
        now: The present.
    """
    lines: list[Content] = []
    for revision in revisions:
        head = joined([plain(revision.revision, "bold"), plain("kept now" if revision.current else "", "$text-accent")])
        lines.append(spread(head, plain(f"{date_and_time(revision.created_at)}, {ago(revision.created_at, now)}", "$text-muted"), width))
        lines += changed_lines(revision.changed, width) if revision.changed else [plain("  the first one that is known", "$text-muted")]
        lines.append(BLANK)
    return lines[:-1]


def changed_lines(changed: Sequence[str], width: int) -> list[Content]:
    """Lines of a difference, each behind its sign.

    Args:
        changed: The lines.
        width: Cells.
    """
    styles = {"+": "$text-success", "-": "$text-error"}
    return [
        piece for line in changed for piece in wrapped(Content.styled(safe_text(line), styles.get(line[:1], "$text-muted")), width, 4, 2)
    ]


def figure_lines(figures: WorkflowFigures, recent: tuple[int, ...], width: int, icons: StatusIcons) -> list[Content]:
    """How a workflow does, and each of its steps.

    Args:
        figures: The numbers.
        recent: Working times of the newest runs that completed, oldest first.
        width: Cells.
        icons: How states are drawn.
    """
    if not figures.runs:
        return [plain("No run of it counts yet: there is nothing to tell.", "$text-muted")]
    newest = f"its newest {figures.runs:,} runs" if figures.truncated else count_of(figures.runs, "run")
    since = f", since {date_and_time(figures.since)}" if figures.since else ""
    lines = [Content.assemble(plain(f"{newest}{since}", "bold")), BLANK]
    if figures.success_rate is not None:
        rate = Content.styled(f"{figures.success_rate:.0%}", "$text-success" if figures.success_rate >= GOOD else "$text-error")
        counts = plain(f"   {figures.completed:,} completed, {figures.failed:,} failed", "$text-muted")
        lines += labelled("good", Content.assemble(rate, counts), width, LABEL)
    apart = ((figures.rejected, "rejected"), (figures.cancelled, "cancelled"), (figures.undone, "undone"))
    if words := ", ".join(f"{number:,} {word}" for number, word in apart if number):
        lines += labelled("apart", plain(words, "$text-muted"), width, LABEL)
    if figures.running or figures.waiting:
        lines += labelled("now", plain(f"{figures.running:,} running, {figures.waiting:,} waiting"), width, LABEL)
    lines += labelled("work", _spread(figures.worked.p50_ms, figures.worked.p95_ms), width, LABEL)
    if figures.asked.count:
        lines += labelled("people", _spread(figures.asked.p50_ms, figures.asked.p95_ms), width, LABEL)
    if len(recent) > 1:
        lines += labelled("lately", Content.styled(icons.sparkline(recent[-max(width - LABEL, 1) :]), "$text-accent"), width, LABEL)
    if figures.steps:
        lines += [BLANK, *_step_figures(figures.steps, width)]
        if figures.steps_truncated:
            lines.append(plain("There were more attempts than are looked at: the newest ones count.", "$text-muted"))
    return lines


def _spread(p50: int | None, p95: int | None) -> Content:
    if p50 is None:
        return plain("–", "$text-disabled")
    return Content.assemble(plain(f"half within {spoken(p50)}"), plain(f"   95 of 100 within {spoken(p95)}", "$text-muted"))


def _step_figures(steps: Sequence[StepFigures], width: int) -> Iterator[Content]:
    sizes = {"begun": 7, "good": 6, "tries": 6, "half within": 12, "95 of 100": 12, "people": 11}
    while sizes and 18 + sum(sizes.values()) > width:
        sizes.popitem()
    name = min(max(len(step.step_id) for step in steps) + 2, max(width - sum(sizes.values()), 12), 40)
    yield Content("").join(
        [
            cell(Content.styled("step", "$text-disabled"), name),
            *(cell(Content.styled(t, "$text-disabled"), n, right=True) for t, n in sizes.items()),
        ]
    )
    for step in steps:
        rate = step.success_rate
        style = "" if rate is None else "$text-success" if rate >= GOOD else "$text-error"
        cells = {
            "begun": plain(f"{step.begun:,}"),
            "good": plain("–", "$text-disabled") if rate is None else Content.styled(f"{rate:.0%}", style),
            "tries": plain(f"{step.attempts:,}", "$text-muted"),
            "half within": plain(spoken(step.worked.p50_ms) or "–"),
            "95 of 100": plain(spoken(step.worked.p95_ms) or "–", "$text-muted"),
            "people": plain(spoken(step.asked.p50_ms), "$text-warning"),
        }
        yield Content("").join([cell(plain(step.step_id), name), *(cell(cells[title], size, right=True) for title, size in sizes.items())])
