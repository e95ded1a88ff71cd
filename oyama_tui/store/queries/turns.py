"""Whose turn questions are: for whoever reads, or for others; the rule is the core's, see `store.turns`."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from oyama_tui.core.views import NodeView
from oyama_tui.store.queries.base import APPROVALS, STATES

_RULE: Final = (APPROVALS.c.approvers, APPROVALS.c.assigned, APPROVALS.c.yes_by)
ASKS_OTHERS: Final[sa.ColumnElement[str]] = sa.case(
    (sa.or_(APPROVALS.c.approvers.is_(None), APPROVALS.c.status != "pending"), ""), else_=sa.func.asks_others(*_RULE, type_=sa.Text)
)
"""Of an approval: whom it waits for, where that is not whoever reads."""
MINE: Final[sa.ColumnElement[bool]] = sa.or_(APPROVALS.c.approvers.is_(None), sa.func.asks_others(*_RULE, type_=sa.Text) == "")
"""Of an open approval: whoever reads may answer it."""
_OPEN = sa.select(sa.func.all_ask_others(*_RULE, type_=sa.Text)).where(APPROVALS.c.run == STATES.c.key, APPROVALS.c.status == "pending")
RUN_ASKS_OTHERS: Final[sa.ColumnElement[str]] = sa.case(
    (sa.and_(STATES.c.open_approvals > 0, STATES.c.imported == 0), sa.func.coalesce(_OPEN.correlate(STATES).scalar_subquery(), "")),
    else_="",
)
"""Of a run: whom its open approvals wait for, where none of them is for whoever reads."""
BELOW_ASKS_OTHERS: Final = """CASE WHEN s.open_approvals > 0 THEN (
        SELECT coalesce(all_ask_others(a.approvers, a.assigned, a.yes_by), '') FROM workflow_approvals a
        WHERE a.run = s.key AND a.status = 'pending'
    ) ELSE '' END"""
"""The same of a row `s` of runs, where a query is written as text."""

_OF_NODES = sa.select(APPROVALS.c.id, ASKS_OTHERS).where(
    APPROVALS.c.id.in_(sa.bindparam("ids", expanding=True)), APPROVALS.c.status.concat("") == "pending"
)


def with_turns(connection: sa.Connection, nodes: tuple[NodeView, ...]) -> tuple[NodeView, ...]:
    """The rows of a tree, those whose question is not for whoever reads with whom it is for.

    Args:
        connection: Where to read.
        nodes: The rows.
    """
    ids = [node.approval for node in nodes if node.approval and node.status == "waiting"]
    others = {row[0]: row[1] for row in connection.execute(_OF_NODES, {"ids": ids}) if row[1]} if ids else {}
    if not others:
        return nodes
    return tuple(node.model_copy(update={"asks_others": others[node.approval]}) if node.approval in others else node for node in nodes)


def turn(now: int) -> sa.ColumnElement[int]:
    """Where an open approval stands in the queue of whoever reads: 0 needs them, 1 waits for others, 2 is put off by them.

    Args:
        now: Milliseconds since 1970 UTC.
    """
    put_off = sa.and_(APPROVALS.c.snoozed.is_not(None), sa.func.put_off(APPROVALS.c.snoozed, now, type_=sa.Boolean))
    return sa.case((~MINE, 1), (put_off, 2), else_=0)
