"""The queue by lines: groups of what is alike, whole however little of the queue is read, and the windows that are read of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.approvers import Person
from oyama_tui.core.views import AlikeGroup, QueuePage
from oyama_tui.store.queries import alike
from oyama_tui.store.queries.alike import bulk_questions, open_questions, queue_page
from tests.store.scene import START, Scene, opened

ANA = Person("ana")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """200 questions; every tenth is one of twenty that are alike, the others are by themselves."""
    with opened(tmp_path / "oyama.db") as made:
        graph = made.workflow("restart")
        for number in range(200):
            run = made.run(graph, number + 1, "waiting", open_approvals=1)
            facts: dict[str, Any] = {"requested_at": START + number, "deadline": START + 9000 - number}
            if number % 10 == 0:
                facts["alike"] = "same"
            made.approval(graph, run, f"q{number:03}", **facts)
            with made.engine.begin() as connection:
                connection.exec_driver_sql(f"UPDATE workflow_approvals SET target = 'host-{number}' WHERE id = 'q{number:03}'")
        made.database.reads_for = lambda: ANA
        yield made


def keys(page: QueuePage) -> list[str]:
    return [row.key if isinstance(row, AlikeGroup) else row.id for row in page.rows]


def places(page: QueuePage) -> dict[int, str]:
    """By the place among all lines: what was read."""
    found: dict[int, str] = {}
    place = 0
    for index, key in enumerate(keys(page)):
        place += page.gaps.get(index, 0)
        found[place] = key
        place += 1
    return found


def test_a_group_is_one_line_where_its_first_question_would_stand_and_counts_all_of_it(scene: Scene) -> None:
    page = scene.read(queue_page, head=3, now=START)
    assert keys(page) == ["=same", "q001", "q002"]
    [group] = [row for row in page.rows if isinstance(row, AlikeGroup)]
    assert (group.size, group.targets, group.folded, group.first.id) == (20, 20, True, "q000")
    assert group.deadline is not None
    assert round(group.deadline.timestamp() * 1000) == START + 9000 - 190, "the earliest, though that question has not been read"
    assert (page.total, page.gaps) == (200, {3: 178})


def test_an_unfolded_group_has_its_questions_below_it(scene: Scene) -> None:
    page = scene.read(queue_page, folds={"same": False}, head=400, now=START)
    assert keys(page)[:22] == ["=same", *(f"q{number:03}" for number in range(0, 200, 10)), "q001"]
    assert (len(page.rows), page.gaps) == (201, {})
    assert scene.read(queue_page, words=["host-1"], folds={"same": True}, head=9).total == 111
    few = scene.read(queue_page, words=["q00"], head=99, now=START)
    assert len(few.rows) == 10, "one alone is no group"


def test_only_the_order_by_workflow_has_groups(scene: Scene) -> None:
    for order in ("deadline", "risk", "age"):
        assert not any(isinstance(row, AlikeGroup) for row in scene.read(queue_page, order=order, head=400, now=START).rows)


def test_the_end_is_read_without_what_stands_before_it(scene: Scene) -> None:
    page = scene.read(queue_page, head=5, tail=4, now=START)
    assert keys(page) == ["=same", "q001", "q002", "q003", "q004", "q196", "q197", "q198", "q199"]
    assert page.gaps == {5: 172}


@pytest.mark.parametrize("wanted", [5, 7, 40, 100, 193, 195])
def test_a_question_that_is_gone_to_is_read_with_those_around_it_wherever_it_stands(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, wanted: int
) -> None:
    monkeypatch.setattr(alike, "AROUND", 10)
    page = scene.read(queue_page, order="age", head=5, tail=4, wanted=f"q{wanted:03}", now=START)
    assert len(page.rows) <= 5 + 4 + 20
    assert set(range(max(wanted - 10, 0), min(wanted + 10, 200))) <= places(page).keys()


def test_rows_and_gaps_together_are_the_whole_queue(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "AROUND", 10)
    ends, sights = (0, 5, 60, 300), ((0, 0), (-40, 3), (5, 10), (50, 140), (190, 260), (300, 400))
    for head, tail, sight, wanted in product(ends, ends, sights, ("", "q000", "q100")):
        page = scene.read(queue_page, order="age", head=head, tail=tail, sight=sight, wanted=wanted, now=START)
        found, where = places(page), (head, tail, sight, wanted)
        assert found == {place: f"q{place:03}" for place in found}, where
        assert len(page.rows) + sum(page.gaps.values()) == 200, where
        assert {*range(head), *range(200 - tail, 200), *range(*sight)} & set(range(200)) <= found.keys(), where


def test_a_row_that_is_damaged_leaves_no_gap(scene: Scene) -> None:
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workflow_approvals SET requested_at = 'never' WHERE id IN ('q001', 'q002')")
    page = scene.read(queue_page, order="age", head=1, sight=(199, 200), now=START)
    assert keys(page) == ["q000"]
    assert page.gaps == {1: 198}
    assert len(page.damaged) == 1


def test_a_question_in_a_folded_group_says_in_which(scene: Scene) -> None:
    page = scene.read(queue_page, head=5, wanted="q040", now=START)
    assert (page.within, "q040" in keys(page)) == ("same", False)
    assert scene.read(queue_page, head=5, wanted="q040", folds={"same": False}, now=START).within == ""


def test_what_others_must_answer_and_what_is_put_off_stands_in_no_group(scene: Scene) -> None:
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workflow_approvals SET approvers = '{\"any_of\": [\"ben\"]}' WHERE id = 'q000'")
        connection.exec_driver_sql(f"UPDATE workflow_approvals SET snoozed = '{{\"ana\": {START + 5}}}' WHERE id = 'q010'")
    page = scene.read(queue_page, head=400, person=ANA, now=START)
    assert keys(page)[-2:] == ["q000", "q010"]
    assert next(row.size for row in page.rows if isinstance(row, AlikeGroup)) == 18
    assert scene.read(open_questions, alike="same", person=ANA, now=START)[0].id == "q020"
    later = scene.read(queue_page, head=20, person=ANA, now=START + 6)
    assert next(row.size for row in later.rows if isinstance(row, AlikeGroup)) == 19


def test_of_marked_questions_it_is_told_which_are_open(scene: Scene) -> None:
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workflow_approvals SET status = 'rejected', decided_at = 1 WHERE id = 'q150'")
    assert scene.read(queue_page, head=5, marked=["q150", "q151", "gone"]).marked == {"q151"}


def test_all_questions_are_named_with_what_they_ask(scene: Scene) -> None:
    found = scene.read(open_questions, now=START)
    assert len(found) == 200
    assert {question.digest for question in found} == {"d"}
    alike = scene.read(open_questions, alike="same", now=START)
    assert [question.target for question in alike] == [f"host-{number}" for number in range(0, 200, 10)]
    assert len(scene.read(open_questions, alike="same", words=["q19"], now=START)) == 1


def test_questions_to_answer_together_are_read_as_they_are_now(scene: Scene) -> None:
    found = scene.read(bulk_questions, ["q005", "gone", "q003"])
    assert [(question.row.id, question.has_form, question.confirms) for question in found] == [
        ("q005", False, False),
        ("q003", False, False),
    ]
