"""A process that answers a long run again and again folds only what is new, and always decides on the newest state."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.errors import AlreadyDecided, Conflict, IllegalTransition
from oyama_tui.engine import folded_runs
from oyama_tui.store.journal import Journal, claimed_rows
from oyama_tui.studio import Studio
from tests.engine.workplace import Script, until_status, workplace, write

MANY = 8
"""Questions of a run, one after another."""


def asking(before: int) -> list[dict[str, Any]]:
    """So many steps, and then questions."""
    return [
        *({"id": f"s{number}", "set": {f"k{number}": number}} for number in range(before)),
        *({"id": f"ask{number}", "gate": f"Go {number}?"} for number in range(MANY)),
    ]


def rows_read(studio: Studio) -> list[int]:
    """How many events each reading of a journal by this process has brought from now on."""
    counts: list[int] = []
    read = studio._context.store.database.read

    async def counted(query: Any) -> Any:
        found = await read(query)
        if getattr(query, "func", None) is claimed_rows:
            counts.append(len(found[1]))
        return found

    studio._context.store.database.read = counted  # type: ignore[method-assign]
    return counts


async def answer(studio: Studio, run: str, verdict: str = "approve") -> None:
    async with asyncio.timeout(20):
        while not (asked := await studio.approvals.of_run(run, pending=True)):
            await asyncio.sleep(0.005)
    await studio.approvals.decide(asked[0].id, verdict, digest=asked[0].digest, comment="seen")  # type: ignore[arg-type]


async def test_second_answer_folds_what_is_new_alone(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio, workplace(tmp_path, Script(), drive="none") as other:
        run = await studio.runs.start(write(tmp_path, steps=asking(150)), {})
        read = rows_read(other)
        for _ in range(MANY):
            await answer(other, run.id)
        await until_status(studio, run.id, "completed")
        assert read[0] > 300
        assert all(count < 10 for count in read[1:]), read


async def test_short_runs_are_not_kept(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio, workplace(tmp_path, Script(), drive="none") as other:
        run = await studio.runs.start(write(tmp_path, steps=asking(1)), {})
        await answer(other, run.id)
        assert other._context.folded._kept == {}


async def test_many_who_command_one_run_at_once_each_decide_on_its_newest_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folded_runs, "LEAST_KEPT", 1)
    async with workplace(tmp_path, Script()) as studio, workplace(tmp_path, Script(), drive="none") as other:
        run = await studio.runs.start(write(tmp_path, steps=asking(3)), {})
        for _ in range(MANY):
            async with asyncio.timeout(20):
                while not (asked := await other.approvals.of_run(run.id, pending=True)):
                    await asyncio.sleep(0.005)
            approval, digest = asked[0].id, asked[0].digest
            told = await asyncio.gather(
                *(other.approvals.decide(approval, "approve", digest=digest) for _ in range(4)),
                *(other.approval_acts.comment(approval, f"from {number}") for number in range(4)),
                return_exceptions=True,
            )
            assert not [one for one in told if isinstance(one, BaseException) and not isinstance(one, AlreadyDecided | IllegalTransition)]
        await until_status(studio, run.id, "completed")
        assert {check.status for check in await studio.system.verify(run.id)} == {"ok"}
        assert [event.type for event in await studio.runs.events(run.id)].count("approval_decided") == MANY


async def test_state_of_an_append_that_was_refused_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run has moved on meanwhile: what was folded in advance is nobody's state, and the whole is folded anew."""
    monkeypatch.setattr(folded_runs, "LEAST_KEPT", 1)
    append, refused = Journal.append, 0

    async def refuses_once(self: Journal, *given: Any) -> Any:
        nonlocal refused
        if self is other._context.store.journal and not refused:
            refused += 1
            raise Conflict("Somebody was quicker.")
        return await append(self, *given)

    async with workplace(tmp_path, Script()) as studio, workplace(tmp_path, Script(), drive="none") as other:
        run = await studio.runs.start(write(tmp_path, steps=asking(3)), {})
        await until_status(studio, run.id, "waiting")
        await other.runs.pause(run.id)
        await until_status(studio, run.id, "paused")
        await other.runs.resume(run.id)
        await until_status(studio, run.id, "waiting")
        monkeypatch.setattr(Journal, "append", refuses_once)
        read = rows_read(other)
        await answer(other, run.id)
        assert refused == 1
        assert read[0] < 6 < read[1], "the second time from the beginning"
        for _ in range(MANY - 1):
            await answer(other, run.id)
        await until_status(studio, run.id, "completed")


async def test_states_of_many_long_runs_are_not_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folded_runs, "LEAST_KEPT", 1)
    monkeypatch.setattr(folded_runs, "MOST_KEPT", 25)
    async with workplace(tmp_path, Script()) as studio, workplace(tmp_path, Script(), drive="none") as other:
        runs = [(await studio.runs.start(write(tmp_path, steps=asking(3)), {})).id for _ in range(5)]
        for run in runs:
            await answer(other, run)
        assert list(other._context.folded._kept) == runs[-2:]
        for run in runs:
            for _ in range(MANY - 1):
                await answer(other, run)
            await until_status(studio, run, "completed")
