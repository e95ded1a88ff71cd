"""With OYAMA_ASCII every screen and dialog is drawn with ASCII letters alone, and text from outside is shown as it is."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen

from oyama_tui.tui import messages
from oyama_tui.tui.dialogs.finder import FinderDialog
from oyama_tui.tui.dialogs.notice import ErrorDialog
from oyama_tui.tui.screens.run import RunScreen
from tests.tui.scene import BROKEN, GRAVE, LONG, RELEASE, Scene, WatchedApp, looked_at, open_scene, shown, until

SIZES = [(120, 36), (80, 24), (60, 20)]
FORM = """
id: form
name: A form
inputs:
  size: {options: [small, large], default: small}
  loud: {type: boolean, default: true}
  words: {type: string, default: none}
steps:
  - id: ask
    gate:
      title: "Publish a title that is much longer than any of the rows and buttons that it has to stand in"
      prompt: "- one item\\n- another\\n\\n**bold** words"
      target: production
      preview: "look"
      form: {loud: {type: boolean}, size: {options: [small, large]}}
    run: "say published"
"""


def odd(app: WatchedApp) -> set[str]:
    """What is on the screen and no ASCII, with its line."""
    return {line.strip() for line in shown(app).splitlines() if not line.isascii()}


async def settled(pilot: Pilot[int]) -> None:
    for _ in range(4):
        await pilot.pause()


async def filled(scene: Scene) -> None:
    await scene.asked(RELEASE, version="v" + "1" * 200)
    await scene.asked(GRAVE)
    await scene.asked(FORM)
    await scene.start(LONG)
    await scene.start(BROKEN)
    await scene.start('id: flood\nname: Flood\nsteps:\n  - {id: pour, run: "flood 15000"}\n')


Look = Callable[[str], Awaitable[None]]


@pytest.mark.parametrize("size", SIZES)
async def test_every_screen_and_dialog_is_drawn_in_ascii(tmp_path: Path, size: tuple[int, int]) -> None:
    async with open_scene(tmp_path, ascii=True) as scene, scene.screens(size=size) as (app, pilot):
        seen: set[str] = set()

        async def look(at: str) -> None:
            await settled(pilot)
            seen.add(type(app.screen).__name__)
            assert not odd(app), at

        for place in ("workflows", "runs", "approvals", "history"):
            await app.action_show_place(place)
            await look(f"empty {place}")
        await filled(scene)
        await walk(app, pilot, look)
        assert {"StartDialog", "NewDialog", "FileDialog", "ConfirmDialog", "DecisionDialog", "FinderDialog", "RunScreen"} <= seen


async def walk(app: WatchedApp, pilot: Pilot[int], look: Look) -> None:
    """Look at everything."""
    for place, keys in (("workflows", "rno"), ("runs", "Xr"), ("approvals", "ar"), ("history", "r")):
        await app.action_show_place(place)
        await until(pilot, lambda: not app.screen.has_class("-notice") and app.focused is not None)
        await look(place)
        for key in ("slash", "question_mark", "colon", *keys):
            if place == "approvals" and key in keys:
                await pilot.press("enter")
                await looked_at(pilot)
            await pilot.press(key)
            await look(f"{place} {key}")
            if isinstance(app.screen, FinderDialog):
                await pilot.press(*"up")
                await look(f"{place} {key} up")
            if isinstance(app.screen, ModalScreen):
                await app.pop_screen()
            else:
                await pilot.press("escape")
    await walk_runs(app, pilot, look)


async def walk_runs(app: WatchedApp, pilot: Pilot[int], look: Look) -> None:
    """Look at every pane of every run, the toasts, and the words of leaving."""
    for row in await app.studio.runs.list():
        app.post_message(messages.RunOpened(row.id))
        await until(pilot, lambda row=row: isinstance(app.screen, RunScreen) and app.screen.run_id == row.id and app.screen.view)  # type: ignore[misc]
        await pilot.press("enter")
        for key in ("right_square_bracket",) * 4 + ("w", "f", "y", "g", "slash"):
            await pilot.press(key)
            await look(f"{row.label} {key}")
        await pilot.press("escape")
    await pilot.press("q")
    await until(pilot, lambda: isinstance(app.screen, ModalScreen))
    await look("leaving")
    await app.pop_screen()


async def test_text_from_outside_is_shown_as_it_is(tmp_path: Path) -> None:
    async with open_scene(tmp_path, ascii=True) as scene, scene.screens() as (app, pilot):
        await scene.asked(GRAVE.replace("title: Drop the table", "title: Drop café → ─ … done"))
        await pilot.press("3")
        await until(pilot, lambda: "Drop café → ─ … done" in shown(app))
        assert all(re.search("café", line) for line in odd(app))


async def test_the_error_dialog_is_drawn_in_ascii(tmp_path: Path) -> None:
    from oyama_tui.core.errors import InvalidInput

    async with open_scene(tmp_path, ascii=True) as scene, scene.screens(size=(60, 20)) as (app, pilot):
        app.show_error(InvalidInput("It is wrong. " * 60, "Mend it."))
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        await settled(pilot)
        assert not odd(app)
