"""Answering a gate on the screens."""

from __future__ import annotations

import json

from textual.widgets import Button, Input

from oyama_tui.core.receipt import SHORT
from oyama_tui.tui.dialogs.decision import DecisionDialog
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.approval_parts import Card, Queue
from oyama_tui.tui.widgets.writing import SeveralLines
from tests.tui.alike import read_to_the_end
from tests.tui.scene import GRAVE, Scene, armed, in_sight_is_read, looked_at, sees, shown, toasts, until


async def test_a_then_enter_approves_at_normal_risk(scene: Scene) -> None:
    approval = await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await looked_at(pilot)
        await pilot.press("a")
        await armed(pilot)
        assert app.focused is not None
        assert app.focused.id == "yes"
        await sees(pilot, "Publish v1 to production")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        await until(pilot, lambda: "approved by" in shown(app))
        await pilot.press("j")
        await until(pilot, lambda: "Nothing needs you" in shown(app))
        card = await scene.studio.approvals.get(approval)
        assert card.row.status == "approved"
        assert card.votes[0].verdict == "approve"


async def test_a_yes_leaves_a_receipt_that_the_journal_bears_out(scene: Scene) -> None:
    approval = await scene.asked()
    later = await scene.asked(GRAVE)
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        assert isinstance(app.screen, ApprovalsScreen)
        approvals = app.screen
        approvals.select(approval)
        await until(pilot, lambda: approvals.card is not None and approvals.card.row.id == approval)
        await looked_at(pilot)
        await pilot.press("a")
        await armed(pilot)
        app.screen.query_one(SeveralLines).insert("rollback was rehearsed")
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: "Journal" in shown(app) and "completed" in shown(app))
        said = " ".join(line.plain for line in app.screen.query_one(Card).lines)
    card = await scene.studio.approvals.get(approval)
    assert card.recorded is not None
    events = {event.seq: event for event in await scene.studio.runs.events(card.row.run_id)}
    assert events[card.recorded.seq].type == "approval_decided"
    # Whoever compares the chain finds this very event, over the one before it.
    assert card.recorded.hash != card.recorded.previous
    for words in (
        f"event {card.recorded.seq}",
        f"hash {card.recorded.hash[:SHORT]}",
        f"before it {card.recorded.previous[:SHORT]}",
        f"question {card.row.digest[:SHORT]}",
        "read 1 of 1 part",
        "rollback was rehearsed",
        "Waited",
        (await scene.studio.approvals.get(later)).row.title,
    ):
        assert words in said


async def test_the_receipt_of_a_card_that_was_read_to_its_end_comes_into_sight(scene: Scene) -> None:
    lines = " ".join(f"Point {number} was looked at by two people." for number in range(120))
    await scene.asked(LONG_CARD.replace("WORDS", lines))
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        card = app.screen.query_one(Card)
        await read_to_the_end(pilot, card)
        assert card.top > 0
        await pilot.press("a")
        await armed(pilot)
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: "Journal" in shown(app))
        assert card.top == 0


async def test_words_that_are_typed_on_a_button_go_into_the_comment_and_do_not_answer(scene: Scene) -> None:
    approval = await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await looked_at(pilot)
        await pilot.press("a")
        await armed(pilot)
        assert app.focused is not None
        assert app.focused.id == "yes"
        await pilot.press(*"looks", "space", *"right")
        assert app.screen.query_one("#comment", SeveralLines).value == "looks right"
        assert (await scene.studio.approvals.get(approval)).row.status == "pending"
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        card = await scene.studio.approvals.get(approval)
        assert (card.row.status, card.votes[-1].comment) == ("approved", "looks right")


async def test_the_dialog_says_what_of_the_card_has_not_been_read(scene: Scene) -> None:
    lines = " ".join(f"Point {number} was looked at by two people." for number in range(120))
    await scene.asked(LONG_CARD.replace("WORDS", lines))
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await looked_at(pilot)
        read, parts = app.screen.query_one(Card).parts
        assert read < parts
        await pilot.press("a")
        await armed(pilot)
        await sees(pilot, f"of {parts} parts of the card")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        await read_to_the_end(pilot, app.screen.query_one(Card))
        await pilot.press("a")
        await armed(pilot)
        assert "of the card" not in shown(app)


LONG_CARD = """
id: long_card
steps:
  - {id: publish, gate: {title: Publish?, prompt: "WORDS"}, run: "say published"}
"""


async def test_keys_typed_ahead_cannot_answer(scene: Scene) -> None:
    approval = await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await looked_at(pilot)
        app.simulate_key("a")
        app.simulate_key("enter")
        app.simulate_key("enter")
        await until(pilot, lambda: isinstance(app.screen, DecisionDialog))
        await armed(pilot)
        assert isinstance(app.screen, DecisionDialog)
        assert (await scene.studio.approvals.get(approval)).row.status == "pending"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        assert (await scene.studio.approvals.get(approval)).row.status == "pending"


async def test_a_rejection_needs_a_comment(scene: Scene) -> None:
    approval = await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await looked_at(pilot)
        await pilot.press("r")
        await armed(pilot)
        yes = app.screen.query_one("#yes", Button)
        yes.press()
        await until(pilot, lambda: "needs a comment" in shown(app))
        await until(pilot, lambda: not yes.has_class("-active"))
        assert (await scene.studio.approvals.get(approval)).row.status == "pending"
        await pilot.press(*"no", "tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        card = await scene.studio.approvals.get(approval)
        assert (card.row.status, card.row.comment) == ("rejected", "no")


async def test_paging_keys_read_on_in_the_card_from_the_queue(scene: Scene) -> None:
    await scene.asked(GRAVE)
    async with scene.screens(size=(80, 16)) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        assert isinstance(app.focused, Queue)
        card = app.screen.query_one(Card)
        assert not card.read_whole
        while not card.read_whole:
            await until(pilot, lambda: in_sight_is_read(card))
            await pilot.press("ctrl+d")


async def test_high_risk_starts_on_not_now_and_wants_the_target_typed(scene: Scene) -> None:
    approval = await scene.asked(GRAVE)
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.query_one(Card).read_whole)
        await looked_at(pilot)
        await pilot.press("a")
        await armed(pilot)
        assert app.focused is not None
        assert app.focused.id == "no"
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: "Type production to confirm" in shown(app))
        app.screen.query_one("#confirmed", Input).value = "production"
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: app.screen.query(".-wrong"))
        assert (await scene.studio.approvals.get(approval)).row.status == "pending"
        app.screen.query(SeveralLines).first().text = "clean up"
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        card = await scene.studio.approvals.get(approval)
        assert card.row.status == "approved"
        assert card.votes[0].form["reason"] == "clean up"
        assert card.votes[0].form["rows"] == 3


async def test_high_risk_must_be_read_to_its_end(scene: Scene) -> None:
    prompt = json.dumps("\n".join(f"line {number}" for number in range(80)))
    await scene.asked(GRAVE.replace("risk: high", f"risk: high\n      prompt: {prompt}"))
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await looked_at(pilot)
        await pilot.press("a")
        await until(pilot, lambda: any("Read it to the end" in toast for toast in toasts(app)))
        assert isinstance(app.screen, ApprovalsScreen)
        card = app.screen.query_one(Card)
        while not card.read_whole:
            await until(pilot, lambda: in_sight_is_read(card))
            await pilot.press("ctrl+d")
        await looked_at(pilot)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, DecisionDialog))


async def test_a_jump_to_the_end_is_no_reading_and_the_head_says_how_much_is_left(scene: Scene) -> None:
    prompt = json.dumps("\n".join(f"line {number}" for number in range(80)))
    await scene.asked(GRAVE.replace("risk: high", f"risk: high\n      prompt: {prompt}"))
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await looked_at(pilot)
        card = app.screen.query_one(Card)
        await pilot.press("enter", "G")
        await until(pilot, lambda: card.top + card.room.height >= len(card.lines) and in_sight_is_read(card))
        read, parts = card.parts
        assert read < parts
        await until(pilot, lambda: f"read {read} of {parts}" in shown(app))
        await pilot.press("a")
        await until(pilot, lambda: any("Read it to the end" in toast for toast in toasts(app)))
        assert isinstance(app.screen, ApprovalsScreen)
        assert not in_sight_is_read(card), "it goes to what has not been read"


async def test_the_cursor_stays_on_its_question_when_others_come(scene: Scene) -> None:
    await scene.asked(version="v1")
    wanted = await scene.asked(version="v2")
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        queue = app.screen.query_one(Queue)
        queue.select_key(wanted)
        await until(pilot, lambda: app.screen.subject_id() == wanted if isinstance(app.screen, ApprovalsScreen) else False)
        await scene.asked(GRAVE)
        await scene.asked(version="v3")
        await until(pilot, lambda: queue.line_count >= 6)
        assert queue.cursor_key == wanted


async def test_a_new_question_is_announced_and_the_badge_counts_it(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await scene.asked()
        await until(pilot, lambda: any("Publish v1" in toast for toast in toasts(app)))
        await until(pilot, lambda: "Approvals ◆1" in shown(app))
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)


async def test_the_card_tells_facts_from_words_of_the_workflow(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "All checks passed." in shown(app))
        text = shown(app)
        for words in ("Checked by Oyama", "would publish 2 files", "says the workflow", "production", "YES", "NO", "exit 0"):
            assert words in text
        assert text.index("Checked by Oyama") < text.index("says the workflow")


async def test_no_toast_of_another_question_lies_on_an_open_dialog(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await looked_at(pilot)
        await pilot.press("a")
        await armed(pilot)
        await scene.asked(GRAVE)
        await until(pilot, lambda: app.context.system is not None and app.context.system.waiting == 2)
        assert not any("Drop the table" in toast for toast in toasts(app))
        assert isinstance(app.screen, DecisionDialog)
