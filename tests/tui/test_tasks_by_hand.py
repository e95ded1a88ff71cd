"""Work by hand on the screens."""

from __future__ import annotations

from textual.widgets import Button

from oyama_tui.tui.screens.approvals import ApprovalsScreen
from tests.tui.scene import Scene, armed, looked_at, sees, shown, until

VALVE = """
id: valve
name: Valve
steps:
  - id: close
    task: Close valve 7
    prompt: It is the red one.
    form: {pressure: {type: integer, default: 2}}
    timeout: 4h
  - {id: after, run: "say closed"}
"""


async def test_a_task_stands_in_the_queue_and_done_is_one_key_and_one_button(scene: Scene) -> None:
    approval = await scene.asked(VALVE)
    async with scene.screens(size=(100, 40)) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await until(pilot, lambda: "COULD NOT DO" in shown(app))
        text = shown(app)
        assert "by hand" in text
        assert "then it fails" in text
        assert "DONE" in text
        await looked_at(pilot)
        await pilot.press("a")
        await armed(pilot)
        await sees(pilot, "Done: Close valve 7")
        assert str(app.screen.query_one("#yes", Button).label).strip() == "Done"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        await until(pilot, lambda: "done by" in shown(app))
        card = await scene.studio.approvals.get(approval)
        assert (card.row.status, card.row.word, card.row.form) == ("approved", "done", {"pressure": 2})


async def test_could_not_do_asks_why(scene: Scene) -> None:
    approval = await scene.asked(VALVE)
    async with scene.screens(size=(100, 40)) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await looked_at(pilot)
        await pilot.press("r")
        await armed(pilot)
        await sees(pilot, "Could not do: Close valve 7")
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: "needs a comment" in shown(app))
        await pilot.press(*"stuck", "tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        card = await scene.studio.approvals.get(approval)
        assert (card.row.status, card.row.word, card.row.comment) == ("rejected", "could not do", "stuck")
        run = (await scene.studio.runs.list())[0]
        assert run.word in ("running", "failed")
