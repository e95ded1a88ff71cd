"""Steps that wait, on the screens: the event that one waits for is sent, and a pause is ended, with a key."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Button

from oyama_tui.tui.dialogs.event import EventDialog
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from oyama_tui.tui.widgets.writing import SeveralLines
from tests.tui.scene import Scene, WatchedApp, armed, sees, shown, toasts, until

DEPLOY = """
id: deploy
name: Deploy
steps:
  - {id: up, wait: {event: deployed}, outputs: {version: "${{ result.version }}"}}
  - {id: told, run: "say done"}
"""
PATIENT = """
id: patient
name: Patient
steps:
  - {id: bad, run: "fail", retry: {max_attempts: 2, interval: 1h, max_interval: 1h, jitter: false}}
"""


async def at_run(scene: Scene, app: WatchedApp, pilot: Pilot[int], words: str) -> None:
    await pilot.press("2")
    await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.subject is not None)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and words in shown(app))


async def test_the_event_that_a_step_waits_for_is_sent_with_a_key(scene: Scene) -> None:
    run = await scene.start(DEPLOY)
    async with scene.screens(size=(120, 30)) as (app, pilot):
        await at_run(scene, app, pilot, "waits for event deployed")
        await sees(pilot, "S send event")
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, EventDialog))
        await armed(pilot)
        await sees(pilot, "Send deployed to deploy #1")
        app.screen.query_one("#payload", SeveralLines).text = "{version"
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: "is no JSON" in shown(app))
        app.screen.query_one("#payload", SeveralLines).text = '{"version": "v2"}'
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: any("deployed is delivered" in toast for toast in toasts(app)))
        await until(pilot, lambda: "completed" in shown(app))
        attempt = await scene.studio.runs.attempt(run.id, "up")
        assert attempt is not None
        assert (attempt.status, attempt.result, attempt.outputs) == ("completed", {"version": "v2"}, {"version": "v2"})


async def test_a_pause_before_another_attempt_is_ended_with_a_key(scene: Scene) -> None:
    run = await scene.start(PATIENT)
    async with scene.screens(size=(120, 30)) as (app, pilot):
        await at_run(scene, app, pilot, "retry in")
        await sees(pilot, "R: now")
        await pilot.press("R")
        await until(pilot, lambda: any("without a further pause" in toast for toast in toasts(app)))
        await until(pilot, lambda: "failed" in shown(app) and "retry in" not in shown(app))
        assert (await scene.studio.runs.get(run.id)).nodes[0].attempt == 2
