"""The question that a step asks, or has asked, stands beside the run."""

from __future__ import annotations

import pytest

from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.detail_tabs import DetailTabs
from tests.tui.scene import RELEASE, Scene, WatchedApp, sees, shown


def pane(app: WatchedApp) -> str | None:
    """The id of the pane in sight."""
    assert isinstance(app.screen, RunScreen)
    return app.screen.query_one(DetailTabs).pane.id


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_the_question_is_there_where_the_cursor_begins_and_goes_with_it(scene: Scene, size: tuple[int, int]) -> None:
    await scene.asked()
    async with scene.screens(size) as (app, pilot):
        await pilot.press("2", "enter")
        await sees(pilot, "NO   the run stops here")
        assert pane(app) == "question"
        await pilot.press("g")
        await sees(pilot, "tested")
        assert pane(app) == "output"
        assert "Question" not in shown(app)
        await pilot.press("j", "j")
        await sees(pilot, "NO   the run stops here")


async def test_a_pane_that_somebody_has_chosen_stays(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await sees(pilot, "All checks passed.")
        await pilot.press("]")
        assert pane(app) == "values"
        await pilot.press("g", "j", "j")
        assert pane(app) == "values"
        await pilot.press("[")
        await sees(pilot, "All checks passed.")
        await pilot.press("[")
        assert pane(app) == "output"


async def test_what_somebody_else_answers_is_seen_at_once(scene: Scene) -> None:
    asked = await scene.asked(RELEASE)
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await sees(pilot, "All checks passed.")
        await scene.studio.approvals.decide(asked, "reject", comment="not on a Friday")
        await sees(pilot, "not on a Friday")
        assert pane(app) == "question"
        assert "rejected" in shown(app)
