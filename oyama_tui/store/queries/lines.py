"""The lines of workflows with a limit, as people read them: what is before a run that queues for a place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.waiting import Ahead
from oyama_tui.store.queries.base import STATES, Row

OF_WORKFLOW: Final = sa.select(
    STATES.c.key, STATES.c.number, STATES.c.place, STATES.c.place_since, STATES.c.priority, STATES.c.status, STATES.c.owner
).where(
    STATES.c.workflow_id == sa.bindparam("workflow"),
    # As literal text, or SQLite does not see that the index over the few rows with a place has them all.
    STATES.c.place != sa.literal_column("''"),
    STATES.c.place.in_(("held", "queued")),
)


def turn_of(row: Row) -> tuple[int, int, int]:
    """What orders the runs that queue: the order of `statements.MAY_ADMIT`.

    Args:
        row: Of a run, with its priority, since when it queues, and its key.
    """
    return (-row.priority, row.place_since or 0, row.key)


@dataclass(frozen=True, slots=True)
class Line:
    """Those of a workflow that have a place, and those that queue for one."""

    turns: list[tuple[int, int, int]]
    """Of those that queue and may take a place, in order."""
    numbers: list[int]
    """Theirs."""
    held: list[Row]
    """Rows of those that have a place, the oldest first."""


class Lines:
    """Reads the line of a workflow when the first run of it that queues is looked at.

    Args:
        connection: Where to read.
        living: The engine instances that live.
    """

    def __init__(self, connection: sa.Connection, living: Collection[str]) -> None:
        self._connection = connection
        self._living = living
        self._lines: dict[str, Line] = {}

    def ahead(self, workflow_id: str, row: Row) -> Ahead:
        """What is before a run.

        Args:
            workflow_id: Its workflow.
            row: Its row, with its priority, since when it queues, and its key.
        """
        line = self._line(workflow_id)
        before = bisect_left(line.turns, turn_of(row))
        if before:
            return Ahead(before, line.numbers[before - 1])
        if not line.held:
            return Ahead(0, None)
        # Any one that ends lets it in, so that one which does not move counts only when none does.
        holder = next((held for held in line.held if not self._stuck(held)), line.held[0])
        return Ahead(0, holder.number, self._stuck(holder))

    def _line(self, workflow_id: str) -> Line:
        if workflow_id not in self._lines:
            rows: list[Any] = list(self._connection.execute(OF_WORKFLOW, {"workflow": workflow_id}))
            queued = [row for row in rows if row.place == "queued" and row.status != "paused" and row.owner in self._living]
            queued.sort(key=turn_of)
            held = sorted((row for row in rows if row.place == "held"), key=lambda row: (row.place_since or 0, row.key))
            self._lines[workflow_id] = Line([turn_of(row) for row in queued], [row.number for row in queued], held)
        return self._lines[workflow_id]

    def _stuck(self, row: Row) -> str:
        """Why a run that has a place does not move by itself."""
        if row.status == "paused":
            return "which is paused"
        return "" if row.owner in self._living else "which nobody drives"
