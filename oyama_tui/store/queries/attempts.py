"""Queries of single attempts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.definition.kinds.wait import WAIT
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.events.undo import UNDO
from oyama_tui.core.node_keys import step_of
from oyama_tui.core.rows import Rows
from oyama_tui.core.views import ENDED_PHASES, AttemptView, StartedAttempt
from oyama_tui.files import is_plain
from oyama_tui.store.damage import readable_rows, reading
from oyama_tui.store.queries.base import APPROVALS, REMOVED, ROUNDS, STATES, STEPS, Row, mapping, optional_moment
from oyama_tui.store.queries.journal_lines import payloads

BLOCKS: Final = tuple(kind.name for kind in KINDS.values() if kind.is_block or kind.is_child)
"""Kinds that do nothing themselves, so that there is nothing to read of them."""
_ROW = (
    sa.select(STEPS, STATES.c.id.label("run_id"))
    .select_from(STEPS.join(STATES, STATES.c.key == STEPS.c.run))
    .where(STATES.c.id == sa.bindparam("run_id"), STEPS.c.node == sa.bindparam("node"))
)
FIND_ATTEMPT = _ROW.where(STEPS.c.attempt == sa.bindparam("attempt"))
STARTED = (
    sa.select(STEPS.c.node, STEPS.c.attempt, STEPS.c.scheduled_seq)
    .where(STEPS.c.run == sa.bindparam("run"), STEPS.c.scheduled_seq > sa.bindparam("after"), STEPS.c.kind.not_in(BLOCKS))
    .order_by(STEPS.c.scheduled_seq)
)
FIND_RUN: Final = sa.select(STATES.c.key, STATES.c.seq, STATES.c.phase).where(
    # One whose removal has begun is no run any more.
    STATES.c.id == sa.bindparam("run_id"),
    ~sa.exists().where(REMOVED.c.run == STATES.c.key),
)
MOVED: Final = (
    sa.select(STEPS.c.node, STEPS.c.attempt, STEPS.c.scheduled_seq, STEPS.c.settled_seq)
    .where(
        STEPS.c.run == sa.bindparam("run"),
        sa.or_(STEPS.c.scheduled_seq > sa.bindparam("after"), STEPS.c.settled_seq > sa.bindparam("after")),
        STEPS.c.kind.not_in(BLOCKS),
    )
    .order_by(STEPS.c.scheduled_seq)
)
_WITH_OUTPUT: Final = tuple(kind.name for kind in KINDS.values() if kind.retryable)
RUNNING = STARTED.where(STEPS.c.status == "running", STEPS.c.kind.in_(_WITH_OUTPUT))
_LATER: Final = STEPS.alias("later")
_AWAITS: Final = sa.and_(STEPS.c.kind == WAIT.name, STEPS.c.input.is_not(None))
"""A step that waits for an event: its name stands there."""
RESTING = (
    sa.select(STEPS.c.node)
    .where(
        STEPS.c.run == sa.bindparam("run"),
        sa.or_(STEPS.c.status.in_(("retrying", "interrupted")), sa.and_(STEPS.c.status == "waiting", STEPS.c.kind != "gate", ~_AWAITS)),
        ~sa.exists().where(_LATER.c.run == STEPS.c.run, _LATER.c.node == STEPS.c.node, _LATER.c.attempt > STEPS.c.attempt),
        # Of what was cut off somebody may be asked.
        ~sa.exists().where(APPROVALS.c.run == STEPS.c.run, APPROVALS.c.node == STEPS.c.node, APPROVALS.c.status == "pending"),
        # What began anew does not go on in its first round.
        ~sa.exists().where(ROUNDS.c.run == STEPS.c.run, ROUNDS.c.node == STEPS.c.node),
    )
    .limit(1)
)
"""A node that goes on by itself though nothing of it runs: its pause ends, or its attempt was cut off and another one follows."""
NEWEST_ATTEMPT = _ROW.order_by(STEPS.c.attempt.desc()).limit(1)
_PLACE: Final = (STEPS.c.scheduled_seq, STEPS.c.node, STEPS.c.attempt)
_OF_RUN: Final = STEPS.c.run == sa.bindparam("run")
_UNDOES: Final = STEPS.c.node.contains(UNDO, autoescape=True)


@dataclass(frozen=True, slots=True)
class OutputNews:
    """What has become of the attempts of a run since its journal was shorter."""

    seq: int
    """Number of the newest event."""
    ended: bool
    """The run is over."""
    begun: tuple[StartedAttempt, ...] = ()
    """The attempts that have begun since, in that order."""
    settled: frozenset[tuple[str, int]] = frozenset()
    """The nodes and numbers of those of which it is known since what they came to."""


def log_path(files: Path, run_id: str, node: str, attempt: int) -> Path:
    """Where an attempt's live output is.

    Args:
        files: The folder beside the database.
        run_id: The state id.
        node: The node's key.
        attempt: From 1.
    """
    return files / run_id / f"{node}.{attempt}.log"


def meant(graph: Graph, words: str) -> re.Pattern[str]:
    """Which nodes a person means: one, those of a step in all scopes, or all that is in a block, an item or a round.

    Args:
        graph: The compiled revision.
        words: The key of a node or scope, its end, or the id of a step; every node when empty.

    Raises:
        KeyError: There is no such step.
    """
    if not words:
        return re.compile("")
    spec = graph.spec_of(words)
    outside = any(words == node.key for node in graph.body.nodes)
    inside = r"(?:[\[#]|\.(?!gate$)|$)" if spec.bodies else "$"
    return re.compile(f"{'^' if outside else '(?:^|[.])'}{re.escape(words)}{inside}")


def started_attempts(
    connection: sa.Connection, run: int, wanted: re.Pattern[str], after: int, *, running: bool = False
) -> tuple[StartedAttempt, ...]:
    """The attempts of a run, in the order in which they were scheduled.

    Args:
        connection: Where to read.
        run: The run's key.
        wanted: What the keys of their nodes have.
        after: Only those scheduled by events with numbers above it.
        running: Only those that are under way and may write something.

    Raises:
        DatabaseProblem: A row is damaged.
    """
    with reading("workflow_execution_steps", f"of run {run}"):
        rows = connection.execute(RUNNING if running else STARTED, {"run": run, "after": after})
        return tuple(StartedAttempt(node=row.node, attempt=row.attempt, seq=row.scheduled_seq) for row in rows if wanted.search(row.node))


def output_news(connection: sa.Connection, run_id: str, after: int) -> OutputNews | None:
    """What has become of the attempts of a run since an event; none when there is no such run any more.

    Args:
        connection: Where to read.
        run_id: The state id.
        after: Number of the newest event that is known.

    Raises:
        DatabaseProblem: A row is damaged.
    """
    run = connection.execute(FIND_RUN, {"run_id": run_id}).one_or_none()
    if run is None:
        return None
    if run.seq == after:
        return OutputNews(run.seq, run.phase in ENDED_PHASES)
    with reading("workflow_execution_steps", f"of run {run_id}"):
        rows = connection.execute(MOVED, {"run": run.key, "after": after}).all()
        return OutputNews(
            run.seq,
            run.phase in ENDED_PHASES,
            tuple(StartedAttempt(node=row.node, attempt=row.attempt, seq=row.scheduled_seq) for row in rows if row.scheduled_seq > after),
            frozenset((row.node, row.attempt) for row in rows if row.settled_seq is not None and row.settled_seq > after),
        )


def rests(connection: sa.Connection, run: int) -> bool:
    """Whether something of a run, of which nothing may run, goes on by itself after a while.

    Args:
        connection: Where to read.
        run: The run's key.
    """
    return connection.execute(RESTING, {"run": run}).first() is not None


def attempt_view(connection: sa.Connection, run_id: str, node: str, attempt: int | None, files: Path) -> AttemptView | None:
    """One attempt of a node, whole; none when it has not been scheduled.

    Args:
        connection: Where to read.
        run_id: The state id.
        node: The node's key.
        attempt: From 1; the newest when none.
        files: The folder beside the database, with the live output.
    """
    values: dict[str, Any] = {"run_id": run_id, "node": node}
    if attempt is not None:
        values["attempt"] = attempt
    row = connection.execute(NEWEST_ATTEMPT if attempt is None else FIND_ATTEMPT, values).one_or_none()
    if row is None:
        return None
    with reading("workflow_execution_steps", f"{node}/{row.attempt} of {run_id}"):
        return _view(connection, row, run_id, node, files)


def _view(connection: sa.Connection, row: Row, run_id: str, node: str, files: Path) -> AttemptView:
    # Large values stand only in the journal, so it is asked for all of them.
    events = payloads(connection, ((row.run, seq) for seq in (row.scheduled_seq, row.settled_seq) if seq is not None))
    order, outcome = (events.get((row.run, seq), {}) for seq in (row.scheduled_seq, row.settled_seq))
    log = log_path(files, run_id, node, row.attempt)
    return AttemptView(
        run_id=run_id,
        node=node,
        step_id=step_of(node),
        attempt=row.attempt,
        status=row.status,
        input=row.input if row.input is not None else order.get("input"),
        output=row.output if row.output is not None else outcome.get("output", ""),
        truncated=row.truncated,
        outputs=mapping(row.outputs) or mapping(outcome.get("outputs")),
        result=row.result if row.result is not None else outcome.get("result"),
        exit_code=row.exit_code,
        error=row.error if row.error is not None else outcome.get("message", ""),
        error_kind=row.error_kind or outcome.get("kind", ""),
        log=str(log) if is_plain(log) else "",
        started_at=optional_moment(row.started_at if row.started_at is not None else row.scheduled_at),
        ended_at=optional_moment(row.finished_at),
        duration_ms=row.duration_ms,
    )


def attempts_page(
    connection: sa.Connection,
    run: int,
    run_id: str,
    files: Path,
    *,
    offset: int = 0,
    limit: int = 100,
    undoing: bool = False,
    newest: bool = False,
) -> Rows[AttemptView]:
    """A part of the attempts of a run, whole, in the order in which they were scheduled.

    Args:
        connection: Where to read.
        run: The run's key.
        run_id: Its state id.
        files: The folder beside the database, with the live output.
        offset: Attempts to pass over first; none ever comes before those that there are.
        limit: The most attempts.
        undoing: Only those that undo something.
        newest: The last ones instead of the first.
    """
    wanted = [_OF_RUN, *([_UNDOES] if undoing else [])]
    total = connection.execute(sa.select(sa.func.count()).select_from(STEPS).where(*wanted), {"run": run}).scalar_one()
    order = [column.desc() if newest else column for column in _PLACE]
    rows = connection.execute(sa.select(STEPS).where(*wanted).order_by(*order).limit(limit).offset(offset), {"run": run}).all()
    found = readable_rows(
        "workflow_execution_steps",
        reversed(rows) if newest else rows,
        lambda row: f"{row.node}/{row.attempt} of {run_id}",
        lambda row: _view(connection, row, run_id, row.node, files),
    )
    return Rows(found, found.damaged, total)
