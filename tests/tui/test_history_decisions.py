"""What the history says of the answers in a run with a long loop."""

from __future__ import annotations

from oyama_tui.tui.screens.history import DECISIONS, HistoryScreen
from oyama_tui.tui.widgets.pager import Pager
from tests.tui.scene import Scene, eventually, until

MANY = DECISIONS + 4
LOOP = f"""
id: fan
steps:
  - id: each
    for_each: {{items: {list(range(MANY))}, as: n, concurrency: {MANY}}}
    steps:
      - {{id: go, gate: "Go ${{{{ n }}}}?"}}
"""


async def test_answers_in_items_that_the_tree_does_not_show_are_among_the_decisions(scene: Scene) -> None:
    run = await scene.start(LOOP)

    async def all_ask() -> bool:
        return len(await scene.studio.approvals.list()) == MANY

    await eventually(all_ask)
    for approval in await scene.studio.approvals.list():
        await scene.studio.approvals.decide(approval.id, "approve", comment=f"fine, {approval.title}")

    async def over() -> bool:
        return await scene.phase(run.id) == "completed"

    await eventually(over)
    async with scene.screens() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        pager = app.screen.query_one(Pager)

        def said() -> str:
            return "\n".join(line.plain for line in pager.shows(60))

        await until(pilot, lambda: "Decisions" in said())
        assert f"the last {DECISIONS} of {MANY}" in said()
        assert [n for n in range(MANY) if f"fine, Go {n}?" in said()] == list(range(MANY - DECISIONS, MANY))
