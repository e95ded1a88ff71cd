"""Questions that are the same but for their target are one line of the queue and one card, which names all of them."""

from __future__ import annotations

from oyama_tui.core.views import AlikeGroup, ApprovalRow
from oyama_tui.tui.dialogs.bulk import BulkDialog
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from tests.tui.alike import RESTART, at_queue, on_screen, read_to_the_end, restarts
from tests.tui.scene import Scene, armed, looked_at, sees, shown, toasts, until

HOSTS = ("h1", "h2", "h3", "h4", "h5")


async def test_more_than_three_are_folded_into_one_line_whose_card_names_every_target(scene: Scene) -> None:
    await restarts(scene, *HOSTS)
    await scene.asked()
    async with scene.screens() as (app, pilot):
        queue = await at_queue(app, pilot)
        group = next(row for row in queue._lines if isinstance(row, AlikeGroup))
        assert (group.size, group.targets, group.folded) == (5, 5, True)
        assert [row.title for row in queue._lines if isinstance(row, ApprovalRow)] == ["Publish v1"]
        queue.select_key(group.key)
        await until(pilot, lambda: "5 questions, one card" in shown(app))
        await sees(pilot, "5 x Restart web on …")
        card = " ".join(line.plain.strip() for line in on_screen(app).card.lines)
        assert "h1 and 4 more, the same but for the target: h2, h3, h4, h5" in card


async def test_enter_unfolds_and_folds_and_the_cursor_stays_on_the_line(scene: Scene) -> None:
    ids = await restarts(scene, *HOSTS)
    async with scene.screens() as (app, pilot):
        queue = await at_queue(app, pilot)
        key = queue.cursor_key
        assert key.startswith("=")
        await pilot.press("enter")
        await until(pilot, lambda: [row.id for row in queue._lines if isinstance(row, ApprovalRow)] == ids)
        assert queue.cursor_key == key
        assert all(host in shown(app) for host in HOSTS)
        await pilot.press("j", "j")
        await until(pilot, lambda: queue.cursor_key == ids[1] and app.screen.card is not None)  # type: ignore[attr-defined]
        assert "5 questions" not in shown(app), "a question that is looked at by itself has a card of its own"
        await pilot.press("h")
        await until(pilot, lambda: queue.cursor_key == key and not any(isinstance(row, ApprovalRow) for row in queue._lines))
        await pilot.press("l")
        await until(pilot, lambda: [row.id for row in queue._lines if isinstance(row, ApprovalRow)] == ids)


async def test_few_are_not_folded_until_somebody_folds_them(scene: Scene) -> None:
    ids = await restarts(scene, "h1", "h2")
    async with scene.screens() as (app, pilot):
        queue = await at_queue(app, pilot)
        assert [row.id for row in queue._lines if isinstance(row, ApprovalRow)] == ids
        await sees(pilot, "2 x Restart web on …")
        await pilot.press("left")
        await until(pilot, lambda: not any(isinstance(row, ApprovalRow) for row in queue._lines))


async def test_a_question_that_is_gone_to_unfolds_its_group(scene: Scene) -> None:
    ids = await restarts(scene, *HOSTS)
    async with scene.screens() as (app, pilot):
        queue = await at_queue(app, pilot)
        assert isinstance(app.screen, ApprovalsScreen)
        app.screen.select(ids[3])
        await until(pilot, lambda: queue.cursor_key == ids[3])


async def test_the_same_asked_again_and_again_says_so(scene: Scene) -> None:
    await restarts(scene, "h1", "h1", "h1", "h1")
    async with scene.screens((160, 50)) as (app, pilot):
        await at_queue(app, pilot)
        await until(pilot, lambda: "4 questions, one card: all the same, for h1" in shown(app))
        await sees(pilot, "4 x Restart web on h1")


async def test_one_look_at_the_whole_card_and_one_yes_make_a_record_for_each(scene: Scene) -> None:
    ids = await restarts(scene, *HOSTS)
    async with scene.screens((100, 20)) as (app, pilot):
        await at_queue(app, pilot)
        card = on_screen(app).card
        await looked_at(pilot)
        await read_to_the_end(pilot, card)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, BulkDialog))
        await armed(pilot)
        await sees(pilot, "Approve 5 marked")
        await pilot.press("enter")
        await until(pilot, lambda: any("5 approved." in toast for toast in toasts(app)))
        cards = [await scene.studio.approvals.get(each) for each in ids]
        assert [card.row.status for card in cards] == ["approved"] * 5
        assert all(len(card.votes) == 1 and card.votes[0].digest == card.row.digest for card in cards)


async def test_a_yes_to_a_group_waits_until_its_card_is_read_to_the_end(scene: Scene) -> None:
    long = RESTART.replace("target:", 'prompt: "' + "\\n".join(f"line {number}" for number in range(60)) + '", target:')
    ids = await restarts(scene, *HOSTS, text=long)
    async with scene.screens((100, 20)) as (app, pilot):
        await at_queue(app, pilot)
        await looked_at(pilot)
        await pilot.press("a")
        await until(pilot, lambda: any("read it to the end first" in toast for toast in toasts(app)))
        assert isinstance(app.screen, ApprovalsScreen)
        assert {(await scene.studio.approvals.get(each)).row.status for each in ids} == {"pending"}


async def test_a_group_that_another_process_answers_becomes_smaller_and_then_a_question(scene: Scene) -> None:
    ids = await restarts(scene, *HOSTS)
    async with scene.screens() as (app, pilot):
        queue = await at_queue(app, pilot)
        for number, each in enumerate(ids[:3], 1):
            card = await scene.studio.approvals.get(each)
            await scene.studio.approvals.decide(each, "reject", comment="no", digest=card.row.digest)
            words = f"{5 - number} x Restart"
            await until(pilot, lambda words=words: words in shown(app))  # type: ignore[misc]
        await scene.studio.approvals.decide(ids[3], "approve", digest=(await scene.studio.approvals.get(ids[3])).row.digest)
        await until(pilot, lambda: [row.id for row in queue._lines if isinstance(row, ApprovalRow)] == [ids[4]])
        assert not any(isinstance(row, AlikeGroup) for row in queue._lines)
        assert queue.cursor_key == ids[4]


async def test_grouped_are_they_in_the_order_by_workflow_alone(scene: Scene) -> None:
    ids = await restarts(scene, *HOSTS)
    async with scene.screens() as (app, pilot):
        queue = await at_queue(app, pilot)
        await pilot.press("s")
        await until(pilot, lambda: [row.id for row in queue._lines if isinstance(row, ApprovalRow)] == ids)
        await sees(pilot, "by deadline")


async def test_a_question_that_is_gone_to_and_does_not_exist_holds_nobody_up(scene: Scene) -> None:
    await scene.asked(version="v1")
    second = await scene.asked(version="v2")
    async with scene.screens() as (app, pilot):
        queue = await at_queue(app, pilot)
        assert isinstance(app.screen, ApprovalsScreen)
        app.screen.select("nothing")
        await until(pilot, lambda: not on_screen(app).reading.wanted)
        queue.select_key(second)
        await scene.asked(version="v3")
        await until(pilot, lambda: "Publish v3" in shown(app) and on_screen(app).here.is_shown)
        assert queue.cursor_key == second
