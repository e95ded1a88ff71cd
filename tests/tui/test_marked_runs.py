"""Several runs at once on the screen of runs: marked, paused, resumed, cancelled."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Button

from oyama_tui.tui.dialogs.confirm import ConfirmDialog
from oyama_tui.tui.screens.runs import RunsScreen
from oyama_tui.tui.widgets.frame import KeyLine
from tests.tui.scene import LONG, RELEASE, Scene, WatchedApp, armed, sees, shown, toasts, until


async def at_runs(app: WatchedApp, pilot: Pilot[int], runs: int) -> RunsScreen:
    """Go to the runs, and wait until so many are seen."""
    await pilot.press("2")
    await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.view is not None and len(app.screen.view.live) == runs)
    assert isinstance(app.screen, RunsScreen)
    return app.screen


async def statuses(scene: Scene) -> dict[str, str]:
    return {row.id: row.status for row in await scene.studio.runs.list()}


async def test_marked_runs_are_paused_and_resumed_together(scene: Scene) -> None:
    started = [(await scene.start(LONG)).id for _ in range(3)]
    async with scene.screens() as (app, pilot):
        screen = await at_runs(app, pilot, 3)
        other = screen.runs.cursor_key
        await pilot.press("j", "space", "j", "space")
        await until(pilot, lambda: len(screen.lines.marked) == 2)
        await sees(pilot, "2 marked")
        await until(pilot, lambda: "pause/resume 2" in screen.query_one(KeyLine).render().plain)
        await pilot.press("p")
        await until(pilot, lambda: "2 runs will start no new step." in toasts(app))
        found = await statuses(scene)
        assert {found[each] for each in started if each != other} <= {"paused", "draining"}
        assert found[other] == "running"
        await until(pilot, lambda: all(row.status in ("paused", "draining") for row in screen.lines.marked.values()))
        await pilot.press("p")
        await until(pilot, lambda: "2 runs may go on." in toasts(app))
        assert set((await statuses(scene)).values()) == {"running"}


async def test_marked_runs_are_cancelled_after_a_dialog_that_counts_them(scene: Scene) -> None:
    await scene.asked(RELEASE)
    await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        screen = await at_runs(app, pilot, 2)
        await pilot.press("asterisk")
        await until(pilot, lambda: len(screen.lines.marked) == 2)
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await armed(pilot)
        for words in ("Cancel 2 runs?", "release #1", "long #1", "1 running step", "withdrawn"):
            assert words in shown(app)
        app.screen.query_one("#no", Button).press()
        await until(pilot, lambda: app.screen is screen)
        assert "cancelled" not in (await statuses(scene)).values()
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await armed(pilot)
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: "2 runs cancelled." in toasts(app))
        await until(pilot, lambda: not screen.lines.marked)
        assert set((await statuses(scene)).values()) == {"cancelled"}
        assert "marked" not in shown(app)


async def test_what_is_over_meanwhile_is_counted_as_refused_and_says_why(scene: Scene) -> None:
    first = (await scene.start(LONG)).id
    await scene.start(LONG)
    async with scene.screens() as (app, pilot):
        screen = await at_runs(app, pilot, 2)
        await pilot.press("asterisk", "X")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await armed(pilot)
        await scene.studio.runs.cancel(first)
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: any(words.startswith("1 of 2 runs cancelled. long #1: ") for words in toasts(app)))
        await until(pilot, lambda: not screen.lines.marked)


async def test_another_filter_and_a_second_star_forget_the_marks(scene: Scene) -> None:
    await scene.start(LONG)
    await scene.asked(RELEASE)
    async with scene.screens() as (app, pilot):
        screen = await at_runs(app, pilot, 2)
        await pilot.press("asterisk")
        await until(pilot, lambda: len(screen.lines.marked) == 2)
        await pilot.press("asterisk")
        await until(pilot, lambda: not screen.lines.marked)
        await pilot.press("space")
        await until(pilot, lambda: len(screen.lines.marked) == 1)
        await pilot.press("slash", *"long", "enter")
        await until(pilot, lambda: screen.view is not None and len(screen.view.live) == 1)
        assert not screen.lines.marked
        await pilot.press("asterisk")
        await until(pilot, lambda: [row.workflow_id for row in screen.lines.marked.values()] == ["long"])
        await pilot.press("asterisk")
        await until(pilot, lambda: not screen.lines.marked)
        await sees(pilot, "1 hidden by the filter")
