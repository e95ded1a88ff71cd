"""A picture of the screen, by one key from anywhere."""

from __future__ import annotations

import re
import stat
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.dialogs.finder import FinderDialog
from oyama_tui.tui.screenshots import FOLDER, keep_screenshot
from tests.tui.scene import RELEASE, Scene, WatchedApp, armed, sees, shown, toasts, until

AT = datetime.fromisoformat("2026-11-27T14:05:12+01:00")


def pictures(scene: Scene) -> list[Path]:
    """Those that are kept, the newest last."""
    return sorted((scene.studio.settings.home / FOLDER).glob("*.svg"), key=lambda path: path.stat().st_mtime_ns)


def words_of(path: Path) -> str:
    """What can be read in a picture; it names nothing that is elsewhere."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"url\((?!#)|@import|href", text)
    assert re.findall(r"https?://[^\"\s]+", text) == ["http://www.w3.org/2000/svg", "https://www.textualize.io"]
    root = ElementTree.fromstring(text)
    return " ".join("".join(node.itertext()).replace("\xa0", " ") for node in root.iter("{http://www.w3.org/2000/svg}text"))


def told_of(app: WatchedApp, path: Path) -> bool:
    """Whether a toast says where the picture is."""
    return any(str(path) in toast for toast in toasts(app))


async def test_one_key_keeps_the_screen_as_it_is(scene: Scene) -> None:
    await scene.asked()
    async with scene.screens() as (app, pilot):
        await pilot.press("3")
        await sees(pilot, "All checks passed.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: pictures(scene) and told_of(app, pictures(scene)[0]))
        [path] = pictures(scene)
        assert re.fullmatch(r"oyama-\d{4}-\d\d-\d\d-\d{6}\.svg", path.name)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert app.clipboard == str(path)
        assert "All checks passed." in words_of(path)
        assert [*path.parent.iterdir()] == [path]


async def test_a_dialog_and_what_is_written_in_it_are_in_the_picture(scene: Scene) -> None:
    await scene.keep(RELEASE)
    async with scene.screens() as (app, pilot):
        await sees(pilot, "Release")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        await armed(pilot)
        await pilot.press("v", "7")
        await sees(pilot, "v7")
        field = app.focused
        await pilot.press("ctrl+s")
        await until(pilot, lambda: pictures(scene))
        assert "v7" in words_of(pictures(scene)[0])
        assert isinstance(app.screen, Dialog)
        assert app.focused is field
        assert "v7" in shown(app)


async def test_the_palette_takes_a_picture_of_what_is_below_it(scene: Scene) -> None:
    async with scene.screens() as (app, pilot):
        await pilot.press("2", "colon")
        await until(pilot, lambda: isinstance(app.screen, FinderDialog))
        await pilot.press(*"screenshot")
        await sees(pilot, "picture of the screen")
        await pilot.press("enter")
        await until(pilot, lambda: pictures(scene))
        words = words_of(pictures(scene)[0])
        assert "Find anything" not in words
        assert " ".join(shown(app).split("\n")[1].split()[:2]) in words


async def test_a_picture_that_cannot_be_kept_is_said(scene: Scene, tmp_path: Path) -> None:
    (scene.studio.settings.home / FOLDER).symlink_to(tmp_path)
    async with scene.screens() as (app, pilot):
        await pilot.press("ctrl+s")
        await until(pilot, lambda: any("cannot be kept" in toast and "it is a link" in toast for toast in toasts(app)))
    assert not [*tmp_path.glob("*.svg")]


def test_no_picture_is_written_over(tmp_path: Path) -> None:
    kept = [keep_screenshot(tmp_path, f"<svg>{number}</svg>", AT) for number in range(3)]
    assert [path.name for path in kept] == [f"oyama-2026-11-27-140512{end}.svg" for end in ("", "-2", "-3")]
    assert [path.read_text() for path in kept] == [f"<svg>{number}</svg>" for number in range(3)]


@pytest.mark.parametrize("makes", [lambda path: path.write_text("a file"), lambda path: path.symlink_to("/tmp")], ids=["file", "link"])
def test_something_else_where_pictures_are_kept_is_left_alone(tmp_path: Path, makes: object) -> None:
    assert callable(makes)
    makes(tmp_path / FOLDER)
    with pytest.raises(OSError, match="it is a"):
        keep_screenshot(tmp_path, "<svg/>", AT)
