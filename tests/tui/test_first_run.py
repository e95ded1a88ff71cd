"""The first minutes, with real steps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio
from oyama_tui.tui.dialogs.decision import DecisionDialog
from oyama_tui.tui.dialogs.files import NewDialog
from oyama_tui.tui.messages import DemoWanted
from oyama_tui.tui.render.first_run import demo_files, farewell
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.widgets.approval_parts import Card
from tests.tui.scene import Scene, WatchedApp, armed, eventually, looked_at, sees, shown, until


async def test_the_demo_leads_from_nothing_to_a_published_page(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", bell=False)
    async with open_studio(settings, drive="all", trigger="screen") as studio:
        app = WatchedApp(studio)
        async with app.run_test(size=(130, 36)) as pilot:
            await until(pilot, lambda: "Oyama runs your steps and stops where a person must say yes. Nothing here yet." in shown(app))
            await studio.workflows.create(settings.home / "demo" / "demo.yaml", "demo")
            app.screen.post_message(DemoWanted())
            await until(pilot, lambda: isinstance(app.screen, RunScreen) and "Three steps run by themselves" in shown(app))
            needs = "◆ Publish needs you. Nothing more happens until you answer, even if you close this window."
            await until(pilot, lambda: needs in shown(app))
            await pilot.press("a")
            await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.query_one(Card).lines != [])
            await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
            await looked_at(pilot)
            await pilot.press("a")
            await until(pilot, lambda: isinstance(app.screen, DecisionDialog))
            await armed(pilot)
            await sees(pilot, "Publish demo v1 to ./site")
            await sees(pilot, "Not now")
            await pilot.press("enter")
            await until(pilot, lambda: "Published: site/index.html." in shown(app))
            await sees(pilot, "✓ Approved by you,")
            await pilot.press("n")
            await until(pilot, lambda: isinstance(app.screen, NewDialog))


async def test_enter_tries_the_demo(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: "Try the demo" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "demo #1" in shown(app))


FAREWELL = """\
Runs are kept in:  /a/b.db
Come back with:    oyama
From a script:     oyama approvals
"""


def test_the_farewell_names_the_file_and_the_way_back() -> None:
    settings = Settings(home=Path("/a"), database=Path("/a/b.db"))
    assert farewell(settings, 80) == FAREWELL
    over = "The demo is over; delete its files when you like:\n  /tmp/oyama-demo.x\n"
    assert farewell(settings, 80, "/tmp/oyama-demo.x") == FAREWELL + over
    assert farewell(settings, 80, "/tmp/d", needed=True) == FAREWELL + "Until the demo is over, it needs:\n  /tmp/d\n"


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_farewell_fits_the_window_and_breaks_no_path(columns: int) -> None:
    path = Path("/srv/somebody/share/oyama/oyama.db")
    lines = farewell(Settings(home=path.parent, database=path), columns, "/tmp/oyama-demo.AbCdEf").splitlines()
    assert any(line.endswith(str(path)) for line in lines)
    assert all(len(line) <= max(columns, len(str(path)) + 2) for line in lines if not line.endswith("like:"))


async def test_the_demos_folder_is_named_and_needed_until_its_run_is_over(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", bell=False)
    async with open_studio(settings, drive="all", trigger="screen") as studio:
        await studio.workflows.create(settings.home / "demo" / "demo.yaml", "demo")
        run = await studio.runs.start("demo", {"pace": 0})
        await eventually(studio.approvals.list)
        folder, needed = await demo_files(studio, run.id)
        assert (Path(folder) / "build" / "index.html").is_file()
        assert needed
        await studio.runs.cancel(run.id)
        assert await demo_files(studio, run.id) == (folder, False)
        shutil.rmtree(folder)
        assert await demo_files(studio, run.id) == ("", False)
        assert await demo_files(studio, "no-such-run") == ("", False)
