from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from oyama_tui.core.views import NEEDS_YOU, HistoryFilter, HistoryPage
from oyama_tui.store.queries import history as queries
from oyama_tui.store.queries.base import moment
from tests.store.scene import START, Scene

PHASES = ("completed", "failed", "rejected", "cancelled", "running")
ASKING = 10
"""The tenth run and so on have an open gate, which are half of those that run."""
FILTERS = [
    HistoryFilter(),
    HistoryFilter(statuses=("failed",)),
    HistoryFilter(statuses=("rejected", "completed", "rejected")),
    HistoryFilter(workflow="alpha"),
    HistoryFilter(workflow="beta", statuses=("completed", "running")),
    HistoryFilter(since=moment(START)),
    HistoryFilter(since=moment(START + 20_500)),
    HistoryFilter(since=moment(START + 10_000), statuses=("completed", "failed"), workflow="alpha"),
    HistoryFilter(words=("alpha", "ana")),
    HistoryFilter(words=("code 7",)),
    HistoryFilter(since=moment(START + 10_000_000)),
    HistoryFilter(statuses=("paused",)),
    HistoryFilter(statuses=(NEEDS_YOU,)),
    HistoryFilter(statuses=(NEEDS_YOU, "running", "failed")),
    HistoryFilter(statuses=("completed", NEEDS_YOU), workflow="beta"),
    HistoryFilter(workflow="unknown"),
]


@pytest.fixture
def filled(scene: Scene) -> Scene:
    """40 runs of two workflows in turn; the clock was set back once."""
    graphs = [scene.workflow("alpha"), scene.workflow("beta")]
    for number in range(40):
        at = {"at": START + 5_001} if number == 30 else {}
        phase = PHASES[number % 5]
        scene.run(graphs[number % 2], number // 2 + 1, phase, reason=f"code {number % 9}", **at)
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workflow_executions SET reason = 'code ' || (run % 9)")
        connection.exec_driver_sql(f"UPDATE workflow_states SET open_approvals = 1 WHERE key % {ASKING} = 0")
    return scene


def fits(scene: Scene, wanted: HistoryFilter) -> list[int]:
    """The keys that fit, newest first, found the slow way."""
    with scene.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM workflow_executions ORDER BY run DESC").all()

    def asks(row: Any) -> bool:
        return row.run % ASKING == 0 and bool(row.phase == "running")

    def one(row: Any) -> bool:
        texts = (row.state_id, row.reason, row.started_by, row.decided_by)
        return (
            (not wanted.statuses or row.phase in wanted.statuses or (NEEDS_YOU in wanted.statuses and asks(row)))
            and (not wanted.workflow or row.workflow_id == wanted.workflow)
            and (wanted.since is None or moment(row.started_at) >= wanted.since)
            and all(any(word in text for text in texts) for word in wanted.words)
        )

    return [row.run for row in rows if one(row)]


def keys(page: HistoryPage) -> list[int]:
    return [row.key for row in page.rows]


def page(scene: Scene, wanted: HistoryFilter, **place: Any) -> HistoryPage:
    return scene.read(queries.page, wanted, **place)


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_pages_together_are_the_whole_history_in_both_directions(filled: Scene, wanted: HistoryFilter) -> None:
    expected = fits(filled, wanted)
    down: list[int] = keys(page(filled, wanted, limit=7))
    while more := keys(page(filled, wanted, before=down[-1], limit=7)) if down else []:
        down += more
    assert down == expected
    up: list[int] = []
    while more := keys(page(filled, wanted, after=up[0] if up else 0, limit=7)):
        up = more + up
    assert up == expected
    assert page(filled, wanted, limit=1).total == filled.read(queries.count, wanted) == len(expected)


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_any_place_can_be_reached_from_either_end(filled: Scene, wanted: HistoryFilter) -> None:
    expected = fits(filled, wanted)
    for offset, limit in itertools.product((0, 1, 5, 19, 20, 38, 39, 40, 100, -1, -5, -20, -39, -40, -100), (1, 5, 100)):
        start = offset if offset >= 0 else max(0, len(expected) + offset)
        assert keys(page(filled, wanted, offset=offset, limit=limit)) == expected[start : start + limit], (offset, limit)


def test_place_is_right_where_keys_are_missing(filled: Scene) -> None:
    with filled.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM workflow_executions WHERE run IN (3, 4, 20)")
        left = "SELECT COUNT(*) FROM workflow_executions AS e WHERE e.workflow_id = workflows.id"
        connection.exec_driver_sql(f"UPDATE workflows SET runs = ({left})")
    expected = fits(filled, HistoryFilter())
    assert keys(page(filled, HistoryFilter(), offset=25, limit=6)) == expected[25:31]
    assert keys(page(filled, HistoryFilter(), offset=-6, limit=6)) == expected[-6:]


def test_known_total_is_taken_as_it_is(filled: Scene) -> None:
    assert page(filled, HistoryFilter(), limit=2, total=40).total == 40


def test_row_tells_what_its_columns_hold(scene: Scene) -> None:
    graph = scene.workflow("release")
    scene.run(graph, 3, "rejected", human_wait_ms=77)
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workflow_executions SET decided_by = 'ana, bo', reason = 'by bo: no'")
    (row,) = page(scene, HistoryFilter(words=("bo",))).rows
    assert (row.key, row.label, row.id, row.state, row.status) == (1, "release #3", f"release-{START + 1000}", "failed", "rejected")
    assert (row.started_at, row.ended_at, row.duration_ms) == (moment(START + 1000), moment(START + 6000), 5000)
    assert (row.human_wait_ms, row.started_by, row.trigger, row.decided_by, row.reason) == (77, "ana", "cli", "ana, bo", "by bo: no")


@pytest.mark.parametrize("word", ["%", "_", "\\", "100%"])
def test_words_mean_themselves(scene: Scene, word: str) -> None:
    graph = scene.workflow("release")
    scene.run(graph, 1)
    scene.run(graph, 2)
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workflow_executions SET reason = 'at 100%_\\' WHERE run = 2")
    assert keys(page(scene, HistoryFilter(words=(word,)))) == [2]


def test_since_includes_its_own_moment(scene: Scene) -> None:
    scene.run(scene.workflow("release"), 1)
    at = moment(START + 1000)
    assert page(scene, HistoryFilter(since=at)).total == 1
    assert page(scene, HistoryFilter(since=at + timedelta(milliseconds=1))).total == 0


def test_until_leaves_its_own_moment_out(scene: Scene) -> None:
    scene.run(scene.workflow("release"), 1)
    at = moment(START + 1000)
    assert page(scene, HistoryFilter(until=at)).total == 0
    assert page(scene, HistoryFilter(since=at, until=at + timedelta(milliseconds=1))).total == 1


def test_by_names_who_started_or_answered_and_nobody_who_is_called_alike(scene: Scene) -> None:
    graph = scene.workflow("release")
    for number in (1, 2, 3):
        scene.run(graph, number)
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workflow_executions SET started_by = 'anabel', decided_by = ''")
        connection.exec_driver_sql("UPDATE workflow_executions SET decided_by = 'bo, ana' WHERE run = 2")
        connection.exec_driver_sql("UPDATE workflow_executions SET started_by = 'ana' WHERE run = 3")
    assert keys(page(scene, HistoryFilter(by="ana"))) == [3, 2]
    assert keys(page(scene, HistoryFilter(by="an%"))) == []


@pytest.mark.parametrize("word", ["hotfix", "looks good"])
def test_words_are_sought_in_what_was_written_with_an_answer(scene: Scene, word: str) -> None:
    graph = scene.workflow("release")
    scene.run(graph, 1)
    asked = scene.run(graph, 2)
    scene.approval(graph, asked, "a" * 13, status="approved", comment="looks good to me", data={"reason": "hotfix"})
    assert keys(page(scene, HistoryFilter(words=(word,)))) == [2]


def test_stats_leave_rejected_and_cancelled_runs_out_of_the_rate(scene: Scene) -> None:
    graph = scene.workflow("release")
    for number, (phase, took) in enumerate(
        [("completed", 100), ("failed", 1), ("rejected", 1), ("cancelled", 1), ("running", 1), ("completed", 300), ("completed", 200)], 1
    ):
        scene.run(graph, number, phase, duration_ms=took)
    scene.run(scene.workflow("other"), 1, "failed")
    stats = scene.read(queries.stats, "release")
    assert (stats.runs, stats.completed, stats.failed, stats.rejected, stats.cancelled) == (7, 3, 1, 1, 1)
    assert (stats.success_rate, stats.p50_ms, stats.p95_ms, stats.recent_ms) == (0.75, 200, 290, (100, 300, 200))


def test_stats_of_a_workflow_without_runs_are_empty(scene: Scene) -> None:
    scene.workflow("release")
    stats = scene.read(queries.stats, "release")
    assert (stats.runs, stats.success_rate, stats.p50_ms, stats.p95_ms, stats.recent_ms) == (0, None, None, None, ())


def test_stats_show_only_the_newest_durations(scene: Scene) -> None:
    graph = scene.workflow("release")
    for number in range(1, 36):
        scene.run(graph, number, "completed", duration_ms=number)
    assert scene.read(queries.stats, "release").recent_ms == tuple(range(6, 36))
