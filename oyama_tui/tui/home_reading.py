"""Reading what Home shows: what needs somebody, what goes on, and how the last day or week was."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.rows import Rows
from oyama_tui.core.views import ApprovalRow, Lately, PastRun, RunRow
from oyama_tui.studio import Studio
from oyama_tui.studio.times import MOST_RUNS

LIVE = 200
"""Live runs that are read at the most."""


class Going(Frozen):
    """A live run that does something, or waits for anything but an answer."""

    row: RunRow
    """The run."""
    usual_ms: int | None
    """Milliseconds that its workflow usually works; none when that is not known."""


class PastLine(Frozen):
    """A workflow's runs of the last day or week."""

    workflow_id: str
    """The workflow."""
    runs: tuple[PastRun, ...]
    """Those that were started in that time, oldest first."""
    lately: Lately
    """How its newest runs have done."""


class HomeView(Frozen):
    """What the screen shows."""

    asked: tuple[ApprovalRow, ...]
    """Open questions as far as they have been read, the most urgent one first."""
    unasked: int
    """How many more there are."""
    going: tuple[Going, ...]
    """Live runs that need more than an answer."""
    more_going: bool
    """There are more of them than were read."""
    past: tuple[PastLine, ...]
    """By workflow, as far as they are looked at, that with the newest run first."""
    unpast: int
    """How many more workflows had a run."""
    week: bool
    """Of the last week, not the last day."""
    cut_off: bool
    """Older runs of that time are left out, because there are so many."""
    begun: bool
    """There is a run or a workflow."""


def only_asks(row: RunRow) -> bool:
    """Whether a live run does nothing but wait for an answer.

    Args:
        row: The run.
    """
    return row.needs_you and not row.running and row.status in ("queued", "running", "waiting")


def by_stir(row: RunRow) -> int:
    """Where a live run stands among others: what stirs comes first, what somebody has stopped last.

    Args:
        row: The run.
    """
    return {"running": 0, "undoing": 0, "draining": 0, "waiting": 1, "queued": 2}.get(row.status, 3)


async def read_home(studio: Studio, since: datetime, *, week: bool, asked: int, past: int) -> tuple[HomeView, tuple[str, ...]]:
    """Read all of it.

    Args:
        studio: Where to read.
        since: Since when past runs are told of.
        week: What that time is called.
        asked: How many questions.
        past: How many workflows.

    Returns:
        The view, and a sentence about each row that is damaged and so not shown.
    """
    questions = await studio.approvals.list(order="deadline", limit=asked)
    live = await studio.runs.list(live=True, order="need", limit=LIVE)
    if live.total > LIVE:
        # Those that ask come first in that order: what is wanted is at its end.
        live = await studio.runs.list(live=True, order="need", limit=LIVE, offset=live.total - LIVE)
    going = sorted((row for row in live if not only_asks(row)), key=by_stir)
    runs = await studio.times.since(since)
    by_workflow: defaultdict[str, list[PastRun]] = defaultdict(list)
    for run in reversed(runs):
        by_workflow[run.workflow_id].append(run)
    shown = list(by_workflow)[:past]
    lately = await studio.times.lately([*dict.fromkeys([*shown, *(row.workflow_id for row in going)])])
    view = HomeView(
        asked=questions,
        unasked=questions.behind,
        going=tuple(Going(row=row, usual_ms=lately[row.workflow_id].usual_ms) for row in going),
        more_going=live.total > LIVE and len(going) == len(live),
        past=tuple(PastLine(workflow_id=id, runs=tuple(reversed(by_workflow[id])), lately=lately[id]) for id in shown),
        unpast=len(by_workflow) - len(shown),
        week=week,
        cut_off=len(runs) >= MOST_RUNS,
        begun=bool(questions or live or runs) or await _has_begun(studio),
    )
    return view, (*questions.damaged, *live.damaged)


async def _has_begun(studio: Studio) -> bool:
    """Whether there is a run that is over, or a workflow."""
    runs: Rows[RunRow] = await studio.runs.list(limit=1)
    return bool(runs.total or await studio.workflows.list())
