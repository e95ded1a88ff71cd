"""Every answer of every dialog is in sight, however long its words are; a window too small for that takes no answer."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from oyama_tui.tui import messages
from oyama_tui.tui.app import OyamaApp
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.approval_parts import Card
from oyama_tui.tui.widgets.buttons import DialogButton
from tests.tui.scene import LONG, RELEASE, Scene, armed, in_sight_is_read, looked_at, open_scene, shown, toasts, until

NAME = "Publish release 2.4.0 of the customer portal to all five regions and then tell the customers by mail about it"
TEXT = f"""
id: long
name: {NAME}
inputs: {{note: {{type: string, description: {NAME}}}}}
steps:
  - id: ask
    gate: {{title: {NAME}, target: production, risk: high, form: {{reason: {{type: string}}, more: {{type: string}}}}}}
    run: say done
"""
SIZES = [(40, 12), (60, 20), (80, 24), (120, 36), (160, 50)]


def answers_in_sight(dialog: Dialog[object]) -> bool:
    """Whether every button is within the frame, and the window, with some of its words."""
    frame = dialog.query_one("#frame").content_region
    buttons = list(dialog.query(DialogButton))
    return bool(buttons) and all(button.region.width >= 8 and frame.contains_region(button.region) for button in buttons)


def is_gone(app: OyamaApp, dialog: Dialog[object]) -> bool:
    return app.screen is not dialog


@pytest.mark.parametrize("size", SIZES)
async def test_answers_with_long_words_are_in_sight(scene: Scene, size: tuple[int, int]) -> None:
    await scene.asked(TEXT)
    async with scene.screens(size=size) as (app, pilot):
        for keys in (("1", "r"), ("2", "X"), ("1", "o"), ("1", "n"), ("3", "l", "a"), ("3", "r")):
            for key in keys[:-1]:
                await pilot.press(key)
                await until(pilot, lambda: app.input.is_idle)
            if keys[0] == "3":
                await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
                await looked_at(pilot)
                card = app.screen.query_one(Card)
                while keys[-1] == "a" and not card.read_whole:
                    await until(pilot, partial(in_sight_is_read, card))
                    await pilot.press("ctrl+d")
            await pilot.press(keys[-1])
            await until(pilot, lambda: isinstance(app.screen, Dialog))
            await armed(pilot)
            dialog = app.screen
            assert isinstance(dialog, Dialog)
            assert answers_in_sight(dialog), (keys, shown(app))
            focused = dialog.focused
            assert focused is not None
            assert dialog.region.overlaps(focused.region), (keys, shown(app))
            dialog.complain("It is wrong. " * 20)
            await until(pilot, partial(answers_in_sight, dialog))
            await pilot.press("escape")
            await until(pilot, partial(is_gone, app, dialog))


@pytest.mark.parametrize(
    ("key", "words"), [("a", "Publish release 2.4.0 of… to production"), ("r", "Reject Publish release 2.4.0 of the cus…")]
)
async def test_a_long_title_is_cut_on_the_button_and_whole_above_it(scene: Scene, key: str, words: str) -> None:
    await scene.asked(TEXT.replace("risk: high, ", ""))
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await pilot.press("3")
        await looked_at(pilot)
        await pilot.press(key)
        await armed(pilot)
        yes, no = app.screen.query(DialogButton)
        assert yes.words.plain.strip() == words
        assert yes.region.y == no.region.y
        frame = app.screen.query_one("#frame").region
        seen = " ".join(line[frame.x + 1 : frame.right] for line in shown(app).split("\n"))
        assert NAME in " ".join(seen.split())


@pytest.mark.parametrize("size", [(39, 30), (100, 11), (3, 3)])
async def test_a_window_in_which_nothing_can_be_shown_whole_takes_no_key_but_quit(scene: Scene, size: tuple[int, int]) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.resize_terminal(*size)
        await until(pilot, lambda: app.size == size)
        await pilot.press("3", "a", "r", "X", "enter")
        await until(pilot, lambda: app.input.is_idle)
        assert app.current_mode == "workflows"
        assert size == (3, 3) or "Too small" in shown(app)
        assert app.carried_out == []
        await pilot.press("q")
        await until(pilot, lambda: app._exit)


@pytest.mark.parametrize("dialog", [False, True])
async def test_a_window_too_small_is_left_with_the_key_of_the_keymap(tmp_path: Path, dialog: bool) -> None:
    async with open_scene(tmp_path, keymap={"everywhere.quit_screens": "Q,ctrl+e"}) as scene:
        await scene.start(LONG)
        async with scene.screens() as (app, pilot):
            if dialog:
                app.post_message(messages.NewWanted())
                await until(pilot, lambda: isinstance(app.screen, Dialog))
            await pilot.resize_terminal(39, 30)
            await until(pilot, lambda: "Q quits" in " ".join(shown(app).split()))
            await pilot.press("q")
            await until(pilot, lambda: app.input.is_idle)
            assert not app._exit
            await pilot.press("ctrl+e")
            await until(pilot, lambda: app._exit)


async def test_keys_that_are_said_are_those_of_the_keymap(tmp_path: Path) -> None:
    keymap = {"everywhere.quit_screens": "Q", "everywhere.show_help": "f2", "everywhere.next_gate": "ctrl+g"}
    async with open_scene(tmp_path, keymap=keymap) as scene:
        await scene.keep(RELEASE)
        async with scene.screens() as (app, pilot):
            await until(pilot, lambda: "F2 help" in shown(app) and "F2 all keys" in shown(app))
            await pilot.press("ctrl+c")
            await until(pilot, lambda: "Q quits." in toasts(app))
            await scene.asked()
            await until(pilot, lambda: any("ctrl+g goes there" in toast for toast in toasts(app)))
