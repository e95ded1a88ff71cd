"""Reading what Home shows: what needs somebody, what goes on, and how the last day or week was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from time import monotonic

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views import ApprovalRow, Lately, PastRun, RunRow
from oyama_tui.studio import Studio
from oyama_tui.studio.times import MOST_RUNS
from oyama_tui.tui.slots import begin_of

LIVE = 200
"""Live runs that are read at the most."""
OFTEN = 1.0
"""Seconds after which past runs are read again."""


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


class Told(Frozen):
    """What was read of past runs."""

    lines: tuple[PastLine, ...]
    """By workflow, that with the newest run first."""
    others: int
    """How many more workflows had a run."""
    usual: Mapping[str, int | None]
    """Milliseconds that workflows usually work, by their ids; of those that were asked for."""
    cut_off: bool
    """Older runs of that time are left out, because there are so many."""
    week: bool
    """Of the last week, not the last day."""
    most: int
    """How many workflows were wanted."""


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


class HomeReading:
    """Reads what Home shows; past runs, of which there may be thousands, only so often while much is going on.

    Args:
        studio: Where to read.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._told: Told | None = None
        self._told_at = float("-inf")
        self.damaged: tuple[str, ...] = ()
        """A sentence about each row that is damaged and so not shown."""
        self.behind = False
        """Past runs have not been read again, although something has happened."""

    async def read(self, now: datetime, *, week: bool, asked: int, past: int) -> HomeView:
        """Read all of it.

        Args:
            now: The present.
            week: Tell of past runs of the week, not of the day.
            asked: How many questions.
            past: How many workflows.
        """
        questions = await self._studio.approvals.list(order="deadline", limit=asked)
        live = await self._studio.runs.list(live=True, order="need", limit=LIVE)
        if live.total > LIVE:
            # Those that ask come first in that order: what is wanted is at its end.
            live = await self._studio.runs.list(live=True, order="need", limit=LIVE, offset=live.total - LIVE)
        self.damaged = (*questions.damaged, *live.damaged)
        going = sorted((row for row in live if not only_asks(row)), key=by_stir)
        told = await self._tell(now, [row.workflow_id for row in going], week=week, most=past)
        return HomeView(
            asked=questions,
            unasked=questions.behind,
            going=tuple(Going(row=row, usual_ms=told.usual.get(row.workflow_id)) for row in going),
            more_going=live.total > LIVE and len(going) == len(live),
            past=told.lines,
            unpast=told.others,
            week=week,
            cut_off=told.cut_off,
            begun=bool(questions or live or told.lines) or await self._has_begun(),
        )

    async def _tell(self, now: datetime, live: Sequence[str], *, week: bool, most: int) -> Told:
        """Past runs; those that were read just now, where they are as many as are wanted."""
        before = self._told
        enough = before is not None and before.week == week and (most <= before.most or not before.others)
        self.behind = enough and monotonic() - self._told_at < OFTEN
        if before is not None and self.behind:
            return before
        runs = await self._studio.times.since(begin_of(now, week=week))
        by_workflow: defaultdict[str, list[PastRun]] = defaultdict(list)
        for run in reversed(runs):
            by_workflow[run.workflow_id].append(run)
        shown = list(by_workflow)[:most]
        lately = await self._studio.times.lately([*dict.fromkeys([*shown, *live])])
        self._told = Told(
            lines=tuple(PastLine(workflow_id=id, runs=tuple(reversed(by_workflow[id])), lately=lately[id]) for id in shown),
            others=len(by_workflow) - len(shown),
            usual={id: times.usual_ms for id, times in lately.items()},
            cut_off=len(runs) >= MOST_RUNS,
            week=week,
            most=most,
        )
        self._told_at = monotonic()
        return self._told

    async def _has_begun(self) -> bool:
        """Whether there is a run that is over, or a workflow."""
        runs = await self._studio.runs.list(limit=1)
        return bool(runs.total or await self._studio.workflows.list())
