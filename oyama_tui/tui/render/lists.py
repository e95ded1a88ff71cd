"""Rows and cards of workflows, runs and history."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from oyama_tui.core.format import ago, between, brief, date_and_time, spoken, stopwatch
from oyama_tui.core.text import one_line
from oyama_tui.core.views import HistoryRow, RunRow, WorkflowRow
from oyama_tui.core.waiting import in_line
from oyama_tui.tui.render.run import elapsed, run_name, run_state
from oyama_tui.tui.render.ways import way_down
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, columns, plain, spread
from oyama_tui.tui.wording import progress_in, reason_in

CARD_LINES = 5
HOUR = 3_600_000
"""Milliseconds; what is due within them is counted down by the second."""
LEAST_OF_ID = 8
"""Cells of a workflow's id on its card, before its type and number of steps are cut."""
RESULT_STYLES = {"completed": "$text-success", "failed": "$text-error", "rejected": "$text-error"}


def workflow_card(row: WorkflowRow, width: int, now: datetime, icons: StatusIcons) -> list[Content]:
    """One workflow as a card of five lines."""
    icon = icons.of(row.word)
    kind = f" · {row.type} · {row.steps} {'step' if row.steps == 1 else 'steps'}"
    about = one_line(row.id, max(width - len(kind), LEAST_OF_ID)) + kind
    if not row.newest_run:
        bar: Content = Content.styled("r runs it", "$text-disabled")
        last = BLANK
    else:
        count = Content.styled(f"{row.newest_completed}/{row.newest_total}", "$foreground")
        style = RESULT_STYLES.get(row.status, "$text-accent")
        bar = spread(icons.bar(row.newest_completed, row.newest_total, max(width - count.cell_length - 2, 4), style), count, width)
        number, when = f"#{row.newest_number} ", ago(row.newest_at, now)
        why = reason_in(row.newest_reason, width - len(number) - len(when) - 1)
        words = Content.assemble((number, "$text-disabled"), plain(why, "$text-muted"))
        last = spread(words, Content.styled(when, "$text-muted"), width)
    if row.missing:
        badge = Content.styled("file is gone", "$text-error")
    else:
        badge = Content.styled("changed", "$text-accent") if row.changed else BLANK
    source = row.source.replace("\\", "/").rsplit("/", 1)[-1] if row.source else "stored here"
    return [
        spread(plain(row.name or row.id, "bold"), icon.full, width),
        plain(about, "$text-muted").truncate(width, ellipsis=True),
        bar,
        last,
        spread(plain(source, "$text-disabled"), badge, width),
    ]


def run_columns(width: int) -> dict[str, int]:
    """How many cells each column of the list of runs gets; 0 leaves it out."""
    state = 15 if width >= 64 else 13
    label = 18 if width < 100 else 24 if width < 140 else 36
    bar = 12 if width >= 100 else 0
    by = 12 if width >= 130 else 0
    took, left = 11 if width >= 64 else 9, 11 if width >= 90 else 0
    steps = 11 if width >= 140 else 9 if width >= 64 else 7
    fixed = [label, state, bar, steps, took, left, by]
    why = max(width - 2 - sum(fixed) - 2 * sum(1 for size in fixed if size), 0)
    return {
        "run": label,
        "state": state,
        "bar": bar,
        "steps": -steps,
        "why": why if why >= 8 else 0,
        "took": -took,
        "left": -left,
        "by": by,
    }


def run_titles(width: int) -> Content:
    """The titles above the list of runs."""
    sizes = run_columns(width)
    titles = {"bar": "progress"}
    return Content(" ") + columns([(Content.styled(titles.get(name, name), "$text-disabled"), size) for name, size in sizes.items()])


def run_row(row: RunRow, width: int, now: datetime, icons: StatusIcons, usual: int | None = None, *, marked: bool = False) -> Content:
    """One run in the list.

    Args:
        row: The run.
        width: Cells.
        now: The present.
        icons: How states are drawn.
        usual: Milliseconds that runs of its workflow usually work; none when that is not known.
        marked: It is marked.
    """
    sizes = run_columns(width)
    ended = row.ended
    room = sizes["run"] - (2 if row.path else 0)
    name = _marked(row, room, icons, "" if not ended else "$text-muted")
    label = way_down(row.path, name, sizes["run"], icons)
    why, state = in_line(row.why) or (row.current_step if row.status == "running" else ""), run_state(row, icons, now)
    cells = {
        "run": label,
        "state": Content.styled(icons.marked, "bold $text-accent") + state[1:] if marked else state,
        "bar": icons.bar(row.completed, row.total, sizes["bar"], RESULT_STYLES.get(row.status, "$text-accent")),
        "steps": Content(progress_in(row.completed, row.total, -sizes["steps"])),
        "why": plain(reason_in(why, sizes["why"]), "$text-muted"),
        "took": Content(spoken(elapsed(row, now))),
        "left": Content.styled(what_is_left(row, now, usual), "$text-muted"),
        "by": plain(row.started_by, "$text-muted"),
    }
    return Content(" ") + columns([(cells[name], size) for name, size in sizes.items()])


def what_is_left(row: RunRow, now: datetime, usual: int | None) -> str:
    """How long a run still works, when its nearest timer is due, or how long ago it ended; empty where nothing tells.

    Args:
        row: The run.
        now: The present.
        usual: Milliseconds that runs of its workflow usually work; none when that is not known.
    """
    return ago(row.ended_at, now) if row.ended else waits_until(row, now) or work_left(row, now, usual)


def waits_until(row: RunRow, now: datetime) -> str:
    """The countdown of a run that waits for a time: `in 06:51`; empty for one that does not.

    Args:
        row: The run.
        now: The present.
    """
    if row.status not in ("waiting", "running") or row.running or row.due is None or (left := between(now, row.due)) <= 0:
        return ""
    return f"in {stopwatch(left) if left < HOUR else spoken(left)}"


def work_left(row: RunRow, now: datetime, usual: int | None) -> str:
    """How long a run will still work, as its workflow usually does; empty where that is not known, or has been overtaken.

    Args:
        row: The run.
        now: The present.
        usual: Milliseconds that runs of its workflow usually work; none when that is not known.
    """
    if usual is None or row.status != "running" or row.owner == "nobody":
        return ""
    left = usual - (elapsed(row, now) - row.human_wait_ms)
    return f"~{brief(left) if left < HOUR else spoken(left)}" if left >= 1_000 else ""


def _marked(row: RunRow | HistoryRow, width: int, icons: StatusIcons, style: str = "") -> Content:
    """A run's name, with a mark when it is pinned."""
    if not row.pinned:
        return run_name(row.workflow_id, row.number, width, style)
    return Content.assemble(run_name(row.workflow_id, row.number, width - 2, style), (f" {icons.pinned}", "$text-accent"))


def history_columns(width: int) -> dict[str, int]:
    """How many cells each column of the history gets; 0 leaves it out."""
    label = 18 if width < 90 else 24 if width < 140 else 36
    wide = width >= 96
    fixed = [label, 13, 19 if wide else 9, 10, 10 if wide else 0, 12 if wide else 0]
    why = max(width - 2 - sum(fixed) - 2 * sum(1 for size in fixed if size), 0)
    return {
        "run": label,
        "state": 13,
        "when": 19 if wide else 9,
        "took": -10,
        "waited": -10 if wide else 0,
        "by": 12 if wide else 0,
        "why": why if why >= 6 else 0,
    }


def history_titles(width: int) -> Content:
    """The titles above the history."""
    titles = {"run": "run", "state": "result", "when": "started", "took": "took", "waited": "asked", "by": "decided by", "why": "why"}
    return Content(" ") + columns([(Content.styled(titles[name], "$text-disabled"), size) for name, size in history_columns(width).items()])


def history_row(row: HistoryRow, width: int, now: datetime, icons: StatusIcons) -> Content:
    """One execution in the history."""
    sizes = history_columns(width)
    when = date_and_time(row.started_at) if sizes["when"] > 9 else ago(row.started_at, now)
    took = row.duration_ms if row.duration_ms is not None else between(row.started_at, row.ended_at or now)
    cells = {
        "run": _marked(row, sizes["run"], icons),
        "state": icons.of(row.word).full,
        "when": Content.styled(when, "$text-muted"),
        "took": Content(spoken(took)),
        "waited": Content.styled(spoken(row.human_wait_ms) if row.human_wait_ms else "", "$text-muted"),
        "by": plain(row.decided_by, "$text-muted"),
        "why": plain(reason_in(row.reason, sizes["why"]), "$text-muted"),
    }
    return Content(" ") + columns([(cells[name], size) for name, size in sizes.items()])
