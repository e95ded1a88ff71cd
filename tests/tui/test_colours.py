"""Text is readable in every theme and on terminals with few colours, and no state is told by colour alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color, ColorSystem
from rich.color_triplet import ColorTriplet
from rich.style import Style
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.theme import Theme

from oyama_tui.tui import messages
from oyama_tui.tui.colours import PALETTES, READABLE, contrast, on_terminal
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.screens.approvals import ApprovalsScreen
from oyama_tui.tui.screens.run import RunScreen
from oyama_tui.tui.themes import THEMES
from tests.tui.scene import BROKEN, Scene, WatchedApp, armed, looked_at, open_scene, shown, until

FEW = (ColorSystem.EIGHT_BIT, ColorSystem.STANDARD)
RGB = st.builds(ColorTriplet, *[st.integers(0, 255)] * 3)
HOUSE = [theme.name for theme in THEMES]


def pairs(app: WatchedApp) -> Iterator[tuple[str, Style]]:
    """Every piece of text of the screen or dialog on top, with its colours."""
    screen = app.screen
    region = screen.query_one("#frame").region if isinstance(screen, ModalScreen) else screen.region
    for y, strip in enumerate(screen._compositor.render_strips()):
        if region.y <= y < region.bottom:
            for text, style, _control in strip.crop(region.x, region.right):
                if style is not None and any(character.isalnum() for character in text):
                    yield text, style


def colours(style: Style) -> tuple[ColorTriplet, ColorTriplet]:
    """Text and ground, in the standard values of numbered colours."""
    assert style.color is not None
    assert style.bgcolor is not None
    return _value(style.color), _value(style.bgcolor)


def _value(colour: Color) -> ColorTriplet:
    if colour.triplet is not None:
        return colour.triplet
    assert colour.number is not None
    return PALETTES[ColorSystem.STANDARD if colour.number < 16 else ColorSystem.EIGHT_BIT][colour.number]


async def everything(scene: Scene, app: WatchedApp, pilot: Pilot[int]) -> AsyncIterator[str]:
    """Go through screens and dialogs; yields where one is when it can be looked at."""
    for key, words in (("1", "last 16 runs"), ("2", "Ended lately"), ("4", "started by"), ("3", "Checked by Oyama")):
        await pilot.press(key)
        await until(pilot, lambda words=words: words in shown(app))  # type: ignore[misc]
        yield words
    await looked_at(pilot)
    for key in ("a", "r", "question_mark", "colon"):
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, ModalScreen))
        if isinstance(app.screen, Dialog):
            await armed(pilot)
        yield key
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ApprovalsScreen))
    app.post_message(messages.StartWanted("release"))
    await until(pilot, lambda: isinstance(app.screen, Dialog) and "Tag to publish" in shown(app))
    await armed(pilot)
    yield "start"
    await pilot.press("escape")
    await pilot.press("2", "enter")
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.view is not None)
    yield "run"


async def busy(scene: Scene) -> None:
    """Runs that wait, have failed and have ended."""
    await scene.asked()
    await scene.start(BROKEN)
    await scene.start("id: fine\nsteps:\n  - {id: say, run: say it}\n")


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
async def test_text_is_readable_in_the_themes_of_the_house(scene: Scene, theme: Theme) -> None:
    await busy(scene)
    async with scene.screens() as (app, pilot):
        app.theme = theme.name
        async for place in everything(scene, app, pilot):
            for text, style in pairs(app):
                on, ground = colours(style)
                assert contrast(on, ground) >= READABLE, f"{place}: {text!r} {on.hex} on {ground.hex}"


@pytest.mark.parametrize("theme", [*HOUSE, "nord", "textual-light", "solarized-light", "dracula", "monokai"])
async def test_few_colours_leave_text_as_readable_as_it_was(scene: Scene, theme: str) -> None:
    await busy(scene)
    async with scene.screens() as (app, pilot):
        app.theme = theme
        async for place in everything(scene, app, pilot):
            for text, style in pairs(app):
                was = contrast(*colours(style))
                for system in FEW:
                    now = contrast(*colours(on_terminal(style, system)))
                    assert now >= min(was, READABLE), f"{place} {system.name}: {text!r} {style}"


@given(RGB, RGB, st.sampled_from(FEW))
def test_no_pair_of_colours_becomes_unreadable(text: ColorTriplet, ground: ColorTriplet, system: ColorSystem) -> None:
    style = Style(color=Color.from_triplet(text), bgcolor=Color.from_triplet(ground), bold=True)
    drawn = on_terminal(style, system)
    assert contrast(*colours(drawn)) >= min(contrast(text, ground), READABLE)
    assert drawn.bold
    assert drawn.color is not None
    assert drawn.color.number in PALETTES[system]
    assert on_terminal(style, ColorSystem.TRUECOLOR) == style


@pytest.mark.parametrize("number", range(16, 256))
def test_a_colour_that_a_terminal_has_stays_itself(number: int) -> None:
    meant = Style(bgcolor=Color.from_triplet(PALETTES[ColorSystem.EIGHT_BIT][number]))
    drawn = on_terminal(meant, ColorSystem.EIGHT_BIT)
    assert drawn.bgcolor is not None
    assert drawn.bgcolor.get_truecolor() == PALETTES[ColorSystem.EIGHT_BIT][number]


def test_colours_of_the_terminals_own_stay_what_they_are() -> None:
    for style in (Style(), Style(color="default", bgcolor="red"), Style(color="color(200)")):
        for system in FEW:
            assert on_terminal(style, system) == style


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_results_have_hues_of_their_own_in_sixteen_colours(theme: Theme) -> None:
    ground = Color.parse(theme.background or "#000000")
    names = ("text-success", "text-error", "text-warning")
    drawn = [on_terminal(Style(color=theme.variables[name], bgcolor=ground), ColorSystem.STANDARD).color for name in names]
    assert len(set(drawn)) == len(names)


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_the_cursor_is_a_sign_before_its_row_and_not_a_colour_alone(tmp_path: Path, ascii_only: bool) -> None:
    async with open_scene(tmp_path, ascii=ascii_only) as scene:
        await busy(scene)
        here, elsewhere = (">", ":") if ascii_only else ("▌", "▏")
        async with scene.screens() as (app, pilot):
            for key, row in (("2", "release #1"), ("4", "fine #1"), ("3", "Publish v1")):
                await pilot.press(key)
                await until(pilot, lambda row=row: any(line.startswith(here) and row in line for line in shown(app).split("\n")))  # type: ignore[misc]
            await looked_at(pilot)
            await pilot.press("tab")
            await until(pilot, lambda: any(line.startswith(elsewhere) and "Publish v1" in line for line in shown(app).split("\n")))
            await pilot.press("question_mark")
            await until(pilot, lambda: isinstance(app.screen, ModalScreen))
            await until(pilot, lambda: re.search(rf"{here}\S", shown(app)) is not None)


async def test_the_button_that_enter_presses_is_underlined_and_bold(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await looked_at(pilot)
        await pilot.press("a")
        await armed(pilot)

        def looks() -> dict[str, bool]:
            return {text.strip(): bool(style.bold and style.underline) for text, style in pairs(app)}

        await until(pilot, lambda: looks().get("Publish v1 to production"))
        assert not looks()["Not now"]
