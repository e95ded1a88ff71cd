"""Themes in the palette: looked at while the cursor is on them, kept by enter, and those that people have written themselves."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.theme import BUILTIN_THEMES

from oyama_tui.tui.dialogs.finder import FinderDialog
from oyama_tui.tui.kept_theme import kept_theme
from oyama_tui.tui.legible import legible
from oyama_tui.tui.own_themes import MOST_BYTES, own_themes
from tests.tui.scene import WatchedApp, open_scene, shown, toasts, until

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "make-a-theme.md"
DUSK = 'primary = "#7aa2c8"\nbackground = "#201a2b"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where own themes are."""
    monkeypatch.setenv("OYAMA_CONFIG", str(tmp_path / "settings" / "config.toml"))
    themes = tmp_path / "settings" / "themes"
    themes.mkdir(parents=True)
    return themes


async def find(app: WatchedApp, pilot: Pilot[int], words: str) -> None:
    """Open the palette and type; themes come last."""
    await pilot.press("colon")
    await until(pilot, lambda: isinstance(app.screen, FinderDialog) and any(entry.group == "themes" for entry in app.screen._entries))
    await pilot.press(*("space" if key == " " else key for key in words))


async def test_a_theme_is_seen_while_the_cursor_is_on_it_and_gone_with_escape(tmp_path: Path, folder: Path) -> None:
    async with open_scene(tmp_path) as scene, scene.screens() as (app, pilot):
        ground = app.screen.styles.background
        await find(app, pilot, "theme catppuccin")
        await until(pilot, lambda: app.theme == "catppuccin-frappe")
        for name in ("catppuccin-latte", "catppuccin-macchiato"):
            await pilot.press("down")
            await until(pilot, lambda name=name: app.theme == name)  # type: ignore[misc]
        assert app.screen_stack[0].styles.background != ground
        await pilot.press("escape")
        await until(pilot, lambda: app.theme == "oyama-dark")
        await until(pilot, lambda: app.screen.styles.background == ground)
        assert kept_theme(scene.studio.settings.home, "oyama-dark") == "oyama-dark"


async def test_a_theme_that_was_looked_at_is_gone_when_something_else_is_chosen(tmp_path: Path, folder: Path) -> None:
    async with open_scene(tmp_path) as scene, scene.screens() as (app, pilot):
        await find(app, pilot, "theme nord")
        await until(pilot, lambda: app.theme == "nord")
        await pilot.press(*["backspace"] * len("theme nord"), *"history")
        await until(pilot, lambda: app.theme == "oyama-dark")
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "history")
        assert app.theme == "oyama-dark"


async def test_enter_keeps_the_theme(tmp_path: Path, folder: Path) -> None:
    async with open_scene(tmp_path) as scene, scene.screens() as (app, pilot):
        await find(app, pilot, "theme nord")
        await pilot.press("enter")
        await until(pilot, lambda: kept_theme(scene.studio.settings.home, "oyama-dark") == "nord")
        await find(app, pilot, "in use")
        await until(pilot, lambda: re.search(r"nord +dark, in use", shown(app)))
        await pilot.press("escape")
        await find(app, pilot, "theme dracula")
        await until(pilot, lambda: app.theme == "dracula")
        await pilot.press("escape")
        await until(pilot, lambda: app.theme == "nord")


async def test_an_own_theme_is_offered_and_changes_with_its_file(tmp_path: Path, folder: Path) -> None:
    (folder / "dusk.toml").write_text(DUSK)
    async with open_scene(tmp_path, theme="dusk") as scene, scene.screens() as (app, pilot):
        assert app.theme == "dusk"
        assert app.screen.styles.background.hex == "#201A2B"
        (folder / "dusk.toml").write_text(DUSK.replace("#201a2b", "#102010"))
        (folder / "dawn.toml").write_text('primary = "#335577"\ndark = false\n')
        await find(app, pilot, "yours")
        await until(pilot, lambda: re.search(r"dawn +yours, light", shown(app)) and re.search(r"dusk +yours, dark, in use", shown(app)))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.styles.background.hex == "#102010")


async def test_the_first_theme_is_shown_legible_whichever_it_is(tmp_path: Path, folder: Path) -> None:
    # Textual begins with this one, so that choosing it is no change.
    async with open_scene(tmp_path, theme="textual-dark") as scene, scene.screens() as (app, pilot):
        wanted = legible(BUILTIN_THEMES["textual-dark"])
        assert wanted.variables["text-muted"] != BUILTIN_THEMES["textual-dark"].variables.get("text-muted")
        await until(pilot, lambda: app.theme_variables["text-muted"] == wanted.variables["text-muted"])


async def test_a_theme_that_is_of_no_use_is_explained_and_keeps_nothing_away(tmp_path: Path, folder: Path) -> None:
    (folder / "dusk.toml").write_text(DUSK)
    (folder / "wrong.toml").write_text('primary = "bluish"\n')
    async with open_scene(tmp_path, theme="dusk") as scene, scene.screens() as (app, pilot):
        assert app.theme == "dusk"
        await until(pilot, lambda: any("wrong.toml" in toast and "'bluish' is no colour" in toast for toast in toasts(app)))


WRONG = {
    "": 'primary is missing; add a line like primary = "#7aa2c8"',
    "primary = \n": "line 1, column 11",
    'primary = "#12345"': "primary: '#12345' is no colour; write it like #7aa2c8",
    'primary = "ansi_red"': "primary: 'ansi_red' is not the same everywhere",
    'primary = "#7aa2c880"': "primary: '#7aa2c880' is not the same everywhere",
    'primary = "[bold]\\u001b[31m"': "is no colour",
    "primary = 7": "primary: Input should be a valid string",
    'primary = "#7aa2c8"\nforground = "#ffffff"': "there is no key forground; do you mean foreground?",
    'primary = "#7aa2c8"\n[variables]\ntext-mute = "#ffffff"': "variables: there is no colour 'text-mute'; do you mean text-muted?",
    'primary = "#7aa2c8"\n[variables]\ntext-muted = "auto"': "variables.text-muted: 'auto' is no",
    'primary = "#7aa2c8"\ndark = "no"': "dark: Input should be a valid boolean",
    "#" * (MOST_BYTES + 1): "it is larger than 64 KiB",
}


@pytest.mark.parametrize(("text", "told"), WRONG.items(), ids=list(WRONG.values()))
def test_what_is_wrong_with_a_theme_is_said(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "dusk.toml").write_text(text)
    themes, [problem] = own_themes(tmp_path)
    assert not themes
    assert str(tmp_path / "dusk.toml") in problem
    assert told in problem
    assert "\x1b" not in problem


def test_files_that_are_no_themes_are_explained(tmp_path: Path) -> None:
    (tmp_path / "Dusk til dawn.toml").write_text(DUSK)
    (tmp_path / "bytes.toml").write_bytes(b"primary = '\xff'")
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "lost.toml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("no theme")
    themes, problems = own_themes(tmp_path)
    assert not themes
    assert [re.search(r"[\w ]+\.toml", problem)[0] for problem in problems] == [  # type: ignore[index]
        "Dusk til dawn.toml",
        "bytes.toml",
        "folder.toml",
        "lost.toml",
        "pipe.toml",
    ]
    assert own_themes(tmp_path / "nowhere") == ((), ())


def test_the_theme_of_the_page_can_be_used(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert blocks
    for number, block in enumerate(blocks):
        (tmp_path / f"block-{number}.toml").write_text(block)
    themes, problems = own_themes(tmp_path)
    assert not problems
    assert len(themes) == len(blocks)
