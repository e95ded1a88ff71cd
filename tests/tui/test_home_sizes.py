"""Home at every size: parts beside each other, above each other, or left out; columns stay where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from oyama_tui.core.text import width_of
from oyama_tui.tui.status_icons import IN_ASCII
from tests.tui.scene import LONG, RELEASE, Scene, open_scene, sees, shown, until
from tests.tui.test_home import BRIEF, SILENT, TIMED, URGENT, at_home, ended, line_with


@pytest.mark.parametrize("size", [(160, 50), (120, 36), (80, 24), (60, 20), (40, 12)])
async def test_parts_stand_beside_each_other_or_above_or_are_left_out(scene: Scene, size: tuple[int, int]) -> None:
    await ended(scene, BRIEF)
    await scene.asked(URGENT)
    await scene.start(LONG)
    async with scene.screens(size=size) as (app, pilot):
        screen = await at_home(app, pilot)
        await sees(pilot, "◆ Drop the table")
        await sees(pilot, "● long #1")
        need, now, day = (screen.query_one(name).region for name in ("#need", "#live", "#day"))
        if size[0] >= 120:
            assert (need.y, need.right) == (now.y, now.x)
        else:
            assert (need.x, need.bottom) == (now.x, now.y)
        assert screen.query_one("#day").display == (size[0] >= 80)
        assert "HIGH" in shown(app)
        assert ("▰" in shown(app)) == (size[0] >= 60)
        assert ("LAST 24 HOURS" in shown(app)) == (size[0] >= 80)
        if size[0] >= 80:
            assert day.y == max(need.bottom, now.bottom)
            line = line_with(app, "brief   ")
            assert line.count("·") + line.count("✓") == {160: 25, 120: 13, 80: 7}[size[0]]
        await until(pilot, lambda: "w day, week" in shown(app) or size[0] < 80)


async def test_what_has_no_room_is_counted_and_the_list_goes_on(scene: Scene) -> None:
    for number in range(9):
        await scene.asked(RELEASE.replace("id: release", f"id: release{number}"), version=f"v{number}")
    async with scene.screens(size=(80, 24)) as (app, pilot):
        screen = await at_home(app, pilot)
        seen = screen.asked.room.height
        assert seen < 9
        await sees(pilot, f"NEED YOU  {seen} of 9")
        await pilot.press("G")
        await sees(pilot, "Publish v8")
        await pilot.resize_terminal(80, 50)
        await until(pilot, lambda: "NEED YOU  9 " in shown(app))


async def test_the_focus_is_handed_on_when_its_list_has_no_room_any_more(scene: Scene) -> None:
    await scene.asked(RELEASE, version="v1")
    async with scene.screens() as (app, pilot):
        screen = await at_home(app, pilot)
        await pilot.press("shift+tab")
        assert app.focused is screen.past
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: app.focused is screen.asked)
        assert "day_or_week" not in [active.binding.action for active in screen.active_bindings.values() if active.enabled]


async def test_wide_letters_and_long_titles_leave_columns_where_they_are(scene: Scene) -> None:
    await scene.asked(TIMED.replace("Publish ${{ inputs.version }}", "第48号を送る" * 20), version="v1")
    await scene.asked(URGENT.replace("Drop the table", "Archive the evidence of the third quarter for all countries"))
    for size in ((120, 36), (80, 24), (60, 20)):
        async with scene.screens(size=size) as (app, pilot):
            await at_home(app, pilot)
            await sees(pilot, "第48号")
            await sees(pilot, "Archive the")
            cells = [width_of(line[: line.index("▰")]) for line in shown(app).splitlines() if "▰" in line]
            assert len(cells) == 2
            assert len(set(cells)) == 1
            assert all("…" in line for line in shown(app).splitlines() if "▰" in line)


async def test_all_of_it_can_be_drawn_in_ascii(tmp_path: Path) -> None:
    async with open_scene(tmp_path, ascii=True) as scene:
        await ended(scene, BRIEF)
        await scene.asked(SILENT, version="v3")
        await scene.start(LONG)
        async with scene.screens() as (app, pilot):
            await at_home(app, pilot)
            await sees(pilot, "* long #1")
            drawn = shown(app).translate(IN_ASCII)
            assert drawn.isascii()
            assert "########" in drawn
            assert "@ Publish v3" in drawn
            assert all(width_of(line) == 120 for line in drawn.splitlines())
