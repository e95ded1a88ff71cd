"""The palette: what is meant by words comes before what only has them."""

from __future__ import annotations

import asyncio

from oyama_tui.tui.dialogs.finder import Entry, FinderDialog, Found
from oyama_tui.tui.screens.run import RunScreen
from tests.tui.scene import Scene, until


def listed(finder: FinderDialog) -> list[Entry]:
    """What stands in the list, in its order."""
    return [row for line in range(finder.found.line_count) if isinstance(row := finder.found.row_at(line), Entry)]


async def test_what_is_called_by_the_words_gets_the_cursor_of_the_palette_whatever_else_has_them(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, FinderDialog) and app.screen.found.line_count)
        await pilot.press(*"release", "space", "number_sign", "1")
        finder = app.screen
        assert isinstance(finder, FinderDialog)
        await until(pilot, lambda: finder.found.selected is not None and finder.found.selected.key.startswith("run "))
        assert any(entry.key.startswith("approval ") for entry in listed(finder))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))


async def test_what_begins_with_the_words_comes_first_in_its_group(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, FinderDialog) and app.screen.found.line_count)
        finder = app.screen
        assert isinstance(finder, FinderDialog)
        names = ["run it again", "again run", "run"]
        finder.add([Entry(name, "made up", name, "", "", lambda: None) for name in names])
        finder.show_matching("again")
        assert [entry.key for entry in listed(finder) if entry.group == "made up"] == ["again run", "run it again"]


async def test_what_is_found_late_leaves_the_cursor_where_somebody_has_put_it(scene: Scene) -> None:
    come = asyncio.Event()

    async def search(_words: str) -> Found:
        await come.wait()
        return Found("late", [Entry("late x", "late", "late x", "", "", lambda: None)], "")

    names = ["first x", "second x", "third x"]
    async with scene.screens() as (app, pilot):
        entries = [Entry(name, "made up", name, "", "", lambda: None) for name in names]
        finder = FinderDialog(app.context, entries, "Made up", search)
        app.push_screen(finder)
        await until(pilot, lambda: app.screen is finder and finder.query("#found") and finder.found.line_count)
        await pilot.press("x")
        await until(pilot, lambda: finder.found.cursor_key == "first x")
        await pilot.press("down")
        await until(pilot, lambda: finder.found.cursor_key == "second x")
        come.set()
        await until(pilot, lambda: any(entry.key == "late x" for entry in listed(finder)))
        assert finder.found.cursor_key == "second x"
