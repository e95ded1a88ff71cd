"""One turn of a run: what has come in is decided, what is due is fired, and what follows is planned; every engine makes its turns here."""

from __future__ import annotations

from collections.abc import Sequence

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.decide import decide
from oyama_tui.core.evolve import evolve
from oyama_tui.core.now import Moment
from oyama_tui.core.plan import advance
from oyama_tui.core.state import RunState
from oyama_tui.core.timers import next_deadline, next_length


def turn(state: RunState, outcomes: Sequence[c.Outcome | c.Child], now: Moment, *, plans: bool = True) -> list[e.Event]:
    """What outcomes, timers and the plan give now, folded into the state already; nothing may act on it before it is durable.

    Args:
        state: Evolved in place.
        outcomes: What became of attempts, and the runs that attempts are, in the order in which they came in.
        now: The time.
        plans: Fire timers and plan too, which an engine that gives the run back does not.
    """
    events: list[e.Event] = []

    def answer(command: c.Command) -> bool:
        """Fold what a command gives; the first event of all tells of the leap."""
        found = decide(state, command.model_copy(update={"leap": now.leap}) if now.leap and not events else command)
        for event in found:
            evolve(state, event)
        events.extend(found)
        return bool(found)

    for outcome in outcomes:
        answer(c.ReportChild(at=now.at, child=outcome) if isinstance(outcome, c.Child) else c.ReportOutcome(at=now.at, outcome=outcome))
    while plans and not state.status.ended:
        timer = _due(state, now.at if events else now.length, now.wall)
        if timer is None or not answer(c.FireTimer(at=now.at, id=timer)):
            break
    if plans and not state.status.ended:
        events += advance(state, now.ahead, 0 if events else now.leap)
    return events


def _due(state: RunState, length: int, wall: int) -> str | None:
    """What is due: waits, pauses and working time by the time that has passed, deadlines of gates by the wall clock."""
    for timer, now in ((next_length(state), length), (next_deadline(state), wall)):
        if timer is not None and timer[0] <= now:
            return timer[1]
    return None


def time_left(state: RunState, now: Moment) -> int | None:
    """Milliseconds until something is due; none when nothing is.

    Args:
        state: The run.
        now: The time.
    """
    timers = ((next_length(state), now.length), (next_deadline(state), now.wall))
    return min((timer[0] - moment for timer, moment in timers if timer is not None), default=None)
