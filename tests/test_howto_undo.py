"""What the page about undoing runs says is so: its definitions run, its plan is the one that is printed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from oyama_tui.core.views import RunView
from tests.test_howto_blocks import Stage, opened, words
from tests.test_readme import ROOT, blocks

PAGE = ROOT / "docs" / "howto" / "undo-a-run.md"
EXAMPLES = {text.splitlines()[0].removeprefix("id: "): text for language, text in blocks(PAGE) if language == "yaml"}


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with opened(tmp_path, monkeypatch, EXAMPLES) as found:
        yield found


async def rested(stage: Stage, run: str) -> RunView:
    async with asyncio.timeout(60):
        while (view := await stage.studio.runs.get(run)).row.status != "paused":
            await asyncio.sleep(0.02)
    return view


async def test_the_release_is_undone_as_the_page_says(stage: Stage) -> None:
    view = await stage.play("release")
    assert view.row.status == "completed"
    plan = await stage.studio.undoing.plan(view.row.id)
    assert plan.obstacles == ("tell",)
    await stage.studio.undoing.undo(view.row.id, force=["tell"], why="the wrong tag", seen=plan.seq)
    view = await rested(stage, view.row.id)
    assert view.row.reason == "undone, back to its beginning"
    assert await stage.output(view, "upload~undo") == "removed https://example.org/v2"
    assert await stage.output(view, "hosts[1].switch~undo") == "bob off"


async def test_the_deployment_undoes_itself(stage: Stage) -> None:
    view = await stage.play("deploy")
    assert view.row.status == "undone"
    assert words(view) == {"take_out": "undone", "take_out~undo": "completed", "install": "failed"}
    assert await stage.output(view, "take_out~undo") == "in"
