"""The output of earlier attempts of a step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.frame import KeyLine
from oyama_tui.tui.widgets.output_foot import OutputFoot
from oyama_tui.tui.widgets.output_pane import OutputPane
from tests.tui.scene import Scene, WatchedApp, sees, shown, toasts, until

FLAKY = """
id: flaky
name: Flaky
steps:
  - {id: bad, run: "fail", retry: {max_attempts: 4, interval: 1h, max_interval: 1h, jitter: false}}
"""


@asynccontextmanager
async def tried(scene: Scene, attempts: int) -> AsyncIterator[tuple[WatchedApp, Pilot[int], OutputPane, str]]:
    """The output pane, with the focus, of a step that has been tried so often and rests."""
    run = await scene.start(FLAKY)
    folder = scene.studio.settings.files_path / run.id
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "retry in" in shown(app))
        for attempt in range(1, attempts + 1):
            write(folder, attempt)
            if attempt < attempts:
                await try_again(scene, app, pilot, run.id, attempt + 1)
        await pilot.press("enter")
        log = app.screen.query_one(OutputPane)
        await until(pilot, lambda: log.has_focus and log.newest == attempts)
        yield app, pilot, log, run.id


def write(folder: Path, attempt: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"bad.{attempt}.log").write_text(f"ERROR try {attempt}\n" + "row\n" * 100 * attempt)


async def try_again(scene: Scene, app: WatchedApp, pilot: Pilot[int], run_id: str, attempt: int) -> None:
    await scene.studio.signals.retry(run_id, "bad")
    screen = app.screen
    assert isinstance(screen, RunScreen)
    await until(pilot, lambda: screen.view is not None and screen.view.run.nodes[0].attempt == attempt)


async def test_a_key_goes_through_the_attempts_and_back_to_the_newest(scene: Scene) -> None:
    async with tried(scene, 3) as (app, pilot, log, _run):
        for attempt in (2, 1, 3, 2):
            await pilot.press("P")
            await sees(pilot, f"attempt {attempt} of 3")
            await sees(pilot, f"{100 * attempt + 1} lines   1 error")
            assert log.attempt == attempt
            assert log.path.endswith(f"bad.{attempt}.log")
            await pilot.press("g")
            await sees(pilot, f"ERROR try {attempt}")
        assert "B/s" not in app.screen.query_one(OutputFoot).render().plain
        assert "P earlier attempt" in app.screen.query_one(KeyLine).render().plain


async def test_where_there_is_one_attempt_that_is_said_and_nothing_pauses(scene: Scene) -> None:
    async with tried(scene, 1) as (app, pilot, log, run):
        await pilot.press("P")
        await until(pilot, lambda: any("There is only one attempt" in toast for toast in toasts(app)))
        assert log.attempt == 1
        assert "attempt 1 of" not in shown(app)
        assert not (await scene.studio.runs.get(run)).breakpoints


async def test_who_reads_an_earlier_attempt_stays_there_when_another_begins(scene: Scene) -> None:
    async with tried(scene, 2) as (app, pilot, log, run):
        await pilot.press("P", "g", "j", "j")
        await sees(pilot, "attempt 1 of 2")
        await until(pilot, lambda: log.top == 2)
        seen = [line.plain for line in log.lines]
        await try_again(scene, app, pilot, run, 3)
        await sees(pilot, "attempt 1 of 3")
        assert (log.attempt, log.top, [line.plain for line in log.lines]) == (1, 2, seen)
        await pilot.press("P")
        await until(pilot, lambda: log.attempt == 3)


async def test_another_step_is_shown_with_its_newest_attempt(scene: Scene) -> None:
    async with tried(scene, 2) as (_app, pilot, log, run):
        await pilot.press("P")
        await until(pilot, lambda: log.attempt == 1)
        log.show_node(run, "other", 2)
        assert log.attempt == 2
        log.show_node(run, "bad", 2)
        assert log.attempt == 2
