"""Text from outside cannot move a cursor, hide itself or be taken as markup."""

from __future__ import annotations

import json
import unicodedata

from oyama_tui.tui.app import OyamaApp
from oyama_tui.tui.dialogs.decision import DecisionDialog
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.history import HistoryScreen
from oyama_tui.tui.screens.run import RunScreen
from tests.tui.scene import Scene, armed, looked_at, sees, shown, until

EVIL = "a[/red]b[@click=app.exit]c[/] \x1b[31md\x07 \u202ee\u009b31mf"
HOSTILE = f"""
id: hostile
name: {json.dumps(EVIL)}
description: {json.dumps(EVIL)}
inputs:
  field: {{type: string, default: {json.dumps(EVIL)}, description: {json.dumps(EVIL)}}}
  choice: {{options: [{json.dumps(EVIL)}, "b"], default: "b"}}
context: {{note: {json.dumps(EVIL)}}}
steps:
  - {{id: first, name: {json.dumps(EVIL)}, run: {json.dumps("say " + EVIL)}}}
  - id: ask
    gate:
      title: {json.dumps(EVIL)}
      prompt: {json.dumps(EVIL)}
      target: {json.dumps(EVIL)}
      preview: look
      form: {{field: {{type: string, default: {json.dumps(EVIL)}}}}}
    run: "say more"
"""


def harmless(app: OyamaApp) -> bool:
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            if any(unicodedata.category(character) in ("Cc", "Cf") for character in segment.text):
                return False
    return True


async def test_hostile_text_is_shown_as_text_everywhere(scene: Scene) -> None:
    await scene.asked(HOSTILE)
    async with scene.screens(size=(160, 50)) as (app, pilot):
        await until(pilot, lambda: "a[/red]b" in shown(app))
        assert harmless(app)
        await pilot.press("r")
        await armed(pilot)
        assert shown(app).count("a[/red]b") > 2
        assert harmless(app)
        await pilot.press("escape", "2")
        await until(pilot, lambda: "hostile #1" in shown(app))
        assert harmless(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "a[/red]b" in shown(app))
        for _tab in range(4):
            await pilot.press("right_square_bracket")
            assert harmless(app)
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await until(pilot, lambda: shown(app).count("a[/red]b") > 1)
        assert harmless(app)
        await looked_at(pilot)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, DecisionDialog))
        await armed(pilot)
        assert harmless(app)
        await pilot.press("escape", "4")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and "a[/red]b" in shown(app))
        assert harmless(app)


async def test_hostile_text_in_toasts_and_errors_is_text(scene: Scene) -> None:
    await scene.keep(HOSTILE)
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: "a[/red]b" in shown(app))
        app.screen.notify("x", markup=False)
        await pilot.press("o")
        await armed(pilot)
        await pilot.press(*"[/red].yaml", "tab", "enter")
        await until(pilot, lambda: app.screen.query("#wrong.-there"))
        await sees(pilot, "[/red].yaml")
        assert harmless(app)
