"""What is different between a question and what was asked before at the same gate."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.approval_difference import part_differences
from oyama_tui.core.views import Against, ApprovalDifference, ComparedWith
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.approval_card import FIND_CARD
from oyama_tui.store.queries.approval_rows import approval_row
from oyama_tui.store.queries.base import Row, optional_moment
from oyama_tui.store.queries.children import with_path
from oyama_tui.store.queries.earlier_approvals import asked, content_of, earlier_rounds, given_before, last_yes


def difference(connection: sa.Connection, approval_id: str, against: Against | None = None) -> ApprovalDifference | None:
    """A question compared with an earlier one; none when there is no question of this id.

    Args:
        connection: Where to read.
        approval_id: The whole id.
        against: What to compare it with; with what is nearest when none.
    """
    found = connection.execute(FIND_CARD, {"id": approval_id}).one_or_none()
    if found is None:
        return None
    with reading("workflow_approvals", approval_id):
        earlier = list(_earlier(connection, found))
        chosen = next((row for name, row in earlier if against in (None, name)), None)
        possible = tuple(_compared_with(name, row, found) for name, row in earlier)
        parts, alike = part_differences(content_of(connection, chosen), content_of(connection, found)) if chosen is not None else ((), ())
        return ApprovalDifference(
            row=with_path(connection, approval_row(found)),
            compared=next((one for one in possible if chosen is not None and one.approval_id == chosen.id), None),
            possible=possible,
            parts=parts,
            alike=alike,
        )


def _earlier(connection: sa.Connection, found: Row) -> Iterator[tuple[Against, Row]]:
    """What it can be compared with, what is nearest first."""
    given = given_before(connection, found)
    if given is not None:
        yield "given", given
    for row in earlier_rounds(connection, found)[:1]:
        yield "round", row
    content, asker = asked(connection, found.run, found.requested_seq)
    last = last_yes(connection, found, None if asker is None else content.title)
    if last is not None:
        yield "yes", last


def _compared_with(against: Against, row: Row, found: Row) -> ComparedWith:
    return ComparedWith(
        against=against,
        approval_id=row.id,
        run_label=f"{found.workflow_id} #{row.number}",
        said=answer_words(row.kind).said(row.status, row.decided_by),
        at=optional_moment(row.decided_at),
    )
