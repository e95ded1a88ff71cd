"""Gathers what a report tells of a run."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from oyama_tui import __version__
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.errors import NotFound
from oyama_tui.core.format import moment
from oyama_tui.core.report import RunEvidence
from oyama_tui.store.integrity import verify
from oyama_tui.store.queries.approvals import approvals_of_run, card
from oyama_tui.store.queries.archive import head_of, origin_of
from oyama_tui.store.queries.runs import attempt_view, context_view, events_after, run_view, started_attempts
from oyama_tui.store.run_key import RunKey

MOST_QUESTIONS: Final = 200
MOST_ATTEMPTS: Final = 500
MOST_EVENTS: Final = 5_000
"""The newest of each that are told; beyond that nobody reads a page."""
_EVERY: Final = re.compile("")


def run_evidence(connection: sa.Connection, run: RunKey, graph: Graph, living: Collection[str], now: int, files: Path) -> RunEvidence:
    """All that a report tells of a run.

    Args:
        connection: In one read transaction, so that all of it is of one moment.
        run: The run.
        graph: The revision that it is pinned to.
        living: The engine instances that live.
        now: Milliseconds since 1970 UTC.
        files: The folder beside the database.

    Raises:
        NotFound: There is no such run.
    """
    view = run_view(connection, run.id, graph, living, "", now)
    if view is None:
        raise NotFound(f"There is no run {run.id!r}.", "See `oyama runs`.")
    asked = approvals_of_run(connection, run.id, newest=MOST_QUESTIONS)
    cards = [card(connection, row.id, now) for row in asked]
    begun = started_attempts(connection, run.key, _EVERY, 0)
    attempts = [attempt_view(connection, run.id, each.node, each.attempt, files) for each in begun[-MOST_ATTEMPTS:]]
    return RunEvidence(
        run=view,
        cards=tuple(found for found in cards if found is not None),
        asked=asked.total,
        attempts=tuple(found for found in attempts if found is not None),
        begun=len(begun),
        context=context_view(connection, run.key),
        events=events_after(connection, run.key, max(0, view.seq - MOST_EVENTS), MOST_EVENTS),
        head=head_of(connection, run.key),
        checks=verify(connection, run.id),
        origin=origin_of(connection, run.key),
        program=__version__,
        at=moment(now),
    )
