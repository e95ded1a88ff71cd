"""The history of approvals on the screens: a second list under History, filtered, with the card of one to be read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core import events as e
from oyama_tui.settings import Settings
from oyama_tui.store.tables import VoteTable
from oyama_tui.tui.screens.history import HistoryScreen
from oyama_tui.tui.screens.past_approvals import PastApprovalsScreen
from oyama_tui.tui.widgets.paged_rows import MOST_HELD
from tests.store.scene import START, opened
from tests.tui.scene import Scene, WatchedApp, open_scene, shown, until

LATER = "id: later\nsteps:\n  - {id: ask, gate: {title: Go on later}}\n"
MANY = 1_300
"""Approvals that are over."""
LONG = "Apply three changes to the production database of the European shop and of all its mirrors"


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("past")
    path = Settings(home=folder / "home").database_path
    path.parent.mkdir(parents=True)
    with opened(path) as rows:
        graph = rows.workflow("release")
        run = rows.run(graph, 1, "completed")
        rows.approval(graph, run, "a0", e.ApprovalContent(title="Publish 0"), status="expired", decided_at=START)
        with rows.engine.begin() as connection:
            names = [row[1] for row in connection.exec_driver_sql("PRAGMA table_info(workflow_approvals)")]
            listed = ", ".join(name for name in names if name not in ("id", "decided_at", "title"))
            connection.exec_driver_sql(
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY - 1})"
                f" INSERT INTO workflow_approvals (id, decided_at, title, {listed})"
                f" SELECT 'a' || i, decided_at + i, 'Publish ' || i, {listed} FROM n, workflow_approvals"
            )
        content = e.ApprovalContent(title=LONG, target="eu-prod", action="./apply.sh --all", risk="high")
        over: dict[str, Any] = {"status": "rejected", "decided_by": "ana", "decided_at": START + 9_000_000, "comment": "not today\n[/red]"}
        rows.approval(graph, run, "b1", content, node="apply.gate", requested_seq=9, risk="high", **over)
        answer: dict[str, Any] = {"verdict": "reject", "kind": "human", "at": START, "digest": "d"}
        rows.add(VoteTable(approval_id="b1", principal="ana", comment="not today\n[/red]", origin={"how": "tty"}, **answer))
    return folder


@pytest.fixture
async def scene(past: Path) -> AsyncIterator[Scene]:
    async with open_scene(past) as made:
        yield made


def screen(app: WatchedApp) -> PastApprovalsScreen:
    assert isinstance(app.screen, PastApprovalsScreen)
    return app.screen


def chosen(app: WatchedApp) -> str:
    return screen(app).subject_id()


async def test_brackets_turn_between_the_lists_of_history_and_each_keeps_its_place(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: "Runs   Approvals" in shown(app))
        await pilot.press("]")
        await until(pilot, lambda: isinstance(app.screen, PastApprovalsScreen) and chosen(app) == "b1")
        await pilot.press("j", "j")
        await until(pilot, lambda: chosen(app) == f"a{MANY - 2}")
        await pilot.press("]")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        await pilot.press("[")
        await until(pilot, lambda: isinstance(app.screen, PastApprovalsScreen) and chosen(app) == f"a{MANY - 2}")
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))


async def test_both_ends_are_reached_and_only_a_window_is_held(scene: Scene) -> None:
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await app.action_show_place("past_approvals")
        await until(pilot, lambda: chosen(app) == "b1")
        await until(pilot, lambda: f"{MANY + 1:,} approvals" in shown(app))
        await pilot.press("G")
        await until(pilot, lambda: chosen(app) == "a0" and "Publish 0" in shown(app))
        assert len(screen(app).listed._window) <= MOST_HELD
        await pilot.press("g")
        await until(pilot, lambda: chosen(app) == "b1")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36), (160, 50)])
async def test_enter_shows_the_card_with_its_answers_and_nothing_answers_it(scene: Scene, size: tuple[int, int]) -> None:
    async with scene.screens(size=size) as (app, pilot):
        await app.action_show_place("past_approvals")
        await until(pilot, lambda: chosen(app) == "b1")
        await until(pilot, lambda: "rejected" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "./apply.sh --all" in shown(app))
        await pilot.press("G")
        await until(pilot, lambda: "not today" in shown(app) and "[/red]" in shown(app))
        await pilot.press("a", "r")
        assert app.screen is screen(app)
        await pilot.press("escape")
        await until(pilot, lambda: screen(app).listed.has_focus)


async def test_the_filter_has_the_words_of_history_and_says_what_it_does_not_know(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await app.action_show_place("past_approvals")
        await until(pilot, lambda: chosen(app) == "b1")
        await pilot.press("slash", *"status:exp")
        assert "There is no status" not in shown(app)
        await pilot.press(*"ired", "space", *"'publish 79'", "enter")
        await until(pilot, lambda: chosen(app) == "a799")
        await pilot.press("slash", *(["backspace"] * 40), *"risk:high", "space", *"by:ana", "enter")
        await until(pilot, lambda: chosen(app) == "b1" and "1 approval" in shown(app))
        await pilot.press("slash", *(["backspace"] * 40), *"risk:huge", "enter")
        await until(pilot, lambda: "There is no risk 'huge'. Use one of low, normal, high." in shown(app))
        await pilot.press("slash", *(["backspace"] * 20), *"by:nobody", "enter")
        await until(pilot, lambda: "No approval fits the filter." in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: f"{MANY + 1:,} approvals" in shown(app))


async def test_an_empty_history_says_what_it_will_hold(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as empty, empty.screens() as (app, pilot):
        await app.action_show_place("past_approvals")
        await until(pilot, lambda: "No question yet." in shown(app))


async def test_what_is_answered_while_one_looks_comes_on_top_and_the_cursor_stays(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        asked = await scene.asked(LATER)
        await app.action_show_place("past_approvals")
        await until(pilot, lambda: chosen(app) == asked)
        await pilot.press("j")
        await until(pilot, lambda: chosen(app) == "b1")
        await scene.studio.approvals.decide(asked, "reject", comment="no")
        await until(pilot, lambda: "needs you" not in shown(app).split("Approvals")[-1] and "rejected" in shown(app))
        assert chosen(app) == "b1"
