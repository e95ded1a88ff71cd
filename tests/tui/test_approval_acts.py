"""What people do with a question besides yes and no, on the screens."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from oyama_tui.tui.dialogs.approval_act import ApprovalActDialog
from oyama_tui.tui.dialogs.decision import DecisionDialog
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.approval_parts import Queue
from oyama_tui.tui.widgets.writing import SeveralLines
from tests.tui.scene import Scene, WatchedApp, armed, looked_at, sees, shown, until

NOTES = """
id: notes
steps:
  - {id: write, run: 'echo "notes ${{ feedback }}"'}
  - id: publish
    gate: {title: Are these notes fine to be published to everybody, timeout: 4h, send_back: {to: write, max: 2}}
    run: echo published
"""
OTHERS = "id: others\nsteps:\n  - {id: go, gate: {title: Go?, approvers: {any_of: [somebody-else]}}}\n"
PAIR = "id: pair\nsteps:\n  - {id: go, gate: {title: Go?, approvers: {quorum: 2}}}\n"


async def at_card(app: WatchedApp, pilot: Pilot[int]) -> None:
    await pilot.press("3")
    await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
    await looked_at(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 50)])
async def test_b_sends_a_question_back_and_the_next_card_says_what_was_said(scene: Scene, size: tuple[int, int]) -> None:
    first = await scene.asked(NOTES)
    async with scene.screens(size=size) as (app, pilot):
        await at_card(app, pilot)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, DecisionDialog))
        await armed(pilot)
        dialog = app.screen
        for button in dialog.query(Button):
            assert dialog.region.contains_region(button.region)
        await sees(pilot, "write begins again with what you say")
        dialog.query_one("#yes", Button).press()
        await until(pilot, lambda: "Sending back needs a comment" in shown(app))
        dialog.query_one("#comment", SeveralLines).text = "much shorter"
        dialog.query_one("#yes", Button).press()
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        assert (await scene.studio.approvals.get(first)).row.status == "sent_back"
        await until(pilot, lambda: "sent back by" in shown(app))

        async def asked_again() -> str:
            return next((row.id for row in await scene.studio.approvals.list() if row.id != first), "")

        while not (again := await asked_again()):
            await pilot.pause(0.02)
        card = await scene.studio.approvals.get(again)
        assert [one.comment for one in card.rounds] == ["much shorter"]


@pytest.mark.parametrize(
    ("key", "value", "verdict"),
    [("c", "", "comment"), ("at", "ben", "delegate"), ("z", "2h", "snooze"), ("plus", "2h", "extend")],
)
async def test_each_key_asks_for_what_it_takes_and_does_it(scene: Scene, key: str, value: str, verdict: str) -> None:
    approval = await scene.asked(NOTES)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await at_card(app, pilot)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, ApprovalActDialog))
        await armed(pilot)
        dialog = app.screen
        for button in dialog.query(Button):
            assert dialog.region.contains_region(button.region)
        if value:
            dialog.query_one("#value", Input).value = "nonsense\u200b of no use" if verdict in ("snooze", "extend") else "group:"
            dialog.query_one("#yes", Button).press()
            await until(pilot, lambda: "is no duration" in shown(app) or "is no account" in shown(app))
            dialog.query_one("#value", Input).value = value
        else:
            dialog.query_one("#yes", Button).press()
            await until(pilot, lambda: "say something" in shown(app))
        dialog.query_one("#comment", SeveralLines).text = "because of lunch"
        dialog.query_one("#yes", Button).press()
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        [vote] = (await scene.studio.approvals.get(approval)).votes
        assert (vote.verdict, vote.comment) == (verdict, "because of lunch")
        await until(pilot, lambda: ("Put off" in shown(app)) is (verdict == "snooze"))


async def test_x_asks_no_more_and_the_run_ends_as_cancelled(scene: Scene) -> None:
    approval = await scene.asked(NOTES)
    async with scene.screens() as (app, pilot):
        await at_card(app, pilot)
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, ApprovalActDialog))
        await armed(pilot)
        await sees(pilot, "Its run ends as cancelled, which is no rejection.")
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        row = (await scene.studio.approvals.get(approval)).row
        assert row.status == "cancelled"
        while await scene.phase(row.run_id) != "cancelled":
            await pilot.pause(0.02)


async def test_whoever_may_not_answer_sees_who_may_and_is_offered_no_yes(scene: Scene) -> None:
    approval = await scene.asked(OTHERS)
    async with scene.screens() as (app, pilot):
        await at_card(app, pilot)
        await until(pilot, lambda: "somebody-else may." in shown(app))
        for key in ("a", "r", "at"):
            await pilot.press(key)
            assert isinstance(app.screen, ApprovalsScreen)
        assert (await scene.studio.approvals.get(approval)).row.status == "pending"
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ApprovalActDialog))


async def test_a_card_counts_the_yeses(scene: Scene) -> None:
    approval = await scene.asked(PAIR)
    async with scene.screens() as (app, pilot):
        await at_card(app, pilot)
        await sees(pilot, "2 different people must say yes")
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, DecisionDialog))
        await armed(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "1 of 2" in shown(app))
        assert (await scene.studio.approvals.get(approval)).row.status == "pending"


SEEN = "id: seen\nsteps:\n  - {id: go, run: 'say gone', gate: {title: Go?, preview: 'say looked', timeout: 4h}}\n"


async def test_evidence_is_looked_at_again_and_the_question_comes_back_until_the_same_time(scene: Scene) -> None:
    first = await scene.asked(SEEN)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await at_card(app, pilot)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, ApprovalActDialog))
        await armed(pilot)
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))

        async def asked_again() -> str:
            return next((row.id for row in await scene.studio.approvals.list() if row.id != first), "")

        while not (again := await asked_again()):
            await pilot.pause(0.02)
        before, after = await scene.studio.approvals.get(first), await scene.studio.approvals.get(again)
        assert before.row.status == "cancelled"
        assert before.obstacle.endswith("so this is asked once more.")
        assert (after.row.status, after.row.deadline) == ("pending", before.row.deadline)
        await until(pilot, lambda: app.screen.query_one(Queue).cursor_key == again)


async def test_what_has_no_evidence_is_not_looked_at_again(scene: Scene) -> None:
    await scene.asked(NOTES)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await at_card(app, pilot)
        await pilot.press("ctrl+l")
        await pilot.pause()
        assert isinstance(app.screen, ApprovalsScreen)
