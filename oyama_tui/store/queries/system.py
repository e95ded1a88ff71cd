"""Queries about the whole."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from oyama_tui.store.damage import expect, readable_rows, short
from oyama_tui.store.queries.base import APPROVALS, ENGINES, IMPORTED_RUNS, IS_LIVE, STATES, WORKFLOWS, Row
from oyama_tui.store.queries.turns import MINE

FREE = sa.case((STATES.c.obstacle == "", 1), else_=0)
"""1 for a run without an obstacle that an engine has found."""
LIVE_PHASES = sa.select(STATES.c.phase, sa.func.count(), sa.func.sum(FREE)).where(IS_LIVE).group_by(STATES.c.phase)
OPEN_APPROVALS = (
    sa.select(sa.func.count()).select_from(APPROVALS).where(APPROVALS.c.status == "pending", APPROVALS.c.run.not_in(IMPORTED_RUNS), MINE)
)
"""Those that whoever reads may answer."""
KNOWN_WORKFLOWS = sa.select(sa.func.count()).select_from(WORKFLOWS).where(WORKFLOWS.c.deleted_at.is_(None))
ENGINES_NOT_ENDED = (
    sa.select(ENGINES.c.id, ENGINES.c.pid, ENGINES.c.kind, ENGINES.c.version, ENGINES.c.started_at)
    .where(ENGINES.c.ended_at.is_(None))
    .order_by(ENGINES.c.started_at, ENGINES.c.id)
)
OWNED_RUNS = sa.select(STATES.c.owner, sa.func.count()).where(IS_LIVE, STATES.c.owner.is_not(None)).group_by(STATES.c.owner)


LIVE_OWNERS = sa.select(STATES.c.owner, sa.func.count(), sa.func.sum(FREE)).where(IS_LIVE).group_by(STATES.c.owner)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is to do."""

    running: int
    """Runs in which something runs, is undone, or is about to: neither queued, waiting nor paused."""
    waiting: int
    """Open approvals that whoever reads may answer."""
    paused: int
    workflows: int
    going_on: int
    """Runs that are neither over nor paused, and have no obstacle that an engine has found."""


@dataclass(frozen=True, slots=True)
class EngineRecord:
    """One engine that has not said that it ended."""

    id: str
    pid: int
    kind: str
    """`all` or `own`: which runs it drives."""
    version: str
    started_at: int
    """Milliseconds since 1970 UTC."""


def counts(connection: sa.Connection) -> Counts:
    """How much there is to do."""
    found = [(row[0], row[1], row[2]) for row in connection.execute(LIVE_PHASES)]
    phases: dict[str, int] = {phase: number for phase, number, _ in found}
    return Counts(
        running=sum(phases.get(phase, 0) for phase in ("running", "draining", "undoing")),
        waiting=connection.execute(OPEN_APPROVALS).scalar_one(),
        paused=phases.get("paused", 0),
        workflows=connection.execute(KNOWN_WORKFLOWS).scalar_one(),
        going_on=sum(free for phase, _, free in found if phase != "paused"),
    )


def engines(connection: sa.Connection) -> tuple[EngineRecord, ...]:
    """Engines that have not said that they ended, the oldest first; whether each lives is told by its lock file."""
    return readable_rows("engine_instances", connection.execute(ENGINES_NOT_ENDED), lambda row: row.id, _engine)


def _engine(row: Row) -> EngineRecord:
    record = EngineRecord(**row._mapping)
    expect(all(type(value) is int for value in (record.pid, record.started_at)), f"its process is {short(record.pid)}")
    expect(isinstance(record.id, str) and record.id.isascii(), f"its id is {short(record.id)}")
    return record


def undriven(connection: sa.Connection, living: Collection[str], *, hindered: bool = False) -> int:
    """How many runs that are not over have no living owner.

    Args:
        connection: To the database.
        living: The engine instances that live.
        hindered: Count those too for which an engine has found an obstacle.
    """
    return sum(row[1] if hindered else row[2] for row in connection.execute(LIVE_OWNERS) if row[0] not in living)


def owners(connection: sa.Connection) -> dict[str, int]:
    """How many runs that are not over each engine instance owns."""
    return {row[0]: row[1] for row in connection.execute(OWNED_RUNS)}
