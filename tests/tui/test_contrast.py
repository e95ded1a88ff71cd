"""Every theme that is on offer can be read: all that the screens draw over a realistic database, in the colours in which it is drawn."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from oyama_tui.tui import messages
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.widgets.frame import Banner
from tests.realistic import looking
from tests.tui.legibility import WORDS, Sight
from tests.tui.pictures.frame import PRESENT, Photographer, gallery
from tests.tui.scene import PatientPilot, WatchedApp, open_scene, sees, until
from tests.tui.test_colours import busy, everything

pytestmark = pytest.mark.slow
STRICT = "oyama-high-contrast"
MOST = 7.0
"""The least contrast of text in the theme of the highest contrast."""


@pytest.fixture(scope="module")
def database() -> Iterator[Path]:
    with gallery() as folder:
        yield folder


class Reader(Photographer):
    """Looks at each place in every theme, instead of taking pictures."""

    def __init__(self, app: WatchedApp, pilot: PatientPilot, folder: Path) -> None:
        super().__init__(app, pilot, folder)
        self.found: Counter[str] = Counter()

    async def take(self, name: str) -> None:
        """Look at what is there."""
        for field in self._app.screen.query(Input):
            field.cursor_blink = False
        await super().take(name)
        for theme in self._app.themes.entry_words():
            self._app.themes.look_at(theme)
            await self._pilot.pause()
            sight = Sight(self._app)
            problems = sight.indistinct() if self._app.current_theme.ansi else sight.unreadable(MOST if theme == STRICT else WORDS)
            self.found.update(f"{theme}: {name}: {told}" for told in problems)

    async def disable_the_others(self) -> None:
        """Let no button but the focused one take a press, as before a dialog is armed."""
        for button in self._app.screen.query(DialogButton):
            button.disabled = button is not self._app.focused
        await self._pilot.pause()

    async def tell(self) -> None:
        """Show what comes by itself: toasts of each kind, and trouble."""
        for severity in ("information", "warning", "error"):
            self._app.notify("The words of a toast.", title="Its title", severity=severity, timeout=600, markup=False)
        self._app.screen.query_one(Banner).say("The database cannot be read.")
        await self.sees("The words of a toast.")


async def workflows(p: Reader) -> None:
    """Where it begins, and what one finds from there."""
    await p.sees("Ingest warehouse")
    await p.take("workflows")
    await p.press("v")
    await p.take("workflows as cards")
    await p.press(":")
    await p.take("palette")
    await p.close()
    await p.filter("release")
    await p.press("r")
    await p.take("start")


async def lists(p: Reader) -> None:
    """Runs, and what is over."""
    for key, name, beside in (
        ("2", "runs", ""),
        ("4", "history", "train_model-1"),
        ("]", "past approvals", "terraform #3"),
        ("0", "home", "LAST 24 HOURS"),
    ):
        await p.press(key)
        await p.sees(beside)
        await p.take(name)


async def runs(p: Reader) -> None:
    """A run in two shapes, one as it was, and one that is to be undone."""
    await p.open("ingest_warehouse #6")
    await p.press("v")
    await p.take("graph")
    await p.press("v")
    await p.take("time")
    await p.press("v")
    await p.find("release #4")
    await p.press("U")
    await p.take("undo")
    await p.close()
    await p.find("release #3")
    await p.press("t")
    await p.take("past")


async def one_workflow(p: Reader) -> None:
    """A workflow's runs beside each other, its text and what that was, and two of its runs."""
    await p.look_into("deploy_web")
    await p.sees("in #7")
    await p.press("h", "h", "h", "j", "j", "j", "j", "space")
    await p.take("runs of a workflow")
    await p.press("]", "]")
    await p.sees("id: deploy_web")
    await p.take("text of a workflow")
    await p.press("[", "[", "l", "d")
    await p.sees("came to the same")
    await p.take("two runs compared")


async def questions(p: Reader) -> None:
    """Questions and an answer; what comes by itself lies over the last."""
    await p.press("3")
    await p.question("newsletter")
    await p.looked_at()
    await p.press("a")
    await p.take("answer")
    await p.disable_the_others()
    await p.take("answers that cannot be given")
    await p.close()
    await p.question("terraform")
    await p.take("card")
    await p.press("d")
    await p.tell()
    await p.take("difference and toasts")


@pytest.mark.parametrize("walk", [workflows, lists, runs, one_workflow, questions], ids=lambda walk: walk.__name__)
async def test_every_theme_can_be_read(database: Path, walk: Callable[[Reader], Awaitable[None]]) -> None:
    async with looking(database, PRESENT) as studio:
        app = WatchedApp(studio)
        async with app.run_test(size=(120, 24), notifications=True):
            pilot = PatientPilot(app)
            await until(pilot, lambda: app.context.system is not None)
            reader = Reader(app, pilot, database)
            await walk(reader)
    told = "\n".join(f"{count} x {what}" for what, count in sorted(reader.found.items()))
    assert not told, f"\n{told}"


async def test_without_colours_signs_tell_what_colours_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_scene(tmp_path, ascii=True) as scene:
        await busy(scene)
        async with scene.screens() as (app, pilot):
            assert app.no_color
            async for place in everything(scene, app, pilot):
                assert not [*Sight(app).indistinct()], place


PAINTED = "".join(
    f"\x1b[{code}{kind}mcolour {code}{kind}\x1b[0m\n" for code in (*range(30, 38), *range(90, 98)) for kind in ("", ";1", ";2")
)
"""A line in each of the sixteen colours, plain, bold and dim."""


@pytest.mark.parametrize("theme", ["oyama-dark", "oyama-light", "solarized-light", "nord"])
async def test_what_programs_write_in_colours_is_read_on_any_ground(tmp_path: Path, theme: str) -> None:
    async with open_scene(tmp_path, theme=theme) as scene, scene.screens(size=(120, 70)) as (app, pilot):
        run = await scene.start(f"id: painted\nsteps:\n  - {{id: paint, run: {json.dumps('say ' + PAINTED)}}}\n")
        app.post_message(messages.RunOpened(run.id))
        await sees(pilot, "colour 97;2")
        sight = Sight(app)
        assert sum(piece.text.startswith("colour ") for piece in sight.pieces()) == PAINTED.count("\n")
        assert not [*sight.unreadable()]
