"""What matters in a line stays whole in small windows, and what is counted is named."""

from __future__ import annotations

import pytest

from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.wording import count_of, display_text
from tests.tui.scene import BROKEN, LONG, RELEASE, Scene, sees, shown, until

WIDE = """
id: nightly_backup_of_the_customer_database_in_all_regions_verified
name: Nightly backup of the customer database in all regions, verified
type: conditional
steps:
  - {id: first, run: say begun}
"""
PATIENT = RELEASE.replace("preview: ", "timeout: 4h, preview: ").replace("id: publish", "id: publish_to_the_customers")


async def test_a_card_says_type_and_steps_however_long_the_id_is(scene: Scene) -> None:
    await scene.keep(WIDE)
    await scene.keep(LONG)
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await sees(pilot, "Long")
        await pilot.press("v")
        await until(pilot, lambda: "… · conditional · 1 step" in shown(app) and "long · sequential · 3 steps" in shown(app))


async def test_a_card_says_until_when_and_of_which_step_it_asks_in_a_small_window(scene: Scene) -> None:
    await scene.asked(PATIENT, version="v1")
    async with scene.screens(size=(80, 24)) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen) and app.screen.card is not None)
        await until(pilot, lambda: "left, then rejected" in shown(app))
        await sees(pilot, "release #1 › publish_to_the_customers")


async def test_events_name_their_step(scene: Scene) -> None:
    await scene.start(BROKEN)
    async with scene.screens() as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "broken #1" in shown(app) and "failed" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: "bad  starts" in shown(app) and "bad  failed" in shown(app))


async def test_the_palette_cuts_what_explains_and_not_what_is_named(scene: Scene) -> None:
    await scene.keep(WIDE)
    async with scene.screens(size=(80, 30)) as (app, pilot):
        await pilot.press("colon", *"nightly")
        await until(pilot, lambda: "run Nightly backup of the customer" in shown(app))


async def test_the_history_names_what_it_counts(scene: Scene) -> None:
    await scene.start(BROKEN)
    async with scene.screens() as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: " 1 run " in shown(app))
    assert count_of(12_345, "run") == "12,345 runs"


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_newcomer_sees_how_to_quit_on_every_screen(scene: Scene, size: tuple[int, int]) -> None:
    async with scene.screens(size=size) as (app, pilot):
        for key in "01234":
            await pilot.press(key)
            await until(pilot, lambda: "q quit" in shown(app).split("\n")[-1])


def test_short_json_is_read_in_one_line() -> None:
    assert display_text(["/bin/sh", "-e", "-c"]) == '["/bin/sh", "-e", "-c"]'
    assert display_text({"names": ["a" * 30, "b" * 30]}).count("\n") == 5
    assert display_text("two\nlines") == "two\nlines"
