"""What whoever answers a question must know of it, in one look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from oyama_tui.core.definition.base import InputField
from oyama_tui.core.views import ApprovalRow
from oyama_tui.store.damage import reading
from oyama_tui.store.encoding import chain, changed_event
from oyama_tui.store.queries.approval_rows import APPROVAL_COLUMNS, APPROVAL_SOURCE, approval_row, approval_view
from oyama_tui.store.queries.base import APPROVALS, EVENTS, STATES, Row
from oyama_tui.store.queries.children import with_path

FIND = (
    sa.select(*APPROVAL_COLUMNS, APPROVALS.c.run, APPROVALS.c.requested_seq, STATES.c.directory)
    .select_from(APPROVAL_SOURCE)
    .where(APPROVALS.c.id == sa.bindparam("id"))
)
UP_TO_QUESTION = (
    sa.select(EVENTS.c.seq, EVENTS.c.at, EVENTS.c.type, EVENTS.c.payload, EVENTS.c.hash)
    .where(EVENTS.c.run == sa.bindparam("run"), EVENTS.c.seq.in_((sa.bindparam("seq") - 1, sa.bindparam("seq"))))
    .order_by(EVENTS.c.seq)
)
"""The event that has what is asked, and the one before it, whose hash it is chained to."""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as far as an answer to it needs it."""

    row: ApprovalRow
    directory: str
    """The workflow's, for files of its form."""
    form: Mapping[str, InputField]


def find_question(connection: sa.Connection, approval_id: str) -> AskedQuestion | None:
    """One question; none when there is none of this id.

    What is asked stands in one event, and it is made sure that nothing else has changed that: whoever drives the run acts on what it
    holds in memory, and people are shown what stands in the file.

    Args:
        connection: Where to read.
        approval_id: The whole id.

    Raises:
        CorruptJournal: What is asked was changed by something else.
    """
    found = connection.execute(FIND, {"id": approval_id}).one_or_none()
    if found is None:
        return None
    with reading("workflow_approvals", approval_id):
        row = with_path(connection, approval_view(found))
        return AskedQuestion(row, found.directory, _form(connection, found, row.run_id))


def find_row(connection: sa.Connection, approval_id: str) -> ApprovalRow | None:
    """How one question stands; none when there is none of this id.

    Args:
        connection: Where to read.
        approval_id: The whole id.
    """
    found = connection.execute(FIND, {"id": approval_id}).one_or_none()
    return None if found is None else with_path(connection, approval_row(found))


def _form(connection: sa.Connection, found: Row, run_id: str) -> Mapping[str, InputField]:
    """The form of what is asked."""
    *before, event = connection.execute(UP_TO_QUESTION, {"run": found.run, "seq": found.requested_seq}).all()
    if chain(before[0].hash if before else b"", found.run, event.seq, event.at, event.type, event.payload) != event.hash:
        raise changed_event(run_id, event.seq)
    return {name: InputField.model_validate(field) for name, field in json.loads(event.payload)["content"].get("form", {}).items()}
