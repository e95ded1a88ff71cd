"""What whoever answers has had before their eyes is kept with the answer, as the screens know it, and shown with it."""

from __future__ import annotations

import json

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from oyama_tui.core.events import Seen
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.approval_parts import Card
from oyama_tui.tui.widgets.writing import SeveralLines
from tests.tui.scene import GRAVE, RELEASE, Scene, WatchedApp, armed, in_sight_is_read, looked_at, shown, until

LONG = GRAVE.replace("risk: high", "risk: high\n      prompt: " + json.dumps("\n".join(f"line {number}" for number in range(80))))


async def at_card(app: WatchedApp, pilot: Pilot[int]) -> Card:
    await pilot.press("3")
    await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
    await looked_at(pilot)
    return app.screen.query_one(Card)


async def seen_with(scene: Scene, approval: str) -> Seen | None:
    return (await scene.studio.approvals.get(approval)).votes[-1].seen


async def test_a_yes_keeps_how_much_of_the_card_was_read_and_what_was_typed(scene: Scene) -> None:
    approval = await scene.asked(LONG)
    async with scene.screens() as (app, pilot):
        card = await at_card(app, pilot)
        while not card.read_whole:
            await until(pilot, lambda: in_sight_is_read(card))
            await pilot.press("ctrl+d")
        parts = card.parts[1]
        await pilot.press("a")
        await armed(pilot)
        app.screen.query_one("#confirmed", Input).value = "production"
        app.screen.query(SeveralLines).first().text = "clean up"
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
    seen = await seen_with(scene, approval)
    assert seen is not None
    assert (seen.how, seen.read, seen.parts, seen.typed) == ("card", parts, parts, "production")
    assert parts > 1
    assert seen.milliseconds >= 500 * parts


async def test_an_answer_at_once_says_that_nothing_was_read(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oyama_tui.tui.widgets.reading.TO_READ", 3600.0)
    approval = await scene.asked()
    async with scene.screens() as (app, pilot):
        await at_card(app, pilot)
        await pilot.press("r")
        await armed(pilot)
        await pilot.press(*"no", "tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
    seen = await seen_with(scene, approval)
    assert seen is not None
    assert (seen.read, seen.parts, seen.typed) == (0, 1, "")


async def test_time_on_another_screen_is_no_time_in_sight(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        card = await at_card(app, pilot)
        asked = (await scene.studio.approvals.list())[0].id
        shown_card = await scene.studio.approvals.get(asked)
        await pilot.press("1")
        await until(pilot, lambda: card.in_sight_since == float("inf"))
        first, second = card.seen(shown_card), card.seen(shown_card)
        assert first == second
        assert first is not None
        await pilot.press("3")
        await until(pilot, lambda: card.in_sight_since != float("inf"))
        await until(pilot, lambda: (card.seen(shown_card) or first).milliseconds > first.milliseconds)


async def test_what_is_said_of_one_question_is_said_of_no_other(scene: Scene) -> None:
    first = await scene.studio.approvals.get(await scene.asked())
    second = await scene.studio.approvals.get(await scene.asked(GRAVE))
    async with scene.screens() as (app, pilot):
        card = await at_card(app, pilot)
        assert [card.seen(first) is None, card.seen(second) is None].count(True) == 1


async def test_an_answered_question_says_what_was_seen_and_an_unseen_answer_says_so(scene: Scene) -> None:
    approval = await scene.asked()
    card = await scene.studio.approvals.get(approval)
    await scene.studio.approvals.decide(
        approval, "approve", digest=card.row.digest, seen=Seen(how="card", parts=4, read=4, milliseconds=104_000, typed="production")
    )
    unseen = await scene.asked(RELEASE.replace("id: release", "id: other"), version="v1")
    await scene.studio.approvals.decide(unseen, "reject", comment="no")
    async with scene.screens() as (app, pilot):
        await app.action_show_place("past_approvals")
        await until(pilot, lambda: "unseen" in shown(app))
        await pilot.press("j")
        await until(pilot, lambda: "read 4 of 4 parts in 1 m 44 s, typed" in shown(app))
