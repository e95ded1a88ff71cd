"""Every answer of every dialog is in sight, however long its words are; a window too small for that takes no answer."""

from __future__ import annotations

from functools import partial

import pytest

from oyama_tui.tui.app import OyamaApp
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.approval_parts import Card
from oyama_tui.tui.widgets.buttons import DialogButton
from tests.tui.scene import Scene, armed, in_sight_is_read, looked_at, shown, until

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
        await until(pilot, lambda: "quit_screens" in app.carried_out)
