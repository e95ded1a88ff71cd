"""What was asked before at the same gate, in this run and in earlier ones, and the content that was answered there."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa

from oyama_tui.core.events import ApprovalContent, Asker
from oyama_tui.core.events.base import round_of
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.base import APPROVALS, EVENTS, STATES, Row

CHECKED = 200
"""The most attempts and earlier questions of a run that are looked at for one question."""
_RUN: sa.BindParameter[int] = sa.bindparam("run")
_SEQ: sa.BindParameter[int] = sa.bindparam("seq")
_COLUMNS = (
    APPROVALS.c.id,
    APPROVALS.c.run,
    APPROVALS.c.requested_seq,
    APPROVALS.c.node,
    APPROVALS.c.kind,
    APPROVALS.c.status,
    APPROVALS.c.decided_by,
    APPROVALS.c.decided_at,
    APPROVALS.c.comment,
    STATES.c.number,
)
_SOURCE = APPROVALS.join(STATES, STATES.c.key == APPROVALS.c.run)
CONTENT = sa.select(EVENTS.c.payload).where(EVENTS.c.run == _RUN, EVENTS.c.seq == _SEQ)
GIVEN_BEFORE = sa.select(*_COLUMNS).select_from(_SOURCE).where(APPROVALS.c.id == sa.bindparam("id"))
LAST_YES = (
    sa.select(*_COLUMNS)
    .select_from(_SOURCE)
    .where(
        APPROVALS.c.workflow_id == sa.bindparam("workflow"),
        sa.or_(
            APPROVALS.c.node == sa.bindparam("gate"),
            # Whichever round it was: `publish.gate#2`.
            sa.and_(APPROVALS.c.node > sa.bindparam("gate").concat("#"), APPROVALS.c.node < sa.bindparam("gate").concat("$")),
        ),
        APPROVALS.c.status.concat("") == "approved",
        # In this run too, once it has gone back and asks the same again; a yes of this round was to what has changed since.
        sa.or_(
            APPROVALS.c.run < _RUN,
            sa.and_(APPROVALS.c.run == _RUN, APPROVALS.c.requested_seq < _SEQ, APPROVALS.c.node != sa.bindparam("node")),
        ),
        APPROVALS.c.decided_at.is_not(None),
        STATES.c.imported == 0,
    )
    .order_by(sa.literal_column("workflow_approvals.rowid").desc())
    .limit(1)
)
LAST_YES_TO_TITLE = LAST_YES.where(APPROVALS.c.title == sa.bindparam("title"))
"""Questions from outside share a workflow: only those with the same title are the same question."""
EARLIER = (
    sa.select(*_COLUMNS)
    .select_from(_SOURCE)
    .where(
        APPROVALS.c.run == _RUN,
        APPROVALS.c.requested_seq < _SEQ,
        APPROVALS.c.status.concat("").in_(("rejected", "sent_back")),
    )
    .order_by(APPROVALS.c.requested_seq.desc())
    .limit(CHECKED)
)


def asked(connection: sa.Connection, run: int, seq: int) -> tuple[ApprovalContent, Asker | None]:
    """What is asked, and the program from outside that asks it.

    Args:
        connection: Where to read.
        run: The run's key.
        seq: The event that has what is asked: the one with which it was, or the newest answer that has changed something of it.
    """
    with reading("workflow_events", f"{seq} of run {run}"):
        payload = json.loads(connection.execute(CONTENT, {"run": run, "seq": seq}).scalar_one())
        asker = payload.get("asker")
        return ApprovalContent.model_validate(payload["content"]), Asker.model_validate(asker) if asker else None


def given_before(connection: sa.Connection, found: Row) -> Row | None:
    """The yes that was given before what was approved has changed; none when it was not asked for that.

    Args:
        connection: Where to read.
        found: The question.
    """
    return connection.execute(GIVEN_BEFORE, {"id": found.previous}).one_or_none() if found.previous else None


def earlier_rounds(connection: sa.Connection, found: Row) -> Sequence[Row]:
    """Earlier openings of the gate in the same run that were turned down or sent back, the newest first.

    Args:
        connection: Where to read.
        found: The question.
    """
    gate = round_of(found.node)[0]
    rows = connection.execute(EARLIER, {"run": found.run, "seq": found.requested_seq})
    return [row for row in rows if round_of(row.node)[0] == gate]


def last_yes(connection: sa.Connection, found: Row, title: str | None) -> Row | None:
    """The newest yes to the same gate, in this run or an earlier one, in whichever round it was given.

    Args:
        connection: Where to read.
        found: The question.
        title: Only to a question with this title; to any when none.
    """
    wanted = {
        "workflow": found.workflow_id,
        "gate": round_of(found.node)[0],
        "run": found.run,
        "seq": found.requested_seq,
        "node": found.node,
    }
    if title is None:
        return connection.execute(LAST_YES, wanted).one_or_none()
    return connection.execute(LAST_YES_TO_TITLE, {**wanted, "title": title}).one_or_none()


def content_of(connection: sa.Connection, row: Row) -> ApprovalContent:
    """What an approval asks, or what was answered.

    Args:
        connection: Where to read.
        row: An approval with its `run` and `requested_seq`.
    """
    return asked(connection, row.run, row.requested_seq)[0]
