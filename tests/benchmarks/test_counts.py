"""Budgets that do not depend on the clock: commits, statements and bytes for each step."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.bench.figures import Figures
from oyama_tui.bench.writing import concurrent, empty_size, fan_out, sequential
from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio

Measured = Callable[[Path, int], Coroutine[Any, Any, Figures]]
STEPS = 1000
MOST_COMMITS: Mapping[Measured, float] = {sequential: 1.1, concurrent: 0.1, fan_out: 0.1}
MOST_BYTES = 430
"""Bytes on disk for each step that does nothing, everything included: the budget, and some pages that another SQLite may need."""
LARGE = 20_000
"""Bytes of a variable."""


@pytest.mark.parametrize("measurement", MOST_COMMITS)
async def test_commits_for_each_step(measurement: Measured, tmp_path: Path) -> None:
    assert (await measurement(tmp_path, STEPS))["commits"] <= MOST_COMMITS[measurement]


async def test_bytes_for_each_step(tmp_path: Path) -> None:
    assert (await sequential(tmp_path, STEPS))["bytes"] <= MOST_BYTES


async def test_bytes_for_each_step_grow_neither_with_the_steps_nor_with_the_context(tmp_path: Path) -> None:
    bare = await empty_size(tmp_path / "empty")
    sizes = []
    for steps in (200, STEPS):
        folder = tmp_path / str(steps)
        folder.mkdir()
        definition = {"id": "bench", "context": {"large": "x" * LARGE}, "steps": [{"id": f"s{n}", "set": {"k": 1}} for n in range(steps)]}
        sizes.append((await run_once(folder, definition) - bare) / steps)
    few, many = sizes
    # The variable stands in the first event and in its own table.
    assert many <= MOST_BYTES + 2 * LARGE / STEPS
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
