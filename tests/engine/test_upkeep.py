"""An engine that drives all runs cleans up by itself: once an hour, one engine at a time."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.engine import upkeep
from oyama_tui.engine.clock import Clock, system_wall
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import until_status, write

SET: list[dict[str, Any]] = [{"id": "a", "set": {"k": 1}}]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "FIRST_LOOK", 0.05)
    monkeypatch.setattr(upkeep, "LOOK_EVERY", 0.02)


async def play(studio: Studio, path: str, times: int) -> None:
    for _ in range(times):
        run = await studio.runs.start(path, {})
        await until_status(studio, run.id, "completed")


async def until_left(studio: Studio, count: int) -> None:
    async with asyncio.timeout(30):
        while len(await studio.runs.list(limit=100)) != count:
            await asyncio.sleep(0.01)


async def test_it_cleans_up_once_an_hour(tmp_path: Path) -> None:
    ahead = 0
    clock = Clock(wall=lambda: system_wall() + ahead)
    path = write(tmp_path, steps=SET)
    async with open_studio(Settings(home=tmp_path), drive="own") as studio:
        await play(studio, path, 5)
    async with open_studio(Settings(home=tmp_path, keep_newest=2), drive="all", clock=clock) as studio:
        await until_left(studio, 2)
        await play(studio, path, 2)
        note = studio.settings.files_path / "cleanup.lock"
        first = note.read_text()
        await asyncio.sleep(0.2)
        assert len(await studio.runs.list(limit=100)) == 4
        assert note.read_text() == first
        ahead = upkeep.HOUR
        await until_left(studio, 2)
        assert {check.status for check in await studio.system.verify()} == {"ok"}


async def test_a_definition_alone_is_enough(tmp_path: Path) -> None:
    path = write(tmp_path, steps=SET, keep={"newest": 1})
    async with open_studio(Settings(home=tmp_path), drive="own") as studio:
        await play(studio, path, 3)
    async with open_studio(Settings(home=tmp_path), drive="all") as studio:
        await until_left(studio, 1)


async def test_without_rules_it_leaves_everything(tmp_path: Path) -> None:
    path = write(tmp_path, steps=SET)
    async with open_studio(Settings(home=tmp_path), drive="all") as studio:
        await play(studio, path, 3)
        await asyncio.sleep(0.2)
        assert len(await studio.runs.list(limit=100)) == 3
        assert not (studio.settings.files_path / "cleanup.lock").exists()


async def test_one_engine_at_a_time(tmp_path: Path) -> None:
    path = write(tmp_path, steps=SET)
    async with open_studio(Settings(home=tmp_path), drive="own") as studio:
        await play(studio, path, 3)
        with upkeep._alone(studio.settings.files_path / "cleanup.lock") as note:
            assert note is not None
            async with open_studio(Settings(home=tmp_path, keep_newest=1), drive="all") as other:
                await asyncio.sleep(0.2)
                assert len(await other.runs.list(limit=100)) == 3
                upkeep._write(note, 1)


async def test_what_fails_is_logged_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, steps=SET)
    async with open_studio(Settings(home=tmp_path), drive="own") as studio:
        await play(studio, path, 3)
        note = studio.settings.files_path / "cleanup.lock"
        note.mkdir()
    with caplog.at_level(logging.WARNING):
        async with open_studio(Settings(home=tmp_path, keep_newest=1), drive="all") as studio:
            async with asyncio.timeout(30):
                while "no cleanup" not in caplog.text:
                    await asyncio.sleep(0.01)
            note.rmdir()
            await until_left(studio, 1)
