"""Every theme that is on offer can be read: all that the screens draw over a realistic database, in the colours in which it is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.legibility import Sight
from tests.tui.pictures.frame import Photographer, gallery, photographer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def database() -> Iterator[Path]:
    with gallery() as folder:
        yield folder


class Reader(Photographer):
    """Looks at each place in every theme, instead of taking pictures."""

    def __init__(self, photographer: Photographer, themes: list[str]) -> None:
        super().__init__(photographer._app, photographer._pilot, Path(photographer._folder))
        self.themes = themes
        self.found: Counter[str] = Counter()

    async def take(self, name: str) -> None:
        """Look at what is there."""
        await super().take(name)
        for theme in self.themes:
            self._app.theme = theme
            await self._pilot.pause()
            self.found.update(f"{theme}: {name}: {told}" for told in Sight(self._app).unreadable())


async def walk(p: Photographer) -> None:
    """Each screen and some dialogs."""
    await p.sees("Ingest warehouse")
    await p.take("workflows")
    await p.press("v")
    await p.take("workflows as cards")
    for key, name, beside in (
        ("2", "runs", ""),
        ("4", "history", "train_model-1"),
        ("]", "past approvals", "terraform #3"),
        ("0", "home", "LAST 24 HOURS"),
    ):
        await p.press(key)
        await p.sees(beside)
        await p.take(name)
    await p.press(":")
    await p.take("palette")
    await p.close()
    await p.press("?")
    await p.take("help")
    await p.close()
    await p.press("1")
    await p.filter("release")
    await p.press("r")
    await p.take("start")
    await p.close()
    await p.find("release #4")
    await p.take("run that is over")
    await p.press("U")
    await p.take("undo")
    await p.close()
    await p.open("ingest_warehouse #6")
    await p.press("v")
    await p.take("graph")
    await p.press("v")
    await p.take("time")
    await p.press("v")
    await p.find("release #3")
    await p.press("t")
    await p.take("past")
    await p.press("escape")
    await p.press("3")
    await p.question("newsletter")
    await p.take("card")
    await p.looked_at()
    await p.press("a")
    await p.take("answer")
    await p.close()
    await p.question("terraform")
    await p.take("grave card")
    await p.press("d")
    await p.take("difference")


async def test_every_theme_can_be_read(database: Path) -> None:
    async with photographer(database, (120, 36)) as taking:
        reader = Reader(taking, sorted(name for name, theme in taking._app.available_themes.items() if not theme.ansi))
        await walk(reader)
    told = "\n".join(f"{count} x {what}" for what, count in sorted(reader.found.items()))
    assert not told, f"\n{told}"
