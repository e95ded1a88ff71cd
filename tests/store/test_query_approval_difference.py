"""What a question is compared with, and that it is what was answered there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oyama_tui.core import events as e
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.errors import DatabaseProblem
from oyama_tui.core.views import Against, ApprovalDifference
from oyama_tui.store.queries import approvals as queries
from oyama_tui.store.queries.approval_difference import difference
from tests.store.scene import ANA, START, Scene

Asked = Callable[..., None]
NODE, ROUND = "publish.gate", "publish.gate#2"


def content(title: str, **values: Any) -> e.ApprovalContent:
    return e.ApprovalContent(title=title, **values)


def compared(scene: Scene, approval_id: str, against: Against | None = None) -> ApprovalDifference:
    found = scene.read(difference, approval_id, against)
    assert found is not None
    return found


@pytest.fixture
def rows(scene: Scene) -> Asked:
    """Adds approvals of one workflow: its run, its id, its title, and how it was answered."""
    graph: Graph = scene.workflow("release")
    runs: dict[int, int] = {}
    seqs: dict[int, int] = {}

    def add(number: int, approval_id: str, title: str, status: str = "pending", **columns: Any) -> None:
        if number not in runs:
            runs[number] = scene.run(graph, number)
        seqs[number] = seqs.get(number, 1) + 2
        over = {} if status == "pending" else {"decided_at": START + 9, "decided_by": "ana"}
        scene.approval(graph, runs[number], approval_id, content(title), status=status, requested_seq=seqs[number], **over, **columns)

    return add


def test_what_is_nearest_comes_first(scene: Scene, rows: Asked) -> None:
    rows(1, "yes", "v1", "approved")
    rows(2, "back", "v2", "sent_back")
    rows(2, "given", "v3", "approved", node=ROUND)
    rows(2, "now", "v4", previous="given", node=ROUND)
    found = compared(scene, "now")
    assert [(one.against, one.approval_id, one.said) for one in found.possible] == [
        ("given", "given", "approved by ana"),
        ("round", "back", "sent back by ana"),
        ("yes", "yes", "approved by ana"),
    ]
    titles = {against: compared(scene, "now", against).parts[0].before for against in ("given", "round", "yes")}
    assert [line.split("\n")[0] for line in titles.values()] == ["title: v3", "title: v2", "title: v1"]
    assert compared(scene, "now").compared == found.possible[0]


def test_a_yes_in_a_later_round_is_the_last_yes_to_the_first_one_of_the_next_run(scene: Scene, rows: Asked) -> None:
    rows(1, "back", "v1", "sent_back")
    rows(1, "yes", "v2", "approved", node=ROUND)
    rows(2, "now", "v3")
    rows(2, "other", "v3", node="publisher.gate")
    found = compared(scene, "now").compared
    assert found is not None
    assert found.approval_id == "yes"
    assert compared(scene, "other").possible == ()


def test_a_yes_with_changed_values_is_compared_with_what_was_said_yes_to(scene: Scene, rows: Asked) -> None:
    rows(1, "yes", "v1", "approved")
    changed = content("v1", editable={"notes.text": "old"}, edited={"notes.text": "new"})
    scene.event(1, 9, e.VoteCast(at=START, id="yes", principal=ANA, verdict="approve", edits={"notes.text": "new"}, content=changed))
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workflow_approvals SET requested_seq = 9 WHERE id = 'yes'")
    rows(2, "now", "v1")
    assert [(part.name, part.before, part.now) for part in compared(scene, "now").parts] == [("value notes.text", "new", "")]


def test_nothing_of_the_kind_is_compared_with_nothing(scene: Scene, rows: Asked) -> None:
    rows(1, "now", "v1")
    found = compared(scene, "now", "yes")
    assert (found.compared, found.possible, found.parts, found.alike) == (None, (), (), ())
    assert scene.read(difference, "none") is None


def test_a_damaged_earlier_question_is_said_to_be(scene: Scene, rows: Asked) -> None:
    rows(1, "yes", "v1", "approved")
    rows(2, "now", "v2")
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workflow_events SET payload = '{' WHERE run = 1")
    with pytest.raises(DatabaseProblem, match="3 of run 1"):
        scene.read(difference, "now")
    with pytest.raises(DatabaseProblem):
        scene.read(queries.card, "now", START)
