"""Marks, and one answer to all that is marked: each has its own record, and what cannot be answered so is named."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Button

from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from oyama_tui.tui.dialogs.bulk import BulkDialog
from oyama_tui.tui.marks import Look
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from tests.tui.alike import at_queue, has_looked, on_screen, restarts
from tests.tui.scene import GRAVE, RELEASE, Scene, WatchedApp, armed, eventually, sees, shown, toasts, until

SENSITIVE = RELEASE.replace("id: release", "id: sensitive").replace("preview:", "confirm: true, risk: high, preview:")
FORMED = RELEASE.replace("id: release", "id: formed").replace('preview: "look"', "form: {why: {type: string}}")


def elsewhere(folder: Path) -> AbstractAsyncContextManager[Studio]:
    """Another process on the same database."""
    return open_studio(Settings(home=folder / "home", bell=False), drive="none", trigger="test")


async def answer(studio: Studio, approval_id: str, verdict: str = "approve") -> None:
    digest = (await studio.approvals.get(approval_id)).row.digest
    await studio.approvals.decide(approval_id, "approve" if verdict == "approve" else "reject", comment="so", digest=digest)


async def look_at(app: WatchedApp, pilot: Pilot[int], *ids: str) -> None:
    """Put the cursor on each, and look at its card."""
    for each in ids:
        await until(pilot, lambda: on_screen(app).queue.select_key(each))  # noqa: B023
        await has_looked(app, pilot, each)


async def mark(app: WatchedApp, pilot: Pilot[int], *ids: str) -> None:
    for each in ids:
        await until(pilot, lambda: on_screen(app).queue.select_key(each))  # noqa: B023
        await pilot.press("space")


async def statuses(scene: Scene, *ids: str) -> list[str]:
    return [(await scene.studio.approvals.get(each)).row.status for each in ids]


async def opened(app: WatchedApp, pilot: Pilot[int], key: str = "a") -> BulkDialog:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, BulkDialog))
    await armed(pilot)
    assert isinstance(app.screen, BulkDialog)
    return app.screen


async def three(scene: Scene) -> list[str]:
    return [await scene.asked(version=f"v{number}") for number in (1, 2, 3)]


async def test_space_marks_and_unmarks_and_the_title_counts(scene: Scene) -> None:
    ids = await three(scene)
    async with scene.screens() as (app, pilot):
        queue = await at_queue(app, pilot)
        await mark(app, pilot, ids[0], ids[2])
        await sees(pilot, "2 marked")
        await pilot.press("space")
        await sees(pilot, "1 marked")
        assert list(on_screen(app).marks) == [ids[0]]
        assert queue.cursor_key == ids[2], "a mark moves nothing"


async def test_marked_questions_are_approved_by_one_yes_with_a_record_each(scene: Scene) -> None:
    ids = await three(scene)
    async with scene.screens() as (app, pilot):
        await at_queue(app, pilot)
        await look_at(app, pilot, *ids)
        await mark(app, pilot, *ids)
        await opened(app, pilot)
        await sees(pilot, "Approve 3 marked")
        assert all(f"Publish v{number} to production" in shown(app) for number in (1, 2, 3))
        await pilot.press("enter")
        await until(pilot, lambda: any("3 approved." in toast for toast in toasts(app)))
        cards = [await scene.studio.approvals.get(each) for each in ids]
        assert [card.row.status for card in cards] == ["approved"] * 3
        assert all(card.votes[0].digest == card.row.digest for card in cards)
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and not on_screen(app).marks)


async def test_what_asks_for_care_and_what_nobody_looked_at_stays_out_by_name(scene: Scene) -> None:
    looked = await scene.asked(version="v1")
    unread = await scene.asked(version="v2")
    grave, formed = await scene.asked(GRAVE), await scene.asked(FORMED, version="v9")
    async with scene.screens() as (app, pilot):
        await at_queue(app, pilot)
        await look_at(app, pilot, looked, grave, formed)
        await pilot.press("asterisk")
        await until(pilot, lambda: "4 marked" in shown(app))
        on_screen(app).marks.looked_at.pop(unread, None)
        await opened(app, pilot)
        text = shown(app)
        assert "Approve 1 marked" in text
        assert "Left out: 3" in text
        for words in ("Publish v2 to production: not looked at", "Drop the table to production: high risk", "has a form"):
            assert words in text, words
        await pilot.press("enter")
        await until(pilot, lambda: any("1 approved." in toast for toast in toasts(app)))
        assert await statuses(scene, looked, unread, grave, formed) == ["approved", "pending", "pending", "pending"]


async def test_when_nothing_can_be_answered_together_it_is_said_why(scene: Scene) -> None:
    grave = await scene.asked(GRAVE)
    async with scene.screens() as (app, pilot):
        await at_queue(app, pilot)
        await look_at(app, pilot, grave)
        await pilot.press("space", "a")
        await until(pilot, lambda: any("None of these can be answered together: 1 high risk." in toast for toast in toasts(app)))
        assert isinstance(app.screen, ApprovalsScreen)


async def test_one_comment_rejects_all_that_is_marked_read_or_not(scene: Scene) -> None:
    ids = [*await three(scene), await scene.asked(GRAVE)]
    async with scene.screens() as (app, pilot):
        await at_queue(app, pilot)
        await pilot.press("asterisk")
        await until(pilot, lambda: "4 marked" in shown(app))
        dialog = await opened(app, pilot, "r")
        dialog.query_one("#yes", Button).press()
        await until(pilot, lambda: "A rejection needs a comment" in shown(app))
        await pilot.press(*"no", "tab", "enter")
        await until(pilot, lambda: any("4 rejected." in toast for toast in toasts(app)))
        assert [(await scene.studio.approvals.get(each)).row.comment for each in ids] == ["no"] * 4


async def test_escape_leaves_everything_as_it_was(scene: Scene) -> None:
    ids = await three(scene)
    async with scene.screens() as (app, pilot):
        await at_queue(app, pilot)
        await look_at(app, pilot, *ids)
        await pilot.press("asterisk")
        await until(pilot, lambda: "3 marked" in shown(app))
        await opened(app, pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        await sees(pilot, "3 marked")
        assert await statuses(scene, *ids) == ["pending"] * 3


async def test_another_filter_and_another_order_clear_the_marks(scene: Scene) -> None:
    await three(scene)
    async with scene.screens() as (app, pilot):
        await at_queue(app, pilot)
        for keys in (("s",), ("slash", "v", "1", "enter")):
            await pilot.press("space")
            await until(pilot, lambda: "1 marked" in shown(app))
            await pilot.press(*keys)
            await until(pilot, lambda: "marked" not in shown(app))
        await until(pilot, lambda: "2 hidden" in shown(app))
        await pilot.press("asterisk")
        await until(pilot, lambda: "1 marked" in shown(app))


async def test_what_is_over_loses_its_mark(scene: Scene) -> None:
    ids = await three(scene)
    async with scene.screens() as (app, pilot):
        await at_queue(app, pilot)
        await mark(app, pilot, *ids)
        await answer(scene.studio, ids[1], "reject")
        await until(pilot, lambda: set(on_screen(app).marks) == {ids[0], ids[2]} and "2 marked" in shown(app))


async def test_an_open_dialog_follows_what_others_answer_expire_and_cancel(scene: Scene) -> None:
    ids = await three(scene)
    async with scene.screens() as (app, pilot), elsewhere(scene.folder) as other:
        await at_queue(app, pilot)
        await look_at(app, pilot, *ids)
        await pilot.press("asterisk")
        await until(pilot, lambda: "3 marked" in shown(app))
        await opened(app, pilot)
        await answer(other, ids[0], "reject")
        await until(pilot, lambda: "Approve 2 marked" in shown(app) and "rejected by" in shown(app))
        await other.runs.cancel((await other.approvals.get(ids[1])).row.run_id)
        await until(pilot, lambda: "Approve 1 marked" in shown(app))
        await answer(other, ids[2])
        await until(pilot, lambda: "Nothing was sent." in shown(app))
        await armed(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        assert await statuses(scene, *ids) == ["rejected", "cancelled", "approved"]


async def test_answers_that_come_too_late_are_named_and_the_others_count(scene: Scene) -> None:
    ids = await three(scene)
    async with scene.screens() as (app, pilot):
        await at_queue(app, pilot)
        await look_at(app, pilot, *ids)
        await pilot.press("asterisk")
        await until(pilot, lambda: "3 marked" in shown(app))
        dialog = await opened(app, pilot)
        # From here on the dialog sends: what others do between its last look and the answer is told by the answer.
        dialog.busy = True
        await answer(scene.studio, ids[1], "reject")
        dialog.busy = False
        dialog.query_one("#yes", Button).press()
        me = scene.studio.principal.name
        await until(pilot, lambda: any(f"2 approved; 1 had been answered by {me}." in toast for toast in toasts(app)))
        assert await statuses(scene, *ids) == ["approved", "rejected", "approved"]


async def test_a_mark_on_a_group_is_a_mark_on_all_of_it(scene: Scene) -> None:
    await restarts(scene, "h1", "h2", "h3", "h4", "h5")
    async with scene.screens() as (app, pilot):
        await at_queue(app, pilot)
        await pilot.press("space")
        await until(pilot, lambda: "5 marked" in shown(app))
        await pilot.press("space")
        await until(pilot, lambda: "marked" not in shown(app))


async def test_a_long_list_scrolls_and_its_answers_stay_in_sight(scene: Scene) -> None:
    ids = await restarts(scene, *(f"host-with-a-long-name-{number}" for number in range(30)))
    async with scene.screens((60, 20)) as (app, pilot):
        await at_queue(app, pilot)
        await pilot.press("space")
        marks = on_screen(app).marks
        marks.looked_at.update({each: Look(digest, None) for each, digest in marks.digests.items()})
        await until(pilot, lambda: "30 marked" in shown(app))
        await opened(app, pilot)
        assert all(words in shown(app) for words in ("Approve 30 marked", "Approve 30 ", "Not now"))
        await pilot.press("enter")

        async def all_are() -> bool:
            return set(await statuses(scene, *ids)) == {"approved"}

        await eventually(all_are)
