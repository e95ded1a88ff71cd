"""Words of the history's filter, as people write them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest

from oyama_tui.core.text import places_of
from oyama_tui.tui.dialogs.finder import FinderDialog
from oyama_tui.tui.screens import history
from oyama_tui.tui.screens.workflows import WorkflowsScreen
from oyama_tui.tui.widgets.filter_bar import FilterBar
from oyama_tui.tui.widgets.writing import OneLine
from tests.tui.scene import BROKEN, LONG, Scene, eventually, shown, until


@pytest.mark.parametrize(
    ("text", "statuses", "words"),
    [
        ("status:FAILED", ("failed",), ()),
        ("Status:Failed,rejected", ("failed", "rejected"), ()),
        ("http://example.org/x:1", (), ("http://example.org/x:1",)),
        ("error: timeout", (), ("error:", "timeout")),
        ("12:30", (), ("12:30",)),
    ],
)
async def test_words_with_a_colon_are_words_and_status_has_any_case(
    scene: Scene, text: str, statuses: tuple[str, ...], words: tuple[str, ...]
) -> None:
    wanted = scene.studio.history.parse(text)
    assert (wanted.statuses, wanted.words) == (statuses, words)


FOLDED = [
    ("die Straße", "strasse"),
    ("die STRASSE", "Straße"),
    (unicodedata.normalize("NFD", "Ünï läuft"), "ünï"),
    ("Ünï läuft", unicodedata.normalize("NFD", "ÜNÏ")),
    ("ΟΔΟΣ", "οδος"),
]
"""A text, and words that people take for a part of it."""


@pytest.mark.parametrize(("reason", "sought"), [("Ünï läuft", "ünï"), ("ünï", "ÜNÏ"), ("STRASSE 1", "strasse"), *FOLDED])
async def test_words_are_found_in_any_case_of_any_script(scene: Scene, reason: str, sought: str) -> None:
    row = await scene.start(BROKEN)
    waiting = await scene.asked()
    await scene.studio.approvals.decide(waiting, "reject", comment=reason)

    async def ended() -> bool:
        return await scene.phase(row.id) == "failed"

    await eventually(ended)
    page = await scene.studio.history.page(scene.studio.history.parse(sought))
    assert [found.workflow_id for found in page.rows] == ["release"]


@pytest.mark.parametrize(("text", "sought"), FOLDED)
async def test_every_place_that_finds_words_finds_the_same(scene: Scene, text: str, sought: str) -> None:
    definition = f"id: plain\nname: {text}\nsteps:\n  - {{id: hold, run: hold}}\n"
    row = await scene.start(definition)
    await scene.start(LONG)
    assert [found.id for found in await scene.studio.runs.list(words=sought)] == [row.id]
    assert [found.id for found in await scene.studio.runs.list(words=sought, live=True)] == [row.id]
    assert [text[begin:end] for begin, end in places_of(sought, f"a {text} b"[2:-2])]
    async with scene.screens() as (app, pilot):
        assert isinstance(app.screen, WorkflowsScreen)
        shapes = app.screen.shapes
        await until(pilot, lambda: shapes.lines.line_count == 2)
        await pilot.press("slash")
        app.screen.query_one(FilterBar).value = sought
        await until(pilot, lambda: shapes.lines.line_count == 1 and shapes.selected is not None and shapes.selected.id == "plain")
        await pilot.press("enter", "2", "slash")
        await until(pilot, lambda: isinstance(app.focused, FilterBar))
        app.screen.query_one(FilterBar).value = sought
        await until(pilot, lambda: "1 hidden by the filter" in shown(app) and "plain #1" in shown(app))
        await pilot.press("enter", "colon")
        await until(pilot, lambda: isinstance(app.screen, FinderDialog))
        app.screen.query_one(OneLine).value = sought
        await until(pilot, lambda: "plain #1" in shown(app) and "long #1" not in shown(app))


async def test_ages_in_the_history_grow(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    row = await scene.start(BROKEN)
    passed = timedelta()
    monkeypatch.setattr(history, "utc_now", lambda: datetime.now(UTC) + passed)
    async with scene.screens((80, 24)) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: row.label in shown(app) and "just now" in shown(app))
        passed = timedelta(minutes=7, seconds=3)
        await until(pilot, lambda: "7 m ago" in shown(app))
