"""What is typed for one question never answers another one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic

import pytest
from textual import events
from textual.content import Content
from textual.pilot import Pilot

from oyama_tui.core.views import ApprovalRow
from oyama_tui.tui.dialogs.arming import ARMED_AFTER
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.dialogs.decision import DecisionDialog
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.difference import DifferenceScreen
from oyama_tui.tui.widgets.approval_parts import IN_SIGHT, Card, Queue
from oyama_tui.tui.widgets.reading import TO_READ
from tests.tui.scene import GRAVE, RELEASE, Scene, WatchedApp, armed, eventually, looked_at, sees, shown, until
from tests.tui.slow_terminal import slow_terminal

SENTENCE = "and all of the tests are red"
SHORT = RELEASE.replace("id: release", "id: short").replace('preview: "look"', 'preview: "look", timeout: 4s')


async def answers(scene: Scene) -> dict[str, str]:
    """Status by question."""
    return {row.id: row.status for row in await scene.studio.approvals.list(status="all")}


async def question(scene: Scene, approval_id: str) -> ApprovalRow:
    return (await scene.studio.approvals.get(approval_id)).row


@asynccontextmanager
async def at(scene: Scene, approval_id: str) -> AsyncIterator[tuple[WatchedApp, Pilot[int]]]:
    """The screens with the cursor on a question that has been looked at."""
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.view is not None)
        assert isinstance(app.screen, ApprovalsScreen)
        app.screen.query_one(Queue).select_key(approval_id)
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await looked_at(pilot)
        yield app, pilot


def letters(text: str) -> list[str]:
    return ["space" if letter == " " else letter for letter in text]


@pytest.mark.parametrize("how", ["elsewhere", "expired"])
async def test_a_sentence_that_goes_on_after_its_question_is_over_answers_nothing(scene: Scene, how: str) -> None:
    mine = await scene.asked(SHORT if how == "expired" else RELEASE, version="v1")
    other = await scene.asked(RELEASE, version="v2")
    async with at(scene, mine) as (app, pilot):
        await pilot.press("r")
        await armed(pilot)
        dialog = app.screen
        assert isinstance(dialog, DecisionDialog)
        await pilot.press(*letters("not yet, because "))
        if how == "elsewhere":
            await scene.studio.approvals.decide(mine, "approve")
        await until(pilot, lambda: bool(dialog.over))
        await pilot.press(*letters(SENTENCE), "enter", "tab", "enter")
        assert app.screen is dialog, "it stays as a notice"
        await sees(pilot, "Nothing was sent")
        await armed(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        assert (await question(scene, other)).status == "pending"
        assert "tests are red" not in (await question(scene, mine)).comment


async def test_a_notice_that_has_just_come_is_not_closed_by_the_escape_of_the_typing(scene: Scene) -> None:
    mine = await scene.asked()
    async with at(scene, mine) as (app, pilot):
        await pilot.press("r")
        await armed(pilot)
        dialog = app.screen
        assert isinstance(dialog, Dialog)
        await scene.studio.approvals.decide(mine, "approve")
        await until(pilot, lambda: bool(dialog.over))
        await pilot.press("escape")
        assert app.screen is dialog
        await armed(pilot)
        await pilot.click("#over")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))


async def test_enter_held_down_after_a_approves_nothing(scene: Scene) -> None:
    mine = await scene.asked()
    async with at(scene, mine) as (app, pilot):
        await pilot.press("a", "enter")
        for pause in (0.55, *[0.04] * 40):
            await pilot.pause(pause)
            await pilot.press("enter")
        assert isinstance(app.screen, DecisionDialog)
        assert not app.screen.armed
        assert (await question(scene, mine)).status == "pending"


async def test_what_is_over_stays_under_the_cursor_until_somebody_moves_on(scene: Scene) -> None:
    mine, other = await scene.asked(version="v1"), await scene.asked(version="v2")
    async with at(scene, mine) as (app, pilot):
        await scene.studio.approvals.decide(mine, "approve")
        screen = app.screen
        assert isinstance(screen, ApprovalsScreen)
        await until(pilot, lambda: screen.card is not None and screen.card.row.status == "approved")
        assert screen.subject_id() == mine
        await pilot.press("a", "r")
        assert isinstance(app.screen, ApprovalsScreen)
        await pilot.press("k")
        await until(pilot, lambda: screen.subject_id() == other)
        assert (await question(scene, other)).status == "pending"


async def test_a_key_typed_as_a_card_comes_into_sight_does_not_mean_it(scene: Scene) -> None:
    first, second = await scene.asked(version="v1"), await scene.asked(version="v2")
    async with at(scene, first) as (app, pilot):
        app.simulate_key("j")
        app.simulate_key("k")
        app.simulate_key("j")
        app.simulate_key("a")
        await until(pilot, lambda: app.input.is_idle)
        assert isinstance(app.screen, ApprovalsScreen)
        await looked_at(pilot)
        assert monotonic() - app.screen.query_one(Card).in_sight_since >= 0.3
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, DecisionDialog))
    assert {first, second} == {id for id, status in (await answers(scene)).items() if status == "pending"}


async def test_a_cursor_that_goes_and_comes_back_has_its_card(scene: Scene) -> None:
    first, second = await scene.asked(version="v1"), await scene.asked(version="v2")
    async with at(scene, first) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, ApprovalsScreen)
        for _ in range(8):
            for keys, wanted in (("jkj", second), ("kjk", first), ("jk", first)):
                for key in keys:
                    app.simulate_key(key)
                await until(pilot, lambda: app.input.is_idle)
                await until(pilot, partial(shows_card_of, screen, wanted))


def shows_card_of(screen: ApprovalsScreen, approval_id: str) -> bool:
    return screen.card is not None and screen.card.row.id == approval_id


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_what_lies_where_something_else_was_says_the_key_that_leads_back(scene: Scene, size: tuple[int, int]) -> None:
    await scene.asked()
    async with scene.screens(size=size) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        assert "esc back" not in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: "enter open" not in shown(app))
        assert ("esc back" in shown(app)) == (size[0] < 80)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DifferenceScreen))
        await until(pilot, lambda: "esc back" in shown(app))


async def test_a_narrow_window_shows_the_card_before_it_can_be_answered(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens(size=(60, 20)) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await pilot.pause(0.5)
        await pilot.press("a")
        await until(pilot, lambda: app.screen.query_one(Card).display)
        assert isinstance(app.screen, ApprovalsScreen)
        await looked_at(pilot)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, DecisionDialog))


async def test_only_the_left_button_presses(scene: Scene) -> None:
    mine = await scene.asked()
    async with at(scene, mine) as (app, pilot):
        await pilot.press("a")
        await armed(pilot)
        yes = app.screen.query_one("#yes").region
        for button, wanted in ((3, "pending"), (2, "pending"), (1, "approved")):
            for kind in (events.MouseDown, events.MouseUp):
                app.post_message(mouse(kind, yes.x + 2, yes.y, button))
            await until(pilot, lambda: app.input.is_idle)
            await eventually(partial(has_status, scene, mine, wanted))


async def has_status(scene: Scene, approval_id: str, wanted: str) -> bool:
    return (await question(scene, approval_id)).status == wanted


def mouse(kind: type[events.MouseEvent], x: int, y: int, button: int) -> events.MouseEvent:
    return kind(None, x, y, 0, 0, button, False, False, False, screen_x=x, screen_y=y)


async def test_grave_questions_start_where_nothing_happens(scene: Scene) -> None:
    mine = await scene.asked(GRAVE)
    async with at(scene, mine) as (app, pilot):
        await until(pilot, lambda: app.screen.query_one(Card).read_whole)
        await pilot.press("a")
        await armed(pilot)
        assert app.focused is not None
        assert app.focused.id == "no"


async def test_a_card_that_a_slow_terminal_has_not_shown_yet_is_not_answered(scene: Scene) -> None:
    first, second = await scene.asked(version="v1"), await scene.asked(version="v2")
    async with at(scene, first) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, ApprovalsScreen)
        card = screen.query_one(Card)
        with slow_terminal(app) as terminal:
            screen.query_one(Queue).select_key(second)
            await until(pilot, lambda: screen.card is not None and screen.card.row.id == second)
            await pilot.pause(3 * IN_SIGHT)
            assert card.in_sight_since == float("inf")
            await pilot.press("a")
            assert app.screen is screen
            terminal.slow = False
            app.caught_up()
            await until(pilot, lambda: terminal.frames)
            app.caught_up()
            await looked_at(pilot)
            await pilot.press("a")
            assert isinstance(app.screen, DecisionDialog)


async def test_a_dialog_that_a_slow_terminal_has_not_shown_yet_takes_no_answer(scene: Scene) -> None:
    mine = await scene.asked()
    async with at(scene, mine) as (app, pilot):
        with slow_terminal(app) as terminal:
            await pilot.press("a")
            dialog = app.screen
            assert isinstance(dialog, DecisionDialog)
            await pilot.pause(3 * ARMED_AFTER)
            assert not dialog.armed
            await pilot.press("enter")
            assert app.screen is dialog
            terminal.slow = False
            app.caught_up()
            await until(pilot, lambda: terminal.frames)
            app.caught_up()
            await armed(pilot)
        assert (await question(scene, mine)).status == "pending"


async def test_what_a_slow_terminal_has_not_shown_yet_is_not_read(scene: Scene) -> None:
    mine = await scene.asked(GRAVE)
    async with at(scene, mine) as (app, pilot):
        card = app.screen.query_one(Card)
        await until(pilot, lambda: card.read_whole)
        with slow_terminal(app) as terminal:
            card.show(lambda _width: [Content(f"line {number}") for number in range(5)], from_top=True)
            await pilot.pause(2 * TO_READ)
            assert not card.read_whole
            terminal.slow = False
            app.caught_up()
            await until(pilot, lambda: terminal.frames)
            app.caught_up()
            await until(pilot, lambda: card.read_whole)
