"""Projections of what grows: blocks, their scopes, and further rounds of nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from oyama_tui.core import events as e
from oyama_tui.core.events.base import round_of, scope_of
from oyama_tui.core.events.undo import undone_by
from oyama_tui.core.text import first_line
from oyama_tui.store import statements as sql
from oyama_tui.store.encoding import json_text
from oyama_tui.store.projection import Projection, inline, short

LONGEST_WHY: Final = 200
"""Characters of a reason that the row of a round keeps."""


def _block_opened(projection: Projection, seq: int, event: e.BlockOpened) -> None:
    projection.add(
        sql.INSERT_STEP,
        run=projection.run,
        node=event.node,
        attempt=1,
        kind=event.step_kind,
        status="running",
        scheduled_seq=seq,
        due=None,
        input=json_text({"count": event.count}) if event.step_kind == "for_each" else None,
        truncated=False,
        scheduled_at=event.at,
        started_at=event.at,
        scope=event.scope,
    )


def _scope_opened(projection: Projection, seq: int, event: e.ScopeOpened) -> None:
    if event.index and not event.label:
        projection.add(sql.MOVE_STEP, run=projection.run, node=event.node, attempt=1, status="running", due=None)
    projection.add(
        sql.INSERT_SCOPE,
        run=projection.run,
        node=event.node,
        position=event.index,
        label=event.label,
        status="running",
        error="",
        opened_at=event.at,
    )


def _scope_settled(projection: Projection, seq: int, event: e.ScopeSettled) -> None:
    projection.add(
        sql.SETTLE_SCOPE,
        run=projection.run,
        node=event.node,
        position=event.index,
        status=event.status,
        error=event.error,
        at=event.at,
    )


def _block_rested(projection: Projection, seq: int, event: e.BlockRested) -> None:
    projection.add(sql.MOVE_STEP, run=projection.run, node=event.node, attempt=1, status="waiting", due=event.due)


def _reopened(projection: Projection, seq: int, event: e.StepsReopened) -> None:
    for node in event.nodes:
        further_round(projection, event, node, event.source, event.why, event.by, event.feedback)


def further_round(projection: Projection, event: e.EventBase, node: str, source: str, why: str, by: str, feedback: str = "") -> None:
    """Note that a node begins once more.

    Args:
        projection: Gets the row.
        event: Says so.
        node: Its key as it is now.
        source: The node that sent the run back; empty when none did.
        why: The reason, for people.
        by: Who wanted it.
        feedback: What that person said.
    """
    first, number = round_of(node)
    projection.add(
        sql.INSERT_ROUND,
        run=projection.run,
        node=first,
        round=number + 1,
        scope=scope_of(node),
        source=source,
        why=first_line(why, LONGEST_WHY),
        by=by,
        feedback=first_line(feedback, LONGEST_WHY),
        opened_at=event.at,
    )


def _restarted(projection: Projection, seq: int, event: e.StepsRestarted) -> None:
    for node in event.nodes:
        further_round(projection, event, node, "", event.why, event.by.name)
    for block in event.blocks:
        projection.add(sql.REENTER_STEP, run=projection.run, node=block, attempt=1)
    for scope in event.scopes:
        projection.add(sql.REENTER_SCOPE, run=projection.run, node=scope.block, position=scope.index)
    for said in event.supplied:
        status = "completed" if said.outcome == "done" else "skipped"
        undone = undone_by(said.node)
        if undone is not None and said.outcome == "done":
            projection.add(sql.MARK_UNDONE, run=projection.run, node=undone, undone="undone")
        row = {"run": projection.run, "node": said.node, "attempt": 0}
        why = f"{event.by.name} said so{f': {first_line(event.why, LONGEST_WHY)}' if event.why else ''}"
        projection.add(
            sql.PLACE_STEP,
            **row,
            kind=said.step_kind,
            status=status,
            seq=seq,
            error=why,
            error_kind=None,
            at=event.at,
            scope=scope_of(said.node),
        )
        projection.add(sql.SUPPLY_STEP, **row, outputs=inline(said.outputs, {}))


def _reused(projection: Projection, seq: int, event: e.StepReused) -> None:
    row = {"run": projection.run, "node": event.node, "attempt": 0}
    projection.add(
        sql.PLACE_STEP,
        **row,
        kind=event.step_kind,
        status=event.status,
        seq=seq,
        error="taken over from the run that this one is forked from",
        error_kind=None,
        at=event.at,
        scope=None,
    )
    projection.add(
        sql.REUSE_STEP,
        **row,
        output=short(event.output),
        outputs=inline(event.outputs, {}),
        result=inline(event.result),
        truncated=event.truncated,
        exit_code=event.exit_code,
    )


def _handler_started(projection: Projection, seq: int, event: e.HandlerStarted) -> None:
    for node in event.nodes:
        projection.add(
            sql.INSERT_ROUND,
            run=projection.run,
            node=node,
            round=event.round,
            scope=None,
            source="",
            why="the run came to an end once more",
            by="",
            feedback="",
            opened_at=event.at,
        )


BLOCK_PROJECTIONS: Final[dict[type[e.EventBase], Callable[[Projection, int, Any], None]]] = {
    e.BlockOpened: _block_opened,
    e.ScopeOpened: _scope_opened,
    e.ScopeSettled: _scope_settled,
    e.BlockRested: _block_rested,
    e.StepsReopened: _reopened,
    e.StepsRestarted: _restarted,
    e.StepReused: _reused,
    e.HandlerStarted: _handler_started,
}
"""What each event about them means for the rows."""
