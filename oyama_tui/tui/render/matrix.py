"""Runs of a workflow beside each other: a line for each step, a column for each run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textual.content import Content
from textual.style import Style

from oyama_tui.core.format import ago, brief, date_and_time, spoken
from oyama_tui.core.text import one_line
from oyama_tui.core.views import RunMatrix, RunRow, StepOutcome, StepRow
from oyama_tui.tui.render.lists import RESULT_STYLES
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, cell, columns, joined, plain, spread
from oyama_tui.tui.wording import count_of

COLUMN: Final = 5
"""Cells of a run's column."""
FAR: Final = 2.0
"""Times its median: a step that took so long is worth a word."""
WORTH_MS: Final = 1_000
"""Milliseconds above its median that are."""


@dataclass(frozen=True, slots=True)
class MatrixLayout:
    """Which columns there are, and how wide they are."""

    name: int
    """Cells of a step's name."""
    first: int
    """The first run that is shown, among all of the matrix."""
    shown: int
    """How many runs are."""
    stats: tuple[int, ...]
    """Cells of the median, the slowest time, the failures, the course of the times, and a remark; 0 leaves one out."""


def matrix_layout(matrix: RunMatrix, width: int, run: int) -> MatrixLayout:
    """Lay out the columns, so that one run is in sight and as many others as there is room for.

    Args:
        matrix: The runs.
        width: Cells of a line.
        run: The place of the run under the cursor.
    """
    name = min(max([len(step.name) for step in matrix.steps] + [8]), 16 if width < 70 else 20 if width < 100 else 28)
    count = len(matrix.runs)
    median, slowest, fails = 9, (9 if width >= 70 else 0), (5 if width >= 76 else 0)
    room = width - 1 - name - sum(size + 2 for size in (median, slowest, fails) if size)
    shown = max(min(count, room // COLUMN), 1)
    lately = max(min(count, 16), len("lately"))
    trend = lately if room - shown * COLUMN >= lately + 2 else 0
    remark = max(room - shown * COLUMN - (trend + 2 if trend else 0) - 3, 0)
    first = min(max(count - shown, 0), run)
    return MatrixLayout(name, first, shown, (median, slowest, fails, trend, remark if remark >= 12 else 0))


def _in_columns(name: Content, runs: Sequence[Content], stats: Sequence[Content], layout: MatrixLayout, bar: Content = BLANK) -> Content:
    signs = Content("").join([cell(each, COLUMN) for each in runs])
    median, slowest, fails, trend, remark = layout.stats
    sizes = (-median, -slowest, -fails, trend, remark)
    return Content.assemble(
        cell(bar, 1), cell(name, layout.name), "  ", cell(signs, layout.shown * COLUMN), columns(list(zip(stats, sizes, strict=True)))
    )


def matrix_titles(matrix: RunMatrix, layout: MatrixLayout, run: int, marked: int | None, icons: StatusIcons) -> list[Content]:
    """The two lines above the steps: the runs' numbers, and how each ended.

    Args:
        matrix: The runs.
        layout: The columns.
        run: The place of the run under the cursor.
        marked: That of the run that is marked; none when none is.
        icons: How states are drawn.
    """
    places = range(layout.first, layout.first + layout.shown)
    style = {run: "bold $text-accent", marked: "bold $text-warning"}
    numbers = [Content.styled(f"#{matrix.runs[at].number}", style.get(at, "$text-muted")) for at in places]
    ends = [
        Content.assemble(icons.of(matrix.runs[at].word).mark, (f" {icons.marked}" if at == marked else "", "$text-warning"))
        for at in places
    ]
    titles = [Content.styled(title, "$text-disabled") for title in ("median", "slowest", "fails", "lately", "")]
    count = f"{len(matrix.runs)} of {count_of(matrix.total, 'run')}" if matrix.total > len(matrix.runs) else count_of(matrix.total, "run")
    return [
        _in_columns(Content.styled(count, "$text-disabled"), numbers, titles, layout),
        _in_columns(BLANK, ends, [BLANK] * 5, layout),
    ]


def matrix_line(step: StepRow, layout: MatrixLayout, run: int, picked: Style | None, icons: StatusIcons, now: datetime) -> Content:
    """One step in all runs.

    Args:
        step: The step.
        layout: The columns.
        run: The place of the run under the cursor; -1 where the cursor is on another step.
        picked: The style of the cell under the cursor; none where nothing has the focus.
        icons: How states are drawn.
        now: The present.
    """
    cells = []
    for at in range(layout.first, layout.first + layout.shown):
        drawn = cell(outcome_cell(step, step.outcomes[at], icons, now), COLUMN - 1)
        cells.append(drawn.stylize(picked) if at == run and picked is not None else drawn)
    failed = step.failed + step.retried
    worked = tuple(outcome.duration_ms or 0 for outcome in step.outcomes if outcome is not None and outcome.duration_ms is not None)
    stats = (
        _time(step.median_ms, ""),
        _time(step.slowest_ms if step.slowest_ms != step.median_ms else None, "$text-muted"),
        Content.styled(str(failed), "$text-error") if failed else Content.styled("·", "$text-disabled"),
        Content.styled(icons.sparkline(worked[-layout.stats[3] :] if layout.stats[3] else ()), "$text-muted"),
        Content.styled(remark_on(step), "$text-accent"),
    )
    name = plain(one_line(step.name, layout.name), "$text-muted" if step.asked else "")
    bar = BLANK if run < 0 else Content.styled(icons.cursor if picked is not None else icons.cursor_elsewhere, "$text-accent")
    return _in_columns(name, cells, stats, layout, bar)


def outcome_cell(step: StepRow, outcome: StepOutcome | None, icons: StatusIcons, now: datetime) -> Content:
    """What became of a step in one run: a sign where it did not simply end well, and a column as high as it took long.

    Args:
        step: The step.
        outcome: What became of it; none where the run has no such step.
        icons: How states are drawn.
        now: The present.
    """
    if outcome is None:
        return BLANK
    icon = icons.moving(outcome.word, now)
    ended = outcome.word in ("completed", "approved")
    height = icons.column(outcome.duration_ms, step.slowest_ms or 0) if outcome.duration_ms is not None and ended else ""
    if not ended:
        return icon.mark
    style = "$text-muted" if step.asked else RESULT_STYLES["completed"]
    if step.asked:
        return Content.assemble(icon.mark, (height, style))
    if outcome.attempt > 1:
        return Content.assemble(icons.of("retrying").mark, (height, style))
    return Content.styled((height or icon.glyph) * 2, style)


def remark_on(step: StepRow) -> str:
    """What is worth a word of a step: it is not reliable, or its newest time is far from the others.

    Args:
        step: The step.
    """
    newest = next((outcome for outcome in reversed(step.outcomes) if outcome is not None and outcome.duration_ms is not None), None)
    if step.retried:
        return "needs a second try"
    if newest is None or step.median_ms is None or step.asked or newest.word != "completed":
        return ""
    took = newest.duration_ms or 0
    if took - step.median_ms >= WORTH_MS and took >= FAR * step.median_ms:
        return f"{took / max(step.median_ms, 1):.0f}x its median"
    return ""


def outcome_words(step: StepRow, run: RunRow, outcome: StepOutcome | None, width: int, now: datetime, icons: StatusIcons) -> Content:
    """What is told of the cell under the cursor, in one line.

    Args:
        step: The step.
        run: The run.
        outcome: What became of the step in it.
        width: Cells.
        now: The present.
        icons: How states are drawn.
    """
    head = Content.assemble(plain(step.name, "bold"), (f" in #{run.number}", "bold"))
    if outcome is None:
        return spread(joined([head, plain("this run has no such step", "$text-muted")]), BLANK, width)
    took = "people took " if step.asked else "took "
    parts = [
        head,
        icons.moving(outcome.word, now).full,
        plain(f"{took}{spoken(outcome.duration_ms)}" if outcome.duration_ms is not None else ""),
        plain(outcome.note if outcome.note != outcome.word else "", "$text-muted"),
    ]
    return spread(joined(parts), plain(when(run, now), "$text-disabled"), width)


def when(run: RunRow, now: datetime) -> str:
    """When a run was started, as one looks for it: with how long ago that is.

    Args:
        run: The run.
        now: The present.
    """
    return f"{date_and_time(run.started_at)}, {ago(run.started_at, now)}"


def _time(ms: int | None, style: str) -> Content:
    return Content.styled("–", "$text-disabled") if ms is None else plain(brief(ms) if ms >= 3_600_000 else spoken(ms), style)
