"""Rows written straight into a database, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from oyama_tui.core import events as e
from oyama_tui.core.approvers import Person
from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.graph import Graph, compile_graph
from oyama_tui.store.database import Database
from oyama_tui.store.encoding import encode_event, json_text
from oyama_tui.store.folding import add_folding
from oyama_tui.store.tables import (
    ApprovalTable,
    ContextTable,
    EventTable,
    ExecutionStepTable,
    ExecutionTable,
    RevisionTable,
    StateTable,
    WorkflowTable,
)
from oyama_tui.store.turns import add_turns

T = TypeVar("T")
START = 1_700_000_000_000
"""When everything begins, in milliseconds since 1970 UTC."""
ANA = e.Principal(name="ana")
STATUS = {"queued": "pending", "waiting": "running", "draining": "running", "rejected": "failed", "cancelled": "failed"}
OVER = ("completed", "failed", "rejected", "cancelled")

LEFT_TO_THE_JOURNAL = object()
"""A value that is too large for a row."""


class Scene:
    """A database file and short words to fill it."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.engine = sa.create_engine(f"sqlite:///{path}")
        sa.event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        sa.event.listen(self.engine, "connect", lambda connection, _: add_folding(connection))
        sa.event.listen(self.engine, "connect", lambda connection, _: add_turns(connection, Person))
        self.keys = 0
        self.graphs: dict[str, Graph] = {}
        """By workflow: those that a test asks for again."""

    def close(self) -> None:
        self.database.close()
        self.engine.dispose()

    def add(self, *rows: SQLModel) -> None:
        with Session(self.engine) as session:
            for row in rows:
                session.add(row)
                session.flush()
            session.commit()

    def read(self, query: Callable[..., T], *values: Any, **named: Any) -> T:
        return self.database.read_now(lambda connection: query(connection, *values, **named))

    def workflow(
        self, workflow_id: str = "release", steps: list[dict[str, Any]] | None = None, kind: str = "graph", **columns: Any
    ) -> Graph:
        steps = steps or [{"id": "test", "name": "Unit tests", "run": "true"}, {"id": "publish", "gate": {"title": "Go?"}, "run": "true"}]
        workflow = Workflow.model_validate({"id": workflow_id, "name": workflow_id.title(), "steps": steps, "type": kind})
        revision = workflow.revision()
        stages = workflow.model_dump(mode="json")["steps"]
        given = {"status": "draft", "created_at": START, "updated_at": START, **columns}
        self.add(
            WorkflowTable(id=workflow_id, name=workflow.label, type=kind, revision=revision, stages=stages, **given),
            RevisionTable(revision=revision, workflow_id=workflow_id, content=workflow.canonical(), created_at=START),
        )
        return compile_graph(workflow, revision)

    def run(self, graph: Graph, number: int, phase: str = "running", **columns: Any) -> int:
        """Add a run with its row in the history; returns its key."""
        self.keys += 1
        key, workflow = self.keys, graph.workflow.id
        at = columns.pop("at", START + key * 1000)
        took, waited = columns.pop("duration_ms", 5000), columns.pop("human_wait_ms", 0)
        ended = at + took if phase in OVER else None
        common: dict[str, Any] = {
            "workflow_id": workflow,
            "number": number,
            "status": STATUS.get(phase, phase),
            "phase": phase,
            "revision": graph.revision,
        }
        times = {"created_at": at, "updated_at": ended or at, "ended_at": ended, "worked_ms": took - waited if ended else 0}
        state: dict[str, Any] = {**times, "total_steps": graph.total, **columns}
        self.add(
            StateTable(key=key, id=f"{workflow}-{at}", **common, **state),
            ExecutionTable(
                run=key,
                state_id=f"{workflow}-{at}",
                **common,
                started_at=at,
                finished_at=ended,
                duration_ms=took if ended else None,
                human_wait_ms=waited,
                trigger="cli",
                started_by="ana",
            ),
        )
        with self.engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE workflows SET newest_run = :key, runs = runs + 1 WHERE id = :id"), {"key": key, "id": workflow}
            )
        return key

    def attempt(self, run: int, node: str, status: str = "completed", attempt: int = 1, **columns: Any) -> None:
        given = {"kind": "run", "scheduled_seq": 2, "scheduled_at": START, **columns}
        self.add(ExecutionStepTable(run=run, node=node, attempt=attempt, status=status, **given))

    def event(self, run: int, seq: int, event: e.Event) -> None:
        self.add(EventTable(run=run, seq=seq, at=event.at, type=event.type, payload=encode_event(event), hash=b"0" * 16))

    def approval(self, graph: Graph, run: int, approval_id: str, content: e.ApprovalContent | None = None, **columns: Any) -> None:
        content = content or e.ApprovalContent(title="Publish v1")
        given = {"node": "publish.gate", "attempt": 1, "requested_at": START, "requested_seq": 3, "digest": "d", **columns}
        request = e.ApprovalRequested(
            at=START, node=given["node"], attempt=given["attempt"], id=approval_id, content=content, digest=given["digest"]
        )
        self.event(run, given["requested_seq"], request)
        self.add(ApprovalTable(id=approval_id, run=run, workflow_id=graph.workflow.id, title=content.title, target=content.target, **given))

    def variable(self, run: int, name: str, value: Any, seq: int = 1) -> None:
        # As the store writes it: null is a value, and no value at all says that the event has it.
        stored = sa.literal(None, sa.Text) if value is LEFT_TO_THE_JOURNAL else sa.literal(json_text(value), sa.Text)
        self.add(ContextTable(run=run, name=name, value=stored, seq=seq, at=START))


@contextmanager
def opened(path: Path) -> Iterator[Scene]:
    scene = Scene(path)
    try:
        yield scene
    finally:
        scene.close()
