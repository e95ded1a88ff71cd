"""Style sheets: every rule of a screen's sheet is for that screen alone, and colours come from the theme."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oyama_tui.resources import styles_path
from oyama_tui.tui.app import OyamaApp
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.framed import FramedScreen
from oyama_tui.tui.screens.history import HistoryScreen
from oyama_tui.tui.screens.home import HomeScreen
from oyama_tui.tui.screens.past import PastScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.screens.runs import RunsScreen
from oyama_tui.tui.screens.workflows import WorkflowsScreen
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.themes import THEMES
from tests.tui.scene import Scene, shown, until

SCREENS: tuple[type[FramedScreen], ...] = (HomeScreen, WorkflowsScreen, RunsScreen, RunScreen, ApprovalsScreen, HistoryScreen, PastScreen)
SHEETS = sorted((styles_path() / "screens").glob("*.tcss"))


def rules(sheet: Path) -> list[str]:
    """The selectors of a sheet's outer rules."""
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    selectors, depth, current = [], 0, ""
    for character in text:
        if character == "{":
            if depth == 0:
                selectors.append(current.strip())
            depth, current = depth + 1, ""
        elif character == "}":
            depth, current = depth - 1, ""
        else:
            current += character
    return selectors


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.stem)
def test_every_rule_begins_with_its_screens_class(sheet: Path) -> None:
    for selector in rules(sheet):
        for part in selector.split(","):
            assert part.strip().startswith(f".{sheet.stem}-screen"), f"{sheet.name}: {part.strip()}"


def test_every_screen_has_its_sheet_and_its_class() -> None:
    for screen in SCREENS:
        assert screen.DEFAULT_CLASSES in [f"{sheet.stem}-screen" for sheet in SHEETS]


@pytest.mark.parametrize("sheet", [styles_path() / "app.tcss", *SHEETS], ids=lambda sheet: sheet.stem)
def test_sheets_have_no_colour_literals(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    for name, value in re.findall(r"([a-z-]+):\s*([^;{}]+);", text):
        if any(word in name for word in ("color", "background", "border", "outline", "tint")):
            assert not re.search(r"#[0-9a-f]{3,8}\b|rgb|hsl|\b(red|green|blue|white|black|yellow|orange|grey|gray)\b", value), (
                f"{name}: {value}"
            )


@pytest.mark.parametrize("theme", [*(theme.name for theme in THEMES), "ansi-dark", "textual-light", "nord"])
async def test_every_theme_shows_the_screens(scene: Scene, theme: str) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        app.theme = theme
        await pilot.press("3")
        await until(pilot, lambda: "production" in shown(app))


async def test_an_unknown_theme_is_said_and_replaced(tmp_path: Path) -> None:
    from tests.tui.scene import open_scene, toasts

    async with open_scene(tmp_path, theme="no-such-theme") as scene, scene.screens() as (app, pilot):
        await until(pilot, lambda: any("no-such-theme" in toast for toast in toasts(app)))
        assert app.theme == "oyama-dark"


def test_every_state_has_its_own_glyph_or_word_in_both_alphabets() -> None:
    states = (
        "queued",
        "running",
        "needs you",
        "waiting",
        "paused",
        "completed",
        "failed",
        "rejected",
        "cancelled",
        "skipped",
        "retrying",
        "expired",
    )
    for icons in (StatusIcons(), StatusIcons(ascii_only=True)):
        drawn = {(icons.of(state).glyph, icons.of(state).word) for state in states}
        assert len(drawn) == len(states)
        assert all(len(glyph) == 1 for glyph, _word in drawn)
    assert all(StatusIcons(ascii_only=True).of(state).glyph.isascii() for state in states)


def test_a_state_that_is_not_known_is_drawn_as_itself() -> None:
    assert StatusIcons().of("compensating").full.plain == "· compensating"


def test_sheets_are_found_by_the_app() -> None:
    sheets = [styles_path() / "app.tcss", *sorted((styles_path() / "screens").glob("*.tcss"))]
    assert len(sheets) > 5
    assert sheets == OyamaApp.CSS_PATH


async def test_place_that_is_opened_reads_no_style_sheet(scene: Scene) -> None:
    """Textual reads all sheets again where a screen has some of its own, or seems to have missed a change."""
    async with scene.screens() as (app, pilot):
        await until(pilot, lambda: app.input.is_idle)
        read: list[str] = []
        app.stylesheet.reparse = lambda: read.append("again")  # type: ignore[method-assign]
        for key in "23401":
            await pilot.press(key)
            await until(pilot, lambda: app.input.is_idle)
        assert read == []
