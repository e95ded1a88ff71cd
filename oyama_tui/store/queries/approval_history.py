"""The history of approvals, newest first, page by page.

A page is a walk down one index for each set of approvals that is wanted, and the walks are merged, as in the history of runs: those that
are over by the time at which they were, open ones, which are few, by the time at which they were asked.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, get_args

import sqlalchemy as sa

from oyama_tui.core.events import Origin, Verdict
from oyama_tui.core.views import ApprovalFilter, ApprovalPage, PastApproval
from oyama_tui.store.damage import readable_rows
from oyama_tui.store.queries.approval_rows import APPROVAL_COLUMNS, APPROVAL_SOURCE, approval_values, seen_of
from oyama_tui.store.queries.base import APPROVALS, IMPORTED_RUNS, STATES, VOTES, Row, mapping
from oyama_tui.store.queries.children import with_paths
from oyama_tui.store.queries.history_filters import Conditions, milliseconds
from oyama_tui.store.queries.words import has_word

_ROW_BITS: Final = 40
"""A key is a time and below it the number of a row, so that it is one number and yet grows with the time."""
_ROWID: sa.ColumnElement[int] = sa.literal_column("workflow_approvals.rowid")
_OVER: Final[sa.ColumnElement[Any]] = APPROVALS.c.decided_at
_ASKED: Final[sa.ColumnElement[Any]] = APPROVALS.c.requested_at
_TIME: Final = sa.func.coalesce(_OVER, _ASKED)
_IS_ANSWER: Final = VOTES.c.verdict.in_(get_args(Verdict))
"""Of what somebody did with an approval: it was an answer to it."""
COLUMNS = (*APPROVAL_COLUMNS, _TIME.label("time"), _ROWID.label("opened"))
WHOLE = (
    sa.select(*COLUMNS)
    .select_from(APPROVAL_SOURCE)
    .where(_ROWID.in_(sa.bindparam("numbers", expanding=True)))
    .order_by(_TIME.desc(), _ROWID.desc())
)
ANSWERS = (
    sa.select(VOTES.c.approval_id, VOTES.c.principal, VOTES.c.digest, VOTES.c.origin, VOTES.c.facts)
    .where(VOTES.c.approval_id.in_(sa.bindparam("ids", expanding=True)), _IS_ANSWER)
    .order_by(VOTES.c.key)
)
Walk = tuple[sa.ColumnElement[Any], Conditions]
"""A time that an index is ordered by, and what else is wanted of the rows."""


def page(
    connection: sa.Connection,
    wanted: ApprovalFilter,
    *,
    before: int | None = None,
    after: int | None = None,
    offset: int | None = None,
    limit: int = 100,
    total: int | None = None,
) -> ApprovalPage:
    """A page, newest first.

    Args:
        connection: Where to read.
        wanted: Which approvals.
        before: Only rows older than this key, the nearest ones.
        after: Only rows newer than this key, the nearest ones.
        offset: Rows from this place on instead; counted from the newest, from the oldest when negative.
        limit: The most rows.
        total: How many fit the filter, when the caller knows it from this very state of the database; counted otherwise.
    """
    if total is None:
        total = count(connection, wanted)
    if offset is not None:
        rows = _at(connection, wanted, offset, limit, total)
    elif after is not None:
        rows = _rows(connection, _numbers(wanted, limit, upwards=True, beyond=after))
    else:
        rows = _rows(connection, _numbers(wanted, limit, beyond=before))
    answers = _answers(connection, rows)
    found = readable_rows("workflow_approvals", rows, lambda row: row.id, lambda row: _view(row, answers))
    return ApprovalPage(rows=tuple(with_paths(connection, found)), total=total, damaged=found.damaged)


def count(connection: sa.Connection, wanted: ApprovalFilter) -> int:
    """How many approvals fit the filter."""
    counts = [
        connection.execute(sa.select(sa.func.count()).select_from(APPROVALS).where(*wants)).scalar_one() for _, wants in walks(wanted)
    ]
    return sum(counts)


def walks(wanted: ApprovalFilter) -> list[Walk]:
    """What to walk over; together the walks find every row once."""
    over = [status for status in dict.fromkeys(wanted.statuses) if status != "pending"]
    found: list[Walk] = []
    if over or not wanted.statuses:
        found += [(_OVER, [_OVER.is_not(None), *branch, *_rest(wanted, _OVER)]) for branch in _led(wanted, over)]
    if "pending" in wanted.statuses or not wanted.statuses:
        found.append((_ASKED, [*_open(wanted), *_rest(wanted, _ASKED)]))
    return found


def _led(wanted: ApprovalFilter, statuses: list[str]) -> list[Conditions]:
    """Conditions on approvals that are over, each set led by the index that finds the fewest; the others are kept from leading."""
    workflow = [APPROVALS.c.workflow_id.concat("") == wanted.workflow] if wanted.workflow else []
    status = [APPROVALS.c.status.concat("").in_(statuses)] if statuses else []
    if wanted.by:
        others = [APPROVALS.c.decided_by.concat("") != wanted.by, APPROVALS.c.id.in_(_voted_on(wanted.by))]
        return [[APPROVALS.c.decided_by == wanted.by, *workflow, *status], [*others, *workflow, *status]]
    if wanted.workflow:
        return [[APPROVALS.c.workflow_id == wanted.workflow, *status]]
    return [[APPROVALS.c.status == each] for each in statuses] or [[]]


def _open(wanted: ApprovalFilter) -> Conditions:
    """Conditions on open approvals; of imported runs only where everything is wanted, for nobody answers those here."""
    here = [APPROVALS.c.run.not_in(IMPORTED_RUNS)] if wanted.statuses else []
    workflow = [APPROVALS.c.workflow_id.concat("") == wanted.workflow] if wanted.workflow else []
    # They are found by their status; the empty suffix keeps SQLite from going through all that somebody has ever answered.
    by = [APPROVALS.c.id.concat("").in_(_voted_on(wanted.by))] if wanted.by else []
    return [APPROVALS.c.status == "pending", *here, *workflow, *by]


def _voted_on(person: str) -> sa.Select[Any]:
    return sa.select(VOTES.c.approval_id).where(VOTES.c.principal == person, _IS_ANSWER)


def _rest(wanted: ApprovalFilter, time: sa.ColumnElement[Any]) -> Conditions:
    """What no walk is led by, and the limits in time, which are its ends."""
    found: Conditions = []
    if (since := milliseconds(wanted.since)) is not None:
        found.append(time >= since)
    if (until := milliseconds(wanted.until)) is not None:
        found.append(time < until)
    if wanted.kinds:
        found.append(APPROVALS.c.kind.in_(wanted.kinds))
    if wanted.risks:
        found.append(APPROVALS.c.risk.in_(wanted.risks))
    return found + [_contains(word) for word in wanted.words]


def _contains(word: str) -> sa.ColumnElement[bool]:
    """Whether the text stands in what an approval asks, or in how it was answered, in any case of letters."""
    names = ("id", "workflow_id", "node", "title", "target", "decided_by", "comment", "data")
    own = has_word(word, *(APPROVALS.c[name] for name in names))
    if "#" not in word:
        return own
    label = APPROVALS.c.workflow_id.concat(" #").concat(STATES.c.number)
    return sa.or_(own, sa.select(STATES.c.key).where(STATES.c.key == APPROVALS.c.run, has_word(word, label)).exists())


def _beyond(time: sa.ColumnElement[Any], key: int, *, newer: bool) -> sa.ColumnElement[bool]:
    """Only rows on one side of a key."""
    at, row = key >> _ROW_BITS, key & ((1 << _ROW_BITS) - 1)
    if newer:
        return sa.and_(time >= at, sa.or_(time > at, row < _ROWID))
    return sa.and_(time <= at, sa.or_(time < at, row > _ROWID))


@lru_cache(maxsize=64)
def _numbers(wanted: ApprovalFilter, limit: int, skip: int = 0, upwards: bool = False, beyond: int | None = None) -> sa.Select[Any]:
    """Finds the numbers of the rows of a page, newest first; kept, because the same page is asked for again and again.

    Args:
        wanted: Which approvals.
        limit: The most rows.
        skip: Rows to pass over first.
        upwards: The oldest first instead, and beyond the key the newer ones.
        beyond: Only rows on that side of this key.
    """
    branches = walks(wanted)
    if beyond is not None:
        branches = [(time, [*wants, _beyond(time, beyond, newer=upwards)]) for time, wants in branches]
    parts = [_walk(time, wants, limit + skip, upwards=upwards) for time, wants in branches]
    merged = sa.union_all(*(sa.select(part.c.time, part.c.opened) for part in parts)).subquery("merged")
    order = (merged.c.time.asc(), merged.c.opened.asc()) if upwards else (merged.c.time.desc(), merged.c.opened.desc())
    return sa.select(merged.c.opened).order_by(*order).limit(limit).offset(skip)


def _rows(connection: sa.Connection, numbered: sa.Select[Any]) -> list[Row]:
    """Rows of a page, newest first: their numbers first, so that what is only passed over is read from an index."""
    numbers = list(connection.execute(numbered).scalars())
    if not numbers:
        return []
    return list(connection.execute(WHOLE, {"numbers": numbers}))


def _walk(time: sa.ColumnElement[Any], wants: Conditions, limit: int, *, upwards: bool) -> sa.Subquery:
    order = (time.asc(), _ROWID.asc()) if upwards else (time.desc(), _ROWID.desc())
    return (
        sa.select(time.label("time"), _ROWID.label("opened")).select_from(APPROVALS).where(*wants).order_by(*order).limit(limit).subquery()
    )


def _at(connection: sa.Connection, wanted: ApprovalFilter, offset: int, limit: int, total: int) -> list[Row]:
    """Rows from a place on, counted from whichever end is nearer."""
    start = min(offset, total) if offset >= 0 else max(0, total + offset)
    limit = min(limit, total - start)
    if limit <= 0:
        return []
    if start <= total // 2:
        return _rows(connection, _numbers(wanted, limit, start))
    return _rows(connection, _numbers(wanted, limit, total - start - limit, upwards=True))


def _answers(connection: sa.Connection, rows: list[Row]) -> dict[tuple[str, str], Row]:
    """The newest answer of each person to each of some approvals."""
    if not rows:
        return {}
    votes = connection.execute(ANSWERS, {"ids": [row.id for row in rows]})
    return {(vote.approval_id, vote.principal): vote for vote in votes}


def _view(row: Row, answers: dict[tuple[str, str], Row]) -> PastApproval:
    values = approval_values(row)
    vote = answers.get((row.id, row.decided_by))
    return PastApproval(
        **values,
        key=row.time << _ROW_BITS | row.opened,
        waited_ms=row.decided_at - row.requested_at if values["decided_at"] else None,
        origin=Origin.model_validate(mapping(vote.origin)) if vote is not None and vote.origin else None,
        seen=vote.digest if vote is not None else "",
        looked=seen_of(vote.facts) if vote is not None else None,
    )
