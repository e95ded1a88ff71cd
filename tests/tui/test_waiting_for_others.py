"""A question that others must answer stands under their names, counts nowhere as needing whoever looks, and becomes theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from tests.tui.alike import at_queue, on_screen
from tests.tui.scene import RELEASE, Scene, sees, shown, toasts, until

OF_BEN = RELEASE.replace("id: release", "id: migrate").replace("target: production", "target: production, approvers: {any_of: [ben]}")
OF_TWO = RELEASE.replace("id: release", "id: both").replace("target: production", "target: production, approvers: {quorum: 2}")


@asynccontextmanager
async def as_ben(scene: Scene) -> AsyncIterator[Studio]:
    """Another process on the same database, which ben runs."""
    async with open_studio(Settings(home=scene.folder / "home", bell=False), drive="none", trigger="test") as studio:
        studio._context.caller.__dict__["account"] = "ben"
        yield studio


async def test_it_stands_last_under_its_own_words_and_needs_somebody_else(scene: Scene) -> None:
    theirs = await scene.asked(OF_BEN, version="v1")
    mine = await scene.asked(version="v2")
    async with scene.screens((120, 36)) as (app, pilot):
        queue = await at_queue(app, pilot)
        await until(pilot, lambda: "Approvals ◆1" in shown(app) and "1 needs you" in shown(app))
        assert queue.cursor_key == mine
        assert shown(app).index("Publish v2") < shown(app).index("Waiting for others") < shown(app).index("◇ Publish v1")
        await pilot.press("j")
        await until(pilot, lambda: queue.cursor_key == theirs and on_screen(app).here.is_shown)
        assert isinstance(app.screen, ApprovalsScreen)
        assert not app.screen.check_action("approve", ())
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and "◇ waiting: ben" in shown(app))
        assert shown(app).index("needs you ") < shown(app).index("◇ waiting: ben"), "what needs whoever looks comes first"
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "migrate #1" in shown(app) and "waiting: ben" in shown(app))


async def test_the_next_question_is_one_that_needs_whoever_looks(scene: Scene) -> None:
    await scene.asked(OF_BEN, version="v1")
    async with scene.screens() as (app, pilot):
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: any("Nothing needs you" in toast for toast in toasts(app)))


async def test_what_ben_hands_on_needs_me_at_once(scene: Scene) -> None:
    theirs = await scene.asked(OF_BEN, version="v1")
    async with as_ben(scene) as ben, scene.screens() as (app, pilot):
        await at_queue(app, pilot)
        await sees(pilot, "Waiting for others")
        await ben.approval_acts.delegate(theirs, scene.studio.principal.name)
        await until(pilot, lambda: "Waiting for others" not in shown(app) and "Approvals ◆1" in shown(app))
        assert on_screen(app).queue.cursor_key == theirs


async def test_after_my_yes_a_question_that_takes_two_waits_for_somebody_else(scene: Scene) -> None:
    both = await scene.asked(OF_TWO, version="v1")
    async with as_ben(scene) as ben, scene.screens() as (app, pilot):
        await at_queue(app, pilot)
        digest = (await scene.studio.approvals.get(both)).row.digest
        await scene.studio.approvals.decide(both, "approve", digest=digest)
        await until(pilot, lambda: "Waiting for others" in shown(app) and "somebody else" in shown(app))
        assert (await ben.approvals.list(mine=True)).total == 1
        await ben.approvals.decide(both, "approve", digest=digest)
        await until(pilot, lambda: "approved by ben" in shown(app))
