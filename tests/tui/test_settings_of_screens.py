"""What the settings name on the screens is known, described, and kept when it is chosen there."""

from __future__ import annotations

from pathlib import Path

import pytest

from oyama_tui.tui.dialogs.finder import FinderDialog
from oyama_tui.tui.kept_theme import NAME, keep_theme, kept_theme
from tests.source import ROOT
from tests.tui.scene import open_scene, shown, until
from tests.tui.settings_reference import page


def test_the_page_of_settings_is_written_from_the_model() -> None:
    assert (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8") == page()


def test_a_theme_that_was_chosen_holds_until_the_settings_name_another(tmp_path: Path) -> None:
    assert kept_theme(tmp_path, "oyama-dark") == "oyama-dark"
    keep_theme(tmp_path, "nord", "oyama-dark")
    assert kept_theme(tmp_path, "oyama-dark") == "nord"
    assert kept_theme(tmp_path, "dracula") == "dracula"
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("content", ["", "{", "[]", "7", '{"theme": "nord"}', "\ud800"])
def test_a_kept_choice_that_cannot_be_read_is_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / NAME).write_bytes(content.encode("utf-8", "surrogatepass"))
    assert kept_theme(tmp_path, "oyama-dark") == "oyama-dark"


async def test_a_theme_that_is_chosen_in_the_palette_is_there_at_the_next_start(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as scene, scene.screens() as (app, pilot):
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, FinderDialog))
        await pilot.press(*"theme", "space", *"nord")
        await until(pilot, lambda: "tokyo-night" not in shown(app) and "nord" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.theme == "nord")
    async with open_scene(tmp_path) as scene, scene.screens() as (app, _):
        assert app.theme == "nord"
