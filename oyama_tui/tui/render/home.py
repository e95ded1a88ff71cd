"""The lines of Home: questions with their fuses, runs that go on, and workflows in the last day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Final

from textual.content import Content

from oyama_tui.core.format import between, brief, spoken
from oyama_tui.core.text import one_line
from oyama_tui.core.views import ApprovalRow, PastRun, word_of
from oyama_tui.core.waiting import in_line
from oyama_tui.tui.home_reading import Going, PastLine
from oyama_tui.tui.render.approval import TIMEOUT_WORDS, question_icon
from oyama_tui.tui.render.lists import HOUR, RESULT_STYLES, waits_until, work_left
from oyama_tui.tui.render.queue import HIGH, SOON, left_words
from oyama_tui.tui.render.run import run_name
from oyama_tui.tui.render.ways import way_down
from oyama_tui.tui.slots import begin_of, days_of_week, hours_of_day, slot_names, slot_of
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, cell, columns, joined, plain, spread
from oyama_tui.tui.wording import progress_in, reason_in

FUSE: Final = 8
"""Cells of a fuse."""
LAST_QUARTER: Final = 0.25
"""The share of its time from which on a fuse is red."""
TIME_LEFT: Final = 9
"""Cells of the time that is left: `23 h 59 m`."""
COUNTED: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("completed", ("completed",)),
    ("failed", ("failed",)),
    ("cancelled", ("rejected", "cancelled")),
)
"""The states whose runs are counted of each workflow, by the state whose glyph stands above."""
SLOTS: Final = ((1, 3), (2, 4), (2, 3), (4, 3))
"""Hours and cells of a slot of the last day: the first that leaves room for all else."""
LEAST_OF_WORKFLOW: Final = 22
SPARK: Final = 8
"""Cells in which a few runs of a workflow can be seen."""


def fuse(row: ApprovalRow, now: datetime) -> Content:
    """How much of its time a question still has; nothing without a deadline.

    Args:
        row: The question.
        now: The present.
    """
    if row.deadline is None:
        return BLANK
    whole = between(row.requested_at, row.deadline)
    share = min(max(between(now, row.deadline) / whole, 0.0), 1.0) if whole > 0 else 0.0
    left = ceil(share * FUSE)
    return Content.assemble(
        ("▰" * left, "$text-error" if share <= LAST_QUARTER else "$text-warning"), ("▱" * (FUSE - left), "$text-disabled")
    )


def rest_words(deadline: datetime | None, now: datetime) -> Content:
    """How long a question can still be answered, to the second only when it is urgent.

    Args:
        deadline: Until when.
        now: The present.
    """
    rest = between(now, deadline) if deadline is not None else 0
    return Content.styled(brief(rest), "$text-muted") if SOON <= rest < HOUR else left_words(deadline, now)


def asked_columns(width: int) -> dict[str, int]:
    """How many cells each column of the questions gets; 0 leaves it out."""
    fuse_cells = FUSE if width >= 48 else 0
    workflow = 0 if width < 54 else 11 if width < 66 else 18
    fixed = [4, TIME_LEFT, fuse_cells, workflow]
    title = max(width - sum(fixed) - 2 * sum(1 for size in fixed[1:] if size), 8)
    return {"title": title, "workflow": workflow, "fuse": fuse_cells, "left": -TIME_LEFT}


def asked_title(title: Content, width: int) -> Content:
    """The title above the questions, and what their fuses are.

    Args:
        title: What stands above, and how many.
        width: Cells.
    """
    sizes = asked_columns(width)
    front = 3 + sizes["title"] + (sizes["workflow"] + 2 if sizes["workflow"] else 0)
    if not sizes["fuse"] or title.cell_length > front:
        return cell(title, width)
    return cell(title, front + 2) + Content.styled("fuse", "$text-disabled")


def asked_line(row: ApprovalRow, width: int, now: datetime, icons: StatusIcons, *, put_off: bool) -> Content:
    """One question.

    Args:
        row: The question.
        width: Cells.
        now: The present.
        icons: How states are drawn.
        put_off: Somebody does not want to see it now.
    """
    sizes = asked_columns(width)
    note = plain("HIGH", HIGH) if row.risk == "high" else plain("by hand", "$text-muted") if row.kind == "task" else BLANK
    title = plain(row.title)
    if row.asks_others or put_off:
        title = title.stylize("$text-muted")
        note = plain(one_line(row.asks_others or "put off", max(sizes["title"] // 2, 1)), "$text-muted")
    room = sizes["title"] - (note.cell_length + 2 if note else 0)
    cells = {
        "title": joined([title.truncate(room, ellipsis=True), note], "  "),
        "workflow": plain(row.workflow_id, "$text-muted"),
        "fuse": fuse(row, now),
        "left": rest_words(row.deadline, now),
    }
    return Content.assemble(" ", question_icon(row, icons).mark, " ", columns([(cells[name], size) for name, size in sizes.items()]))


def silence_words(row: ApprovalRow) -> Content | None:
    """What is said below a question to which silence is a yes; nothing of any other.

    Args:
        row: The question.
    """
    if row.on_timeout != "approve" or row.deadline is None:
        return None
    return Content.styled(f"   ! {TIMEOUT_WORDS['approve']}", "$text-muted")


def left_of(going: Going, now: datetime) -> str:
    """How long a run will still work, as its workflow usually does; empty where that is not known, or has been overtaken.

    Args:
        going: The run.
        now: The present.
    """
    left = work_left(going.row, now, going.usual_ms)
    return f"{left} left" if left else ""


def going_line(going: Going, width: int, now: datetime, icons: StatusIcons) -> Content:
    """One run that goes on.

    Args:
        going: The run.
        width: Cells.
        now: The present.
        icons: How states are drawn.
    """
    row = going.row
    label, steps = 14 if width < 50 else 20 if width < 74 else 26, 6
    icon = icons.of(row.word)
    name = way_down(row.path, run_name(row.workflow_id, row.number, label), label, icons)
    rest = max(width - 3 - label - 2 - steps - 2, 0)
    cells = columns(
        [(name, label), (Content(progress_in(row.completed, row.total, steps)), -steps), (_standing(going, rest, now, icons), rest)]
    )
    return Content.assemble(" ", icon.mark, " ", cells)


def _standing(going: Going, width: int, now: datetime, icons: StatusIcons) -> Content:
    """How far a run is and what it is at, or why it stands, in so many cells."""
    row = going.row
    why = in_line(row.why)
    if row.status not in ("running", "draining", "undoing"):
        until = waits_until(row, now)
        return joined([plain(until), plain(reason_in(why, width - (len(until) + 2 if until else 0)), "$text-muted")], "  ")
    bar = min(max(width - 12, 0), 18)
    bar = bar if bar >= 6 else 0
    room = width - (bar + 2 if bar else 0)
    left = plain(left_of(going, now), "$text-muted")
    step = plain(reason_in(why or row.current_step, room), "$text-muted")
    said = left or step if room < 18 else spread(step, left, room)
    style = RESULT_STYLES.get(row.status, "$text-accent")
    return joined([icons.bar(row.completed, row.total, bar, style), said], "  ")


def past_columns(width: int, *, week: bool) -> tuple[int, dict[str, int]]:
    """How the last day is divided: hours of a slot, and how many cells each column gets; 0 leaves it out.

    Args:
        width: Cells.
        week: Days of a week, instead of hours of a day.
    """
    fixed = {"completed": -3, "failed": -3, "cancelled": -3, "usual": -10}
    for hours, cells in [(24, 5)] if week else SLOTS:
        slots = (7 if week else 24 // hours + 1) * cells
        room = width - 3 - slots - sum(1 + abs(size) for size in fixed.values())
        if room - SPARK - 2 >= LEAST_OF_WORKFLOW:
            break
    spark = min(max(room - LEAST_OF_WORKFLOW - 2, 0), 2 * SPARK)
    spark = spark if spark >= 4 else 0
    name = min(room - (spark + 2 if spark else 0), 36)
    return hours, {"workflow": max(name, 8), "slots": slots, **fixed, "lately": spark}


def past_title(title: Content, width: int, now: datetime, icons: StatusIcons, *, week: bool) -> Content:
    """The title above the workflows, and the local hours or days of the slots.

    Args:
        title: What stands above, and how many.
        width: Cells.
        now: The present.
        icons: How states are drawn.
        week: Days of a week, instead of hours of a day.
    """
    hours, sizes = past_columns(width, week=week)
    starts = days_of_week(now) if week else hours_of_day(now, hours)
    each = sizes["slots"] // len(starts)
    names = "".join(name.ljust(each) for name in slot_names(starts, week=week))
    cells = {
        "workflow": title[1:],
        "slots": Content.styled(names, "$text-disabled"),
        **{state: icons.of(state).mark for state, _states in COUNTED},
        "usual": Content.styled("p50", "$text-disabled"),
        "lately": Content.styled(" lately", "$text-disabled"),
    }
    return _past_row(cells, sizes)


def past_line(line: PastLine, width: int, now: datetime, icons: StatusIcons, *, week: bool) -> Content:
    """One workflow in the last day or week.

    Args:
        line: Its runs.
        width: Cells.
        now: The present.
        icons: How states are drawn.
        week: Days of a week, instead of hours of a day.
    """
    hours, sizes = past_columns(width, week=week)
    starts = days_of_week(now) if week else hours_of_day(now, hours)
    begin = begin_of(now, week=week)
    runs = [run for run in line.runs if run.started_at >= begin]
    newest = {slot_of(run.started_at, starts): run for run in runs}
    each = sizes["slots"] // len(starts)
    slots = [_glyph(newest.get(slot), icons).pad_right(each - 1) for slot in range(len(starts))]
    counts = {name: sum(run.status in states for run in runs) for name, states in COUNTED}
    cells = {
        "workflow": plain(line.workflow_id),
        "slots": Content("").join(slots),
        **{
            name: Content.styled(f"{count}", RESULT_STYLES.get(name, "$foreground") if count else "$text-disabled")
            for name, count in counts.items()
        },
        "usual": Content(spoken(line.lately.usual_ms)) if line.lately.usual_ms is not None else Content.styled("–", "$text-disabled"),
        "lately": Content.assemble(" ", *_worked(line.lately.runs[1 - sizes["lately"] :], icons)) if sizes["lately"] else BLANK,
    }
    return _past_row(cells, sizes)


def _past_row(cells: Mapping[str, Content], sizes: Mapping[str, int]) -> Content:
    shown = [(cells[name], size) for name, size in sizes.items()]
    return Content.assemble(" ", columns(shown[:2]), " ", columns(shown[2:], gap=1))


def _worked(runs: Sequence[PastRun], icons: StatusIcons) -> Iterator[Content]:
    """A column for each run, as high as it worked long, in the colour of its result."""
    longest = max((run.worked_ms for run in runs), default=0)
    for run in runs:
        yield Content.styled(icons.column(run.worked_ms, longest), RESULT_STYLES.get(run.status, "$text-muted"))


def _glyph(run: PastRun | None, icons: StatusIcons) -> Content:
    return Content.styled("·", "$text-disabled") if run is None else icons.of(word_of(run.status, run.needs_you)).mark


def none_there(what: str, press: str) -> tuple[Content, ...]:
    """The lines of a list in which nothing is.

    Args:
        what: That there is nothing, one sentence.
        press: What to press.
    """
    return BLANK, Content.styled(f"   {what}", "$foreground"), Content.styled(f"   {press}", "$text-muted")
