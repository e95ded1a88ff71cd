"""Limits of workflows: who has a place, whose turn is next, and what holds nobody up."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.errors import IllegalTransition, InvalidInput
from oyama_tui.core.views import RunRow
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio
from tests.engine.workplace import Script, until_status, workplace, write

STEPS = [{"id": "work", "run": "x"}]
ASKING = [{"id": "work", "run": "x"}, {"id": "ask", "gate": "Go on?"}, {"id": "last", "run": "x"}]


def limited(folder: Path, limit: int = 1, steps: object = STEPS, **more: Any) -> str:
    """A file of a workflow with a limit; returns its path."""
    return write(folder, concurrency={"limit": limit, **more}, steps=steps)


async def types(studio: Studio, ref: str) -> list[str]:
    return [event.type for event in await studio.runs.events(ref)]


async def start(studio: Studio, path: str, **more: Any) -> RunRow:
    return await studio.runs.start(path, {}, **more)


def places(folder: Path) -> dict[int, str]:
    """By number, the place of each run."""
    with closing(sqlite3.connect(Settings(home=folder).database_path)) as connection:
        return dict(connection.execute("SELECT number, place FROM workflow_states ORDER BY number"))


def admitted(folder: Path) -> list[int]:
    """The numbers of the runs in the order in which they got a place."""
    query = "SELECT number FROM workflow_events e JOIN workflow_states s ON s.key = e.run WHERE e.type = 'run_admitted' ORDER BY position"
    with closing(sqlite3.connect(Settings(home=folder).database_path)) as connection:
        return [number for (number,) in connection.execute(query)]


async def test_no_more_runs_than_the_limit_have_a_place_and_the_first_come_is_the_first_served(tmp_path: Path) -> None:
    script = Script()
    script.held.add("work")
    async with workplace(tmp_path, script) as studio:
        path = limited(tmp_path, 2)
        rows = [await start(studio, path) for _ in range(5)]
        for row in rows[:2]:
            await until_status(studio, row.id, "running")
        for row in rows[2:]:
            queued = await until_status(studio, row.id, "queued")
            assert (queued.state, queued.place) == ("pending", "queued")
            assert await types(studio, row.id) == ["run_started"]
        script.let_go("work")
        for row in rows:
            await until_status(studio, row.id, "completed")
    assert admitted(tmp_path) == [1, 2, 3, 4, 5]
    assert set(places(tmp_path).values()) == {""}


async def test_a_run_without_a_limit_has_no_place(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        row = await start(studio, write(tmp_path, steps=STEPS))
        await until_status(studio, row.id, "completed")
        assert "run_admitted" not in await types(studio, row.id)


async def test_the_higher_priority_is_before_whoever_came_first(tmp_path: Path) -> None:
    script = Script()
    script.held.add("work")
    async with workplace(tmp_path, script) as studio:
        path = limited(tmp_path)
        rows = [await start(studio, path, priority=priority) for priority in (0, 0, -5, 7, 0, 7)]
        script.let_go("work")
        for row in rows:
            await until_status(studio, row.id, "completed")
        with pytest.raises(InvalidInput, match="101 is no priority"):
            await start(studio, path, priority=101)
    assert admitted(tmp_path)[1:] == [4, 6, 2, 5, 3]


async def test_two_engines_share_one_limit(tmp_path: Path) -> None:
    one, two = Script(), Script()
    one.held.add("work")
    async with workplace(tmp_path, one, "own") as first, workplace(tmp_path, two, "own") as second:
        path = limited(tmp_path)
        holder = await start(first, path)
        await one.until(lambda: bool(one.begun))
        other = await start(second, path)
        await until_status(second, other.id, "queued")
        assert two.begun == []
        one.let_go("work")
        await until_status(second, other.id, "completed")
        await until_status(first, holder.id, "completed")
    assert admitted(tmp_path) == [1, 2]


async def test_a_run_that_only_waits_for_people_lets_the_next_one_in_and_queues_again(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        path = limited(tmp_path, steps=ASKING)
        asking = await start(studio, path)
        waiting = await until_status(studio, asking.id, "waiting")
        assert waiting.place == "released"
        script.held.add("work")
        working = await start(studio, path)
        await until_status(studio, working.id, "running")
        (card,) = await studio.approvals.of_run(asking.id)
        await studio.approvals.decide(card.id, "approve")
        again = await until_status(studio, asking.id, "queued")
        assert (again.state, again.place) == ("running", "queued")
        assert ("last", 1) not in script.begun
        script.let_go("work")
        await until_status(studio, asking.id, "completed")
        assert [kind for kind in await types(studio, asking.id) if "place" in kind or "admitted" in kind] == [
            "run_admitted",
            "place_released",
            "place_requested",
            "run_admitted",
        ]


async def test_a_place_may_be_held_while_people_are_asked(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        path = limited(tmp_path, steps=ASKING, hold_while_waiting=True)
        asking = await start(studio, path)
        assert (await until_status(studio, asking.id, "waiting")).place == "held"
        other = await start(studio, path)
        await until_status(studio, other.id, "queued")
        (card,) = await studio.approvals.of_run(asking.id)
        await studio.approvals.decide(card.id, "reject", comment="no")
        await until_status(studio, asking.id, "rejected")
        await until_status(studio, other.id, "waiting")


async def test_a_run_that_ends_needs_no_place(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        path = limited(tmp_path, steps=ASKING[:2])
        yes, no = await start(studio, path), await start(studio, path)
        for row in (yes, no):
            await until_status(studio, row.id, "waiting")
        script.held.add("work")
        await until_status(studio, (await start(studio, path)).id, "running")
        (card,) = await studio.approvals.of_run(yes.id)
        await studio.approvals.decide(card.id, "approve")
        await until_status(studio, yes.id, "completed")
        (card,) = await studio.approvals.of_run(no.id)
        await studio.approvals.decide(card.id, "reject", comment="no")
        await until_status(studio, no.id, "rejected")
        script.let_go("work")


async def test_a_start_is_refused_when_the_workflow_skips_and_nothing_is_written(tmp_path: Path) -> None:
    script = Script()
    script.held.add("work")
    async with workplace(tmp_path, script) as studio:
        path = limited(tmp_path, 2, overlap="skip")
        rows = [await start(studio, path), await start(studio, path)]
        with pytest.raises(IllegalTransition, match="play #1") as refused:
            await start(studio, path)
        assert "oyama cancel 'play#" in refused.value.hint
        assert len(places(tmp_path)) == 2
        script.let_go("work")
        for row in rows:
            await until_status(studio, row.id, "completed")
        await until_status(studio, (await start(studio, path)).id, "completed")


async def test_of_many_starts_at_once_as_many_as_there_are_places_are_not_refused(tmp_path: Path) -> None:
    script = Script()
    script.held.add("work")
    async with workplace(tmp_path, script, "own") as one, workplace(tmp_path, script, "own") as two:
        path = limited(tmp_path, 3, overlap="skip")
        await one.workflows.add(Path(path))
        tried = await asyncio.gather(*(start(studio, path) for studio in (one, two) * 10), return_exceptions=True)
        assert len([row for row in tried if isinstance(row, RunRow)]) == 3
        assert {type(refused) for refused in tried if not isinstance(refused, RunRow)} == {IllegalTransition}
        script.let_go("work")


async def test_the_newest_start_cancels_the_older_runs_when_the_workflow_says_so(tmp_path: Path) -> None:
    script = Script()
    script.held.add("work")
    async with workplace(tmp_path, script) as studio:
        path = limited(tmp_path, overlap="cancel_running")
        first = await start(studio, path)
        await until_status(studio, first.id, "running")
        second = await start(studio, path)
        ended = await until_status(studio, first.id, "cancelled")
        assert re.fullmatch(r"cancelled by \S+: play #2 took its place", ended.reason)
        await until_status(studio, second.id, "running")
        third = await start(studio, path)
        assert (await until_status(studio, second.id, "cancelled")).reason.endswith(": play #3 took its place")
        await until_status(studio, third.id, "running")
        script.let_go("work")
        await until_status(studio, third.id, "completed")


async def test_a_queued_run_is_paused_resumed_and_cancelled_with_no_engine(tmp_path: Path) -> None:
    script = Script()
    script.held.add("work")
    async with workplace(tmp_path, script) as engine, workplace(tmp_path, script, "none") as front:
        path = limited(tmp_path)
        holder, paused, cancelled = [await start(engine, path) for _ in range(3)]
        await until_status(front, cancelled.id, "queued")
        await front.runs.pause(paused.id)
        assert (await front.runs.get(paused.id)).row.status == "paused"
        await front.runs.cancel(cancelled.id)
        assert (await front.runs.get(cancelled.id)).row.status == "cancelled"
        last = await start(engine, path)
        script.let_go("work")
        await until_status(front, last.id, "completed")
        assert (await front.runs.get(paused.id)).row.place == "queued", "whoever is paused holds nobody up"
        await front.runs.resume(paused.id)
        await until_status(front, paused.id, "completed")
        await until_status(front, holder.id, "completed")
    assert admitted(tmp_path) == [1, 4, 2]


async def test_a_paused_run_keeps_its_place(tmp_path: Path) -> None:
    script = Script()
    script.held.add("work")
    async with workplace(tmp_path, script) as studio:
        path = limited(tmp_path)
        paused, other = await start(studio, path), await start(studio, path)
        await until_status(studio, paused.id, "running")
        await studio.runs.pause(paused.id, mode="now")
        await until_status(studio, paused.id, "paused")
        assert (await until_status(studio, other.id, "queued")).place == "queued"
        assert places(tmp_path) == {1: "held", 2: "queued"}
        script.let_go("work")
        await studio.runs.resume(paused.id)
        await until_status(studio, other.id, "completed")


@pytest.mark.parametrize("owner", [None, "4194305-dead"])
async def test_a_queued_run_that_nobody_can_admit_holds_nobody_up_and_is_not_forgotten(tmp_path: Path, owner: str | None) -> None:
    script = Script()
    script.held.add("work")
    async with workplace(tmp_path, script, "own") as own:
        path = limited(tmp_path)
        holder = await start(own, path)
        await until_status(own, holder.id, "running")
        left = await start(own, path)
        await until_status(own, left.id, "queued")
        # The engine that drove it has died, or it was given back and nobody drives it.
        with closing(sqlite3.connect(Settings(home=tmp_path).database_path, isolation_level=None)) as connection:
            connection.execute("UPDATE workflow_states SET owner = ?, epoch = epoch + 1 WHERE number = 2", (owner,))
        after = await start(own, path)
        script.let_go("work")
        await until_status(own, after.id, "completed")
        assert places(tmp_path)[2] == "queued"
        async with workplace(tmp_path, script, "all") as worker:
            await until_status(worker, left.id, "completed")
    assert admitted(tmp_path) == [1, 3, 2]


async def test_a_run_keeps_its_place_from_one_engine_to_the_next(tmp_path: Path) -> None:
    script = Script()
    script.held.add("work")
    path = limited(tmp_path)
    async with workplace(tmp_path, script) as studio:
        rows = [await start(studio, path) for _ in range(3)]
        await script.until(lambda: bool(script.begun))
    assert places(tmp_path) == {1: "held", 2: "queued", 3: "queued"}
    script.let_go("work")
    async with workplace(tmp_path, script) as studio:
        for row in rows:
            await until_status(studio, row.id, "completed")
    assert admitted(tmp_path) == [1, 2, 3]


async def test_a_hundred_runs_that_queue_cost_one_look_for_each_that_ends(tmp_path: Path) -> None:
    """Not one for each that queues: whoever is not next is not even asked."""
    script = Script()
    script.held.add("work")
    async with workplace(tmp_path, script) as studio:
        path = limited(tmp_path)
        rows = [await start(studio, path) for _ in range(100)]
        await until_status(studio, rows[-1].id, "queued")
        writer = studio._context.store.writer
        before = writer.commits
        script.let_go("work")
        for row in rows:
            await until_status(studio, row.id, "completed")
        # Admission, order, outcome with the end, and the resets of ownership.
        assert writer.commits - before <= 100 * 5
    assert admitted(tmp_path) == list(range(1, 101))
