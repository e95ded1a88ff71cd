"""Pinning and deleting from the lists, each with its dialog and its counts."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from oyama_tui.tui.dialogs.confirm import ConfirmDialog
from oyama_tui.tui.dialogs.deleting import DeleteWorkflowDialog
from oyama_tui.tui.screens.history import HistoryScreen
from oyama_tui.tui.screens.runs import RunsScreen
from oyama_tui.tui.screens.workflows import WorkflowsScreen
from tests.tui.scene import LONG, Scene, WatchedApp, armed, eventually, sees, shown, toasts, until

QUICK = "id: quick\nname: Quick\nsteps:\n  - {id: a, run: 'say hello'}\n"
SMALL = (80, 24)


async def ended(scene: Scene, times: int) -> list[str]:
    """Runs that are over."""
    made = []
    for _ in range(times):
        run = (await scene.start(QUICK)).id

        async def is_over(run: str = run) -> bool:
            return await scene.phase(run) == "completed"

        await eventually(is_over)
        made.append(run)
    return made


async def numbers(scene: Scene) -> list[int]:
    return sorted(row.number for row in await scene.studio.runs.list(limit=50))


def selected(app: WatchedApp) -> str:
    screen = app.screen
    assert isinstance(screen, RunsScreen | HistoryScreen)
    row = screen.subject if isinstance(screen, RunsScreen) else screen.listed.selected
    return row.label if row is not None else ""


async def at(pilot: Pilot[int], app: WatchedApp, place: str, label: str) -> None:
    """Go to a list, with the cursor on a run."""
    await pilot.press(place)
    await until(pilot, lambda: isinstance(app.screen, RunsScreen | HistoryScreen) and selected(app) != "")
    for _ in range(9):
        if selected(app) == label:
            return
        await pilot.press("j")
    raise AssertionError(shown(app))


@pytest.mark.parametrize("place", ["2", "4"])
async def test_a_run_is_deleted_after_a_dialog_with_what_goes(scene: Scene, place: str) -> None:
    await ended(scene, 3)
    async with scene.screens(SMALL) as (app, pilot):
        await at(pilot, app, place, "quick #2")
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await armed(pilot)
        await sees(pilot, "Delete quick #2?")
        await sees(pilot, "are removed for good")
        # The keys are on what changes nothing.
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, ConfirmDialog))
        assert await numbers(scene) == [1, 2, 3]
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await armed(pilot)
        await pilot.press("left", "enter")
        await until(pilot, lambda: "quick #2 is deleted." in " ".join(toasts(app)) + shown(app))
        assert await numbers(scene) == [1, 3]
        await until(pilot, lambda: "quick #2 " not in shown(app).replace("quick #2 is deleted", ""))
        assert selected(app) == "quick #1"


@pytest.mark.parametrize("place", ["2", "4"])
async def test_a_pinned_run_has_a_mark_and_cannot_be_deleted(scene: Scene, place: str) -> None:
    await ended(scene, 2)
    async with scene.screens(SMALL) as (app, pilot):
        await at(pilot, app, place, "quick #1")
        await pilot.press("K")
        await until(pilot, lambda: "quick #1 ■" in shown(app))
        assert "quick #2 ■" not in shown(app)
        await pilot.press("D")
        await until(pilot, lambda: any("is pinned, so it is kept: K lets it go first" in words for words in (*toasts(app), shown(app))))
        assert not isinstance(app.screen, ConfirmDialog)
        await pilot.press("K")
        await until(pilot, lambda: "quick #1 ■" not in shown(app))
        assert not (await scene.studio.runs.get("quick#1")).row.pinned


async def test_a_live_run_is_not_offered_for_deletion(scene: Scene) -> None:
    await scene.start(LONG)
    async with scene.screens(SMALL) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and selected(app) == "long #1")
        assert app.screen.check_action("take_up", ("delete",)) is False
        assert app.screen.check_action("take_up", ("pin",))


@pytest.mark.parametrize(
    ("presses", "left", "words"),
    [(("left", "left"), [1, 2, 3], "Quick is deleted; its history stays."), (("left",), [2], "Quick is deleted with its runs.")],
)
async def test_a_workflow_is_deleted_with_its_runs_or_without(scene: Scene, presses: tuple[str, ...], left: list[int], words: str) -> None:
    runs = await ended(scene, 3)
    await scene.studio.keeping.pin(runs[1])
    async with scene.screens(SMALL) as (app, pilot):
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.selected is not None)
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, DeleteWorkflowDialog))
        await armed(pilot)
        await sees(pilot, "It has 3 runs, about")
        assert "1 pinned run stays" in " ".join(line.strip(" │┃") for line in shown(app).splitlines())
        await sees(pilot, "Delete it and 2 runs")
        await pilot.press(*presses, "enter")
        await until(pilot, lambda: any(words in text for text in (*toasts(app), shown(app))))
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.selected is None)
    assert await numbers(scene) == left
    assert await scene.studio.workflows.list() == ()


async def test_a_workflow_with_a_live_run_stays(scene: Scene) -> None:
    await scene.start(LONG)
    async with scene.screens(SMALL) as (app, pilot):
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.selected is not None)
        await pilot.press("D")
        await until(pilot, lambda: any("has 1 live run" in text for text in (*toasts(app), shown(app))))


async def test_the_history_keeps_its_place_when_runs_go(scene: Scene) -> None:
    runs = await ended(scene, 6)
    async with scene.screens(SMALL) as (app, pilot):
        await at(pilot, app, "4", "quick #2")
        await scene.studio.keeping.delete_run(runs[4])
        await until(pilot, lambda: "quick #5" not in shown(app))
        assert selected(app) == "quick #2"
        await scene.studio.keeping.delete_run(runs[1])
        await until(pilot, lambda: "quick #2" not in shown(app))
        assert selected(app) == "quick #1"
