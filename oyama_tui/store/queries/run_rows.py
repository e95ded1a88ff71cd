"""Queries of runs as rows of a list."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

import sqlalchemy as sa

from oyama_tui.core.rows import Rows
from oyama_tui.core.views import RunRow
from oyama_tui.store.damage import expect, readable_rows, reading
from oyama_tui.store.queries.base import (
    EXECUTIONS,
    LIVE_STATUSES,
    STATES,
    WORKFLOWS,
    Row,
    moment,
    named,
    names_of,
    optional_moment,
)
from oyama_tui.store.queries.undriven import why_undriven

RUN_COLUMNS = (
    STATES.c.id,
    STATES.c.workflow_id,
    WORKFLOWS.c.name.label("workflow_name"),
    STATES.c.number,
    STATES.c.phase.label("status"),
    STATES.c.status.label("state"),
    STATES.c.reason,
    (STATES.c.open_approvals > 0).label("needs_you"),
    STATES.c.current_step,
    STATES.c.completed_steps.label("completed"),
    STATES.c.total_steps.label("total"),
    STATES.c.running_steps.label("running"),
    STATES.c.created_at.label("started_at"),
    STATES.c.ended_at,
    EXECUTIONS.c.duration_ms,
    sa.func.coalesce(EXECUTIONS.c.human_wait_ms, 0).label("human_wait_ms"),
    sa.func.coalesce(EXECUTIONS.c.started_by, "").label("started_by"),
    STATES.c.owner,
    (sa.func.coalesce(EXECUTIONS.c.decided_by, "") != "").label("answered"),
    STATES.c.obstacle,
)
_NAMES = names_of(RUN_COLUMNS)
_TABLE = "workflow_states"
RUN_SOURCE = STATES.outerjoin(WORKFLOWS, WORKFLOWS.c.id == STATES.c.workflow_id).outerjoin(EXECUTIONS, EXECUTIONS.c.run == STATES.c.key)
_ROW = sa.select(*RUN_COLUMNS).select_from(RUN_SOURCE)
_OF_WORKFLOW = STATES.c.workflow_id == sa.bindparam("workflow")
_NEEDS_YOU = (STATES.c.open_approvals > 0).desc()
# Live runs are few and found by their status; the empty suffix keeps SQLite from walking all runs of the workflow instead.
_LIVE_OF_WORKFLOW = STATES.c.workflow_id.concat("") == sa.bindparam("workflow")
_IS_LIVE = STATES.c.status.in_(LIVE_STATUSES)


def _live(*wanted: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Sort keys alone, then look up the few rows that are shown."""
    order = (_NEEDS_YOU, STATES.c.key.desc())
    keys = sa.select(STATES.c.key).where(_IS_LIVE, *wanted).order_by(*order).limit(sa.bindparam("limit"))
    return _ROW.where(STATES.c.key.in_(keys.scalar_subquery())).order_by(*order)


NEWEST_RUNS = _ROW.order_by(STATES.c.key.desc()).limit(sa.bindparam("limit"))
NEWEST_RUNS_OF_WORKFLOW = _ROW.where(_OF_WORKFLOW).order_by(STATES.c.number.desc()).limit(sa.bindparam("limit"))
LIVE_RUNS = _live()
LIVE_RUNS_OF_WORKFLOW = _live(_LIVE_OF_WORKFLOW)
FIND_RUN = _ROW.where(STATES.c.id == sa.bindparam("id"))


def owner_word(owner: str | None, living: Collection[str], here: str) -> Literal["here", "elsewhere", "nobody"]:
    """Which engine drives a run.

    Args:
        owner: The engine instance in the run's row.
        living: The instances that live.
        here: This process's own instance; empty when it has none.
    """
    if owner is None or owner == "":
        return "nobody"
    if owner == here:
        return "here"
    return "elsewhere" if owner in living else "nobody"


def list_runs(
    connection: sa.Connection,
    workflow: str = "",
    live: bool = False,
    limit: int = 200,
    living: Collection[str] = frozenset(),
    here: str = "",
) -> Rows[RunRow]:
    """Newest runs first; with `live` only those that are not over, those that need a person first.

    Args:
        connection: Where to read.
        workflow: Only runs of this workflow; of all when empty.
        live: Only runs that are not over.
        limit: The most rows.
        living: The engine instances that live.
        here: This process's own engine instance; empty when it has none.
    """
    everywhere, of_workflow = (LIVE_RUNS, LIVE_RUNS_OF_WORKFLOW) if live else (NEWEST_RUNS, NEWEST_RUNS_OF_WORKFLOW)
    values = {"limit": limit, "workflow": workflow} if workflow else {"limit": limit}
    found = connection.execute(of_workflow if workflow else everywhere, values)
    return readable_rows(_TABLE, found, lambda row: row.id, lambda row: _run_row(row, living, here))


def find_run(connection: sa.Connection, run_id: str, living: Collection[str] = frozenset(), here: str = "") -> RunRow | None:
    """One run by its state id; none when there is none."""
    row = connection.execute(FIND_RUN, {"id": run_id}).one_or_none()
    return None if row is None else run_row(row, living, here)


def run_row(row: Row, living: Collection[str], here: str) -> RunRow:
    """A row that begins with `RUN_COLUMNS` as its view.

    Raises:
        DatabaseProblem: It is damaged.
    """
    with reading(_TABLE, row.id):
        return _run_row(row, living, here)


def _run_row(row: Row, living: Collection[str], here: str) -> RunRow:
    values = named(_NAMES, row)
    values["workflow_name"] = values["workflow_name"] or values["workflow_id"]
    values["started_at"] = moment(values["started_at"])
    values["ended_at"] = optional_moment(values["ended_at"])
    owner, answered = values["owner"], bool(values.pop("answered"))
    values["owner"] = owner_word(owner, living, here)
    if values["owner"] == "nobody" and not values["reason"]:
        phase, needs_you = values["status"], bool(values["needs_you"])
        values["reason"], values["hint"] = why_undriven(values["id"], phase, owner, answered=answered, needs_you=needs_you)
    done, total = values["completed"], values["total"]
    expect(0 <= done <= total, f"{done} of {total} steps are over")
    left = values["owner"] == "nobody" and values["state"] in LIVE_STATUSES
    values["obstacle"] = values["obstacle"] if left else ""
    if values["obstacle"]:
        values["reason"] = f"left alone: {values['obstacle']}"
        values["hint"] = ("resume", values["id"])
    return RunRow(**values)
