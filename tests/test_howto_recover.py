"""What the page about taking runs up anew says is so: its definition runs, and comes to what it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core.views import RunView
from tests.test_howto_blocks import Stage, opened, words
from tests.test_readme import ROOT, blocks

PAGE = ROOT / "docs" / "howto" / "recover.md"
EXAMPLES = {text.splitlines()[0].removeprefix("id: "): text for language, text in blocks(PAGE) if language == "yaml"}


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with opened(tmp_path, monkeypatch, EXAMPLES) as found:
        yield found


async def ended(stage: Stage, run: str) -> RunView:
    async with asyncio.timeout(60):
        while not (view := await stage.studio.runs.get(run)).row.ended:
            await asyncio.sleep(0.02)
    return view


async def test_the_release_is_taken_up_twice_as_the_page_says(stage: Stage) -> None:
    for host in ("ada", "cyd"):
        (stage.folder / f"{host}.up").touch()
    view = await stage.play("release")
    assert view.row.reason == "hosts[1].check: Exit code 1."
    plan = await stage.studio.recovery.plan(view.row.id)
    assert [(step.node, step.was, step.does) for step in plan.steps] == [
        ("hosts", "failed", "goes_on"),
        ("hosts[1].check", "failed", "again"),
    ]
    (stage.folder / "bob.up").touch()
    await stage.studio.recovery.recover(view.row.id, seen=plan.seq)
    view = await ended(stage, view.row.id)
    assert view.row.reason == "upload: Exit code 1."
    by_hand = c.Supply(step="upload", outcome="done", outputs={"url": "https://example.org/by-hand"})
    await stage.studio.recovery.recover(view.row.id, supplied=[by_hand], why="uploaded by hand")
    view = await ended(stage, view.row.id)
    assert view.row.status == "completed"
    assert words(view)["upload#2"] == "completed"
    assert [node.note for node in view.nodes if node.kind == "earlier" and node.note] == ["uploaded by hand"]
    assert await stage.output(view, "tell") == "See https://example.org/by-hand"
