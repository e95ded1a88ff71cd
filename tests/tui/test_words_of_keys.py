"""The keys that answer a question are called as its card calls the answers."""

from __future__ import annotations

from textual.pilot import Pilot

from oyama_tui.tui.dialogs.finder import FinderDialog
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.frame import KeyLine
from tests.tui.scene import RELEASE, Scene, WatchedApp, sees, shown, until
from tests.tui.test_cut_off_steps import cut_off
from tests.tui.test_tasks_by_hand import VALVE


async def footer(app: WatchedApp, pilot: Pilot[int], word: str) -> str:
    """The keys under the card, once one of them is this."""
    await pilot.press("3")
    await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
    await until(pilot, lambda: word in app.screen.query_one(KeyLine).render().plain)
    return app.screen.query_one(KeyLine).render().plain


async def test_a_task_is_done_or_could_not_be_done(scene: Scene) -> None:
    await scene.asked(VALVE)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        line = await footer(app, pilot, "a done")
        assert "r could not do" in line
        assert "approve" not in line
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, FinderDialog) and "could not do" in shown(app))


async def test_what_was_cut_off_is_answered_or_fails(scene: Scene) -> None:
    await cut_off(scene)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        assert "r let it fail" in await footer(app, pilot, "a answer")


async def test_the_difference_is_named_where_there_is_one(scene: Scene) -> None:
    first = await scene.asked()
    async with scene.screens() as (app, pilot):
        assert "d diff" not in await footer(app, pilot, "a approve")
    digest = (await scene.studio.approvals.get(first)).row.digest
    await scene.studio.approvals.decide(first, "approve", digest=digest)
    await scene.asked(RELEASE, version="v2")
    async with scene.screens() as (app, pilot):
        assert "a approve" in await footer(app, pilot, "d diff")


async def test_the_card_says_what_an_answer_takes(scene: Scene) -> None:
    await scene.asked(VALVE)
    async with scene.screens() as (app, pilot):
        await footer(app, pilot, "a done")
        await sees(pilot, "Asks for  pressure")
