"""A run is shown as a tree, as a graph, and along time; what is under the cursor stays the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from oyama_tui.tui.render.timeline import tick_words
from oyama_tui.tui.screens.run import RunScreen
from tests.tui.scene import Scene, WatchedApp, eventually, sees, shown, until

TICKS = {0: "0", 30: "30s", 60: "1m", 90: "1m30", 8_100: "2h15", 7_200: "2h", 86_400: "1d", 133_200: "1d13"}
FAN = """
id: fan
type: parallel
steps:
  - {id: begin, run: "say begun"}
  - {id: left, needs: [begin], run: "say left"}
  - {id: right, needs: [begin], run: "hold"}
  - {id: publish, needs: [left, right], gate: {title: Publish it}, run: "say published"}
  - {id: after, needs: [publish], run: "hold"}
"""
LOOP = """
id: loop
steps:
  - {id: each, for_each: {items: [1, 2, 3]}, steps: [{id: one, run: "say ${{ item }}"}]}
  - {id: done, run: "say done"}
"""


async def completed(scene: Scene, text: str) -> None:
    """One run of a workflow, answered and over; what is held in it takes a fifth of a second."""
    row = await scene.start(text)

    async def is_over() -> bool:
        for approval in await scene.studio.approvals.of_run(row.id, pending=True):
            await scene.studio.approvals.decide(approval.id, "approve")
        for node in (await scene.studio.runs.get(row.id)).nodes:
            if node.status == "running" and node.started_at is not None and datetime.now(UTC) - node.started_at > timedelta(seconds=0.2):
                scene.steps.released.set()
                scene.steps.released.clear()
        return await scene.phase(row.id) == "completed"

    await eventually(is_over)


def selected(app: WatchedApp) -> str:
    """The node under the cursor."""
    assert isinstance(app.screen, RunScreen)
    node = app.screen.nodes.node
    return node.key if node is not None else ""


def line_with(app: WatchedApp, words: str) -> str:
    """The line that has these words."""
    return next(line for line in shown(app).splitlines() if words in line)


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20)])
async def test_v_shows_the_graph_the_times_and_the_tree_again(scene: Scene, size: tuple[int, int]) -> None:
    await scene.start(FAN)
    async with scene.screens(size) as (app, pilot):
        await pilot.press("2", "enter")
        await sees(pilot, "publish")
        await pilot.press("v")
        await sees(pilot, "──✓ left")
        await pilot.press("v")
        await sees(pilot, "0──")
        await until(pilot, lambda: any(sign in line_with(app, "begin") for sign in "█▏▎▍▌▐"))
        assert ("a person's time" in shown(app)) is (size[1] >= 24)
        await pilot.press("v")
        await sees(pilot, "✓ begin")
        assert "0──" not in shown(app)
        assert "──✓ left" not in shown(app)


async def test_the_cursor_goes_along_the_edges_and_is_the_same_in_the_tree(scene: Scene) -> None:
    await scene.start(FAN)
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await sees(pilot, "publish")
        await pilot.press("v", "g")
        assert selected(app) == "begin"
        await pilot.press("l")
        assert selected(app) in ("left", "right")
        await pilot.press("g", "l", "k" if selected(app) == "right" else "j")
        beside = selected(app)
        assert beside in ("left", "right")
        await pilot.press("l")
        assert selected(app) in ("publish", "publish.gate")
        await pilot.press("l", "l")
        assert selected(app) == "after"
        await pilot.press("h", "h", "h")
        assert selected(app) == "begin"
        await pilot.press("G", "v", "v")
        assert selected(app) == "after"
        await pilot.press("escape")
        assert not isinstance(app.screen, RunScreen)


async def test_a_gate_is_one_with_its_step_and_its_answer_is_a_key_away(scene: Scene) -> None:
    scene.steps.released.set()
    await scene.asked(FAN)
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await sees(pilot, "Publish it")
        await pilot.press("v")
        await sees(pilot, "publish asks you")
        await pilot.press("G", "h")
        assert selected(app) == "publish.gate"
        await pilot.press("a")
        await sees(pilot, "Checked by Oyama")


async def test_what_usually_happens_is_told_of_steps_that_have_not_begun(scene: Scene) -> None:
    await completed(scene, FAN)
    await scene.start(FAN)
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await sees(pilot, "after")
        assert re.search(r"~[0-9.]+ s +│", line_with(app, "○ after"))
        assert "~" not in line_with(app, "○ publish"), "what takes next to no time is not worth a word"
        await pilot.press("v")
        await sees(pilot, "○ after ~")
        await pilot.press("v")
        await sees(pilot, "expected from 1 run")


def test_times_on_the_axis_are_told_whole() -> None:
    assert {seconds: tick_words(seconds) for seconds in TICKS} == TICKS


async def test_a_block_is_one_vertex_with_its_counts(scene: Scene) -> None:
    await completed(scene, LOOP)
    async with scene.screens() as (app, pilot):
        await pilot.press("4", "enter", "o")
        await sees(pilot, "✓▾ each")
        await pilot.press("v")
        await sees(pilot, "✓ each 3/3──")
        await pilot.press("v")
        await sees(pilot, "a person's time")
        assert "expected" not in shown(app)


async def test_enter_in_the_graph_goes_into_the_panes_and_esc_back_into_the_graph(scene: Scene) -> None:
    await scene.start(FAN)
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await sees(pilot, "publish")
        await pilot.press("v", "g", "enter")
        assert app.focused is not None
        assert app.focused.id == "output"
        await pilot.press("escape")
        assert app.focused.id == "graph"
