"""What the page about going back and joins says is so: its definitions run, and come to what it says."""

from __future__ import annotations

import getpass
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.test_howto_blocks import Stage, opened, words
from tests.test_readme import ROOT, blocks

PAGE = ROOT / "docs" / "howto" / "go-back.md"
EXAMPLES = {text.splitlines()[0].removeprefix("id: "): text for language, text in blocks(PAGE) if language == "yaml"}


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with opened(tmp_path, monkeypatch, EXAMPLES) as found:
        yield found


def test_every_example_is_run_here() -> None:
    assert sorted(EXAMPLES) == ["build-until-good", "first-mirror", "notes", "three-at-once"]


async def test_a_no_sends_the_work_back_with_what_was_said(stage: Stage) -> None:
    view = await stage.play("notes", times={"Are these notes fine?": 2})
    found = words(view)
    assert (view.row.status, found["write#3"], found["read#3"]) == ("completed", "completed", "completed")
    assert [node.note for node in view.nodes if node.kind == "earlier"] == [f"{getpass.getuser()} said no to read: as told"] * 2
    assert await stage.output(view, "write#2") == "Release notes. as told"
    assert await stage.output(view, "write") == "Release notes. "


async def test_a_run_that_is_sent_back_too_often_is_rejected(stage: Stage) -> None:
    view = await stage.play("notes", refused=("Are these notes fine?",))
    assert view.row.status == "rejected"
    assert words(view)["read#5"] == "rejected"


async def test_a_failure_sends_the_run_back_until_it_succeeds(stage: Stage) -> None:
    view = await stage.play("build-until-good")
    assert view.row.status == "completed"
    assert view.outputs == {"builds": "3"}
    assert words(view)["test#3"] == "completed"
    assert (view.row.completed, view.row.total) == (3, 3)


async def test_the_first_success_is_taken_and_the_rest_is_ended(stage: Stage) -> None:
    view = await stage.play("first-mirror")
    assert view.row.status == "completed"
    assert view.outputs == {"used": "far"}
    assert words(view) == {"near": "failed", "far": "completed", "slow": "cancelled", "use": "completed"}


async def test_no_more_than_three_run_at_once(stage: Stage) -> None:
    look = "mkdir busy.$$; ls -d busy.* | wc -l >> seen; sleep 0.3; rmdir busy.$$; echo"
    changes = [(f"run: 'echo {name}'", f"run: '{look} {name}'") for name in "abcd"]
    view = await stage.play("three-at-once", *changes)
    seen = [int(line) for line in (stage.folder / "seen").read_text(encoding="utf-8").split()]
    assert view.row.status == "completed"
    assert (len(seen), max(seen)) == (4, 3)
    assert not [name for name in os.listdir(stage.folder) if name.startswith("busy")]
