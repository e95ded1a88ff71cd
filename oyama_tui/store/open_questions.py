"""The open questions as a process knows them: read whole once, and then those alone whose runs' journals have grown.

Thousands may wait, and every key that sorts, folds or filters the queue needs the place of each of them. What tells that is little: it is
kept here, in memory, while everything that is shown of a question is read when it is looked at.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from sys import intern
from typing import Any, Final, NamedTuple, TypeAlias

import sqlalchemy as sa

from oyama_tui.core.approvers import Person
from oyama_tui.core.rows import Rows
from oyama_tui.core.text import folded
from oyama_tui.core.views import AlikeQuestion, ApprovalOrder, ApprovalRow
from oyama_tui.store.queries.approval_queue import rows_of
from oyama_tui.store.queries.approval_rows import PENDING
from oyama_tui.store.queries.base import APPROVALS, EVENTS, IMPORTED_RUNS, STATES
from oyama_tui.store.turns import turn_of

MOST_GROWTH: Final = 5_000
"""More events than these since the last look, and all questions are read anew: that costs less."""
MOST_ROWS: Final = 1_000
"""Rows that are kept at hand, those that were asked for last."""
MOST_ASKED: Final = 24
"""Selections of questions that are kept at hand."""
AT_ONCE: Final = 500
"""Runs in one statement at the most."""
_SOUGHT: Final = ("id", "workflow_id", "node", "title", "target", "risk", "kind")
_RULE: Final = ("approvers", "assigned", "yes_by", "snoozed")
_GRAVITY: Final[Mapping[object, int]] = {"high": 0, "normal": 1}
_NEVER: Final = float("inf")
_LOOKED: Final = "open questions"
"""Under which a connection keeps the version of the database at its last look, and how often what is known had changed."""
_QUESTIONS: Final = (
    sa.select(
        APPROVALS.c.run,
        STATES.c.number,
        *(APPROVALS.c[name] for name in _SOUGHT),
        *(sa.type_coerce(APPROVALS.c[name], sa.Text).label(name) for name in _RULE),
        *(APPROVALS.c[name] for name in ("alike", "digest", "requested_at", "deadline")),
    )
    .select_from(APPROVALS.join(STATES, STATES.c.key == APPROVALS.c.run))
    .where(PENDING)
)
_OF_RUNS: Final = _QUESTIONS.where(APPROVALS.c.run.in_(sa.bindparam("runs", expanding=True)))
_NEWEST: Final = sa.select(sa.func.max(EVENTS.c.position))
_GROWN: Final = sa.select(EVENTS.c.run).where(EVENTS.c.position > sa.bindparam("position")).distinct()
_OPEN: Final = sa.select(sa.func.count()).select_from(APPROVALS).where(APPROVALS.c.status == "pending").scalar_subquery()
_IMPORTED: Final = (
    sa.select(sa.func.count())
    .select_from(APPROVALS)
    .where(APPROVALS.c.run.in_(IMPORTED_RUNS), APPROVALS.c.status.concat("") == "pending")
    .scalar_subquery()
)
_COUNT: Final = sa.select(_OPEN - _IMPORTED)


class Question(NamedTuple):
    """What tells where an open question stands, and whether it fits a filter."""

    id: str
    workflow_id: str
    asked: AlikeQuestion
    """What is marked where it is marked."""
    requested_at: float
    deadline: int | None
    gravity: int
    """0 where the risk is high, 1 where it is normal, 2 for any other."""
    rule: tuple[str | None, str | None, str | None, str | None] | None
    """As the columns have it: who may answer, to whom it was handed on, who has said yes, who has put it off; none where all are empty."""
    text: str
    """What words are sought in, folded; the workflow's name is sought apart, for no event tells when that changes."""


class Group(NamedTuple):
    """One line that stands for several questions, which need whoever looks; a line that is a question is that question."""

    alike: str
    """What they have in common."""
    questions: tuple[Question, ...]
    """All of them, in the order of the queue."""
    targets: int
    """How many different ones."""
    deadline: int | None
    """The earliest of theirs."""


Line: TypeAlias = "Question | Group"


class Among(NamedTuple):
    """Some of the open questions."""

    questions: Sequence[Question]
    """In the order of the queue."""
    groups: Mapping[str, Group]
    """By what they have in common; none but by workflow."""
    lines: Sequence[Line]
    """As they are while every group is folded: each stands where its first question would."""


class Waiting:
    """All open questions at one moment; it stays as it is.

    Args:
        questions: In any order.
    """

    def __init__(self, questions: Iterable[Question]) -> None:
        self._by_age = sorted(questions, key=lambda question: (question.requested_at, question.id))
        self._ordered: dict[ApprovalOrder, Sequence[Question]] = {"age": self._by_age}
        self._ruled = [question for question in self._by_age if question.rule is not None]
        self._asked: dict[Hashable, Among] = {}
        self.known: Mapping[str, Question] = {question.id: question for question in self._by_age}
        """By id."""

    def __len__(self) -> int:
        return len(self._by_age)

    def ordered(self, order: ApprovalOrder) -> Sequence[Question]:
        """All of them, whosever turn they are.

        Args:
            order: What comes first.
        """
        if order not in self._ordered:
            self._ordered[order] = self._sorted(order)
        return self._ordered[order]

    def _sorted(self, order: ApprovalOrder) -> Sequence[Question]:
        if order == "workflow":
            places = self._places()
            return sorted(self._by_age, key=lambda question: places[question.workflow_id])
        if order == "risk":
            return sorted(self.ordered("deadline"), key=lambda question: question.gravity)
        return sorted(self._by_age, key=lambda question: _NEVER if question.deadline is None else question.deadline)

    def _places(self) -> dict[str, int]:
        """Where each workflow stands: by the earliest deadline of all that wait in it, also of what a filter hides."""
        soonest: dict[str, float] = {}
        for question in self._by_age:
            deadline = _NEVER if question.deadline is None else question.deadline
            soonest[question.workflow_id] = min(soonest.get(question.workflow_id, _NEVER), deadline)
        return {workflow: place for place, workflow in enumerate(sorted(soonest, key=lambda each: (soonest[each], each)))}

    def among(self, order: ApprovalOrder, words: tuple[str, ...], named: tuple[frozenset[str], ...], turns: Mapping[str, int]) -> Among:
        """The questions that have some words, in the order of the queue; what was asked for a moment ago is at hand.

        Args:
            order: What comes first; before that whose turn it is.
            words: Folded.
            named: By word: the workflows in whose name it stands.
            turns: As from `turns`.
        """
        key = (order, words, named, frozenset(turns.items()))
        if (found := self._asked.pop(key, None)) is None:
            found = self._among(order, words, named, turns)
        # The one that was asked for the longest ago goes first.
        self._asked[key] = found
        for oldest in list(self._asked)[:-MOST_ASKED]:
            self._asked.pop(oldest, None)
        return found

    def _among(self, order: ApprovalOrder, words: tuple[str, ...], named: tuple[frozenset[str], ...], turns: Mapping[str, int]) -> Among:
        found = self.ordered(order)
        for word, of in zip(words, named, strict=True):
            found = [question for question in found if word in question.text or question.workflow_id in of]
        if turns:
            found = sorted(found, key=lambda question: turns.get(question.id, 0))
        if order != "workflow":
            return Among(found, {}, found)
        alike: defaultdict[str, list[Question]] = defaultdict(list)
        for question in found:
            if question.asked.alike and question.id not in turns:
                alike[question.asked.alike].append(question)
        groups = {name: _group(name, questions) for name, questions in alike.items() if len(questions) > 1}
        return Among(found, groups, list(_closed(found, groups, turns)))

    def turns(self, person: Person, now: int) -> dict[str, int]:
        """Which questions do not need somebody, by their ids: 1 waits for others, 2 is put off.

        Args:
            person: Who looks.
            now: Milliseconds since 1970 UTC.
        """
        return {question.id: turn for question in self._ruled if question.rule and (turn := turn_of(*question.rule, person, now))}


class OpenQuestions:
    """Keeps what a process knows of the queue; `rows` is called by one reader at a time, `look` in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._position = -1
        """Of the newest event that is known; -1 before anything is."""
        self._of_runs: dict[int, tuple[Question, ...]] = {}
        self._waiting = Waiting(())
        self._rows: dict[str, ApprovalRow] = {}
        """Rows that were read since somebody has written last."""
        self._rows_for = Person()
        self._changes = 0
        """How often what is known has become different."""

    def look(self, connection: sa.Connection) -> Waiting:
        """What waits now.

        Journals say which questions may be different. A repair writes none, so the questions are counted too. Nothing at all is read
        where the connection has looked before, and nobody has written since.

        Args:
            connection: In a read transaction.
        """
        with self._lock:
            version = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
            if connection.info.get(_LOOKED) != (version, self._changes):
                # Whatever was written may be seen in a row: the name of a workflow stands in it too.
                self._rows = {}
                self._follow(connection)
                connection.info[_LOOKED] = (version, self._changes)
            return self._waiting

    def rows(self, connection: sa.Connection, ids: Sequence[str], person: Person) -> Rows[ApprovalRow]:
        """Questions as they are shown, in this order; what there is no more is left out, and what was read before nobody wrote is at hand.

        Args:
            connection: In the read transaction of the last look.
            ids: Whole ids.
            person: Who looks: for whom a question waits is a part of its row.
        """
        if person != self._rows_for:
            self._rows, self._rows_for = {}, person
        known = self._rows
        read = rows_of(connection, [each for each in ids if each not in known])
        known.update((row.id, row) for row in read)
        asked = {each: known.pop(each) for each in ids if each in known}
        known.update(asked)
        for oldest in list(known)[: max(len(known) - max(MOST_ROWS, len(asked)), 0)]:
            del known[oldest]
        return Rows(asked.values(), read.damaged)

    def _follow(self, connection: sa.Connection) -> None:
        position = connection.execute(_NEWEST).scalar() or 0
        if self._position < 0 or position - self._position > MOST_GROWTH:
            self._read_all(connection, position)
        elif position > self._position:
            self._read_grown(connection, position)
        if connection.execute(_COUNT).scalar_one() != len(self._waiting):
            self._read_all(connection, position)

    def _read_all(self, connection: sa.Connection, position: int) -> None:
        self._take(_by_run(connection.execute(_QUESTIONS)), position)

    def _read_grown(self, connection: sa.Connection, position: int) -> None:
        runs = list(connection.execute(_GROWN, {"position": self._position}).scalars())
        found: dict[int, tuple[Question, ...]] = {}
        for first in range(0, len(runs), AT_ONCE):
            found.update(_by_run(connection.execute(_OF_RUNS, {"runs": runs[first : first + AT_ONCE]})))
        if all(self._of_runs.get(run, ()) == found.get(run, ()) for run in runs):
            self._position = position
            return
        others = {run: questions for run, questions in self._of_runs.items() if run not in set(runs)}
        self._take({**others, **found}, position)

    def _take(self, of_runs: dict[int, tuple[Question, ...]], position: int) -> None:
        waiting = Waiting(question for questions in of_runs.values() for question in questions)
        self._of_runs, self._waiting, self._position = of_runs, waiting, position
        self._changes += 1


def _group(alike: str, questions: Sequence[Question]) -> Group:
    targets = {question.asked.target for question in questions}
    deadlines = [question.deadline for question in questions if question.deadline is not None]
    return Group(alike, tuple(questions), len(targets), min(deadlines, default=None))


def _closed(questions: Iterable[Question], groups: Mapping[str, Group], turns: Mapping[str, int]) -> Iterator[Line]:
    """The lines in their order."""
    begun: set[str] = set()
    for question in questions:
        group = groups.get(question.asked.alike)
        if group is None or question.id in turns:
            yield question
        elif group.alike not in begun:
            begun.add(group.alike)
            yield group


def _by_run(rows: Iterable[Any]) -> dict[int, tuple[Question, ...]]:
    found: defaultdict[int, tuple[Question, ...]] = defaultdict(tuple)
    for run, *columns in rows:
        found[run] += (_question(*columns),)
    return dict(found)


def _question(number: Any, id: Any, workflow_id: Any, node: Any, title: Any, target: Any, risk: Any, kind: Any, *rest: Any) -> Question:
    """A question from its columns; what is damaged in them is told where its row is read."""
    *rule, alike, digest, requested_at, deadline = rest
    sought = (id, workflow_id, node, title, target, risk, kind, f"{workflow_id} #{number}")
    who = tuple(_text(column) for column in rule)
    return Question(
        str(id),
        intern(str(workflow_id)),
        AlikeQuestion(str(id), str(target), str(digest), intern(str(alike))),
        requested_at if isinstance(requested_at, int) else _NEVER,
        deadline if isinstance(deadline, int) else None,
        _GRAVITY.get(risk, 2),
        who if any(who) else None,  # type: ignore[arg-type]
        folded("\n".join(map(str, sought))),
    )


def _text(column: Any) -> str | None:
    return column if isinstance(column, str) else None
