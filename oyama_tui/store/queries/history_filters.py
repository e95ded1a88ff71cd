"""How a filter of the history becomes conditions that an index serves.

A list of executions is one walk down the keys for each phase that is wanted, and the walks are merged: so a page costs what it shows,
however many rows there are and however rare a phase is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.views import NEEDS_YOU, HistoryFilter, word_of
from oyama_tui.store.queries.base import APPROVALS, EXECUTIONS, IS_LIVE, STATES
from oyama_tui.store.queries.words import has_word

STATUS_OF_PHASE: Final[Mapping[str, str]] = {
    "queued": "pending",
    "running": "running",
    "waiting": "running",
    "draining": "running",
    "undoing": "running",
    "paused": "paused",
    "completed": "completed",
    "failed": "failed",
    "rejected": "failed",
    "cancelled": "failed",
    "undone": "failed",
}
"""The word in the status column for each phase."""
LABEL = EXECUTIONS.c.workflow_id.concat(" #").concat(EXECUTIONS.c.number)
"""A run's name as people read it: `release #12`."""
_MILLISECOND = 1000
Conditions = list[sa.ColumnElement[bool]]


def milliseconds(moment: datetime | None) -> int | None:
    """A limit of the filter's time, in milliseconds since 1970 UTC."""
    return None if moment is None else round(moment.timestamp() * _MILLISECOND)


def first_key(connection: sa.Connection, wanted: HistoryFilter) -> int | None:
    """The least key that the filter's time allows, so that a walk down the keys knows where to end.

    None when the filter has no time, and 0 when every execution is later than that.
    """
    since = milliseconds(wanted.since)
    if since is None:
        return None
    if (connection.execute(sa.select(sa.func.min(EXECUTIONS.c.started_at))).scalar_one() or 0) >= since:
        return 0
    # The plus-zeros here and below keep SQLite from walking the keys from the oldest one up instead of reading the index of times.
    least = connection.execute(sa.select(sa.func.min(EXECUTIONS.c.run + 0)).where(EXECUTIONS.c.started_at >= since)).scalar_one()
    return 1 << 62 if least is None else int(least)


def walks(wanted: HistoryFilter, least: int | None) -> list[Conditions]:
    """The conditions of each walk; together they find every row once.

    Args:
        wanted: Which executions.
        least: From `first_key`.
    """
    common = _common(wanted, least)
    if not wanted.statuses:
        return [[*([EXECUTIONS.c.workflow_id == wanted.workflow] if wanted.workflow else []), *common]]
    phases = [phase for phase in dict.fromkeys(wanted.statuses) if phase != NEEDS_YOU]
    found = [[*_phase(phase, wanted.workflow), *common] for phase in phases]
    if NEEDS_YOU in wanted.statuses:
        found.append([*_needs_you(wanted.workflow, phases), *common])
    return found


def _needs_you(workflow: str, others: list[str]) -> Conditions:
    """Of runs with an open gate, which are few, those that are not found by another word already."""
    asking = sa.select(STATES.c.key).where(IS_LIVE, STATES.c.open_approvals > 0)
    said = [phase for phase in STATUS_OF_PHASE if phase not in others and word_of(phase, True) == NEEDS_YOU]
    of_workflow = [EXECUTIONS.c.workflow_id.concat("") == workflow] if workflow else []
    return [EXECUTIONS.c.run.in_(asking), EXECUTIONS.c.phase.in_(said), *of_workflow]


def _phase(phase: str, workflow: str) -> Conditions:
    if workflow:
        return [EXECUTIONS.c.workflow_id == workflow, EXECUTIONS.c.phase == phase]
    return [EXECUTIONS.c.status == STATUS_OF_PHASE.get(phase, phase), EXECUTIONS.c.phase == phase]


def _common(wanted: HistoryFilter, least: int | None) -> Conditions:
    found: list[Any] = []
    since = milliseconds(wanted.since)
    if since is not None and least:
        found += [EXECUTIONS.c.run >= least, EXECUTIONS.c.started_at + 0 >= since]
    until = milliseconds(wanted.until)
    if until is not None:
        found.append(EXECUTIONS.c.started_at + 0 < until)
    if wanted.by:
        found.append(sa.or_(EXECUTIONS.c.started_by == wanted.by, _has_decided(wanted.by)))
    found += [_contains(word) for word in wanted.words]
    return found


def _has_decided(name: str) -> sa.ColumnElement[bool]:
    """Whether this person is among those who have answered a gate of the run."""
    return sa.literal(", ").concat(EXECUTIONS.c.decided_by).concat(",").contains(f", {name},", autoescape=True)


def _contains(word: str) -> sa.ColumnElement[bool]:
    """Whether a run's row, or what was written with an answer to one of its gates, has this text in it, in any case of letters."""
    named = (LABEL,) if "#" in word else ()
    own = (EXECUTIONS.c.state_id, *named, EXECUTIONS.c.reason, EXECUTIONS.c.started_by, EXECUTIONS.c.decided_by)
    written = (APPROVALS.c.comment, APPROVALS.c.data)
    answers = sa.select(APPROVALS.c.id).where(APPROVALS.c.run == EXECUTIONS.c.run, has_word(word, *written))
    return sa.or_(has_word(word, *own), answers.exists())
