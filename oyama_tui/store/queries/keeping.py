"""What a cleanup has to know of all runs, without reading their journals."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from oyama_tui.core.definition.keep import Keep
from oyama_tui.core.keeping import Kept, rules_of
from oyama_tui.core.views import ENDED_PHASES, KeepRules
from oyama_tui.store.queries.base import LIVE_STATUSES

EXACT: Final = 50_000
"""Events up to which their texts are measured; of more, the number alone tells how much of the file is whose."""
_OVERHEAD: Final = 200
"""Bytes that an event takes besides its text, in the journal and in rows that follow from it."""
_MOST_SHARE: Final = 3.0
"""In a small file most room is taken by what no run has brought, and so is not given back with it."""
_STAYING: Final = "s.key NOT IN (SELECT run FROM removed_runs)"
_RUNS: Final = (
    "SELECT s.key, s.id, s.workflow_id, s.number, s.phase, s.status, coalesce(s.ended_at, s.updated_at), s.pinned, s.parent, s.imported,"
    f" s.seq FROM workflow_states AS s WHERE {_STAYING} ORDER BY s.key"
)
_KINDS: Final = (int, str, str, int, str, str, int, int, str, int, int)
_TEXTS: Final = "SELECT run, sum(length(CAST(payload AS BLOB))) FROM workflow_events GROUP BY run"
_KEEP: Final = (
    "SELECT w.id, json_extract(r.content, '$.keep') FROM workflows AS w JOIN workflow_revisions AS r ON r.revision = w.revision"
    " WHERE json_valid(r.content) AND json_extract(r.content, '$.keep') IS NOT NULL"
)
_BELOW: Final = (
    "WITH RECURSIVE below (id) AS (SELECT :id UNION SELECT s.id FROM workflow_states AS s JOIN below AS b"
    " ON s.parent = b.id WHERE s.parent <> '')"
    " SELECT s.key, s.id, s.workflow_id, s.number, s.status IN ('pending', 'running', 'paused') AND s.imported = 0 AS live, s.pinned"
    " FROM workflow_states AS s JOIN below AS b ON s.id = b.id ORDER BY s.key"
)
_PARENT: Final = (
    "SELECT p.id, p.workflow_id, p.number FROM workflow_states AS s JOIN workflow_states AS p ON p.id = s.parent"
    " WHERE s.id = :id AND s.parent <> '' AND p.key NOT IN (SELECT run FROM removed_runs)"
)


def kept_runs(connection: sa.Connection) -> list[Kept]:
    """All runs, oldest first, with what each takes in the file as far as that can be told; a damaged row is left out, and so stays."""
    rows = [tuple(row) for row in connection.exec_driver_sql(_RUNS) if tuple(map(type, row)) == _KINDS]
    weights = _weights(connection, rows)
    share = min(_used_bytes(connection) / max(sum(weights.values()), 1), _MOST_SHARE)
    return [
        Kept(key, run, workflow, number, phase, _end(phase, status, at, bool(imported)), round(weights[key] * share), bool(pinned), parent)
        for key, run, workflow, number, phase, status, at, pinned, parent, imported, _ in rows
    ]


def _end(phase: str, status: str, at: int, imported: bool) -> int | None:
    """When a run was over; one that came here from a file goes on no more, whatever it was then."""
    return at if imported or (phase in ENDED_PHASES and status not in LIVE_STATUSES) else None


def _weights(connection: sa.Connection, rows: list[tuple[Any, ...]]) -> dict[int, int]:
    """What each run takes, in a measure of its own."""
    weights = {row[0]: max(row[-1], 1) * _OVERHEAD for row in rows}
    if sum(row[-1] for row in rows) <= EXACT:
        for run, length in connection.exec_driver_sql(_TEXTS):
            if run in weights:
                weights[run] += length or 0
    return weights


def _used_bytes(connection: sa.Connection) -> int:
    pages, free, size = (
        connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def definition_rules(connection: sa.Connection) -> dict[str, KeepRules]:
    """The rules that the newest revision of a workflow has, by its id; without those that have none."""
    return {workflow: rules_of(Keep.model_validate_json(text)) for workflow, text in connection.exec_driver_sql(_KEEP)}


def family_of(connection: sa.Connection, run_id: str) -> list[sa.Row[Any]]:
    """A run and all that its steps have started, parents before their children: key, id, workflow_id, number, live, pinned."""
    return list(connection.execute(sa.text(_BELOW), {"id": run_id}))


def staying_parent(connection: sa.Connection, run_id: str) -> sa.Row[Any] | None:
    """The run of which a step has started this one, if it is there: id, workflow_id, number."""
    return connection.execute(sa.text(_PARENT), {"id": run_id}).one_or_none()
