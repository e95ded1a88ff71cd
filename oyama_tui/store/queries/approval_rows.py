"""Queries of approvals as rows of the queue."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from oyama_tui.core.events import Seen
from oyama_tui.core.node_keys import step_of
from oyama_tui.core.rows import Rows
from oyama_tui.core.views import ApprovalRow
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.base import (
    APPROVALS,
    IMPORTED_RUNS,
    LAST_CHARACTER,
    STATES,
    WORKFLOWS,
    Row,
    mapping,
    moment,
    named,
    names_of,
    optional_moment,
    texts,
)
from oyama_tui.store.queries.children import live_below, with_paths
from oyama_tui.store.queries.turns import ASKS_OTHERS

APPROVAL_COLUMNS = (
    APPROVALS.c.id,
    STATES.c.id.label("run_id"),
    STATES.c.number.label("run_number"),
    APPROVALS.c.workflow_id,
    WORKFLOWS.c.name.label("workflow_name"),
    APPROVALS.c.node,
    APPROVALS.c.kind,
    APPROVALS.c.status,
    APPROVALS.c.title,
    APPROVALS.c.target,
    APPROVALS.c.risk,
    APPROVALS.c.requested_at,
    APPROVALS.c.deadline,
    APPROVALS.c.on_timeout,
    APPROVALS.c.decided_at,
    APPROVALS.c.decided_by,
    APPROVALS.c.comment,
    APPROVALS.c.digest,
    APPROVALS.c.data.label("form"),
    APPROVALS.c.approvers,
    APPROVALS.c.yes_by,
    APPROVALS.c.assigned,
    APPROVALS.c.snoozed,
    APPROVALS.c.comments,
    STATES.c.parent,
    STATES.c.parent_node,
    (STATES.c.imported != 0).label("imported"),
    APPROVALS.c.alike,
    ASKS_OTHERS.label("asks_others"),
)
_NAMES = names_of(APPROVAL_COLUMNS)
_TABLE = "workflow_approvals"
APPROVAL_SOURCE = APPROVALS.join(STATES, STATES.c.key == APPROVALS.c.run).outerjoin(WORKFLOWS, WORKFLOWS.c.id == APPROVALS.c.workflow_id)
_LIMIT: sa.BindParameter[int] = sa.bindparam("limit")
_OPENED: sa.ColumnElement[int] = sa.literal_column("workflow_approvals.rowid")
"""Grows with each opening, and every index is ordered by it."""
PENDING = sa.and_(APPROVALS.c.status == "pending", APPROVALS.c.run.not_in(IMPORTED_RUNS))
_OF_RUN = STATES.c.id == sa.bindparam("run")
OF_RUN = sa.select(*APPROVAL_COLUMNS).select_from(APPROVAL_SOURCE).where(_OF_RUN).order_by(_OPENED)
NEWEST_OF_RUN = OF_RUN.order_by(None).order_by(_OPENED.desc()).limit(_LIMIT)
COUNT_OF_RUN = sa.select(sa.func.count()).select_from(APPROVALS.join(STATES, STATES.c.key == APPROVALS.c.run)).where(_OF_RUN)
BY_PREFIX = (
    sa.select(APPROVALS.c.id)
    .where(APPROVALS.c.id >= sa.bindparam("text"), APPROVALS.c.id < sa.bindparam("beyond"))
    .order_by(APPROVALS.c.id)
    .limit(_LIMIT)
)


def approvals_of_run(connection: sa.Connection, run_id: str, *, pending: bool = False, newest: int | None = None) -> Rows[ApprovalRow]:
    """The approvals of one run, in the order in which they were asked, and how many there are in all.

    Args:
        connection: Where to read.
        run_id: The state id.
        pending: Only those that wait for an answer.
        newest: Only so many, those that were asked last; all when none.
    """
    wanted = [PENDING] if pending else []
    if newest is None:
        return with_paths(connection, Rows(approval_row(row) for row in connection.execute(OF_RUN.where(*wanted), {"run": run_id})))
    rows = list(connection.execute(NEWEST_OF_RUN.where(*wanted), {"run": run_id, "limit": newest}))
    total = len(rows) if len(rows) < newest else connection.execute(COUNT_OF_RUN.where(*wanted), {"run": run_id}).scalar_one()
    return with_paths(connection, Rows((approval_row(row) for row in reversed(rows)), total=total))


def approvals_of_family(connection: sa.Connection, run_id: str, *, pending: bool = False, newest: int | None = None) -> Rows[ApprovalRow]:
    """The approvals of one run, and then those of the runs below it that are not over; `approvals_of_run` says what the arguments mean.

    Args:
        connection: Where to read.
        run_id: The state id.
        pending: Whether only those that wait.
        newest: How many of each run.
    """
    runs = [run_id, *live_below(connection, run_id)]
    found = [approvals_of_run(connection, run, pending=pending, newest=newest) for run in runs]
    return Rows((row for rows in found for row in rows), total=sum(rows.total for rows in found))


def resolve_approvals(connection: sa.Connection, prefix: str, limit: int = 6) -> list[str]:
    """The ids of approvals that begin like this; more than one means that the text is not clear."""
    text = prefix.strip().lower()
    if not text:
        return []
    return list(connection.execute(BY_PREFIX, {"text": text, "beyond": text + LAST_CHARACTER, "limit": limit}).scalars())


def approval_row(row: Row) -> ApprovalRow:
    """A row that begins with `APPROVAL_COLUMNS` as its view.

    Raises:
        DatabaseProblem: It is damaged.
    """
    with reading(_TABLE, row.id):
        return approval_view(row)


def approval_view(row: Row) -> ApprovalRow:
    """As `approval_row`; what is damaged is left for its caller to tell.

    Raises:
        ValueError: It is damaged.
    """
    return ApprovalRow(**approval_values(row))


def approval_values(row: Row) -> dict[str, Any]:
    """What an `ApprovalRow` is made of.

    Args:
        row: Begins with `APPROVAL_COLUMNS`.

    Raises:
        ValueError: It is damaged.
    """
    values = named(_NAMES, row)
    values["step_id"] = step_of(values["node"])
    values["workflow_name"] = values["workflow_name"] or values["workflow_id"]
    values["requested_at"] = moment(values["requested_at"])
    values["deadline"] = optional_moment(values["deadline"])
    values["decided_at"] = optional_moment(values["decided_at"])
    values["form"] = mapping(values["form"])
    rule = mapping(values["approvers"])
    values["approvers"], values["needed"] = texts(rule.get("any_of")), rule.get("quorum", 1)
    values["yes_by"], values["assigned"] = texts(values["yes_by"]), texts(values["assigned"])
    values["snoozed"] = {name: moment(until) for name, until in mapping(values["snoozed"]).items()}
    return values


def run_of_approval(connection: sa.Connection, approval_id: str) -> str:
    """The state id of the run that asks.

    Args:
        connection: Where to read.
        approval_id: The whole id of an approval that there is.
    """
    found = sa.select(STATES.c.id).join(APPROVALS, APPROVALS.c.run == STATES.c.key).where(APPROVALS.c.id == approval_id)
    return str(connection.execute(found).scalar_one())


def seen_of(facts: Any) -> Seen | None:
    """What of the question whoever answered had before their eyes; none when that is not known.

    Args:
        facts: What is kept of how an answer came about.
    """
    known = mapping(facts)
    return Seen.model_validate(known["seen"]) if "seen" in known else None
