"""Everything that a person needs to decide one approval."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa

from oyama_tui.core.answer_checks import obstacle_sentence
from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.approval_changes import changes
from oyama_tui.core.approval_decisions import closed_sentence, looked_sentence
from oyama_tui.core.events import ApprovalCancelled, ApprovalContent, ApprovalDecided, ApprovalExpired, Origin
from oyama_tui.core.events.base import round_of
from oyama_tui.core.views import ApprovalCard, CheckedStep, LastYes, Recorded, RoundView, StepWord, VoteView
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.approval_rows import APPROVAL_COLUMNS, APPROVAL_SOURCE, approval_row, seen_of
from oyama_tui.store.queries.base import (
    APPROVALS,
    EVENTS,
    EXECUTIONS,
    REVISIONS,
    ROUNDS,
    STATES,
    STEPS,
    VOTES,
    Row,
    mapping,
    moment,
    optional_moment,
    texts,
)
from oyama_tui.store.queries.children import with_path
from oyama_tui.store.queries.earlier_approvals import CHECKED, asked, content_of, earlier_rounds, given_before, last_yes
from oyama_tui.store.queries.node_rounds import key_of_round

_SETTLED: dict[str, StepWord] = {
    "completed": "completed",
    "failed": "failed",
    "skipped": "skipped",
    "cancelled": "cancelled",
}
_ID: sa.BindParameter[str] = sa.bindparam("id")
FIND_CARD = (
    sa.select(
        *APPROVAL_COLUMNS,
        APPROVALS.c.run,
        APPROVALS.c.requested_seq,
        APPROVALS.c.previous,
        STATES.c.directory,
        STATES.c.revision,
        EXECUTIONS.c.started_by,
    )
    .select_from(APPROVAL_SOURCE.outerjoin(EXECUTIONS, EXECUTIONS.c.run == APPROVALS.c.run))
    .where(APPROVALS.c.id == _ID)
)
STEPS_BEFORE = (
    sa.select(STEPS.c.node, STEPS.c.attempt, STEPS.c.status, STEPS.c.settled_seq, STEPS.c.duration_ms)
    .where(STEPS.c.run == sa.bindparam("run"), STEPS.c.scheduled_seq < sa.bindparam("seq"))
    .order_by(STEPS.c.scheduled_seq.desc())
    .limit(CHECKED)
)
ROUNDS_THEN = (
    sa.select(ROUNDS.c.node, sa.func.max(ROUNDS.c.round).label("round"))
    .where(ROUNDS.c.run == sa.bindparam("run"), ROUNDS.c.opened_at <= sa.bindparam("at"))
    .group_by(ROUNDS.c.node)
)
"""Which round of its nodes a run was in, of those that had begun more than once."""
DEFINITION = sa.select(REVISIONS.c.content).where(REVISIONS.c.revision == sa.bindparam("revision"))
VOTES_ON = (
    sa.select(VOTES.c.principal, VOTES.c.verdict, VOTES.c.comment, VOTES.c.form, VOTES.c.origin, VOTES.c.digest, VOTES.c.at, VOTES.c.facts)
    .add_columns(VOTES.c.edits)
    .where(VOTES.c.approval_id == _ID)
    .order_by(VOTES.c.key)
)


ENDED = (
    sa.select(EVENTS.c.seq, EVENTS.c.hash)
    .where(
        EVENTS.c.run == sa.bindparam("run"),
        EVENTS.c.seq > sa.bindparam("seq"),
        # In this order: what is written in an event is read only where all else fits.
        EVENTS.c.at == sa.bindparam("at"),
        EVENTS.c.type.in_([kind.model_fields["type"].default for kind in (ApprovalDecided, ApprovalExpired, ApprovalCancelled)]),
        sa.func.json_extract(EVENTS.c.payload, "$.id") == _ID,
    )
    .order_by(EVENTS.c.seq)
    .limit(1)
)
"""How a question ended, as the journal has it."""
HASH_OF = sa.select(EVENTS.c.hash).where(EVENTS.c.run == sa.bindparam("run"), EVENTS.c.seq == sa.bindparam("seq"))


def card(connection: sa.Connection, approval_id: str, now: int) -> ApprovalCard | None:
    """One approval with all that is known; none when there is none of this id.

    Args:
        connection: Where to read.
        approval_id: The whole id.
        now: Milliseconds since 1970 UTC.
    """
    found = connection.execute(FIND_CARD, {"id": approval_id}).one_or_none()
    if found is None:
        return None
    with reading("workflow_approvals", approval_id):
        return _card(connection, found, now)


def _card(connection: sa.Connection, found: Row, now: int) -> ApprovalCard:
    row = with_path(connection, approval_row(found))
    content, asker = asked(connection, found.run, found.requested_seq)
    votes = tuple(_vote(vote) for vote in connection.execute(VOTES_ON, {"id": row.id}))
    looked = next((vote for vote in votes if vote.verdict == "look"), None)
    closed = closed_sentence(row, moment(now)) if looked is None else looked_sentence(looked, moment(now))
    rounds = earlier_rounds(connection, found)
    obstacle = closed or obstacle_sentence(content)
    return ApprovalCard(
        row=row,
        content=content,
        form=content.form,
        can_decide=not closed,
        can_approve=not obstacle,
        obstacle=obstacle,
        checked=_checked(connection, found),
        last_yes=_last_yes(connection, found, content, outside=asker is not None),
        reopened=_reopened(connection, found, content),
        votes=votes,
        directory=found.directory,
        asked_by=found.started_by or "",
        asker=asker,
        can_send_back=not closed and bool(content.back),
        rounds=_rounds(rounds),
        since_round=changes(content_of(connection, rounds[0]), content) if rounds else (),
        recorded=_recorded(connection, found),
    )


def _recorded(connection: sa.Connection, found: Row) -> Recorded | None:
    """Where the journal has how it ended."""
    if found.decided_at is None:
        return None
    where = {"id": found.id, "run": found.run, "seq": found.requested_seq, "at": found.decided_at}
    ended = connection.execute(ENDED, where).one_or_none()
    if ended is None:
        return None
    previous = connection.execute(HASH_OF, {"run": found.run, "seq": ended.seq - 1}).scalar_one_or_none()
    return Recorded(seq=ended.seq, hash=ended.hash.hex(), previous=previous.hex() if previous is not None else "")


def _vote(vote: Row) -> VoteView:
    """What somebody did with it."""
    facts = mapping(vote.facts)
    return VoteView(
        by=vote.principal,
        verdict=vote.verdict,
        comment=vote.comment,
        form=mapping(vote.form),
        at=moment(vote.at),
        origin=Origin.model_validate(mapping(vote.origin)) if vote.origin else None,
        digest=vote.digest,
        to=texts(facts.get("to")),
        until=optional_moment(facts.get("until")),
        groups=texts(facts.get("groups")),
        edits=mapping(vote.edits),
        seen=seen_of(vote.facts),
    )


def _checked(connection: sa.Connection, found: Row) -> tuple[CheckedStep, ...]:
    """Steps that were over when the gate opened, in the order of the definition; not what they had done before the run went back."""
    attempts: dict[str, Row] = {}
    for attempt in connection.execute(STEPS_BEFORE, {"run": found.run, "seq": found.requested_seq}):
        attempts.setdefault(attempt.node, attempt)
    rounds = {each.node: each.round for each in connection.execute(ROUNDS_THEN, {"run": found.run, "at": found.requested_at})}
    content = connection.execute(DEFINITION, {"revision": found.revision}).scalar_one_or_none()
    steps = json.loads(content)["steps"] if content else [{"id": node} for node in dict.fromkeys(round_of(node)[0] for node in attempts)]
    return tuple(
        CheckedStep(step_id=step["id"], name=step.get("name") or step["id"], status=_SETTLED[row.status], duration_ms=row.duration_ms)
        for step in steps
        if (row := attempts.get(key_of_round(step["id"], rounds.get(step["id"], 1)))) is not None
        and row.settled_seq is not None
        and row.settled_seq < found.requested_seq
        and row.status in _SETTLED
    )


def _rounds(rows: Sequence[Row]) -> tuple[RoundView, ...]:
    """Earlier openings of the gate in this run that were turned down or sent back, the oldest first."""
    return tuple(
        RoundView(
            approval_id=row.id,
            said=answer_words(row.kind).said(row.status, row.decided_by),
            comment=row.comment,
            at=optional_moment(row.decided_at),
        )
        for row in reversed(rows)
    )


def _last_yes(connection: sa.Connection, found: Row, content: ApprovalContent, *, outside: bool) -> LastYes | None:
    last = last_yes(connection, found, content.title if outside else None)
    if last is None:
        return None
    return LastYes(
        run_label=f"{found.workflow_id} #{last.number}",
        by=last.decided_by,
        at=moment(last.decided_at),
        changes=changes(content_of(connection, last), content),
    )


def _reopened(connection: sa.Connection, found: Row, content: ApprovalContent) -> tuple[str, ...]:
    previous = given_before(connection, found)
    return () if previous is None else changes(content_of(connection, previous), content)
