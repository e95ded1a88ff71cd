from __future__ import annotations

from typing import Any

import pytest

from oyama_tui.core.format import near_minute
from oyama_tui.store import claims
from oyama_tui.store.queries import runs as queries
from oyama_tui.store.queries.base import moment
from tests.store.scene import START, Scene


def test_runs_come_newest_first_and_as_many_as_wanted(scene: Scene) -> None:
    release, backup = scene.workflow("release"), scene.workflow("backup")
    scene.run(release, 1)
    scene.run(backup, 1)
    scene.run(release, 2)
    assert [row.label for row in scene.read(queries.list_runs)] == ["release #2", "backup #1", "release #1"]
    assert [row.label for row in scene.read(queries.list_runs, limit=1)] == ["release #2"]
    assert [row.label for row in scene.read(queries.list_runs, workflow="release")] == ["release #2", "release #1"]


def test_live_runs_put_those_that_need_a_person_first(scene: Scene) -> None:
    graph, other = scene.workflow("release"), scene.workflow("backup")
    scene.run(graph, 1, "waiting", open_approvals=1)
    scene.run(graph, 2, "completed")
    scene.run(graph, 3, "paused")
    scene.run(other, 1, "running")
    assert [row.label for row in scene.read(queries.list_runs, live=True)] == ["release #1", "backup #1", "release #3"]
    assert [row.label for row in scene.read(queries.list_runs, workflow="release", live=True)] == ["release #1", "release #3"]
    assert [row.label for row in scene.read(queries.list_runs, live=True, limit=1)] == ["release #1"]


def test_run_row_tells_what_its_columns_hold(scene: Scene) -> None:
    graph = scene.workflow("release")
    scene.run(graph, 7, "rejected", reason="by ana: no", human_wait_ms=4000, completed_steps=1)
    row = scene.read(queries.find_run, f"release-{START + 1000}")
    assert row is not None
    assert (row.state, row.status, row.reason, row.ended) == ("failed", "rejected", "by ana: no", True)
    assert (row.workflow_name, row.duration_ms, row.human_wait_ms, row.started_by) == ("Release", 5000, 4000, "ana")
    assert (row.started_at, row.ended_at) == (moment(START + 1000), moment(START + 6000))
    assert scene.read(queries.find_run, "release-1") is None


@pytest.mark.parametrize(
    ("owner", "here", "word"),
    [(None, "e1", "nobody"), ("e1", "e1", "here"), ("e2", "e1", "elsewhere"), ("dead", "e1", "nobody"), ("dead", "", "nobody")],
)
def test_owner_is_named_from_here(scene: Scene, owner: str | None, here: str, word: str) -> None:
    scene.run(scene.workflow("release"), 1, owner=owner)
    (row,) = scene.read(queries.list_runs, living=frozenset({"e2"}), here=here)
    assert row.owner == word


def test_a_claim_holds_what_an_engine_needs(scene: Scene) -> None:
    graph = scene.workflow("release")
    key = scene.run(graph, 1, owner="e1", epoch=3, directory="/w")
    scene.run(graph, 2, "completed")
    scene.run(graph, 3, "paused")
    claim = scene.read(claims.find_claim, f"release-{START + 1000}")
    assert claim is not None
    assert (claim.run.key, claim.run.number, claim.owner, claim.epoch) == (key, 1, "e1", 3)
    assert (claim.revision, claim.directory, claim.ended) == (graph.revision, "/w", False)
    assert [claim.run.number for claim in scene.read(claims.live_claims)] == [1, 3]
    assert scene.read(claims.find_claim, "release-1") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("release-1700000001000", ["release-1700000001000"]),
        ("release#2", ["release-1700000002000"]),
        ("release@latest", ["release-1700000002000"]),
        ("release#9", []),
        ("nothing@latest", []),
        ("release-17000000020", ["release-1700000002000"]),
        ("release-", ["release-1700000002000", "release-1700000001000"]),
        ("0003000", ["re_lease-1700000003000"]),
        ("re_l", ["re_lease-1700000003000"]),
        ("re%", []),
        ("_lease-1700000003000", ["re_lease-1700000003000"]),
        ("e_lease-17%", []),
        ("#1", []),
        ("release#99999999999999999999", []),
        ("  ", []),
    ],
)
def test_words_for_runs_are_resolved(scene: Scene, text: str, found: list[str]) -> None:
    release = scene.workflow("release")
    scene.run(release, 1)
    scene.run(release, 2)
    scene.run(scene.workflow("re_lease"), 1)
    assert scene.read(queries.resolve_refs, text) == found


def test_unclear_words_name_only_as_many_runs_as_wanted(scene: Scene) -> None:
    release = scene.workflow("release")
    for number in range(1, 9):
        scene.run(release, number)
    assert len(scene.read(queries.resolve_refs, "rel")) == 6


def test_a_part_of_the_runs_says_how_many_there_are(scene: Scene) -> None:
    graph, other = scene.workflow("release"), scene.workflow("backup")
    for number in range(1, 5):
        scene.run(graph, number, "running" if number % 2 else "completed")
    scene.run(other, 1, "waiting", open_approvals=1)

    def told(**given: Any) -> tuple[list[str], int, int]:
        found = scene.read(queries.list_runs, **given)
        return [row.label for row in found], found.total, found.behind

    assert told(limit=2) == (["backup #1", "release #4"], 5, 3)
    assert told(limit=2, offset=4) == (["release #1"], 5, 4)
    assert told(offset=9) == ([], 5, 5)
    assert told(live=True, limit=1) == (["backup #1"], 3, 2)
    assert told(live=False) == (["release #4", "release #2"], 2, 0)
    assert told(live=True, order="newest") == (["backup #1", "release #3", "release #1"], 3, 0)
    assert told(live=True, order="workflow") == (["backup #1", "release #3", "release #1"], 3, 0)
    assert told(workflow="release", limit=1) == (["release #4"], 4, 3)
    assert told(workflow="release", live=True, limit=1) == (["release #3"], 2, 1)


@pytest.mark.parametrize("live", [None, True])
@pytest.mark.parametrize("words", [(), ("release",)])
def test_damaged_rows_are_no_rows_that_come_later(scene: Scene, live: bool | None, words: tuple[str, ...]) -> None:
    graph = scene.workflow("release")
    scene.run(graph, 1)
    scene.run(graph, 2, completed_steps=9, total_steps=2)
    found = scene.read(queries.list_runs, live=live, words=words)
    assert [row.number for row in found] == [1]
    assert (len(found.damaged), found.total, found.behind) == (1, 2, 0)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("#1",), ["backup #1", "release #1", "release #12", "release #11", "release #10"]),
        (("release#2",), ["release #2"]),
        (("release", "#11"), ["release #11"]),
        (("strasse",), ["release #3"]),
        (("exit", "release"), ["release #5"]),
        (("nothing",), []),
    ],
)
def test_runs_are_found_by_words_those_first_that_have_the_number(scene: Scene, words: tuple[str, ...], found: list[str]) -> None:
    graph, other = scene.workflow("release"), scene.workflow("backup")
    for number in range(1, 13):
        scene.run(graph, number, "completed", reason={3: "Straße gesperrt", 5: "Exit code"}.get(number, ""))
    scene.run(other, 1, "completed")
    assert [row.label for row in scene.read(queries.list_runs, words=words)] == found
    assert scene.read(queries.list_runs, words=("12",), limit=1)[0].label == "release #12"


def test_a_run_that_tries_again_says_which_try_follows_and_why(scene: Scene) -> None:
    graph = scene.workflow("release")
    due = START + 90_000
    run = scene.run(graph, 1, "waiting", next_due=due, current_step="test", owner="here")
    scene.attempt(run, "test", "failed", attempt=1, error="first")
    scene.attempt(run, "test", "retrying", attempt=2, due=due, error="HTTP 429\nand more")
    scene.run(graph, 2, "waiting", next_due=due, current_step="pause", owner="here")
    asking = scene.run(graph, 3, "waiting", next_due=due, current_step="test", owner="here", open_approvals=1, reason="Go on?")
    scene.attempt(asking, "test", "retrying", attempt=1, due=due, error="no")
    rows = {row.number: row for row in scene.read(queries.list_runs, live=True, here="here", now=START)}
    when = near_minute(due, START)
    assert rows[1].reason == f"try 3 at {when}: HTTP 429…"
    assert rows[2].reason == f"waits until {when}"
    assert rows[3].reason == "Go on?"
    assert [rows[number].due for number in (1, 2, 3)] == [moment(due)] * 3
