"""`/` finds in the card where the keys go to the card, and filters the queue where they go to the queue."""

from __future__ import annotations

import json

from textual.pilot import Pilot

from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.widgets.approval_parts import Card, Queue
from oyama_tui.tui.widgets.filter_bar import FilterBar
from tests.tui.scene import GRAVE, RELEASE, Scene, WatchedApp, sees, shown, until

PROMPT = json.dumps("\n".join(f"line {number}{' needle' if number % 30 == 0 else ''}" for number in range(100)))
LONG = RELEASE.replace('"All checks passed."', PROMPT)


async def in_card(app: WatchedApp, pilot: Pilot[int]) -> Card:
    await pilot.press("3")
    await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
    card = app.screen.query_one(Card)
    await until(pilot, lambda: bool(card.lines))
    await pilot.press("enter")
    await until(pilot, lambda: app.focused is card)
    return card


async def test_words_are_found_in_the_card_forth_and_back_and_round_its_ends(scene: Scene) -> None:
    await scene.asked(LONG, version="v1")
    async with scene.screens(size=(100, 30)) as (app, pilot):
        card = await in_card(app, pilot)
        await pilot.press("slash", *"NEEDLE", "enter")
        await until(pilot, lambda: "1 of 4" in shown(app) and app.focused is card)
        await sees(pilot, "line 0 needle")
        await pilot.press("n")
        await until(pilot, lambda: "2 of 4" in shown(app) and "line 30 needle" in shown(app))
        await pilot.press("N", "N")
        await until(pilot, lambda: "4 of 4" in shown(app) and "line 90 needle" in shown(app))
        await pilot.press("n")
        await until(pilot, lambda: "1 of 4" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "1 of 4" not in shown(app))
        assert app.focused is card
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.focused, Queue))


async def test_words_that_the_card_does_not_have_are_said_to_be_missing(scene: Scene) -> None:
    await scene.asked(LONG, version="v1")
    async with scene.screens() as (app, pilot):
        card = await in_card(app, pilot)
        await pilot.press("slash", *"nowhere", "enter")
        await until(pilot, lambda: "not in here" in shown(app))
        await pilot.press("n")
        assert app.focused is card


async def test_n_without_words_takes_words(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        await in_card(app, pilot)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.focused, FilterBar))


async def test_in_the_queue_words_filter_and_the_card_keeps_its_own(scene: Scene) -> None:
    await scene.asked(LONG, version="v1")
    await scene.asked(GRAVE)
    async with scene.screens() as (app, pilot):
        await in_card(app, pilot)
        await pilot.press("slash", *"needle", "enter")
        await until(pilot, lambda: " of 4" in shown(app) or "not in here" in shown(app))
        await pilot.press("h")
        await until(pilot, lambda: not app.screen.query_one("#side FilterBar").has_class("-there"))
        await pilot.press("h", "slash", *"grave", "enter")
        await until(pilot, lambda: "1 hidden" in shown(app))
        assert app.screen.query(FilterBar).first().value == "grave"


async def test_a_field_with_words_eats_no_answer(scene: Scene) -> None:
    approval = await scene.asked()
    async with scene.screens() as (app, pilot):
        await in_card(app, pilot)
        await pilot.press("slash", *"ar")
        assert isinstance(app.screen, ApprovalsScreen)
        assert isinstance(app.focused, FilterBar)
        assert app.focused.value == "ar"
        assert (await scene.studio.approvals.get(approval)).row.status == "pending"


async def test_words_are_found_over_the_end_of_a_line(scene: Scene) -> None:
    words = " ".join(f"zap{number}" for number in range(60))
    await scene.asked(RELEASE.replace("All checks passed.", words), version="v1")
    async with scene.screens(size=(100, 30)) as (app, pilot):
        card = await in_card(app, pilot)
        ends = [line.plain.split()[-1] for line in card.lines if "zap" in line.plain]
        last = int(ends[0].removeprefix("zap"))
        await pilot.press("slash", *f"zap{last}", "space", *f"zap{last + 1}", "enter")
        await until(pilot, lambda: "1 of 1" in shown(app))
        marked = {line: [card.lines[line].plain[start:end] for start, end in marks] for line, marks in card.places.marks.items()}
        assert [text.strip() for texts in marked.values() for text in texts] == [f"zap{last}", f"zap{last + 1}"]


async def test_what_is_marked_in_an_indented_line_is_what_was_sought(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        card = await in_card(app, pilot)
        await pilot.press("slash", *"publish 2", "enter")
        await until(pilot, lambda: "1 of 1" in shown(app))
        [(line, marks)] = card.places.marks.items()
        assert [card.lines[line].plain[start:end] for start, end in marks] == ["publish 2"]
