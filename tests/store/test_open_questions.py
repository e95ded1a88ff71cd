"""What a process knows of the queue: the same as the database says, and read again only where something was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from oyama_tui.core import events as e
from oyama_tui.core.approvers import Person
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.views import AlikeGroup, ApprovalOrder, QueuePage
from oyama_tui.store import open_questions as known_of
from oyama_tui.store.kept_tables import ImportTable
from oyama_tui.store.open_questions import OpenQuestions
from oyama_tui.store.queries.alike import queue_page
from oyama_tui.store.queries.approvals import list_approvals
from tests.store.scene import START, Scene, opened

ANA = Person("ana")
MANY = 120
EVERY_QUESTION = " ".join(str(known_of._QUESTIONS.compile(dialect=sqlite.dialect())).split())
"""The statement that reads the whole queue."""
RULES: dict[int, dict[str, Any]] = {
    1: {"approvers": {"any_of": ["ben"]}},
    2: {"approvers": {"any_of": ["ana"]}, "yes_by": ["ana"]},
    3: {"snoozed": {"ana": START + 5}},
    4: {"snoozed": {"ana": START - 5}},
}


class Asked:
    """A scene with questions, and what one process knows of them."""

    def __init__(self, scene: Scene, graphs: list[Graph]) -> None:
        self.scene, self.graphs, self.known = scene, graphs, OpenQuestions()
        self.runs: dict[str, int] = {}

    def ask(self, name: str, graph: int = 0, **columns: Any) -> None:
        run = self.scene.run(self.graphs[graph], len(self.runs) + 1, "waiting", open_approvals=1)
        self.scene.approval(self.graphs[graph], run, name, **columns)
        self.runs[name] = run

    def page(self, **given: Any) -> QueuePage:
        return self.scene.read(queue_page, self.known, head=500, person=ANA, now=START, **given)

    def write(self, statement: str, **values: Any) -> None:
        with self.scene.engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def tell(self, name: str) -> None:
        """Let a journal grow, as everything does that happens to a question."""
        self.scene.event(self.runs[name], 50, e.ApprovalCommented(at=START, id=name, by=e.Principal(name="ben"), comment="hm"))

    def statements(self, **given: Any) -> list[str]:
        """What is asked of the database for a page."""
        asked: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            asked.append(" ".join(statement.split()))

        def watched(connection: sa.Connection) -> QueuePage:
            sa.event.listen(connection, "before_cursor_execute", note)
            try:
                return queue_page(connection, self.known, head=500, person=ANA, now=START, **given)
            finally:
                sa.event.remove(connection, "before_cursor_execute", note)

        self.scene.database.read_now(watched)
        return asked


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    """Questions of three workflows, of all kinds, in an order of their own."""
    with opened(tmp_path / "oyama.db") as scene:
        scene.database.reads_for = lambda: ANA
        made = Asked(scene, [scene.workflow(name) for name in ("release", "restart", "alter")])
        chance = Random(7)
        for number in range(MANY):
            made.ask(
                f"q{number:03}",
                graph=number % 3,
                requested_at=START + chance.randrange(40),
                deadline=chance.choice([None, START + chance.randrange(9000)]),
                risk=chance.choice(["high", "normal", "low"]),
                alike=chance.choice(["", "one", "two"]),
                **RULES.get(number % 12, {}),
            )
        yield made


def ids(page: QueuePage) -> list[str]:
    return [row.id for row in page.rows if not isinstance(row, AlikeGroup)]


@pytest.mark.parametrize("order", ["deadline", "risk", "age"])
@pytest.mark.parametrize("words", [[], ["q01"], ["stär"], ["high", "re"], ["#4"]])
def test_the_order_and_the_filter_are_those_of_the_database(asked: Asked, order: ApprovalOrder, words: list[str]) -> None:
    asked.write("UPDATE workflows SET name = 'STÄRKE' WHERE id = 'alter'")
    page = asked.page(order=order, words=words)
    listed = asked.scene.read(list_approvals, order=order, words=words, now=START)
    assert ids(page) == [row.id for row in listed]
    assert (page.total, page.every) == (listed.total, MANY)


def test_by_workflow_too_where_nothing_is_alike(asked: Asked) -> None:
    asked.write("UPDATE workflow_approvals SET alike = ''")
    for words in ([], ["q01"], ["release"]):
        assert ids(asked.page(words=words)) == [row.id for row in asked.scene.read(list_approvals, words=words, now=START)]


def test_nothing_is_asked_again_where_nobody_has_written(asked: Asked) -> None:
    asked.page()
    for given in ({"order": "age"}, {"folds": {"one": False}}, {"order": "risk", "wanted": "q050"}, {}):
        asked.page(**given)
        assert [one for one in asked.statements(**given) if not one.startswith("PRAGMA data_version")] == []
    [names] = [one for one in asked.statements(words=["q"]) if not one.startswith("PRAGMA data_version")]
    assert "workflow_approvals" not in names


CHANGES: dict[str, Callable[[Asked], None]] = {
    "asked": lambda asked: asked.ask("new", requested_at=START - 1),
    "answered": lambda asked: asked.write("UPDATE workflow_approvals SET status = 'approved', decided_at = 1 WHERE id = 'q007'"),
    "extended": lambda asked: asked.write("UPDATE workflow_approvals SET deadline = 1 WHERE id = 'q007'"),
    "handed on": lambda asked: asked.write("UPDATE workflow_approvals SET approvers = '{\"any_of\": [\"ben\"]}' WHERE id = 'q007'"),
    "asked otherwise": lambda asked: asked.write("UPDATE workflow_approvals SET title = 'q01 now', alike = '' WHERE id = 'q007'"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_others_do_is_seen_and_only_its_run_is_read_again(asked: Asked, change: str) -> None:
    asked.page(order="deadline")
    before = dict(asked.scene.database.read_now(asked.known.look).known)
    CHANGES[change](asked)
    if change != "asked":
        asked.tell("q007")
    for order in ("deadline", "risk", "age"):
        assert ids(asked.page(order=order)) == [row.id for row in asked.scene.read(list_approvals, order=order, now=START)]
    assert ("q007" in ids(asked.page(words=["q01"]))) is (change == "asked otherwise")
    after = asked.scene.database.read_now(asked.known.look).known
    touched = "new" if change == "asked" else "q007"
    assert {name for name in after if after[name] is not before.get(name)} <= {touched}
    assert after.keys() ^ before.keys() == ({touched} if change in ("asked", "answered") else set())


def test_a_row_shows_what_was_written_since(asked: Asked) -> None:
    asked.page()
    asked.write("UPDATE workflows SET name = 'Other' WHERE id = 'restart'")
    asked.write("UPDATE workflow_approvals SET comments = 3 WHERE id = 'q001'")
    row = next(row for row in asked.page(order="age").rows if not isinstance(row, AlikeGroup) and row.id == "q001")
    assert (row.workflow_name, row.comments) == ("Other", 3)
    assert asked.page(words=["other"]).total == MANY // 3


def test_a_repair_that_no_journal_tells_of_is_seen(asked: Asked) -> None:
    asked.page()
    asked.write("UPDATE workflow_approvals SET status = 'expired', decided_at = 1 WHERE id = 'q007'")
    page = asked.page(order="age", marked=["q007", "q008"])
    assert (page.total, page.marked) == (MANY - 1, frozenset({"q008"}))
    assert "q007" not in ids(page)


def test_far_behind_all_of_it_is_read_anew(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    assert EVERY_QUESTION in asked.statements()
    monkeypatch.setattr(known_of, "MOST_GROWTH", 1)
    asked.write("UPDATE workflow_approvals SET status = 'approved', decided_at = 1 WHERE id IN ('q007', 'q008')")
    asked.tell("q007")
    asked.tell("q008")
    assert asked.page().total == MANY - 2


def test_questions_of_imported_runs_do_not_wait_and_are_not_read_again_and_again(asked: Asked) -> None:
    origin: dict[str, Any] = {
        "origin_id": "x",
        "origin_key": 1,
        "origin_number": 1,
        "origin_head": b"h",
        "digest": "d",
        "program": "1",
        "by": "ana",
    }
    asked.scene.add(ImportTable(run=asked.runs["q007"], at=START, **origin))
    page = asked.page(order="age")
    assert (page.total, "q007" in ids(page)) == (MANY - 1, False)
    asked.tell("q008")
    assert EVERY_QUESTION not in asked.statements(order="age")


@pytest.mark.parametrize("column", ["requested_at", "deadline", "risk", "approvers", "snoozed"])
def test_a_damaged_question_hides_no_other(asked: Asked, column: Literal["requested_at"]) -> None:
    asked.write(f"UPDATE workflow_approvals SET {column} = X'FF00' WHERE id = 'q007'")
    for order in ("workflow", "deadline", "risk", "age"):
        page = asked.page(order=order, folds={"one": False, "two": False})
        assert page.total == MANY
        assert len(page.damaged) <= 1
        assert len(ids(page)) >= MANY - 1
