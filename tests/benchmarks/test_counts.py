"""Budgets that do not depend on the clock: commits, statements and bytes for each step."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from oyama_tui.bench.cases import CASES, empty_size
from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio

MOST_COMMITS = {"sequential": 1.1, "concurrent": 0.1, "fan-out": 0.1}
MOST_BYTES = 800
"""Bytes on disk for each step that does nothing, everything included."""


@pytest.mark.parametrize("case", sorted(MOST_COMMITS))
async def test_commits_for_each_step(case: str, tmp_path: Path) -> None:
    counted = await CASES[case](tmp_path)
    assert counted["commits"] / counted["steps"] <= MOST_COMMITS[case]


async def test_bytes_for_each_step_and_they_do_not_grow(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    bare = await asyncio.to_thread(empty_size, tmp_path / "empty")
    sizes = []
    for steps in (200, 1000):
        folder = tmp_path / str(steps)
        folder.mkdir()
        definition = {"id": "bench", "context": {"large": "x" * 20_000}, "steps": [{"id": f"s{n}", "set": {"k": 1}} for n in range(steps)]}
        sizes.append((await run_once(folder, definition) - bare) / steps)
    few, many = sizes
    assert many <= MOST_BYTES
    assert many <= few


async def run_once(folder: Path, definition: Mapping[str, object]) -> int:
    """Run a definition to its end; returns the size of the database."""
    source = folder / "bench.yaml"
    source.write_text(json.dumps(definition))
    settings = Settings(home=folder)
    async with open_studio(settings, drive="own") as studio:
        run = await studio.runs.start(str(source), {})
        async for _ in studio.runs.follow(run.id):
            pass
        assert (await studio.runs.get(run.id)).row.status == "completed"
    return settings.database_path.stat().st_size


async def test_statements_for_each_step_of_a_chain(tmp_path: Path) -> None:
    steps = 100
    source = tmp_path / "bench.yaml"
    source.write_text(json.dumps({"id": "bench", "steps": [{"id": f"s{n}", "set": {"k": 1}} for n in range(steps)]}))
    async with open_studio(Settings(home=tmp_path), drive="own") as studio:
        run = await studio.runs.start(str(source), {})
        async for _ in studio.runs.follow(run.id):
            pass
        assert studio.system.statements() / steps <= 5.5
