"""Queries of runs as rows of a list."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Literal, get_args

import sqlalchemy as sa

from oyama_tui.core.rows import Rows
from oyama_tui.core.text import first_line, has_words
from oyama_tui.core.views import NEEDS_YOU, Phase, RunOrder, RunRow, word_of
from oyama_tui.core.waiting import Standing, why_imported, why_waits
from oyama_tui.store.damage import expect, readable_rows, reading
from oyama_tui.store.queries.base import (
    EXECUTIONS,
    IS_LIVE,
    LIVE_STATUSES,
    STATES,
    STEPS,
    WORKFLOWS,
    Row,
    moment,
    named,
    names_of,
    optional_moment,
)
from oyama_tui.store.queries.children import with_news_from_below, with_path, with_paths
from oyama_tui.store.queries.lines import Lines
from oyama_tui.store.queries.turns import RUN_ASKS_OTHERS
from oyama_tui.store.queries.words import has_word

_ASKING: Final = ("ask", "hook", "mcp")
"""How runs were started that are questions from outside."""
_WHY: Final = 80
"""Cells of why an attempt failed."""


def _of_newest(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Something of the newest attempt of the node that moved last, of a run that waits; none where it does not try again."""
    newest = (
        sa.select(sa.case((STEPS.c.status == "retrying", column)))
        .where(STEPS.c.run == STATES.c.key, STEPS.c.node == STATES.c.current_step)
        .order_by(STEPS.c.attempt.desc())
        .limit(1)
        .correlate(STATES)
    )
    return sa.case((STATES.c.phase == "waiting", newest.scalar_subquery()))


RUN_COLUMNS = (
    STATES.c.id,
    STATES.c.workflow_id,
    WORKFLOWS.c.name.label("workflow_name"),
    STATES.c.number,
    STATES.c.phase.label("status"),
    STATES.c.status.label("state"),
    STATES.c.reason,
    sa.and_(STATES.c.open_approvals > 0, STATES.c.imported == 0).label("needs_you"),
    RUN_ASKS_OTHERS.label("asks_others"),
    STATES.c.current_step,
    STATES.c.completed_steps.label("completed"),
    STATES.c.total_steps.label("total"),
    STATES.c.running_steps.label("running"),
    STATES.c.created_at.label("started_at"),
    STATES.c.ended_at,
    EXECUTIONS.c.duration_ms,
    sa.func.coalesce(EXECUTIONS.c.human_wait_ms, 0).label("human_wait_ms"),
    sa.func.coalesce(EXECUTIONS.c.started_by, "").label("started_by"),
    STATES.c.owner,
    (sa.func.coalesce(EXECUTIONS.c.decided_by, "") != "").label("answered"),
    STATES.c.obstacle,
    STATES.c.place,
    STATES.c.next_due.label("due"),
    _of_newest(STEPS.c.attempt).label("tried"),
    _of_newest(sa.func.substr(STEPS.c.error, 1, 4 * _WHY)).label("failed"),
    STATES.c.parent,
    STATES.c.parent_node,
    STATES.c.forked_from,
    (STATES.c.pinned != 0).label("pinned"),
    (STATES.c.imported != 0).label("imported"),
    sa.case((EXECUTIONS.c.trigger.in_(_ASKING), sa.func.json_extract(STATES.c.inputs, "$.title")), else_="").label("title"),
)
TURN_COLUMNS: Final = (STATES.c.priority, STATES.c.place_since, STATES.c.key)
"""Read beside them: what `Lines` goes by."""
_NAMES = names_of(RUN_COLUMNS)
_TABLE = "workflow_states"
RUN_SOURCE = STATES.outerjoin(WORKFLOWS, WORKFLOWS.c.id == STATES.c.workflow_id).outerjoin(EXECUTIONS, EXECUTIONS.c.run == STATES.c.key)
RUNS = sa.select(*RUN_COLUMNS, *TURN_COLUMNS).select_from(RUN_SOURCE)
"""All runs, as `Looking.rows` takes them."""
_OF_WORKFLOW = STATES.c.workflow_id == sa.bindparam("workflow")
_NEEDS_YOU = sa.case((STATES.c.open_approvals == 0, 0), (RUN_ASKS_OTHERS == "", 2), else_=1).desc()
# Live runs are few and found by their status; the empty suffix keeps SQLite from walking all runs of the workflow instead.
_LIVE_OF_WORKFLOW = STATES.c.workflow_id.concat("") == sa.bindparam("workflow")
_OF_PARENT = sa.and_(STATES.c.parent != "", STATES.c.parent == sa.bindparam("parent"))


_LIMIT: sa.BindParameter[int] = sa.bindparam("limit")
_OFFSET: sa.BindParameter[int] = sa.bindparam("offset")
_LIVE_ORDERS: Final[Mapping[RunOrder, tuple[sa.ColumnElement[Any], ...]]] = {
    "need": (_NEEDS_YOU, STATES.c.key.desc()),
    "newest": (STATES.c.key.desc(),),
    "workflow": (STATES.c.workflow_id, STATES.c.number.desc()),
}


def _live(order: RunOrder, *wanted: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Sort keys alone, then look up the few rows that are shown."""
    by = _LIVE_ORDERS[order]
    keys = sa.select(STATES.c.key).where(IS_LIVE, *wanted).order_by(*by).limit(_LIMIT).offset(_OFFSET)
    return RUNS.where(STATES.c.key.in_(keys.scalar_subquery())).order_by(*by)


NEWEST_RUNS = RUNS.order_by(STATES.c.key.desc()).limit(_LIMIT).offset(_OFFSET)
NEWEST_RUNS_OF_WORKFLOW = RUNS.where(_OF_WORKFLOW).order_by(STATES.c.number.desc()).limit(_LIMIT).offset(_OFFSET)
LIVE_RUNS: Final = {order: _live(order) for order in _LIVE_ORDERS}
LIVE_RUNS_OF_WORKFLOW: Final = {order: _live(order, _LIVE_OF_WORKFLOW) for order in _LIVE_ORDERS}
_NUMBERED = (STATES.c.workflow_id.concat(" #").concat(STATES.c.number), STATES.c.workflow_id.concat("#").concat(STATES.c.number))
_NUMBER = re.compile(r"(?:^|#)([0-9]{1,18})$")
_ASKS = sa.and_(
    STATES.c.open_approvals > 0,
    STATES.c.imported == 0,
    STATES.c.phase.in_([phase for phase in get_args(Phase) if word_of(phase, True) == NEEDS_YOU]),
)
_WORD: sa.ColumnElement[str] = sa.case((_ASKS, NEEDS_YOU), else_=STATES.c.phase)
_SOUGHT = (STATES.c.id, WORKFLOWS.c.name, STATES.c.reason, _WORD)
"""What words are sought in, of any run; the id begins with the workflow's."""
FIND_RUN = RUNS.where(STATES.c.id == sa.bindparam("id"))


def owner_word(owner: str | None, living: Collection[str], here: str) -> Literal["here", "elsewhere", "nobody"]:
    """Which engine drives a run.

    Args:
        owner: The engine instance in the run's row.
        living: The instances that live.
        here: This process's own instance; empty when it has none.
    """
    if owner is None or owner == "":
        return "nobody"
    if owner == here:
        return "here"
    return "elsewhere" if owner in living else "nobody"


def list_runs(
    connection: sa.Connection,
    workflow: str = "",
    live: bool | None = None,
    limit: int = 200,
    living: Collection[str] = frozenset(),
    here: str = "",
    *,
    offset: int = 0,
    words: Sequence[str] = (),
    order: RunOrder = "need",
    parent: str = "",
    now: int | None = None,
) -> Rows[RunRow]:
    """Newest runs first, or live ones in another order.

    Args:
        connection: Where to read.
        workflow: Only runs of this workflow; of all when empty.
        live: Only runs that are not over, or with False only those that are; all when None.
        limit: The most rows.
        living: The engine instances that live.
        here: This process's own engine instance; empty when it has none.
        offset: Rows to pass over first.
        words: Each must occur in id, name, reason or status, of live runs in who started them too; a run of this number comes first.
        order: Of live runs.
        parent: Only runs that steps of this run have started, by its state id; all when empty.
        now: Milliseconds since 1970 UTC; the clock's when none.
    """
    values: dict[str, int | str] = {"limit": limit, "offset": offset}
    values |= {name: value for name, value in (("workflow", workflow), ("parent", parent)) if value}
    looking = Looking(connection, living, here, now)

    def rows_of(statement: sa.Select[Any]) -> Rows[RunRow]:
        return with_paths(connection, with_news_from_below(connection, looking.rows(statement, values)))

    if live and words and not parent:
        # Why nobody drives a run is in no column, and live runs are few.
        values |= {"limit": -1, "offset": 0}
        every = rows_of((LIVE_RUNS_OF_WORKFLOW if workflow else LIVE_RUNS)[order])
        fitting = [row for row in every if has_words(words, *row.sought)]
        return Rows(fitting[offset : offset + limit], every.damaged, len(fitting) + len(every.damaged))
    statement, wanted = _listed(workflow, live, words, order, below=bool(parent))
    rows = rows_of(statement)
    if 0 < rows.total < limit or not (rows.total or offset):
        return Rows(rows, rows.damaged, offset + rows.total)
    count = sa.select(sa.func.count()).select_from(RUN_SOURCE if words else STATES).where(*wanted)
    return Rows(rows, rows.damaged, connection.execute(count, values).scalar_one())


def _listed(
    workflow: str, live: bool | None, words: Sequence[str], order: RunOrder, *, below: bool
) -> tuple[sa.Select[Any], list[sa.ColumnElement[bool]]]:
    """The query of a part of the runs, and what is true of all of them; `list_runs` says what the arguments mean.

    Args:
        workflow: The workflow.
        live: Whether they are over.
        words: What must occur in them.
        order: Of live runs.
        below: Only those that steps of one run have started.
    """
    named = [_has(word) for word in words]
    if below:
        of_status = [] if live is None else [IS_LIVE if live else ~IS_LIVE]
        wanted = [_OF_PARENT, *of_status, *([_OF_WORKFLOW] if workflow else []), *named]
        by = _LIVE_ORDERS[order if live else "newest"]
        return RUNS.where(*wanted).order_by(*by).limit(_LIMIT).offset(_OFFSET), wanted
    if live:
        statement = (LIVE_RUNS_OF_WORKFLOW if workflow else LIVE_RUNS)[order]
        return statement, [IS_LIVE, *([_LIVE_OF_WORKFLOW] if workflow else [])]
    more = [*([] if live is None else [~IS_LIVE]), *named]
    statement = _numbered_first((NEWEST_RUNS_OF_WORKFLOW if workflow else NEWEST_RUNS).where(*more), words)
    return statement, [*([_OF_WORKFLOW] if workflow else []), *more]


def _numbered_first(statement: sa.Select[Any], words: Sequence[str]) -> sa.Select[Any]:
    """The runs whose number is one of the words before all others."""
    numbers = [int(found[1]) for word in words if (found := _NUMBER.search(word))]
    return statement.order_by(None).order_by(STATES.c.number.in_(numbers).desc(), STATES.c.key.desc()) if numbers else statement


def _has(word: str) -> sa.ColumnElement[bool]:
    """Whether a run has a word; a number alone may be its number."""
    named = has_word(word, *_SOUGHT, *(_NUMBERED if "#" in word else ()))
    return sa.or_(named, STATES.c.number == int(word)) if _NUMBER.fullmatch(word) and "#" not in word else named


def find_run(
    connection: sa.Connection, run_id: str, living: Collection[str] = frozenset(), here: str = "", now: int | None = None
) -> RunRow | None:
    """One run by its state id; none when there is none."""
    row = connection.execute(FIND_RUN, {"id": run_id}).one_or_none()
    return None if row is None else whole_row(connection, run_row(row, Looking(connection, living, here, now)))


def whole_row(connection: sa.Connection, row: RunRow) -> RunRow:
    """A run's view with what other runs have to say of it: the way to it, and what it waits for below it.

    Args:
        connection: Where to read.
        row: From `run_row`.
    """
    return with_path(connection, next(iter(with_news_from_below(connection, Rows([row])))))


class Looking:
    """Who looks at runs, and when.

    Args:
        connection: Where to read what stands in no row of the run itself.
        living: The engine instances that live.
        here: This process's own engine instance; empty when it has none.
        now: Milliseconds since 1970 UTC; the clock's when none.
    """

    def __init__(self, connection: sa.Connection, living: Collection[str], here: str, now: int | None = None) -> None:
        self.living = living
        self.here = here
        self.now = time.time_ns() // 1_000_000 if now is None else now
        self.lines = Lines(connection, {*living, here})
        self._connection = connection

    def rows(self, statement: sa.Select[Any], values: Mapping[str, Any]) -> Rows[RunRow]:
        """The runs that a query finds; a damaged one hides no other."""
        found = self._connection.execute(statement, values)
        return readable_rows(_TABLE, found, lambda row: row.id, lambda row: _run_row(row, self))


def run_row(row: Row, looking: Looking) -> RunRow:
    """A row that begins with `RUN_COLUMNS` and has `TURN_COLUMNS` as its view.

    Raises:
        DatabaseProblem: It is damaged.
    """
    with reading(_TABLE, row.id):
        return _run_row(row, looking)


def _run_row(row: Row, looking: Looking) -> RunRow:
    values = named(_NAMES, row)
    values["workflow_name"] = values["workflow_name"] or values["workflow_id"]
    values["title"] = values["title"] or ""
    values["started_at"] = moment(values["started_at"])
    values["ended_at"] = optional_moment(values["ended_at"])
    owner, answered, due = values["owner"], bool(values.pop("answered")), values.pop("due")
    tried, failed = values.pop("tried"), values.pop("failed")
    values["owner"] = owner_word(owner, looking.living, looking.here)
    done, total = values["completed"], values["total"]
    expect(0 <= done <= total, f"{done} of {total} steps are over")
    driven, live = values["owner"] != "nobody", values["state"] in LIVE_STATUSES and not values["imported"]
    values["obstacle"] = values["obstacle"] if live and not driven else ""
    ahead = looking.lines.ahead(values["workflow_id"], row) if values["place"] == "queued" else None
    values["due"] = optional_moment(due) if live else None
    values["before"] = None if ahead is None else ahead.before
    if values["imported"]:
        values["reason"] = why_imported(values["reason"], ended=values["ended_at"] is not None)
        return RunRow(**values)
    values["reason"], values["hint"] = why_waits(
        Standing(
            values["id"],
            values["workflow_id"],
            values["status"],
            values["reason"],
            needs_you=bool(values["needs_you"]),
            asks_others=values["asks_others"],
            driven=driven,
            left=bool(owner),
            answered=answered,
            obstacle=values["obstacle"],
            ahead=ahead,
            due=due,
            now=looking.now,
            tries=0 if tried is None else tried + 1,
            failed=first_line(failed or "", _WHY),
        )
    )
    return RunRow(**values)
