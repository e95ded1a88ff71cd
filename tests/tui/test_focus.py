"""Something has the focus at all times, and keys that come at once move it as slow typing does."""

from __future__ import annotations

import pytest

from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from tests.tui.scene import GRAVE, LONG, RELEASE, Scene, shown, until
from tests.tui.test_bursts import Stage, StayingApp
from tests.tui.test_typed_ahead import picture
from tests.tui.typist import Typist, leave_everything, quickly

SEQUENCES = (
    b"2\r\rj",
    b"2\r\rhj",
    b"2\r\rgj",
    b"2\r]\rj",
    b"2\r\r\tj",
    b"2\r/a\rj",
    b"3\rj",
    b"3\rhj",
    b"4\rj",
    b"4\rhj",
    b"2\r\rhhj",
)


@pytest.mark.parametrize("size", [(120, 36), (60, 20)])
@pytest.mark.parametrize("keys", SEQUENCES)
async def test_keys_at_once_move_the_focus_as_slow_typing_does(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, keys: bytes, size: tuple[int, int]
) -> None:
    quickly(monkeypatch)
    await scene.asked(RELEASE)
    await scene.start(LONG)
    app = StayingApp(scene.studio)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.context.system is not None)
        typist, stage = Typist(app), Stage(scene, app)
        pictures = []
        for at_once in (False, True, True):
            await leave_everything(app)
            for mode in ("runs", "approvals", "history", "workflows"):
                await app.switch_mode(mode)
                app.screen.remove_class("-inside")
                app.screen.set_focus(app.screen.query(".left").first())
                await typist.rest()
            if at_once:
                await typist.write(keys)
            else:
                for key in keys:
                    await stage.at(bytes([key]))
            await typist.look()
            pictures.append(picture(app))
        assert pictures[0] == pictures[1] == pictures[2]
        assert app.focused is not None


@pytest.mark.parametrize("key", ["0", "1", "2", "3", "4"])
async def test_an_empty_screen_has_a_focus_and_so_has_its_list_when_it_is_there(scene: Scene, key: str) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press(key)
        screen = app.screen
        await until(pilot, lambda: app.screen.has_class("-notice"))
        assert app.focused is not None
        assert app.focused.is_on_screen
        await scene.asked(RELEASE)
        await until(pilot, lambda: not screen.has_class("-notice"))
        assert app.focused is screen.query(".left").first()
        await pilot.press("j")
        await until(pilot, lambda: app.carried_out[-1] == "move_down")


async def test_a_list_that_becomes_empty_hands_its_focus_on_and_gets_it_back(scene: Scene) -> None:
    approval = await scene.asked(RELEASE)
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "Publish v1" in shown(app))
        await pilot.press("4", "slash", *"workflow:none", "enter")
        await until(pilot, lambda: "No run fits the filter." in shown(app))
        assert app.focused is not None
        assert app.focused.is_on_screen
        await pilot.press("slash")
        await until(pilot, lambda: app.focused is not None and app.focused.id == "filter")
        await pilot.press("escape")
        await until(pilot, lambda: "release #1" in shown(app))
        assert app.focused is app.screen.query(".left").first()
        await pilot.press("3")
        await scene.studio.approvals.decide(approval, "approve")
        await pilot.press("1", "3")
        await until(pilot, lambda: app.screen.has_class("-notice"))
        assert app.focused is not None
        assert app.focused.is_on_screen
        await scene.asked(GRAVE)
        await until(pilot, lambda: "Drop the table" in shown(app))
        assert app.focused is app.screen.query(".left").first()


async def test_a_run_that_is_not_there_has_a_focus(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await app.push_screen(RunScreen(app.context, "no-such-run"))
        await until(pilot, lambda: app.screen.has_class("-notice"))
        await until(pilot, lambda: app.focused is not None and app.focused.is_on_screen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
