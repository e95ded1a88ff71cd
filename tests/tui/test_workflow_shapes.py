"""Workflows stand in lines with their newest runs, or as cards; where they stand changes only when somebody wants that."""

from __future__ import annotations

import pytest

from oyama_tui.tui.screens.workflows import WorkflowsScreen
from tests.tui.scene import BROKEN, GRAVE, LONG, RELEASE, Scene, WatchedApp, eventually, sees, shown, until


def names(app: WatchedApp) -> list[str]:
    """The workflows from above."""
    assert isinstance(app.screen, WorkflowsScreen)
    lines = app.screen.shapes.lines
    return [line.id for line in (lines.row_at(place) for place in range(lines.line_count)) if line is not None and hasattr(line, "id")]


def line_with(app: WatchedApp, words: str) -> str:
    """The line that has these words."""
    return next(line for line in shown(app).splitlines() if words in line)


async def over(scene: Scene, text: str, **inputs: str) -> None:
    """One run that has ended."""
    row = await scene.start(text, **inputs)

    async def ended() -> bool:
        return (await scene.studio.runs.get(row.id)).row.ended

    await eventually(ended)


async def test_each_of_the_newest_runs_is_a_sign_and_what_they_tell_in_sum_stands_beside_it(scene: Scene) -> None:
    scene.steps.released.set()
    await over(scene, LONG)
    await over(scene, LONG)
    await over(scene, BROKEN)
    await scene.asked(GRAVE)
    async with scene.screens() as (app, pilot):
        await sees(pilot, "Grave")
        assert line_with(app, "Broken").split()[:4] == ["Broken", "✗", "failed", "✗"]
        assert "0%" in line_with(app, "Broken")
        good = line_with(app, "Long").split()
        assert len(good[3]) == 2
        assert set(good[3]) <= set("▁▂▃▄▅▆▇")
        assert good[4] == "100%"
        assert line_with(app, "Grave").split()[1:6] == ["◆", "needs", "you", "0/1", "◆"]
        assert "Drop the table" in line_with(app, "Grave")


async def test_an_older_run_that_ends_is_seen_while_the_newest_goes_on(scene: Scene) -> None:
    older = await scene.asked(RELEASE)
    await scene.start(RELEASE, version="v2")
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: "  ◆◆" in line_with(app, "Release"))
        await scene.studio.approvals.decide(older, "reject", comment="no")
        await until(pilot, lambda: "  ⊘◆" in line_with(app, "Release"))


async def test_nothing_moves_until_somebody_sorts_or_comes_back(scene: Scene) -> None:
    for text in (RELEASE, LONG, GRAVE):
        await scene.keep(text)
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: names(app) == ["grave", "long", "release"])
        await scene.asked(RELEASE)
        await sees(pilot, "needs you")
        assert names(app) == ["grave", "long", "release"]
        await scene.keep(BROKEN)
        await until(pilot, lambda: names(app) == ["broken", "grave", "long", "release"])
        await pilot.press("s")
        assert names(app) == ["broken", "grave", "long", "release"], "by name"
        await pilot.press("s")
        await until(pilot, lambda: names(app)[0] == "release")
        await pilot.press("s")
        await scene.asked(GRAVE)
        await until(pilot, lambda: line_with(app, "Grave").count("needs you") == 1)
        before = names(app)
        await pilot.press("2", "1")
        await until(pilot, lambda: names(app)[0] == "grave" != before[0])


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20)])
async def test_v_turns_lines_into_cards_with_the_same_one_under_the_cursor(scene: Scene, size: tuple[int, int]) -> None:
    for text in (RELEASE, LONG, GRAVE):
        await scene.keep(text)
    async with scene.screens(size) as (app, pilot):
        await sees(pilot, "Long")
        screen = app.screen
        assert isinstance(screen, WorkflowsScreen)
        await pilot.press("j")
        assert screen.subject_id() == "long"
        await pilot.press("v")
        await sees(pilot, "r runs it")
        assert screen.subject_id() == "long"
        assert app.focused is not None
        assert app.focused.id == "cards"
        await pilot.press("v")
        assert app.focused.id == "lines"
        assert screen.subject_id() == "long"
        assert "r runs it" not in shown(app)


async def test_words_that_no_workflow_has_are_said_to_be_in_none(scene: Scene) -> None:
    await scene.keep(RELEASE)
    async with scene.screens() as (app, pilot):
        await sees(pilot, "Release")
        await pilot.press("slash", *"nothing")
        await sees(pilot, "No workflow has these words.")
        await pilot.press("escape")
        await sees(pilot, "Release")
        assert "No workflow" not in shown(app)


async def test_what_is_under_the_cursor_is_told_of_below(scene: Scene) -> None:
    await scene.keep(RELEASE.replace("name: Release\n", "name: Release\ndescription: Publish a version\n"))
    async with scene.screens() as (app, pilot):
        await sees(pilot, "Publish a version")
        assert "sequential, 3 steps" in line_with(app, "Publish a version")
        assert "release.yaml" in line_with(app, "Publish a version")
