"""Projections of what undoes nodes onto the rows of those that it undoes."""

from __future__ import annotations

from oyama_tui.core import events as e
from oyama_tui.core.events.undo import undone_by
from oyama_tui.store import statements as sql
from oyama_tui.store.projection import Projection


def mark_undone(projection: Projection, event: e.NodeEvent) -> None:
    """Note where what undoes a node is, in the row of that node.

    Args:
        projection: Gets the row.
        event: About a node that undoes another one.
    """
    node, undone = undone_by(event.node), ""
    if isinstance(event, e.StepScheduled):
        undone = "running"
    elif isinstance(event, e.StepSucceeded):
        undone = "undone"
    elif isinstance(event, e.StepFailed) and not event.retryable:
        undone = "failed"
    if node is not None and undone:
        projection.add(sql.MARK_UNDONE, run=projection.run, node=node, undone=undone)
