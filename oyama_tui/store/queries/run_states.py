"""Queries of several runs with their values, without their trees."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from oyama_tui.core.views import StateView
from oyama_tui.store.damage import reading
from oyama_tui.store.queries.base import STATES, moment
from oyama_tui.store.queries.children import with_news_from_below, with_paths
from oyama_tui.store.queries.journal_lines import named_values, payloads, places_of_values, places_of_variables, variable_rows, variables
from oyama_tui.store.queries.run_rows import RUNS, Looking

_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
ROWS_OF = RUNS.where(STATES.c.id.in_(_IDS))
VALUES = sa.select(
    STATES.c.key,
    STATES.c.id,
    STATES.c.status,
    STATES.c.inputs,
    STATES.c.outputs,
    STATES.c.error,
    STATES.c.error_node,
    STATES.c.revision,
    STATES.c.seq,
    STATES.c.updated_at,
).where(STATES.c.id.in_(_IDS))


def run_states(
    connection: sa.Connection, ids: Sequence[str], living: Collection[str], here: str, now: int | None = None
) -> tuple[StateView, ...]:
    """Runs with their values, in the order in which they are named; those that are not there, or damaged, are left out.

    Args:
        connection: Where to read.
        ids: State ids.
        living: The engine instances that live.
        here: This process's own engine instance; empty when it has none.
        now: Milliseconds since 1970 UTC; the clock's when none.
    """
    rows = with_paths(
        connection, with_news_from_below(connection, Looking(connection, living, here, now).rows(ROWS_OF, {"ids": list(ids)}))
    )
    shown = {row.id: row for row in rows}
    found = {row.id: row for row in connection.execute(VALUES, {"ids": list(ids)})}
    context = variable_rows(connection, [row.key for row in found.values()])
    events = payloads(
        connection, (place for row in found.values() for place in (*places_of_values(row), *places_of_variables(context[row.key])))
    )
    views = []
    for run_id in ids:
        if run_id not in shown or run_id not in found:
            continue
        row = found[run_id]
        with reading("workflow_states", run_id):
            views.append(
                StateView(
                    row=shown[run_id],
                    **named_values(row, events),
                    context={view.name: view.value for view in variables(context[row.key], events)},
                    error=row.error,
                    error_node=row.error_node,
                    revision=row.revision,
                    seq=row.seq,
                    updated_at=moment(row.updated_at),
                )
            )
    return tuple(views)
