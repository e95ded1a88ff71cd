"""The history of approvals as it is read from the database."""

from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core.views import ApprovalFilter, ApprovalPage
from oyama_tui.store.kept_tables import ImportTable
from oyama_tui.store.queries import approval_history as queries
from oyama_tui.store.queries.base import moment
from oyama_tui.store.tables import VoteTable
from tests.store.scene import START, Scene

STATUSES = ("approved", "rejected", "expired", "cancelled", "pending")
PEOPLE = ("ana", "ben", "eva")
FILTERS = [
    ApprovalFilter(),
    ApprovalFilter(statuses=("approved",)),
    ApprovalFilter(statuses=("rejected", "expired", "rejected")),
    ApprovalFilter(statuses=("pending",)),
    ApprovalFilter(statuses=("pending", "approved"), workflow="beta"),
    ApprovalFilter(workflow="alpha"),
    ApprovalFilter(workflow="unknown"),
    ApprovalFilter(by="ana"),
    ApprovalFilter(by="eva", workflow="alpha", statuses=("approved", "rejected")),
    ApprovalFilter(by="nobody"),
    ApprovalFilter(kinds=("task",)),
    ApprovalFilter(risks=("high", "low"), workflow="beta"),
    ApprovalFilter(since=moment(START + 10_000)),
    ApprovalFilter(since=moment(START + 10_000), until=moment(START + 20_000), by="ana"),
    ApprovalFilter(until=moment(START)),
    ApprovalFilter(words=("TITLE 1",)),
    ApprovalFilter(words=("#3", "alpha")),
]


@pytest.fixture
def filled(scene: Scene) -> Scene:
    """40 approvals of two workflows in turn, several over in the same moment, every seventh answered by two people."""
    graphs = [scene.workflow("alpha"), scene.workflow("beta")]
    for number in range(40):
        run = scene.run(graphs[number % 2], number // 2 + 1, "completed")
        status = STATUSES[number % 5]
        by = PEOPLE[number % 3] if status in ("approved", "rejected") else ""
        at = START + (number * 7 % 40) // 2 * 1000
        scene.approval(
            graphs[number % 2],
            run,
            f"a{number:02}",
            status=status,
            kind="task" if number % 4 == 0 else "gate",
            risk=("low", "normal", "high")[number % 3],
            requested_at=at - 500,
            decided_at=None if status == "pending" else at,
            decided_by=by,
            comment=f"title {number}",
        )
        voters = ([by] if by else []) + (["ana"] if number % 7 == 0 and by != "ana" else [])
        for voter in reversed(voters):
            given: dict[str, Any] = {"verdict": "approve", "kind": "human", "digest": f"seen by {voter}", "at": at}
            scene.add(VoteTable(approval_id=f"a{number:02}", principal=voter, **given))
    return scene


def fits(scene: Scene, wanted: ApprovalFilter) -> list[str]:
    """The ids that fit, newest first, found the slow way."""
    with scene.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT a.*, a.rowid AS opened, coalesce(decided_at, requested_at) AS time, workflow_id || ' #' || s.number AS label,"
            " (SELECT group_concat(principal) FROM approval_votes v WHERE v.approval_id = a.id) AS voters"
            " FROM workflow_approvals a JOIN (SELECT key, number FROM workflow_states) s ON s.key = a.run"
        ).all()

    def one(row: Any) -> bool:
        texts = (row.id, row.title, row.comment, row.label, row.decided_by)
        return (
            (not wanted.statuses or row.status in wanted.statuses)
            and (not wanted.workflow or row.workflow_id == wanted.workflow)
            and (not wanted.by or wanted.by in (row.voters or "").split(","))
            and (not wanted.kinds or row.kind in wanted.kinds)
            and (not wanted.risks or row.risk in wanted.risks)
            and (wanted.since is None or moment(row.time) >= wanted.since)
            and (wanted.until is None or moment(row.time) < wanted.until)
            and all(any(word.lower() in text.lower() for text in texts) for word in wanted.words)
        )

    return [row.id for row in sorted(rows, key=lambda row: (row.time, row.opened), reverse=True) if one(row)]


def page(scene: Scene, wanted: ApprovalFilter, **place: Any) -> ApprovalPage:
    return scene.read(queries.page, wanted, **place)


def ids(page: ApprovalPage) -> list[str]:
    return [row.id for row in page.rows]


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_pages_together_are_the_whole_history_in_both_directions(filled: Scene, wanted: ApprovalFilter) -> None:
    expected = fits(filled, wanted)
    whole = page(filled, wanted)
    assert (ids(whole), whole.total) == (expected, len(expected))
    down: list[str] = []
    up: list[str] = []
    key = None
    while rows := page(filled, wanted, before=key, limit=3).rows:
        down += [row.id for row in rows]
        key = rows[-1].key
    key = 0
    while rows := page(filled, wanted, after=key, limit=3).rows:
        up = [row.id for row in rows] + up
        key = rows[0].key
    assert (down, up) == (expected, expected)
    for offset in (0, 1, len(expected) // 2, len(expected) - 1, len(expected), len(expected) + 5):
        if offset >= 0:
            assert ids(page(filled, wanted, offset=offset, limit=3)) == expected[offset : offset + 3]
    assert ids(page(filled, wanted, offset=-4, limit=4)) == expected[-4:]


def test_a_row_tells_what_was_seen_how_long_it_waited_and_how_it_was_answered(scene: Scene) -> None:
    graph = scene.workflow("release")
    run = scene.run(graph, 1)
    over: dict[str, Any] = {"status": "approved", "decided_by": "ana", "requested_at": START, "decided_at": START + 7000}
    scene.approval(graph, run, "a1", **over)
    scene.approval(graph, run, "a2", node="other.gate", requested_seq=4, requested_at=START + 9000)
    answer: dict[str, Any] = {"approval_id": "a1", "kind": "human", "verdict": "approve", "at": START}
    scene.add(VoteTable(**answer, principal="ana", digest="early"))
    scene.add(VoteTable(**answer, principal="ana", digest="d", origin={"how": "tty", "tty": "/dev/pts/3", "processes": []}))
    scene.add(VoteTable(**answer, principal="ben", digest="other"))
    waits, decided = page(scene, ApprovalFilter()).rows
    assert (decided.seen, decided.waited_ms, decided.origin and decided.origin.how) == ("d", 7000, "tty")
    assert (waits.id, waits.seen, waits.waited_ms, waits.origin) == ("a2", "", None, None)


def test_an_open_question_of_an_imported_run_is_no_pending_one(scene: Scene) -> None:
    graph = scene.workflow("release")
    scene.approval(graph, scene.run(graph, 1, imported=1), "a1")
    came: dict[str, Any] = {"origin_key": 1, "origin_number": 1, "origin_head": b"", "digest": "", "program": "", "at": START, "by": "ana"}
    scene.add(ImportTable(run=1, origin_id="release-1", **came))
    assert ids(page(scene, ApprovalFilter(statuses=("pending",)))) == []
    assert ids(page(scene, ApprovalFilter())) == ["a1"]


def test_a_damaged_row_hides_no_other_one(filled: Scene) -> None:
    whole = fits(filled, ApprovalFilter())
    with filled.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workflow_approvals SET risk = 'grave' WHERE id = 'a05'")
        connection.exec_driver_sql("UPDATE workflow_approvals SET decided_at = 'noon' WHERE id = 'a06'")
    found = page(filled, ApprovalFilter())
    assert sorted(ids(found)) == sorted(set(whole) - {"a05", "a06"})
    assert found.total == len(whole)
    assert {"a05", "a06"} == {name for sentence in found.damaged for name in ("a05", "a06") if name in sentence}
