"""The line of a workflow with a limit: which runs have its places, and whose turn is next."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.definition import Workflow
from oyama_tui.core.errors import IllegalTransition
from oyama_tui.core.rows import Rows
from oyama_tui.store import statements as sql
from oyama_tui.store.columns import STATES
from oyama_tui.store.damage import expect, readable_rows, short

_NAMED: Final = 5
"""Runs that a sentence names before it only counts the others."""
_LIVE: Final = ("pending", "running", "paused")
# As literal text, or SQLite does not see that the index over the few rows with a place has them all.
_IN_PLACE: Final = (STATES.c.workflow_id == sa.bindparam("workflow"), STATES.c.place != sa.literal_column("''"))
HELD: Final = sa.select(sa.func.count()).where(*_IN_PLACE, STATES.c.place == "held")
IN_LINE: Final = (
    sa.select(STATES.c.key, STATES.c.id, STATES.c.owner, STATES.c.epoch)
    .where(*_IN_PLACE, STATES.c.place == "queued", STATES.c.status != "paused", STATES.c.owner.is_not(None))
    .order_by(STATES.c.priority.desc(), STATES.c.place_since, STATES.c.key)
    .limit(sa.bindparam("most"))
)
"""The order of `statements.MAY_ADMIT`."""
OLDER: Final = (
    sa.select(STATES.c.id)
    .where(
        # The empty suffix keeps SQLite from walking all runs of the workflow: live ones are few and found by their status.
        STATES.c.workflow_id.concat("") == sa.bindparam("workflow"),
        STATES.c.status.in_(_LIVE),
        STATES.c.imported == 0,
        STATES.c.number < sa.bindparam("number"),
    )
    .order_by(STATES.c.key)
)


@dataclass(frozen=True, slots=True)
class InLine:
    """A run that queues and may take a place when it is its turn."""

    key: int
    id: str
    owner: str
    epoch: int


def next_in_line(connection: sa.Connection, workflow_id: str, most: int) -> tuple[int, Rows[InLine]]:
    """How many runs of a workflow have a place, and those that will have the next ones, in order.

    Args:
        connection: Where to read.
        workflow_id: The workflow.
        most: How many of the line.
    """
    held = connection.execute(HELD, {"workflow": workflow_id}).scalar_one()
    rows = connection.execute(IN_LINE, {"workflow": workflow_id, "most": most})
    return held, readable_rows("workflow_states", rows, lambda row: row.id, _in_line)


def _in_line(row: sa.Row[*tuple[Any, ...]]) -> InLine:
    expect(isinstance(row.id, str) and isinstance(row.owner, str), f"owner is {short(row.owner)}")
    expect(type(row.key) is int and type(row.epoch) is int, f"epoch is {short(row.epoch)}")
    return InLine(row.key, row.id, row.owner, row.epoch)


def older_live(connection: sa.Connection, workflow_id: str, number: int) -> list[str]:
    """The runs of a workflow that were started before one and are not over, oldest first.

    Args:
        connection: Where to read.
        workflow_id: The workflow.
        number: Of that one.
    """
    return list(connection.execute(OLDER, {"workflow": workflow_id, "number": number}).scalars())


def leave_line(connection: sqlite3.Connection, run: InLine) -> None:
    """Take its dead owner from a run that queues, unless it has another one by now: who cannot take a place holds nobody up."""
    connection.execute(sql.LEAVE_LINE, {"run": run.key, "epoch": run.epoch, "seen": run.owner})


def require_place(connection: sqlite3.Connection | sa.Connection, workflow: Workflow) -> None:
    """Refuse a start when no place is free, where the workflow says so.

    Args:
        connection: Inside a write transaction, so that what is found stays so, or one that only reads, to ask beforehand.
        workflow: What is to be started.

    Raises:
        IllegalTransition: All its places are taken.
    """
    concurrency = workflow.concurrency
    if concurrency is None or concurrency.overlap != "skip":
        return
    execute = connection.exec_driver_sql if isinstance(connection, sa.Connection) else connection.execute
    taken = sorted(execute(sql.PLACES_TAKEN, {"workflow_id": workflow.id}).fetchall(), key=lambda row: (row[2], row[0]))
    if len(taken) < concurrency.limit:
        return
    named = [f"{workflow.id} #{number}{'' if place == 'held' else ' (its turn is next)'}" for number, _, place in taken[:_NAMED]]
    more = [f"{len(taken) - _NAMED} more"] if len(taken) > _NAMED else []
    places = "the one place" if concurrency.limit == 1 else f"all {concurrency.limit} places"
    raise IllegalTransition(
        f"Nothing was started: {', '.join([*named, *more])} {'has' if len(taken) == 1 else 'have'} {places} of {workflow.id}.",
        f"Its limit refuses a start then. Wait for an end, or: `oyama cancel '{workflow.id}#{taken[0][0]}'`",
    )
