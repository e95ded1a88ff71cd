"""How SQLite finds what the queries want: by an index, however large a table is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.graph import compile_graph
from oyama_tui.core.views import ApprovalFilter, BlockPart, HistoryFilter, JournalFilter, TreeOpening
from oyama_tui.store import claims, line
from oyama_tui.store.queries import (
    alike,
    approval_history,
    approvals,
    attempts,
    children,
    figures,
    forks,
    history,
    journal_feed,
    lines,
    measures,
    run_states,
    runs,
    system,
    times,
    workflows,
)
from oyama_tui.store.queries.approval_card import ENDED, HASH_OF
from oyama_tui.store.runs import find_child
from oyama_tui.store.store import GROWN
from oyama_tui.store.tables import ScopeTable
from tests.store.scene import START, Scene

Query = Callable[[sa.Connection], Any]
RUN_ID = f"release-{START + 1000}"
SMALL = ("workflows", "places", "first", "merged", "anon_1", "anon_2", "anon_3", "CONSTANT", "engine_instances")
"""Tables that stay small, and results that a limit or the number of live rows bounds."""
WALK = "SCAN workflow_executions"
GRAPH = compile_graph(Workflow.model_validate({"id": "release", "steps": [{"id": "test", "run": "true"}]}))
LOOP: dict[str, Any] = {"id": "fan", "for_each": {"items": [1] * 20}, "steps": [{"id": "go", "gate": {"title": "Go?"}}]}
BLOCKS = compile_graph(Workflow.model_validate({"id": "release", "steps": [LOOP]}))
OPENED = TreeOpening(opened=frozenset({"fan"}), kept="fan[1].go")
SINCE = datetime(2024, 1, 1, tzinfo=UTC)
EARLY = datetime(2023, 1, 1, tzinfo=UTC)
UNTIL = datetime(2030, 1, 1, tzinfo=UTC)
FEW_SORTED = "USE TEMP B-TREE FOR ORDER BY"
OPEN_SORTED = (FEW_SORTED, "USE TEMP B-TREE FOR DISTINCT", "USE TEMP B-TREE FOR count(DISTINCT)")


def paged(wanted: HistoryFilter, **place: Any) -> Query:
    return lambda connection: history.page(connection, wanted, total=9, **place)


def past(wanted: ApprovalFilter, **place: Any) -> Query:
    return lambda connection: approval_history.page(connection, wanted, total=9, **place)


CASES: dict[str, tuple[Query, tuple[str, ...]]] = {
    "workflows": (workflows.list_workflows, (FEW_SORTED,)),
    "workflow": (lambda c: workflows.find_workflow(c, "release"), ()),
    # A walk down the keys that ends at the limit.
    "runs": (runs.list_runs, ("SCAN workflow_states",)),
    "runs of a workflow": (lambda c: runs.list_runs(c, workflow="release"), ()),
    # Live runs are few; those that need a person come first.
    "live runs": (lambda c: runs.list_runs(c, live=True), (FEW_SORTED,)),
    "live runs of a workflow": (lambda c: runs.list_runs(c, workflow="release", live=True), (FEW_SORTED,)),
    # Runs below one are few, and found by their parent; `below` is what the recursion holds.
    "runs below a run": (lambda c: runs.list_runs(c, parent=RUN_ID), (FEW_SORTED,)),
    "live runs below a run": (lambda c: runs.list_runs(c, parent=RUN_ID, live=True), (FEW_SORTED,)),
    "live runs at any depth": (lambda c: children.live_below(c, RUN_ID), (FEW_SORTED, "SCAN below")),
    "forks": (lambda c: forks.forked_into(c, 1, RUN_ID), (FEW_SORTED,)),
    "fork's origin": (lambda c: forks.forked_from(c, RUN_ID, 1, imported=False), ()),
    # What is below a few runs is gathered in memory.
    "asked below": (lambda c: forks.quiet_runs(c, [RUN_ID]), ("SCAN below", "USE TEMP B-TREE FOR GROUP BY")),
    "ways": (lambda c: children.paths_of(c, [(RUN_ID, "test")]), ()),
    "ancestors": (lambda c: children.ancestors(c, RUN_ID), ()),
    "child": (lambda c: find_child(c, RUN_ID, "test", 1), ()),
    "run": (lambda c: runs.find_run(c, RUN_ID), ()),
    "claim": (lambda c: claims.find_claim(c, RUN_ID), ()),
    # Live runs are few.
    "live claims": (claims.live_claims, (FEW_SORTED,)),
    # What has grown since a position is little, whatever there was before it.
    "growth": (lambda c: c.execute(GROWN, {"position": 3}).all(), ("USE TEMP B-TREE FOR GROUP BY",)),
    "number": (lambda c: runs.resolve_refs(c, "release#1"), ()),
    "latest": (lambda c: runs.resolve_refs(c, "release@latest"), ()),
    "prefix": (lambda c: runs.resolve_refs(c, "release-17"), ()),
    # Nothing leads to the end of an id; the ids alone are read.
    "suffix": (lambda c: runs.resolve_refs(c, "01000"), ("SCAN workflow_states USING COVERING INDEX sqlite_autoindex_workflow_states_1",)),
    "events": (lambda c: runs.events_after(c, 1, after=2), ()),
    "context": (lambda c: runs.context_view(c, 1), ()),
    # The attempts and gates of one run are sorted.
    "tree": (lambda c: runs.run_view(c, RUN_ID, GRAPH), (FEW_SORTED,)),
    # Of a block a page of scopes is sorted, and what is open in it.
    "blocks": (lambda c: runs.run_view(c, RUN_ID, BLOCKS), OPEN_SORTED),
    "blocks as they are opened": (lambda c: runs.run_view(c, RUN_ID, BLOCKS, wanted=OPENED), OPEN_SORTED),
    "part of a block": (lambda c: runs.run_view(c, RUN_ID, BLOCKS, wanted=BlockPart(key="fan", failed=True)), OPEN_SORTED),
    # The attempts and questions of one run are sorted.
    "spans": (lambda c: times.spans_of(c, 1, ["test"]), (FEW_SORTED,)),
    "usual times": (lambda c: times.usual_times(c, "release", 9, ["test"]), ()),
    "newest runs of a workflow": (lambda c: times.lately(c, "release", 16, START), ()),
    "runs since a time": (lambda c: times.runs_since(c, EARLY, 100, START), ()),
    "attempt": (lambda c: runs.attempt_view(c, RUN_ID, "test", None, Path("/x")), ()),
    # The attempts of one run are sorted.
    "attempts": (lambda c: attempts.attempts_page(c, 1, RUN_ID, Path("/x"), offset=2), (FEW_SORTED,)),
    "attempts that undo": (lambda c: attempts.attempts_page(c, 1, RUN_ID, Path("/x"), undoing=True, newest=True), (FEW_SORTED,)),
    "execution": (lambda c: history.find(c, 1), ()),
    "states": (lambda c: run_states.run_states(c, [RUN_ID], frozenset(), ""), ()),
    "approvals of a run": (lambda c: approvals.approvals_of_run(c, RUN_ID), (FEW_SORTED,)),
    "queue": (approvals.list_approvals, (FEW_SORTED, "USE TEMP B-TREE FOR GROUP BY")),
    "queue by lines": (alike.queue_page, (FEW_SORTED, "USE TEMP B-TREE FOR GROUP BY")),
    "questions of the queue": (partial(alike.open_questions, alike="x"), (FEW_SORTED, "USE TEMP B-TREE FOR GROUP BY")),
    "questions together": (lambda c: alike.bulk_questions(c, ["a1"]), ()),
    "queue of a workflow": (
        lambda c: approvals.list_approvals(c, workflow="release"),
        (FEW_SORTED, "USE TEMP B-TREE FOR GROUP BY"),
    ),
    # Walks down the order of opening that end at the limit.
    # What is over by the time at which it was, merged with what is open, which is little.
    "approvals": (past(ApprovalFilter()), (FEW_SORTED,)),
    "approvals since": (past(ApprovalFilter(statuses=("approved", "expired"), since=EARLY, until=UNTIL)), (FEW_SORTED,)),
    "approvals before a key": (past(ApprovalFilter(statuses=("approved",)), before=START << 41), (FEW_SORTED,)),
    "approvals of a workflow": (past(ApprovalFilter(workflow="release", kinds=("gate",))), (FEW_SORTED,)),
    "approved of a workflow": (past(ApprovalFilter(workflow="release", statuses=("approved",)), after=0), (FEW_SORTED,)),
    # What somebody has answered with others is few.
    "approvals of a person": (past(ApprovalFilter(by="ana", workflow="release")), (FEW_SORTED,)),
    "count of approvals": (lambda c: approval_history.count(c, ApprovalFilter()), ()),
    "count of approvals of a person": (lambda c: approval_history.count(c, ApprovalFilter(by="ana")), ()),
    **{
        f"queue by {order}": (partial(approvals.list_approvals, order=order, words=["go"]), (FEW_SORTED,))
        for order in ("deadline", "risk", "age")
    },
    "approval's prefix": (lambda c: approvals.resolve_approvals(c, "a"), ()),
    # The attempts of one run are sorted.
    "card": (lambda c: approvals.card(c, "a1", START), (FEW_SORTED,)),
    # From the question on, by the key of a run's events.
    "end of a question": (lambda c: c.execute(ENDED, {"run": 1, "seq": 2, "at": START, "id": "a1"}).all(), ()),
    "hash of an event": (lambda c: c.execute(HASH_OF, {"run": 1, "seq": 2}).all(), ()),
    # Walks down or up the keys that end at the limit.
    "history": (paged(HistoryFilter()), (WALK,)),
    "history before": (paged(HistoryFilter(), before=5), ()),
    "history after": (paged(HistoryFilter(), after=5), ()),
    "history at a place": (paged(HistoryFilter(), offset=3), (WALK,)),
    "history with words": (paged(HistoryFilter(words=("x",))), (WALK,)),
    "history of a phase": (paged(HistoryFilter(statuses=("failed",))), ()),
    # The walks of the phases are merged: at most a page each.
    "history of phases": (paged(HistoryFilter(statuses=("failed", "running"))), (FEW_SORTED,)),
    "history of a workflow": (paged(HistoryFilter(workflow="release")), ()),
    "history of a workflow and phases": (paged(HistoryFilter(workflow="release", statuses=("failed", "paused"))), (FEW_SORTED,)),
    "history since": (paged(HistoryFilter(since=SINCE)), ()),
    # Every row must be counted; SQLite reads what it takes for the smallest index.
    # Workflows are few, and so are the runs that came from files; no execution is looked at.
    "count": (lambda c: history.count(c, HistoryFilter()), ("SCAN workflows", "SCAN workflow_imports")),
    "count of phases": (lambda c: history.count(c, HistoryFilter(statuses=("failed", "running"))), ()),
    "count of a workflow": (lambda c: history.count(c, HistoryFilter(workflow="release")), ("SCAN workflow_imports",)),
    "count of a workflow and phase": (lambda c: history.count(c, HistoryFilter(workflow="release", statuses=("failed",))), ()),
    "count since": (lambda c: history.count(c, HistoryFilter(since=SINCE)), ()),
    "stats": (lambda c: history.stats(c, "release"), ()),
    "figures": (lambda c: figures.figures(c, "release"), ()),
    "figures since": (lambda c: figures.figures(c, "release", EARLY), ()),
    "figures of all": (lambda c: figures.figures_page(c, EARLY), ()),
    "journals": (lambda c: journal_feed.lines_after(c, 0), ()),
    "journals as they are wanted": (
        lambda c: journal_feed.lines_after(c, 0, JournalFilter(run_id=RUN_ID, workflow="release", types=frozenset({"run_started"}))),
        (),
    ),
    "newest position": (journal_feed.newest_position, ("SCAN sqlite_sequence",)),
    # Every run is counted; only the index is read.
    "runs by phase": (measures.runs_by_phase, (f"{WALK} USING COVERING INDEX idx_workflow_executions_phase",)),
    "open approvals by risk": (measures.pending_by_risk, ("USE TEMP B-TREE FOR GROUP BY",)),
    "counts": (system.counts, ("USE TEMP B-TREE FOR GROUP BY",)),
    "engines": (system.engines, (FEW_SORTED,)),
    "undriven": (lambda c: system.undriven(c, ()), ("USE TEMP B-TREE FOR GROUP BY",)),
    "line": (lambda c: line.next_in_line(c, "release", 3), ()),
    "line as people read it": (lambda c: c.execute(lines.OF_WORKFLOW, {"workflow": "release"}).all(), ()),
    # Live runs are few.
    "older runs": (lambda c: line.older_live(c, "release", 7), (FEW_SORTED,)),
    "owners": (system.owners, ("USE TEMP B-TREE FOR GROUP BY",)),
}

LED_BY = {
    "runs below a run": "idx_workflow_states_parent",
    "live runs below a run": "idx_workflow_states_parent",
    "live runs at any depth": "idx_workflow_states_parent",
    "forks": "idx_workflow_states_forked_from",
    "asked below": "idx_workflow_states_parent",
    "child": "idx_workflow_states_parent",
    "runs of a workflow": "idx_workflow_states_workflow_id",
    "live runs": "idx_workflow_states_status",
    "live runs of a workflow": "idx_workflow_states_status",
    "prefix": "sqlite_autoindex_workflow_states_1",
    "line": "idx_workflow_states_place",
    "line as people read it": "idx_workflow_states_place",
    "older runs": "idx_workflow_states_status",
    "tree": "idx_workflow_executions_phase",
    "blocks": "idx_workflow_scopes_status",
    "blocks as they are opened": "idx_workflow_scopes_status",
    "part of a block": "idx_workflow_scopes_status",
    "queue of a workflow": "idx_workflow_approvals_status",
    "approvals": "idx_workflow_approvals_decided_at",
    "approvals since": "idx_workflow_approvals_status",
    "approvals before a key": "idx_workflow_approvals_status",
    "approvals of a workflow": "idx_workflow_approvals_decided_in",
    "approved of a workflow": "idx_workflow_approvals_decided_in",
    "approvals of a person": "idx_workflow_approvals_decided_by",
    "count of approvals of a person": "idx_approval_votes_principal",
    "figures": "idx_workflow_executions_workflow_id",
    "journals": "INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
    "journals as they are wanted": "INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
    "open approvals by risk": "idx_workflow_approvals_status",
    "history of a phase": "idx_workflow_executions_status",
    "history of a workflow": "idx_workflow_executions_workflow_id",
    "history of a workflow and phases": "idx_workflow_executions_phase",
    "history since": "idx_workflow_executions_started_at",
    "count since": "idx_workflow_executions_started_at",
}
"""The index that must lead to the rows, where SQLite could take another one that is no scan and yet walks far too much."""


def plans(scene: Scene, query: Query) -> list[str]:
    """How SQLite would carry out each statement of a query."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, parameters))

    with scene.engine.connect() as connection:
        sa.event.listen(connection, "before_cursor_execute", note)
        query(connection)
        sa.event.remove(connection, "before_cursor_execute", note)
        assert asked
        return [
            row[3] for statement, parameters in asked for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


@pytest.fixture
def filled(scene: Scene) -> Scene:
    graph = scene.workflow("release")
    run = scene.run(graph, 1, "waiting", open_approvals=1)
    scene.attempt(run, "test", settled_seq=2)
    scene.attempt(run, "fan", "running", kind="for_each", input={"count": 20})
    scene.add(*(ScopeTable(run=run, node="fan", position=index, status="running", opened_at=START) for index in range(15)))
    scene.approval(graph, run, "a3", node="fan[3].go", requested_seq=6)
    scene.approval(graph, run, "a0", status="approved", decided_by="ana", decided_at=START)
    scene.approval(graph, run, "a1", previous="a0", requested_seq=4, attempt=2)
    return scene


@pytest.mark.parametrize("name", CASES)
def test_large_tables_are_read_by_an_index(filled: Scene, name: str) -> None:
    query, allowed = CASES[name]
    steps = plans(filled, query)
    costly = {step for step in steps if step.startswith(("SCAN", "USE TEMP B-TREE")) and step.split()[1] not in SMALL}
    assert costly <= set(allowed), steps
    assert any(LED_BY.get(name, "") in step for step in steps), steps
