"""The queue by lines: questions that are the same but for their target stand together, and only what is looked at is read whole."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa

from oyama_tui.core.views import AlikeGroup, AlikeQuestion, ApprovalOrder, ApprovalRow, BulkQuestion, QueuePage
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.approval_queue import AT_ONCE, ordered, rows_of, wanted_of
from oyama_tui.store.queries.approval_rows import APPROVAL_SOURCE
from oyama_tui.store.queries.base import APPROVALS, EVENTS, mapping, optional_moment
from oyama_tui.store.queries.turns import turn

UNFOLDED: Final = 3
"""A group of more questions is folded until somebody unfolds it."""
AROUND: Final = 50
"""Lines that are read beyond one that was asked for."""


class _Key(NamedTuple):
    """What tells where a question stands."""

    id: str
    alike: str
    deadline: int | None
    target: str
    turn: int


class _Line(NamedTuple):
    """One line before it is read: a question, or the group of it."""

    id: str
    group: tuple[_Key, ...] = ()
    """All questions of the group; empty for a line that is a question."""


def queue_page(
    connection: sa.Connection,
    *,
    order: ApprovalOrder = "workflow",
    words: Sequence[str] = (),
    folds: Mapping[str, bool] | None = None,
    head: int = 500,
    tail: int = 0,
    wanted: str = "",
    marked: Collection[str] = (),
    now: int | None = None,
) -> QueuePage:
    """The first and the last lines of the queue; sorted by workflow, what is alike is grouped.

    Args:
        connection: Where to read.
        order: What comes first.
        words: Each must occur in the id, the title, the target, the workflow, the run, the step, the risk or the kind.
        folds: By what a group has in common: whether somebody has folded it, or unfolded it.
        head: How many of the first lines are read.
        tail: How many of the last ones.
        wanted: An approval whose line is read wherever it stands.
        marked: Approvals of which it is asked whether they are open.
        now: Milliseconds since 1970 UTC; the clock's when none.
    """
    now = time.time_ns() // 1_000_000 if now is None else now
    keys = _keys(connection, order, words, now)
    groups = _groups(keys) if order == "workflow" else {}
    folded = {alike: (folds or {}).get(alike, len(members) > UNFOLDED) for alike, members in groups.items()}
    lines = _lines(keys, groups, folded)
    place = next((place for place, line in enumerate(lines) if line.id == wanted and not line.group), -1) if wanted else -1
    hidden = bool(wanted) and place < 0
    within = next((alike for alike, members in groups.items() if any(key.id == wanted for key in members)), "") if hidden else ""
    head, tail = _reach(place, len(lines), head, tail)
    shown = lines[:head] + lines[len(lines) - tail :]
    rows = rows_of(connection, list(dict.fromkeys(line.id for line in shown)))
    known = {row.id: row for row in rows}
    return QueuePage(
        rows=tuple(_view(line, known[line.id], folded) for line in shown if line.id in known),
        before=sum(line.id in known for line in lines[:head]),
        unread=len(lines) - len(shown),
        total=len(keys),
        within=within,
        marked=frozenset(key.id for key in keys if key.id in marked) if marked else frozenset(),
        damaged=rows.damaged,
    )


def _keys(connection: sa.Connection, order: ApprovalOrder, words: Sequence[str], now: int) -> list[_Key]:
    """All questions that fit, in their order: thousands are sorted here, so that a group is whole, and by what that takes alone."""
    source, by = ordered("", order, now, APPROVAL_SOURCE if words else APPROVALS)
    columns = (APPROVALS.c.id, APPROVALS.c.alike, APPROVALS.c.deadline, APPROVALS.c.target, turn(now))
    found = connection.execute(sa.select(*columns).select_from(source).where(*wanted_of("", words)).order_by(*by))
    return [_Key(*row) for row in found.all()]


def _groups(keys: Sequence[_Key]) -> dict[str, tuple[_Key, ...]]:
    """What is alike and needs whoever reads, where it is more than one question."""
    found: dict[str, list[_Key]] = {}
    for row in keys:
        if row.alike and not row.turn:
            found.setdefault(row.alike, []).append(row)
    return {alike: tuple(rows) for alike, rows in found.items() if len(rows) > 1}


def _lines(keys: Sequence[_Key], groups: Mapping[str, tuple[_Key, ...]], folded: Mapping[str, bool]) -> list[_Line]:
    """The lines in their order: a group stands where its first question would."""
    lines: list[_Line] = []
    begun: set[str] = set()
    for row in keys:
        members = groups.get(row.alike) if not row.turn else None
        if members is None:
            lines.append(_Line(row.id))
        elif row.alike not in begun:
            begun.add(row.alike)
            lines.append(_Line(row.id, members))
            if not folded[row.alike]:
                lines += [_Line(member.id) for member in members]
    return lines


def _reach(place: int, count: int, head: int, tail: int) -> tuple[int, int]:
    """How many lines from the beginning and from the end are read, so that one of them is among them."""
    head, tail = min(head, count), min(tail, count)
    if head <= place < count - tail:
        if place <= count - place:
            head = min(place + AROUND, count)
        else:
            tail = min(count - place + AROUND, count)
    return (count, 0) if head + tail >= count else (head, tail)


def _view(line: _Line, row: ApprovalRow, folded: Mapping[str, bool]) -> ApprovalRow | AlikeGroup:
    if not line.group:
        return row
    deadline = min((member.deadline for member in line.group if member.deadline is not None), default=None)
    return AlikeGroup(
        alike=row.alike,
        size=len(line.group),
        targets=len({member.target for member in line.group}),
        folded=folded[row.alike],
        deadline=optional_moment(deadline),
        first=row,
    )


def open_questions(
    connection: sa.Connection, *, words: Sequence[str] = (), alike: str = "", order: ApprovalOrder = "workflow", now: int | None = None
) -> tuple[AlikeQuestion, ...]:
    """All open questions that fit a filter, or those of them that are alike, with what each asks by its digest; in the order of the queue.

    Args:
        connection: Where to read.
        words: As for `queue_page`.
        alike: What they have in common: then only those that whoever reads may answer now; any when empty.
        order: What comes first.
        now: Milliseconds since 1970 UTC; the clock's when none.
    """
    now = time.time_ns() // 1_000_000 if now is None else now
    source, by = ordered("", order, now, APPROVAL_SOURCE if words else APPROVALS)
    among = [APPROVALS.c.alike == alike, turn(now) == 0] if alike else []
    query = sa.select(APPROVALS.c.id, APPROVALS.c.target, APPROVALS.c.digest, APPROVALS.c.alike).select_from(source)
    found = connection.execute(query.where(*wanted_of("", words), *among).order_by(*by))
    return tuple(AlikeQuestion(*row) for row in found.all())


def bulk_questions(connection: sa.Connection, ids: Sequence[str]) -> tuple[BulkQuestion, ...]:
    """Questions that are to be answered together, as they are now, in this order; what there is no more is left out.

    Args:
        connection: Where to read.
        ids: Whole ids.
    """
    asked = sa.select(APPROVALS.c.id, EVENTS.c.payload).select_from(
        APPROVAL_SOURCE.join(EVENTS, sa.and_(EVENTS.c.run == APPROVALS.c.run, EVENTS.c.seq == APPROVALS.c.requested_seq))
    )
    contents = {}
    for first in range(0, len(ids), AT_ONCE):
        for row in connection.execute(asked.where(APPROVALS.c.id.in_(ids[first : first + AT_ONCE]))):
            with reading("workflow_approvals", row.id):
                contents[row.id] = mapping(mapping(json.loads(row.payload)).get("content"))
    return tuple(
        BulkQuestion(row=row, has_form=bool(contents[row.id].get("form")), confirms=bool(contents[row.id].get("confirm")))
        for row in rows_of(connection, ids)
        if row.id in contents
    )
