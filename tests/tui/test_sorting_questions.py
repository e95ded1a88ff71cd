"""The queue of questions, sorted and cut to words; only what is looked at is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from oyama_tui.core.views import ApprovalRow
from oyama_tui.settings import Settings
from oyama_tui.store.queries.alike import AROUND
from oyama_tui.tui import queue_reading
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.approval_parts import Queue
from oyama_tui.tui.widgets.filter_bar import FilterBar
from tests.store.scene import START, opened
from tests.store.test_open_questions import EVERY_QUESTION
from tests.tui.scene import Scene, WatchedApp, open_scene, sees, shown, until

MANY = 10_000
"""Questions that wait."""
MOST_STATEMENTS = 20
"""For one reading of the lines in sight and of the card."""


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Questions of which the oldest come last in the order of their numbers; every seventh is grave, every third has a deadline."""
    folder = tmp_path_factory.mktemp("waiting")
    path = Settings(home=folder / "home").database_path
    path.parent.mkdir(parents=True)
    with opened(path) as rows:
        graph = rows.workflow("release")
        run = rows.run(graph, 1, "completed")
        rows.approval(graph, run, "q00000", requested_at=START)
        with rows.engine.begin() as connection:
            names = [row[1] for row in connection.exec_driver_sql("PRAGMA table_info(workflow_approvals)")]
            listed = ", ".join(name for name in names if name not in ("id", "requested_at", "title", "risk", "deadline"))
            connection.exec_driver_sql(
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY - 1})"
                f" INSERT INTO workflow_approvals (id, requested_at, title, risk, deadline, {listed})"
                " SELECT printf('q%05d', i), requested_at - i, 'Reboot host ' || i, CASE i % 7 WHEN 0 THEN 'high' ELSE 'normal' END,"
                f" CASE i % 3 WHEN 0 THEN 9000000000000 - i END, {listed} FROM n, workflow_approvals"
            )
    return folder


@pytest.fixture
async def scene(waiting: Path) -> AsyncIterator[Scene]:
    async with open_scene(waiting) as made:
        yield made


def queue(app: WatchedApp) -> Queue:
    assert isinstance(app.screen, ApprovalsScreen)
    return app.screen.query_one(Queue)


def read_rows(app: WatchedApp) -> int:
    return sum(1 for row in queue(app)._lines if isinstance(row, ApprovalRow))


def most_read(app: WatchedApp) -> int:
    """A screenful at each end, what is in sight, and what is around the cursor."""
    return 3 * (queue(app).room.height + 1) + 2 * queue_reading.PAGE + 2 * AROUND


async def test_a_long_queue_is_read_as_far_as_it_is_looked_at(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and queue(app).cursor_key == f"q{MANY - 1:05}")
        assert read_rows(app) <= most_read(app)
        assert queue(app).line_count == MANY + 1
        for _ in range(5):
            await pilot.press("j")
        await until(pilot, lambda: queue(app).cursor_key == f"q{MANY - 6:05}")
        assert read_rows(app) <= most_read(app)


async def test_the_end_of_a_long_queue_is_read_without_what_stands_before_it(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and queue(app).cursor_key == f"q{MANY - 1:05}")
        await pilot.press("G")
        await until(pilot, lambda: queue(app).cursor_key == "q00000")
        assert read_rows(app) <= most_read(app)
        for _ in range(5):
            await pilot.press("k")
        await until(pilot, lambda: queue(app).cursor_key == "q00005")
        await pilot.press("g")
        await until(pilot, lambda: queue(app).cursor_key == f"q{MANY - 1:05}")
        assert queue(app).line_count == MANY + 1


async def test_s_sorts_by_deadline_risk_and_age_and_the_cursor_stays_on_its_question(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        oldest = f"q{MANY - 1:05}"
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and queue(app).cursor_key == oldest)
        await sees(pilot, "by workflow")
        await pilot.press("s")
        await until(pilot, lambda: "by deadline" in shown(app) and queue(app).row_at(0) is not None)
        first = queue(app).row_at(0)
        assert isinstance(first, ApprovalRow)
        assert first.id == f"q{MANY - 1:05}"
        await pilot.press("s")
        await until(pilot, lambda: "by risk" in shown(app))
        first = queue(app).row_at(0)
        assert isinstance(first, ApprovalRow)
        assert first.risk == "high"
        assert queue(app).cursor_key == oldest
        await pilot.press("s")
        await until(pilot, lambda: "by age" in shown(app))
        await pilot.press("s")
        await until(pilot, lambda: "by workflow" in shown(app))


async def test_a_question_that_comes_to_stand_in_the_middle_is_read_with_those_around_it_alone(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and queue(app).cursor_key == f"q{MANY - 1:05}")
        # By risk, what is grave comes first: the oldest question that is not stands behind all of those.
        await pilot.press("j", "s", "s")
        await until(pilot, lambda: "by risk" in shown(app) and queue(app).selected is not None)
        assert queue(app).cursor_key == f"q{MANY - 2:05}"
        assert queue(app).place > MANY // 8
        await until(pilot, lambda: None not in [queue(app).row_at(queue(app).top + line) for line in range(queue(app).room.height)])
        assert read_rows(app) <= most_read(app)
        assert len(queue(app)._lines) == MANY
        await pilot.press("k")
        await until(pilot, lambda: queue(app).selected is not None)
        await pilot.press("g")
        await until(pilot, lambda: queue(app).cursor == 0 and queue(app).selected is not None)
        assert read_rows(app) <= most_read(app)


async def test_the_whole_queue_is_read_once_whatever_key_comes(scene: Scene) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(" ".join(statement.split()))

    engine = scene.studio.queue._context.store.database.reader._engine
    sa.event.listen(engine, "before_cursor_execute", note)
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        assert asked.count(EVERY_QUESTION) == 1
        screen = app.screen
        assert isinstance(screen, ApprovalsScreen)
        marks = screen.questions.marks
        keys: tuple[tuple[tuple[str, ...], Callable[[], bool]], ...] = (
            (("s",), lambda: queue(app).row_at(1) is not None and "by deadline" in shown(app)),
            (("asterisk",), lambda: len(marks) == MANY),
            (("asterisk",), lambda: len(marks) == 0),
            (("slash", *"4321", "enter"), lambda: queue(app).cursor_key == "q04321"),
            (("escape",), lambda: queue(app).line_count == MANY),
            (("s",), lambda: "by risk" in shown(app)),
        )
        for typed, is_done in keys:
            asked.clear()
            await pilot.press(*typed)
            await until(pilot, is_done)
            assert EVERY_QUESTION not in asked
            # Rows for the window and a card with all that stands on it, for each reading.
            assert len(asked) <= MOST_STATEMENTS * (1 + len(typed)), asked
    sa.event.remove(engine, "before_cursor_execute", note)


async def test_words_cut_the_queue_and_what_they_hide_is_counted(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and queue(app).cursor_key != "")
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, FilterBar))
        await pilot.press(*"host", "space", *"4321", "enter")
        await until(pilot, lambda: queue(app).cursor_key == "q04321" and f"{MANY - 1:,} hidden" in shown(app))
        await until(pilot, lambda: "Reboot host 4321" in shown(app) and app.screen.subject_id() == "q04321")  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: "by workflow" in shown(app) and queue(app).cursor_key == "q04321")
        await pilot.press("slash")
        await pilot.press(*"nothing", "enter")
        await until(pilot, lambda: f"None of {MANY:,} questions has these words." in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "None of" not in shown(app))


async def test_a_question_that_is_gone_to_is_shown_whatever_the_filter_hides(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and queue(app).cursor_key != "")
        await pilot.press("slash")
        await pilot.press(*"4321", "enter")
        await until(pilot, lambda: queue(app).cursor_key == "q04321")
        assert isinstance(app.screen, ApprovalsScreen)
        app.screen.select(f"q{MANY - 3:05}")
        await until(pilot, lambda: queue(app).cursor_key == f"q{MANY - 3:05}")
