"""Editing values before a yes, on the screens."""

from __future__ import annotations

from functools import partial

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from oyama_tui.tui.dialogs.decision import DecisionDialog
from oyama_tui.tui.dialogs.edit import EditDialog
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.writing import SeveralLines
from tests.tui.scene import Scene, WatchedApp, armed, looked_at, sees, shown, until

RELEASE = """
id: release
steps:
  - id: notes
    run: "say drafted"
    outputs: {text: "first draft\\nof two lines", tags: "${{ ['stable'] }}"}
  - id: publish
    gate: {title: Publish the notes of this release, edit: [notes.text, notes.tags]}
    run: "say ${{ steps.notes.outputs.text }}"
"""
PLAIN = "id: plain\nsteps:\n  - {id: go, gate: {title: Go?}}\n"
SIZES = [(60, 20), (80, 24), (120, 36), (160, 50)]


async def at_edit(app: WatchedApp, pilot: Pilot[int]) -> EditDialog:
    """The dialog that takes other values, opened with the key."""
    await pilot.press("3")
    await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
    if app.size.width < 80:
        await pilot.press("enter")
    await looked_at(pilot)
    await pilot.press("e")
    await until(pilot, lambda: isinstance(app.screen, EditDialog))
    await armed(pilot)
    assert isinstance(app.screen, EditDialog)
    return app.screen


def field(dialog: EditDialog, place: int) -> SeveralLines:
    """A field of the dialog."""
    return dialog.query_one(f"#value{place}", SeveralLines)


def says(app: WatchedApp, words: str) -> bool:
    """Whether these words stand on the screen."""
    return words in shown(app)


def go_on(dialog: EditDialog) -> None:
    """Ask for the difference."""
    dialog.query_one("#yes", Button).press()


@pytest.mark.parametrize("size", SIZES)
async def test_e_takes_other_values_shows_the_difference_and_runs_them(scene: Scene, size: tuple[int, int]) -> None:
    approval = await scene.asked(RELEASE)
    async with scene.screens(size=size) as (app, pilot):
        dialog = await at_edit(app, pilot)
        assert [field(dialog, place).text for place in (0, 1)] == ["first draft\nof two lines", '[\n  "stable"\n]']
        for button in dialog.query(Button):
            assert dialog.region.contains_region(button.region)
        field(dialog, 0).text = "first draft\nof three lines"
        go_on(dialog)
        await until(pilot, lambda: isinstance(app.screen, DecisionDialog))
        assert (await scene.studio.approvals.get(approval)).row.status == "pending", "nothing is answered yet"
        await armed(pilot)
        words = shown(app)
        assert "-of two lines" in words
        assert "+of three lines" in words
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        card = await scene.studio.approvals.get(approval)
        assert card.row.status == "approved"
        assert card.votes[0].edits == {"notes.text": "first draft\nof three lines"}
        assert card.content.editable["notes.text"] == "first draft\nof two lines"


async def test_what_does_not_fit_is_said_in_the_dialog_and_nothing_is_lost(scene: Scene) -> None:
    approval = await scene.asked(RELEASE)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        dialog = await at_edit(app, pilot)
        go_on(dialog)
        await until(pilot, lambda: "Nothing is different" in shown(app))
        for text, words in (("[", "is no JSON"), ("{}", "must be a list")):
            field(dialog, 1).text = text
            go_on(dialog)
            await until(pilot, partial(says, app, words))
            assert field(dialog, 1).text == text
        field(dialog, 1).text = "[]"
        field(dialog, 0).text = "x" * 102_401
        go_on(dialog)
        await until(pilot, lambda: "at most 102,400 fit" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        assert (await scene.studio.approvals.get(approval)).row.status == "pending"


async def test_control_characters_are_pictures_in_the_field_and_what_nobody_changes_stays_as_it_is(scene: Scene) -> None:
    hostile = RELEASE.replace("first draft", "first \\e[31mdraft\\x0c")
    await scene.asked(hostile)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        dialog = await at_edit(app, pilot)
        assert not {"\x1b", "\x0c"} & set(field(dialog, 0).text)
        field(dialog, 1).text = "[]"
        go_on(dialog)
        await until(pilot, lambda: isinstance(app.screen, DecisionDialog))
        await armed(pilot)
        app.screen.query_one("#yes", Button).press()
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
        [row] = await scene.studio.approvals.list(status="approved")
        assert (await scene.studio.approvals.get(row.id)).votes[0].edits == {"notes.tags": []}


async def test_somebody_who_was_first_is_named_and_nothing_is_taken(scene: Scene) -> None:
    approval = await scene.asked(RELEASE)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        dialog = await at_edit(app, pilot)
        field(dialog, 0).text = "second"
        await scene.studio.approvals.decide(approval, "reject", comment="not today")
        # The dialog may have heard of it before the key.
        if dialog.query("#yes"):
            go_on(dialog)
        await until(pilot, lambda: "rejected by" in shown(app))


async def test_the_key_is_not_there_where_nothing_can_be_edited(scene: Scene) -> None:
    await scene.asked(PLAIN)
    async with scene.screens(size=(120, 36)) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await looked_at(pilot)
        assert " e edit" not in shown(app)
        await pilot.press("e")
        await pilot.pause()
        assert isinstance(app.screen, ApprovalsScreen)


@pytest.mark.parametrize("size", SIZES)
async def test_a_long_text_is_edited_from_its_beginning_in_as_much_room_as_there_is(scene: Scene, size: tuple[int, int]) -> None:
    lines = "\\n".join(f"line {number} of the draft" for number in range(200))
    await scene.asked(RELEASE.replace("first draft\\nof two lines", lines))
    async with scene.screens(size=size) as (app, pilot):
        dialog = await at_edit(app, pilot)
        words = shown(app)
        assert "line 0 of the draft" in words
        assert "200 lines" in words
        assert field(dialog, 0).region.height >= {20: 4, 24: 4, 36: 9, 50: 15}[size[1]]
        for button in dialog.query(Button):
            assert dialog.region.contains_region(button.region)
        await pilot.press("pagedown")
        assert field(dialog, 0).cursor_location[0] >= 3, "a page of the text"
        await pilot.press("pageup")
        assert field(dialog, 0).cursor_location[0] == 0


@pytest.mark.parametrize("how", ["answered", "withdrawn"])
async def test_an_open_dialog_says_that_its_question_is_over(scene: Scene, how: str) -> None:
    approval = await scene.asked(RELEASE)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        dialog = await at_edit(app, pilot)
        if how == "answered":
            await scene.studio.approvals.decide(approval, "reject", comment="not today")
        else:
            await scene.studio.approval_acts.withdraw(approval, "never mind")
        await until(pilot, lambda: dialog.over.startswith("It is over: ") and " at " in dialog.over)
        assert not dialog.query("#yes"), "it takes nothing any more"
        await sees(pilot, "Nothing was sent.")


async def test_a_question_that_ends_while_its_dialog_opens_is_over_at_once(scene: Scene) -> None:
    approval = await scene.asked(RELEASE)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        dialog = await at_edit(app, pilot)
        await scene.studio.approvals.decide(approval, "reject", comment="not today")
        late = DecisionDialog(app.context, dialog.card, "approve", lambda: None)
        await until(pilot, lambda: bool(dialog.over))
        await app.push_screen(late)
        await until(pilot, lambda: "rejected by" in late.over)
