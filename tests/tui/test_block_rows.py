"""Blocks in the tree of the run screen: items, what is in them, and what the panes say of a row that is no step."""

from __future__ import annotations

from oyama_tui.tui.screens.run import RunScreen
from tests.tui.scene import Scene, shown, toasts, until

LOOP = """
id: fan
name: Every host
steps:
  - id: each
    for_each: {items: [web, db], as: host}
    steps:
      - {id: copy, run: "say copied"}
      - {id: check, run: "fail"}
    on_failure: continue
  - id: last
    gate: Go on?
"""


async def test_rows_of_a_block_say_how_far_it_is_and_each_pane_has_something_to_say(scene: Scene) -> None:
    await scene.asked(LOOP)
    async with scene.screens() as (app, pilot):
        await app.action_show_place("runs")
        await until(pilot, lambda: "Every host" in shown(app) or "fan #1" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        assert isinstance(app.screen, RunScreen)
        await until(pilot, lambda: "2 ✗" in shown(app))
        keys = [node.key for node in app.screen.view.run.nodes] if app.screen.view is not None else []
        assert keys[:4] == ["each", "each[0]", "each[0].copy", "each[0].check"]
        for key in ("each", "each[0]", "each[1].check"):
            app.screen.nodes.rows.select_key(key)
            for _ in range(4):
                await pilot.press("]")
                assert toasts(app) == []
        app.screen.nodes.rows.select_key("each[0].copy")
        await until(pilot, lambda: "copied" in shown(app))
