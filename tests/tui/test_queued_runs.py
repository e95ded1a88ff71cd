"""Runs that queue for a place: the list and the run's own screen say what is before them."""

from __future__ import annotations

from oyama_tui.tui.screens.run import RunScreen
from tests.tui.scene import Scene, sees, shown, until

LIMITED = """
id: deploy
name: Deploy
concurrency: {limit: 1}
steps:
  - {id: hold, run: "hold"}
"""


async def test_a_run_that_queues_says_what_is_before_it_and_what_would_change_it(scene: Scene) -> None:
    for _ in range(3):
        await scene.start(LIMITED)
    async with scene.screens(size=(140, 30)) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "1 before it" in shown(app) and "after #1" in shown(app))
        assert "1 running" in shown(app), "who queues does not run"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "sooner: oyama cancel deploy#2" in shown(app))
        await sees(pilot, "waiting: queue deploy, 1 before it")
        scene.steps.released.set()
        await until(pilot, lambda: "queue deploy" not in shown(app))
