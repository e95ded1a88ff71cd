"""Commands for a run that is driven here are answered on the state that its driver holds, and tell the truth all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from oyama_tui.core.errors import AlreadyDecided
from oyama_tui.studio import Studio
from tests.engine.workplace import Script, until_status, workplace, write

OWN = ("max(workflow_events.position)", "stalled_takeovers")
"""In what the feed asks at times of its own, and whoever looks for runs without an owner."""


def gated(before: int) -> list[dict[str, Any]]:
    """So many steps, then a question, and a step after it."""
    return [
        *({"id": f"s{number}", "set": {f"k{number}": number}} for number in range(before)),
        {"id": "ask", "gate": "Go?"},
        {"id": "act", "run": "act"},
    ]


async def answer_counted(studio: Studio, run_id: str) -> tuple[list[str], int]:
    """What asks for rows while a run's question is answered, but for what is looked at anyway; and the commits."""
    [asked] = await studio.approvals.of_run(run_id, pending=True)
    reading = studio._context.store.database.reader._engine
    read: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("SELECT") and not any(words in statement for words in OWN):
            read.append(" ".join(statement.split()))

    commits = studio.system.commits()
    sa.event.listen(reading, "before_cursor_execute", note)
    try:
        await studio.approvals.decide(asked.id, "approve", digest=asked.digest)
    finally:
        sa.event.remove(reading, "before_cursor_execute", note)
    return read, studio.system.commits() - commits


async def test_an_answer_costs_as_much_on_a_long_run_as_on_a_short_one(tmp_path: Path) -> None:
    script = Script()
    script.held.add("act")
    async with workplace(tmp_path, script) as studio:
        counted = []
        for before in (1, 400):
            run = await studio.runs.start(write(tmp_path, id=f"w{before}", steps=gated(before)), {})
            await until_status(studio, run.id, "waiting")
            counted.append(await answer_counted(studio, run.id))
        (short, commits), (long, _) = counted
        assert short == long
        assert len(short) <= 4
        assert commits == 1, "the answer and the order that follows from it"
        assert all("workflow_events.seq >" not in statement for statement in short), "no journal is read"


async def test_of_many_who_answer_at_once_one_does_and_the_others_are_told(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        run = await studio.runs.start(write(tmp_path, steps=gated(1)), {})
        await until_status(studio, run.id, "waiting")
        [asked] = await studio.approvals.of_run(run.id, pending=True)
        words = [("approve", ""), ("reject", "no"), *[("approve", "")] * 3]
        told = await asyncio.gather(
            *(studio.approvals.decide(asked.id, verdict, comment=comment, digest=asked.digest) for verdict, comment in words),  # type: ignore[arg-type]
            return_exceptions=True,
        )
        assert sum(not isinstance(one, BaseException) and not one.already for one in told) == 1
        assert all(
            isinstance(one, AlreadyDecided) or (not isinstance(one, BaseException) and one.already) for one in told if one is not told[0]
        )
        await until_status(studio, run.id, "completed")


async def test_what_others_have_done_counts_before_anybody_has_told_the_driver(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio, workplace(tmp_path, Script(), drive="none") as other:
        run = await studio.runs.start(write(tmp_path, steps=gated(1)), {})
        await until_status(studio, run.id, "waiting")
        for _ in range(20):
            await other.runs.pause(run.id)
            await studio.runs.resume(run.id)
        assert [event.type for event in await studio.runs.events(run.id)].count("run_resumed") == 20


async def test_what_was_asked_of_a_driver_that_ends_is_done_without_it(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        runs = [await studio.runs.start(write(tmp_path, steps=gated(1)), {}) for _ in range(8)]
        for run in runs:
            await until_status(studio, run.id, "waiting")
        paused = [asyncio.create_task(studio.runs.pause(run.id)) for run in runs]
        await asyncio.sleep(0)
        engine = studio._context.engine
        assert engine is not None
        await engine._give_back()
        assert {(await task).status for task in paused} == {"paused"}
