"""The queue by lines: questions that are the same but for their target stand together, and only what is looked at is read whole."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from typing import Final

import sqlalchemy as sa

from oyama_tui.core.approvers import Person
from oyama_tui.core.text import folded as folded_text
from oyama_tui.core.views import AlikeGroup, AlikeQuestion, ApprovalOrder, ApprovalRow, BulkQuestion, QueuePage
from oyama_tui.store.damage import reading
from oyama_tui.store.open_questions import Among, Group, Line, OpenQuestions, Question, Waiting
from oyama_tui.store.queries.approval_queue import AT_ONCE, rows_of
from oyama_tui.store.queries.approval_rows import APPROVAL_SOURCE
from oyama_tui.store.queries.base import APPROVALS, EVENTS, WORKFLOWS, mapping, optional_moment

UNFOLDED: Final = 3
"""A group of more questions is folded until somebody unfolds it."""
AROUND: Final = 80
"""Lines that are read before one that was gone to, and as many behind it."""
NOBODY: Final = Person()
_NAMES: Final = sa.select(WORKFLOWS.c.id, WORKFLOWS.c.name)


def queue_page(
    connection: sa.Connection,
    known: OpenQuestions | None = None,
    *,
    order: ApprovalOrder = "workflow",
    words: Sequence[str] = (),
    folds: Mapping[str, bool] | None = None,
    head: int = 500,
    tail: int = 0,
    sight: tuple[int, int] = (0, 0),
    wanted: str = "",
    marked: Collection[str] = (),
    person: Person = NOBODY,
    now: int | None = None,
) -> QueuePage:
    """Parts of the queue by lines; sorted by workflow, what is alike is grouped.

    Args:
        connection: Where to read.
        known: What this process knows of the queue; all of it is read when none.
        order: What comes first.
        words: Each must occur in the id, the title, the target, the workflow, the run, the step, the risk or the kind.
        folds: By what a group has in common: whether somebody has folded it, or unfolded it.
        head: How many of the first lines are read.
        tail: How many of the last ones.
        sight: From which line on, and up to before which one, more are read.
        wanted: An approval whose line is read wherever it stands; where nothing else is read, with those around it.
        marked: Approvals of which it is asked whether they are open.
        person: Who looks.
        now: Milliseconds since 1970 UTC; the clock's when none.
    """
    waiting = (known := known or OpenQuestions()).look(connection)
    turns = waiting.turns(person, _present(now))
    found, groups, closed = _among(connection, waiting, order, words, turns)
    lines, folded = _unfolded(closed, groups, folds or {})
    place, within = _place(waiting.known.get(wanted), lines, groups)
    parts = _parts(len(lines), place, (0, head), (len(lines) - tail, len(lines)), sight)
    shown = [line for part in parts for line in lines[part.start : part.stop]]
    rows = known.rows(connection, list(dict.fromkeys(map(_id_of, shown))), person)
    read = {row.id: row for row in rows}
    return QueuePage(
        rows=tuple(_view(line, read[_id_of(line)], folded) for line in shown if _id_of(line) in read),
        gaps=_gaps(parts, [sum(_id_of(line) in read for line in lines[part.start : part.stop]) for part in parts], len(lines)),
        total=len(found),
        every=len(waiting),
        waits=wanted in waiting.known,
        within=within,
        marked=frozenset(marked) & ({question.id for question in found} if words else waiting.known.keys()) if marked else frozenset(),
        damaged=rows.damaged,
    )


def _place(sought: Question | None, lines: Sequence[Line], groups: Mapping[str, Group]) -> tuple[int, str]:
    """Which line a question is, -1 when it is none, and the group in which it stands then."""
    if sought is None or sought in lines:
        return (-1 if sought is None else lines.index(sought)), ""
    group = groups.get(sought.asked.alike)
    return -1, group.alike if group is not None and sought in group.questions else ""


def _present(now: int | None) -> int:
    return time.time_ns() // 1_000_000 if now is None else now


def _among(connection: sa.Connection, waiting: Waiting, order: ApprovalOrder, words: Sequence[str], turns: Mapping[str, int]) -> Among:
    """The questions that have some words, in the order of the queue, and what of them is grouped."""
    names = [(str(row[0]), folded_text(str(row[1]))) for row in connection.execute(_NAMES)] if words else []
    named = tuple(frozenset(workflow for workflow, name in names if word in name) for word in words)
    return waiting.among(order, tuple(words), named, turns)


def _unfolded(closed: Sequence[Line], groups: Mapping[str, Group], folds: Mapping[str, bool]) -> tuple[Sequence[Line], Mapping[str, bool]]:
    """Lines, and below each group that is not folded its questions; and which groups are folded."""
    folded = {alike: folds.get(alike, len(group.questions) > UNFOLDED) for alike, group in groups.items()}
    if all(folded.values()):
        return closed, folded
    lines: list[Line] = []
    for line in closed:
        lines.append(line)
        if isinstance(line, Group) and not folded[line.alike]:
            lines += line.questions
    return lines, folded


def _id_of(line: Line) -> str:
    """The question whose row is read for a line."""
    return line.id if isinstance(line, Question) else line.questions[0].id


def _parts(count: int, place: int, *wanted: tuple[int, int]) -> list[range]:
    """Which lines are read, of so many: what is wanted, in order, once; and what is around a place that is not among it."""
    if place >= 0 and not any(first <= place < beyond for first, beyond in wanted):
        wanted = (*wanted, (place - AROUND, place + AROUND))
    parts: list[range] = []
    for first, beyond in sorted((max(first, 0), min(beyond, count)) for first, beyond in wanted):
        if first >= beyond:
            continue
        if parts and first <= parts[-1].stop:
            parts[-1] = range(parts[-1].start, max(parts[-1].stop, beyond))
        else:
            parts.append(range(first, beyond))
    return parts


def _gaps(parts: Sequence[range], read: Sequence[int], count: int) -> dict[int, int]:
    """What lies between parts, by how many rows were read before it: a row that is damaged is none."""
    gaps: Counter[int] = Counter()
    begins, ends = [*(part.start for part in parts), count], [0, *(part.stop for part in parts)]
    for rows, begin, end in zip(accumulate(read, initial=0), begins, ends, strict=True):
        gaps[rows] += begin - end
    return dict(+gaps)


def _view(line: Line, row: ApprovalRow, folded: Mapping[str, bool]) -> ApprovalRow | AlikeGroup:
    if isinstance(line, Question):
        return row
    return AlikeGroup(
        alike=line.alike,
        size=len(line.questions),
        targets=line.targets,
        folded=folded[line.alike],
        deadline=optional_moment(line.deadline),
        first=row,
    )


def open_questions(
    connection: sa.Connection,
    known: OpenQuestions | None = None,
    *,
    words: Sequence[str] = (),
    alike: str = "",
    order: ApprovalOrder = "workflow",
    person: Person = NOBODY,
    now: int | None = None,
) -> tuple[AlikeQuestion, ...]:
    """All open questions that fit a filter, or those of them that are alike, with what each asks by its digest; in the order of the queue.

    Args:
        connection: Where to read.
        known: As for `queue_page`.
        words: As for `queue_page`.
        alike: What they have in common: then only those that whoever reads may answer now; any when empty.
        order: What comes first.
        person: Who looks.
        now: Milliseconds since 1970 UTC; the clock's when none.
    """
    waiting = (known or OpenQuestions()).look(connection)
    turns = waiting.turns(person, _present(now))
    found, groups, _ = _among(connection, waiting, order, words, turns)
    if alike:
        group = groups.get(alike)
        found = group.questions if group is not None else [each for each in found if each.asked.alike == alike and each.id not in turns]
    return tuple(question.asked for question in found)


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
