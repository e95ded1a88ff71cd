from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.definition import InputField
from oyama_tui.core.views import ApprovalCard, ApprovalFilter
from oyama_tui.store.queries import approval_history as history
from oyama_tui.store.queries import approvals as queries
from oyama_tui.store.queries.base import moment
from oyama_tui.store.tables import VoteTable
from tests.store.scene import START, Scene

NOW = START + 1000


def card(scene: Scene, approval_id: str, now: int = NOW) -> ApprovalCard:
    found = scene.read(queries.card, approval_id, now)
    assert found is not None
    return found


def test_queue_orders_workflows_by_their_earliest_deadline_then_by_age(scene: Scene) -> None:
    calm, urgent, never = scene.workflow("calm"), scene.workflow("urgent"), scene.workflow("never")
    scene.approval(never, scene.run(never, 1), "n1", requested_at=START - 9000)
    scene.approval(calm, scene.run(calm, 1), "c1", deadline=START + 9000)
    run = scene.run(urgent, 1)
    scene.approval(urgent, run, "u1", requested_at=START + 5, deadline=START + 1)
    scene.approval(urgent, run, "u2", requested_at=START + 4, node="other.gate", requested_seq=4)
    scene.approval(urgent, run, "u3", status="approved", node="third.gate", requested_seq=5)
    assert [row.id for row in scene.read(queries.list_approvals)] == ["u2", "u1", "c1", "n1"]
    assert [row.id for row in scene.read(queries.list_approvals, workflow="urgent")] == ["u2", "u1"]
    assert [row.id for row in scene.read(queries.list_approvals, limit=1)] == ["u2"]


def test_queue_is_sorted_by_deadline_by_risk_or_by_age_and_cut_to_words(scene: Scene) -> None:
    calm, urgent = scene.workflow("calm"), scene.workflow("urgent")
    scene.approval(calm, scene.run(calm, 1), "c1", e.ApprovalContent(title="Clean Straße"), requested_at=START - 9, risk="low")
    scene.approval(urgent, scene.run(urgent, 1), "u1", requested_at=START + 1, deadline=START + 5, risk="high")
    scene.approval(urgent, scene.run(urgent, 2), "u2", requested_at=START, deadline=START + 4)
    scene.approval(urgent, scene.run(urgent, 3), "u3", requested_at=START - 5, risk="high")

    def ids(*, total: int, **wanted: Any) -> list[str]:
        found = scene.read(queries.list_approvals, **wanted)
        assert found.total == total
        return [row.id for row in found]

    assert ids(total=4, order="workflow") == ["u3", "u2", "u1", "c1"]
    assert ids(total=4, order="deadline") == ["u2", "u1", "c1", "u3"]
    assert ids(total=4, order="risk") == ["u1", "u3", "u2", "c1"]
    assert ids(total=4, order="age") == ["c1", "u3", "u2", "u1"]
    assert ids(total=4, order="age", limit=2, offset=1) == ["u3", "u2"]
    assert ids(total=2, order="age", words=["high", "urgent"], limit=1) == ["u3"]
    assert ids(total=1, words=["strasse"]) == ["c1"]
    assert ids(total=1, words=["#2"]) == ["u2"]
    assert ids(total=0, words=["%"]) == []


def test_approval_row_tells_what_its_columns_hold(scene: Scene) -> None:
    graph = scene.workflow("release")
    run = scene.run(graph, 4)
    scene.approval(
        graph, run, "a1", status="rejected", risk="high", deadline=START + 9, decided_at=START + 5, decided_by="ana", comment="no"
    )
    (row,) = scene.read(history.page, ApprovalFilter()).rows
    assert (row.run_label, row.run_id, row.workflow_name) == ("release #4", f"release-{START + 1000}", "Release")
    assert (row.node, row.step_id, row.status, row.risk) == ("publish.gate", "publish", "rejected", "high")
    assert (row.deadline, row.decided_at, row.decided_by, row.comment) == (moment(START + 9), moment(START + 5), "ana", "no")


def test_beginning_of_an_id_is_enough(scene: Scene) -> None:
    graph = scene.workflow("release")
    for number, name in enumerate(("abc", "abd", "b%"), 1):
        scene.approval(graph, scene.run(graph, number), name)
    found: Callable[[str], list[str]] = lambda text: scene.read(queries.resolve_approvals, text)  # noqa: E731
    assert found("abc") == ["abc"]
    assert found(" AB ") == ["abc", "abd"]
    assert found("%") == []
    assert found("") == []


@pytest.mark.parametrize(
    ("evidence", "columns", "can_decide", "can_approve", "obstacle"),
    [
        ({}, {}, True, True, ""),
        ({"exit_code": 0}, {"deadline": NOW + 1}, True, True, ""),
        ({"exit_code": 2}, {}, True, False, "The preview ended with exit code 2."),
        ({"problem": "publish.sh is too large."}, {}, True, False, "publish.sh is too large."),
        ({}, {"deadline": NOW}, False, False, "Its time is over."),
        ({}, {"status": "cancelled"}, False, False, "The question was withdrawn."),
        ({}, {"status": "expired"}, False, False, "Nobody answered in time."),
    ],
)
def test_card_says_whether_a_yes_is_possible(
    scene: Scene, evidence: dict[str, object], columns: dict[str, object], can_decide: bool, can_approve: bool, obstacle: str
) -> None:
    graph = scene.workflow("release")
    content = e.ApprovalContent(title="Go?", evidence=e.Evidence.model_validate(evidence), form={"why": InputField(required=True)})
    scene.approval(graph, scene.run(graph, 1, directory="/w"), "a1", content, **columns)
    found = card(scene, "a1")
    assert (found.can_decide, found.can_approve, found.obstacle) == (can_decide, can_approve, obstacle)
    assert (found.content, found.form, found.directory, found.asked_by) == (content, content.form, "/w", "ana")


def test_card_of_a_decided_approval_says_who_and_when(scene: Scene) -> None:
    graph = scene.workflow("release")
    scene.approval(graph, scene.run(graph, 1), "a1", status="approved", decided_by="ana", decided_at=NOW)
    assert card(scene, "a1").obstacle == f"It was approved by ana at {moment(NOW).astimezone():%H:%M}."
    assert scene.read(queries.card, "none", NOW) is None


def test_card_names_the_steps_that_were_over_before_the_gate(scene: Scene) -> None:
    steps = [{"id": name, "run": "true"} for name in ("lint", "test", "build", "late")]
    graph = scene.workflow("release", [*steps, {"id": "publish", "gate": {"title": "Go?"}, "run": "true"}])
    run = scene.run(graph, 1)
    scene.attempt(run, "test", "failed", 1, scheduled_seq=2, settled_seq=3)
    scene.attempt(run, "test", "completed", 2, scheduled_seq=4, settled_seq=5, duration_ms=64)
    scene.attempt(run, "lint", "skipped", 0, scheduled_seq=6, settled_seq=6)
    scene.attempt(run, "build", "running", 1, scheduled_seq=7)
    scene.attempt(run, "publish.gate", "completed", 1, scheduled_seq=7, settled_seq=8, kind="gate")
    scene.attempt(run, "late", "completed", 1, scheduled_seq=8, settled_seq=12)
    scene.approval(graph, run, "a1", requested_seq=9)
    checked = card(scene, "a1").checked
    assert [(one.step_id, one.status, one.duration_ms) for one in checked] == [("lint", "skipped", None), ("test", "completed", 64)]


def test_card_compares_with_the_last_yes_of_an_earlier_run(scene: Scene) -> None:
    graph = scene.workflow("release")
    yes = {"status": "approved", "decided_by": "ana"}
    scene.approval(graph, scene.run(graph, 1), "a1", e.ApprovalContent(title="Publish v0"), **yes, decided_at=START)
    scene.approval(graph, scene.run(graph, 2), "a2", e.ApprovalContent(title="Publish v1"), **yes, decided_at=START + 50)
    scene.approval(graph, scene.run(graph, 3), "a3", e.ApprovalContent(title="Publish v2"), status="rejected", decided_at=START + 60)
    this = scene.run(graph, 4)
    scene.approval(graph, this, "a4", e.ApprovalContent(title="Publish v3"), **yes, decided_at=START + 70)
    scene.approval(graph, this, "a5", e.ApprovalContent(title="Publish v4"), previous="a4", requested_seq=9, attempt=2)
    found = card(scene, "a5")
    assert found.last_yes is not None
    assert (found.last_yes.run_label, found.last_yes.by, found.last_yes.at) == ("release #2", "ana", moment(START + 50))
    assert found.last_yes.changes == ("title: Publish v1 -> Publish v4",)
    assert found.reopened == ("title: Publish v3 -> Publish v4",)
    assert card(scene, "a1").last_yes is None
    assert card(scene, "a1").reopened == ()


def test_card_shows_every_vote(scene: Scene) -> None:
    graph = scene.workflow("release")
    scene.approval(graph, scene.run(graph, 1), "a1")
    for by, verdict in (("ana", "approve"), ("bo", "reject")):
        scene.add(VoteTable(approval_id="a1", principal=by, kind="human", verdict=verdict, comment="x", form={"n": 1}, at=START))
    assert [(vote.by, vote.verdict, vote.form) for vote in card(scene, "a1").votes] == [
        ("ana", "approve", {"n": 1}),
        ("bo", "reject", {"n": 1}),
    ]


def test_a_part_of_the_approvals_says_how_many_there_are(scene: Scene) -> None:
    graph = scene.workflow("release")
    run = scene.run(graph, 1, "waiting", open_approvals=3)
    for number in range(5):
        scene.approval(
            graph, run, f"a{number}", status="pending" if number < 3 else "approved", requested_at=START + number, requested_seq=number + 3
        )
    for given, ids, total in (
        ({"limit": 2}, ["a0", "a1"], 3),
        ({"limit": 2, "offset": 2}, ["a2"], 3),
        ({"offset": 7}, [], 3),
        ({"workflow": "other"}, [], 0),
    ):
        found = scene.read(queries.list_approvals, **given)
        assert ([row.id for row in found], found.total) == (ids, total)
