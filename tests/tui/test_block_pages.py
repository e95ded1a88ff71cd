"""Long loops and repetitions on the run screen: opened and folded, page by page, with a cursor that stays on its node."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.detail_tabs import DetailTabs
from oyama_tui.tui.widgets.run_tree import RunTree
from tests.tui.scene import Scene, WatchedApp, eventually, sees, shown, until

MANY = 120
FAILED = [3, 43, 83]
HELD = 60
LOOP = f"""
id: fan
steps:
  - id: each
    for_each: {{items: {list(range(MANY))}, as: n, concurrency: {MANY}}}
    steps:
      - {{id: good, run: "say fine"}}
      - {{id: bad, run: "fail", if: "n % 40 == 3"}}
      - {{id: held, run: "hold", if: "n == {HELD}"}}
    on_failure: continue
  - {{id: last, run: "say over"}}
"""
ROUNDS = """
id: rounds
steps:
  - id: poll
    repeat: {until: iteration >= 4, max: 9}
    steps:
      - {id: look, run: "say looked"}
"""


@asynccontextmanager
async def on_run(scene: Scene, text: str, size: tuple[int, int] = (120, 36)) -> AsyncIterator[tuple[WatchedApp, Pilot[int], RunTree]]:
    """The screen of the only run, which a test starts."""
    async with scene.screens(size) as (app, pilot):
        await app.action_show_place("runs")
        await until(pilot, lambda: text in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        assert isinstance(app.screen, RunScreen)
        yield app, pilot, app.screen.nodes


async def mostly_over(scene: Scene) -> None:
    """A run of the loop in which one item is held and all others are over."""
    run = await scene.start(LOOP)

    async def settled() -> bool:
        counts = (await scene.studio.runs.get(run.id)).nodes[0].counts
        return counts is not None and counts.completed + counts.failed == MANY - 1

    await eventually(settled)


def completed(app: WatchedApp) -> int:
    """How many items are done, by what the screen has read last."""
    assert isinstance(app.screen, RunScreen)
    assert app.screen.view is not None
    counts = app.screen.view.run.nodes[0].counts
    return counts.completed if counts is not None else 0


def keys(tree: RunTree) -> list[str]:
    lines = (tree.rows.row_at(line) for line in range(tree.rows.line_count))
    return [row.key for row in lines if row is not None and hasattr(row, "key")]


def listed() -> list[str]:
    """All items in the order in which they are listed: those that failed, the one that runs, the others."""
    others = [index for index in range(MANY) if index not in FAILED and index != HELD]
    return [f"each[{index}]" for index in (*FAILED, HELD, *others)]


async def test_a_long_loop_is_one_row_with_its_counts_until_somebody_opens_it(scene: Scene) -> None:
    await mostly_over(scene)
    async with on_run(scene, "fan #1") as (_app, pilot, tree):
        assert keys(tree) == ["each", "last"]
        await sees(pilot, "116 ✓  3 ✗  1 ●")
        tree.rows.select_key("each")
        await pilot.press("enter")
        await until(pilot, lambda: keys(tree) == ["each", *listed()[:50], "each below", "last"])
        assert tree.rows.cursor_key == "each"
        await pilot.press("enter")
        await until(pilot, lambda: keys(tree) == ["each", "last"])


async def test_every_item_is_reached_page_by_page_and_back(scene: Scene) -> None:
    await mostly_over(scene)
    async with on_run(scene, "fan #1") as (app, pilot, tree):
        tree.rows.select_key("each")
        await pilot.press("right")
        await until(pilot, lambda: "each below" in keys(tree))
        tree.rows.select_key("each below")
        await until(pilot, lambda: "70 more below" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: keys(tree) == ["each", "each above", *listed()[50:100], "each below", "last"])
        assert tree.rows.cursor_key == listed()[50]
        tree.rows.select_key("each below")
        await pilot.press("right")
        await until(pilot, lambda: keys(tree) == ["each", "each above", *listed()[100:], "last"])
        tree.rows.select_key("each above")
        await pilot.press("enter")
        await until(pilot, lambda: keys(tree) == ["each", "each above", *listed()[50:100], "each below", "last"])
        assert tree.rows.cursor_key == listed()[99]
        await pilot.press("left")
        assert tree.rows.cursor_key == "each"
        await pilot.press("left")
        await until(pilot, lambda: keys(tree) == ["each", "last"])


async def test_the_cursor_stays_on_its_item_when_that_is_over_and_stands_elsewhere(scene: Scene) -> None:
    await mostly_over(scene)
    async with on_run(scene, "fan #1") as (app, pilot, tree):
        tree.rows.select_key("each")
        await pilot.press("right")
        await until(pilot, lambda: f"each[{HELD}]" in keys(tree))
        tree.rows.select_key(f"each[{HELD}]")
        await pilot.press("right")
        await until(pilot, lambda: f"each[{HELD}].held" in keys(tree))
        tree.rows.select_key(f"each[{HELD}].held")
        scene.steps.released.set()
        await until(pilot, lambda: completed(app) == MANY - len(FAILED))
        assert tree.rows.cursor_key == f"each[{HELD}].held"
        order = [f"each[{index}]" for index in (*FAILED, *(index for index in range(MANY) if index not in FAILED))]
        items = [key for key in keys(tree) if key.endswith("]")]
        assert items == [*order[:3], f"each[{HELD}]", *order[3:50]]


async def test_an_item_opens_to_its_steps_whose_output_and_error_can_be_looked_at(scene: Scene) -> None:
    await mostly_over(scene)
    async with on_run(scene, "fan #1") as (app, pilot, tree):
        tree.rows.select_key("each")
        await pilot.press("right")
        await until(pilot, lambda: "each[3]" in keys(tree))
        tree.rows.select_key("each[3]")
        await pilot.press("enter")
        await until(pilot, lambda: "each[3].bad" in keys(tree))
        tree.rows.select_key("each[3].good")
        await until(pilot, lambda: "fine" in shown(app))
        tree.rows.select_key("each[3].bad")
        app.screen.query_one(DetailTabs).turn(1)
        await until(pilot, lambda: "exit 2" in shown(app))
        tree.rows.select_key("each[3]")
        await until(pilot, lambda: "began" in shown(app) and "each[3]" in shown(app))


async def test_earlier_rounds_of_a_repetition_can_be_looked_at(scene: Scene) -> None:
    run = await scene.start(ROUNDS)

    async def over() -> bool:
        return await scene.phase(run.id) == "completed"

    await eventually(over)
    async with on_run(scene, "rounds #1") as (app, pilot, tree):
        assert keys(tree) == ["poll", "poll#4", "poll#4.look", "poll#3", "poll#2", "poll#1"]
        tree.rows.select_key("poll#1")
        await pilot.press("right")
        await until(pilot, lambda: "poll#1.look" in keys(tree))
        await pilot.press("right")
        await until(pilot, lambda: tree.rows.cursor_key == "poll#1.look" and "looked" in shown(app))
        await pilot.press("left", "left")
        await until(pilot, lambda: "poll#1.look" not in keys(tree))


async def test_who_opens_a_block_is_not_taken_to_what_runs(scene: Scene) -> None:
    await mostly_over(scene)
    async with on_run(scene, "fan #1") as (app, pilot, tree):
        assert tree.rows.cursor_key == "each"
        await pilot.press("enter")
        await until(pilot, lambda: f"each[{HELD}]" in keys(tree))
        assert isinstance(app.screen, RunScreen)
        app.screen.reload()
        scene.steps.released.set()
        await until(pilot, lambda: "117 ✓" in shown(app))
        assert tree.rows.cursor_key == "each"


async def test_where_there_is_room_for_one_pane_tab_leads_from_a_block_to_what_is_said_of_it(scene: Scene) -> None:
    await mostly_over(scene)
    async with on_run(scene, "fan #1", (64, 24)) as (app, pilot, tree):
        tree.rows.select_key("each")
        await pilot.press("tab")
        await until(pilot, lambda: "Output" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "116 ✓" in shown(app))
