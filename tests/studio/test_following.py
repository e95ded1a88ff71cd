"""Following what happens in all runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from oyama_tui.core.errors import DatabaseProblem
from oyama_tui.settings import Settings
from oyama_tui.store.queries import journal_feed
from oyama_tui.studio import Studio, journals, open_studio
from oyama_tui.studio.journals import Follower
from tests.studio.archived import exported

WORKFLOW = "id: quick\nsteps:\n  - {id: put, set: {x: 1}}\n"
WAIT = 20.0


async def ran(studio: Studio) -> str:
    """A run that is over."""
    row = await studio.runs.start("quick", {})
    async for _ in studio.runs.follow(row.id):
        continue
    return row.id


async def told(follower: Follower, last: str) -> list[tuple[str, int]]:
    """What a follower is told up to the end of a run."""
    found: list[tuple[str, int]] = []
    async with asyncio.timeout(WAIT):
        while True:
            part = await follower.next(WAIT)
            assert part is not None
            found += [(line.run_id, line.event.seq) for line in part.lines]
            if any((line.run_id, line.event.type) == (last, "run_completed") for line in part.lines):
                return found


async def test_runs_that_are_gone_leave_gaps_and_those_from_files_are_not_told(tmp_path: Path) -> None:
    file = await exported(tmp_path / "elsewhere", tmp_path / "r.oyamarun")
    async with open_studio(Settings(home=tmp_path / "home"), drive="all") as studio:
        await studio.workflows.store(WORKFLOW, file="quick")
        async with studio.following.follow() as live:
            first, second = await ran(studio), await ran(studio)
            await studio.archive.bring_in(file)
            third = await ran(studio)
            assert {run for run, _ in await told(live, third)} == {first, second, third}
        await studio.keeping.delete_run(second)
        async with studio.following.follow(after=0) as back:
            found = await told(back, third)
        assert [run for run, _ in dict.fromkeys((run, 0) for run, _ in found)] == [first, third]
        # The newest run is gone as well, and its last position is still one to come back to.
        async with studio.following.follow() as place:
            last = place.position
        await studio.keeping.delete_run(third)
        async with studio.following.follow(after=last) as follower:
            fourth = await ran(studio)
            assert {run for run, _ in await told(follower, fourth)} == {fourth}


async def test_the_journal_is_read_once_for_all_and_for_nobody_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    read = journal_feed.lines_after

    def noted(connection, after, *given, **more):  # type: ignore[no-untyped-def]
        part = read(connection, after, *given, **more)
        reads.append(len(part.lines))
        return part

    monkeypatch.setattr(journals, "lines_after", noted)
    async with open_studio(Settings(home=tmp_path), drive="all") as studio:
        await studio.workflows.store(WORKFLOW, file="quick")
        await ran(studio)
        assert reads == []
        other = studio.of("ben")
        async with studio.following.follow() as one, other.following.follow() as two:
            last = await ran(studio)
            assert await told(one, last) == await told(two, last)
        count = sum(reads)
        assert count == len({seq async for seq in _seqs(studio, last)})


async def _seqs(studio: Studio, run: str):  # type: ignore[no-untyped-def]
    async for event in studio.runs.follow(run):
        yield event.seq


async def test_a_follower_is_told_when_the_database_cannot_be_read_and_when_it_is_over(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    async with open_studio(settings) as studio:
        async with studio.following.follow() as follower:
            waiting = asyncio.create_task(follower.next(WAIT))
            await asyncio.sleep(0)
            for path in tmp_path.glob(f"{settings.database_path.name}*"):
                if path.is_file():
                    path.rename(tmp_path / f"away-{path.name}")
            with pytest.raises(DatabaseProblem):
                await waiting
            for path in tmp_path.glob("away-*"):
                path.rename(tmp_path / path.name.removeprefix("away-"))
        async with asyncio.timeout(WAIT), studio.following.follow() as follower:
            waiting = asyncio.create_task(follower.next(WAIT))
            await asyncio.sleep(0)
            follower.end()
            assert await waiting is None
