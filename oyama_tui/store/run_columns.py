"""The rows of a run as a whole: what they begin with, and what every append sets."""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from oyama_tui.core import events as e
from oyama_tui.core.summary import RunSummary
from oyama_tui.store.projection import short_json
from oyama_tui.store.statements import MOVED_COLUMNS, Row

_CALLED: Final = {"completed_steps": "completed", "running_steps": "running", "total_steps": "total", "updated_at": "at"}
"""Columns of a run's row that its summary calls otherwise."""
_MADE: Final = frozenset({"outputs", "seq", "head", "ended_at"})
"""Columns of a run's row that are no plain value of its summary."""
_PLAIN: Final = tuple(name for name in MOVED_COLUMNS if name not in _MADE)
_plain_values: Final = attrgetter(*(_CALLED.get(name, name) for name in _PLAIN))


def summary_row(summary: RunSummary, seq: int, head: bytes) -> Row:
    """What a run's row says after an append: the columns in `statements.MOVED_COLUMNS`.

    Args:
        summary: Of the run with these events.
        seq: Number of the newest event.
        head: Its hash.
    """
    row: Row = dict(zip(_PLAIN, _plain_values(summary), strict=True))
    row["outputs"] = None if summary.outputs is None else short_json(summary.outputs)
    row["seq"] = seq
    row["head"] = head
    row["ended_at"] = summary.at if summary.ended else None
    return row


def first_row(run_id: str, workflow_id: str, number: int, started: e.RunStarted, directory: str, summary: RunSummary) -> Row:
    """The row with which a run begins, but for its key, and for the hash of its first event.

    Args:
        run_id: The state id.
        workflow_id: Its workflow.
        number: Of the run among those of the workflow.
        started: The first event.
        directory: Where its steps run.
        summary: Of the run with that event.
    """
    return {
        "id": run_id,
        "workflow_id": workflow_id,
        "number": number,
        "inputs": short_json(started.inputs),
        "revision": started.revision,
        "directory": directory,
        "created_at": started.at,
        "epoch": 0,
        "parent": started.parent,
        "parent_node": started.parent_node,
        "parent_attempt": started.parent_attempt,
        "priority": started.priority,
        "forked_from": started.forked_from,
        "forked_at": started.forked_at,
        "asked_key": "" if started.asker is None else started.asker.key,
        "asked_session": "" if started.asker is None else started.asker.session,
        **summary_row(summary, 1, b""),
    }


def first_execution(run: int, run_id: str, workflow_id: str, number: int, started: e.RunStarted, summary: RunSummary) -> Row:
    """The row of the history with which a run begins.

    Args:
        run: The run's key.
        run_id: The state id.
        workflow_id: Its workflow.
        number: Of the run among those of the workflow.
        started: The first event.
        summary: Of the run with that event.
    """
    return {
        "run": run,
        "state_id": run_id,
        "workflow_id": workflow_id,
        "number": number,
        "status": summary.status,
        "phase": summary.phase,
        "reason": summary.reason,
        "started_at": started.at,
        "human_wait_ms": 0,
        "error": "",
        "revision": started.revision,
        "trigger": started.trigger,
        "started_by": started.by.name,
        "decided_by": "",
    }
