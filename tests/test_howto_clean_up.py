"""What the page about handlers says is so: its definition runs, and comes to what its table says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.test_howto_blocks import Stage, opened, words
from tests.test_readme import ROOT, blocks

PAGE = ROOT / "docs" / "howto" / "clean-up.md"
EXAMPLES = {text.splitlines()[0].removeprefix("id: "): text for language, text in blocks(PAGE) if language == "yaml"}


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with opened(tmp_path, monkeypatch, EXAMPLES) as found:
        yield found


@pytest.mark.parametrize(
    ("code", "status", "handler", "says"), [("0", "completed", "cheer", "all is well"), ("3", "failed", "tell", "work: ")]
)
async def test_a_run_is_cleaned_up_after(stage: Stage, code: str, status: str, handler: str, says: str) -> None:
    view = await stage.play("nightly", code=code)
    assert view.row.status == status
    assert (await stage.output(view, handler)).startswith(says)
    assert await stage.output(view, "report") == status
    assert not (stage.folder / "lock").exists()
    others = {"cheer", "tell", "note"} - {handler}
    assert others.isdisjoint(words(view))
    assert [node.name for node in view.nodes if node.kind == "handler"] == [f"on {'success' if code == '0' else 'failure'}", "at every end"]


async def test_a_cancelled_run_is_cleaned_up_after(stage: Stage) -> None:
    file = stage.folder / "nightly.yaml"
    file.write_text(EXAMPLES["nightly"].replace('exit "${{ inputs.code }}"', "sleep 60"), encoding="utf-8")
    run = (await stage.studio.runs.start(str(file), {})).id
    async with asyncio.timeout(30):
        while not (await stage.studio.runs.attempts(run, step="work", running=True)):
            await asyncio.sleep(0.02)
        await stage.studio.runs.cancel(run, reason="late")
        while not (view := await stage.studio.runs.get(run)).row.ended:
            await asyncio.sleep(0.02)
    assert view.row.status == "cancelled"
    assert await stage.output(view, "report") == "cancelled"
    assert await stage.output(view, "note") == "cancelled"
    assert not (stage.folder / "lock").exists()


async def test_a_handler_that_fails_is_shown_and_changes_nothing(stage: Stage) -> None:
    view = await stage.play("nightly", ("rm lock", "rm lock nothing"), code="0")
    assert view.row.status == "completed"
    assert view.row.reason.startswith("its exit handler failed: unlock: Exit code 1")
    assert words(view)["exit handler"] == "failed"
