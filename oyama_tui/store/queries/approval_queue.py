"""The queue: open approvals in an order of choice, as far as they are looked at."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.rows import Rows
from oyama_tui.core.views import ApprovalOrder, ApprovalRow
from oyama_tui.store.damage import readable_rows
from oyama_tui.store.queries.approval_rows import APPROVAL_COLUMNS, APPROVAL_SOURCE, PENDING, approval_view
from oyama_tui.store.queries.base import APPROVALS, STATES, WORKFLOWS
from oyama_tui.store.queries.children import with_paths
from oyama_tui.store.queries.turns import MINE, turn
from oyama_tui.store.queries.words import has_word

_AGE: Final = (APPROVALS.c.requested_at, APPROVALS.c.id)
_SOONEST: Final = (APPROVALS.c.deadline.is_(None), APPROVALS.c.deadline)
_GRAVEST: Final = sa.case({"high": 0, "normal": 1}, value=APPROVALS.c.risk, else_=2)
_ORDERS: Final[Mapping[ApprovalOrder, tuple[sa.ColumnElement[Any], ...]]] = {
    "deadline": (*_SOONEST, *_AGE),
    "risk": (_GRAVEST, *_SOONEST, *_AGE),
    "age": _AGE,
}
_SOUGHT: Final = (
    *(APPROVALS.c[name] for name in ("id", "workflow_id", "node", "title", "target", "risk", "kind")),
    WORKFLOWS.c.name,
    APPROVALS.c.workflow_id.concat(" #").concat(STATES.c.number),
)
"""What words are sought in."""
AT_ONCE: Final = 10_000
"""Ids in one statement at the most."""


def list_approvals(
    connection: sa.Connection,
    workflow: str = "",
    limit: int = 500,
    offset: int = 0,
    order: ApprovalOrder = "workflow",
    words: Sequence[str] = (),
    *,
    mine: bool = False,
    now: int | None = None,
) -> Rows[ApprovalRow]:
    """A part of the queue, and how many fit in all; after what whoever reads may answer what waits for others, then what they put off.

    Args:
        connection: Where to read.
        workflow: Only approvals of this workflow; of all when empty.
        limit: The most rows.
        offset: Rows to pass over first.
        order: What comes first.
        words: Each must occur in the id, the title, the target, the workflow, the run, the step, the risk or the kind.
        mine: Only what whoever reads may answer.
        now: Milliseconds since 1970 UTC; the clock's when none.
    """
    wanted = [*wanted_of(workflow, words), *([MINE] if mine else [])]
    source, by = ordered(workflow, order, time.time_ns() // 1_000_000 if now is None else now)
    page = sa.select(APPROVALS.c.id).select_from(source).where(*wanted).order_by(*by).limit(limit).offset(offset)
    # Their ids first: only what is shown is read whole.
    ids = list(connection.execute(page).scalars())
    rows = rows_of(connection, ids)
    if len(ids) < limit and (ids or not offset):
        return Rows(rows, rows.damaged, offset + len(ids))
    count = sa.select(sa.func.count()).select_from(APPROVAL_SOURCE if words else APPROVALS).where(*wanted)
    return Rows(rows, rows.damaged, connection.execute(count).scalar_one())


def wanted_of(workflow: str, words: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    """What is true of the open approvals that are asked for.

    Args:
        workflow: Only those of this workflow; of all when empty.
        words: As for `list_approvals`.
    """
    return [PENDING, *_of(workflow), *(has_word(word, *_SOUGHT) for word in words)]


def _of(workflow: str) -> list[sa.ColumnElement[bool]]:
    # Pending approvals are few and found by their status; the empty suffix keeps SQLite from walking all approvals of the workflow instead.
    return [APPROVALS.c.workflow_id.concat("") == workflow] if workflow else []


def ordered(
    workflow: str, order: ApprovalOrder, now: int, table: sa.FromClause = APPROVAL_SOURCE
) -> tuple[sa.FromClause, tuple[sa.ColumnElement[Any], ...]]:
    """Where to read, and in which order.

    Args:
        workflow: Only approvals of this workflow; of all when empty.
        order: What comes first.
        now: Milliseconds since 1970 UTC.
        table: What is read; approvals alone are enough where no words are sought.
    """
    if order != "workflow":
        return table, (turn(now), *_ORDERS.get(order, _AGE))
    # The earliest deadline of all that wait in a workflow, also of what the words hide: a filter moves no group.
    first = sa.select(APPROVALS.c.workflow_id, sa.func.min(APPROVALS.c.deadline).label("deadline"))
    soonest = first.where(PENDING, *_of(workflow)).group_by(APPROVALS.c.workflow_id).subquery("first")
    source = table.join(soonest, soonest.c.workflow_id == APPROVALS.c.workflow_id)
    return source, (turn(now), soonest.c.deadline.is_(None), soonest.c.deadline, APPROVALS.c.workflow_id, *_AGE)


def rows_of(connection: sa.Connection, ids: Sequence[str]) -> Rows[ApprovalRow]:
    """Approvals by their ids, in that order; what there is no more is left out.

    Args:
        connection: Where to read.
        ids: Whole ids.
    """
    read = sa.select(*APPROVAL_COLUMNS).select_from(APPROVAL_SOURCE)
    parts = (ids[first : first + AT_ONCE] for first in range(0, len(ids), AT_ONCE))
    found = {row.id: row for part in parts for row in connection.execute(read.where(APPROVALS.c.id.in_(part)))}
    rows = readable_rows("workflow_approvals", [found[each] for each in ids if each in found], lambda row: row.id, approval_view)
    return with_paths(connection, rows)
