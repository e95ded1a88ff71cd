"""Runs that are taken back, as front ends ask for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from oyama_tui.core.errors import IllegalTransition, NotFound
from oyama_tui.core.views import RunRow
from tests.engine.workplace import Script, until_status, workplace, write

STEPS = [{"id": "a", "run": "a", "compensate": {"run": "undo a"}}, {"id": "b", "run": "b", "compensate": {"run": "undo b"}}]


async def test_of_two_people_who_undo_at_once_one_does_and_the_other_is_told(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        run = await studio.runs.start(write(tmp_path, steps=STEPS), {})
        await until_status(studio, run.id, "completed")
        plan = await studio.undoing.plan(run.id)
        both = await asyncio.gather(*(studio.undoing.undo(run.id, seen=plan.seq) for _ in range(2)), return_exceptions=True)
        assert sorted(type(one).__name__ for one in both) == [IllegalTransition.__name__, RunRow.__name__]
        await until_status(studio, run.id, "paused")
        nodes = [attempt.node for attempt in await studio.runs.attempts(run.id)]
        assert sorted(node for node in nodes if node.endswith("~undo")) == ["a~undo", "b~undo"]


async def test_the_last_steps_are_those_that_were_over_last_wherever_they_stand(tmp_path: Path) -> None:
    never = {"id": "never", "run": "never", "needs": ["a"], "if": "false"}
    steps = [{**STEPS[0], "needs": ["b"]}, {**STEPS[1], "needs": []}, never]
    async with workplace(tmp_path, Script()) as studio:
        run = await studio.runs.start(write(tmp_path, type="graph", steps=steps), {})
        await until_status(studio, run.id, "completed")
        over = {point.node: str(point.seq) for point in await studio.moments.snapshots(run.id)}
        assert await studio.undoing.last_success(run.id) == over["a"]
        assert await studio.undoing.steps_back(run.id, 1) == over["b"]
        assert await studio.undoing.steps_back(run.id, 2) == "start"
        with pytest.raises(IllegalTransition, match="Only 2 steps"):
            await studio.undoing.steps_back(run.id, 3)
        await studio.undoing.undo(run.id, to=over["b"])
        await until_status(studio, run.id, "paused")
        assert await studio.undoing.last_success(run.id) == over["b"]


async def test_a_run_that_was_removed_is_not_undone(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        run = await studio.runs.start(write(tmp_path, steps=STEPS), {})
        await until_status(studio, run.id, "completed")
        plan = await studio.undoing.plan(run.id)
        await studio.keeping.delete_run(run.id)
        with pytest.raises(NotFound):
            await studio.undoing.undo(run.id, seen=plan.seq)
        with pytest.raises(NotFound):
            await studio.undoing.plan(run.id)


async def test_a_run_that_is_taken_back_counts_among_those_in_which_something_runs(tmp_path: Path) -> None:
    script = Script()
    script.held.add("a~undo")
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=STEPS), {})
        await until_status(studio, run.id, "completed")
        assert (await studio.system.view()).running == 0
        await studio.undoing.undo(run.id, seen=(await studio.undoing.plan(run.id)).seq)
        await until_status(studio, run.id, "undoing")
        assert (await studio.system.view()).running == 1
        script.let_go("a~undo")
        await until_status(studio, run.id, "paused")
        assert (await studio.system.view()).running == 0


async def test_a_question_asked_again_after_the_run_went_back_names_its_yes_and_only_what_was_checked_since(tmp_path: Path) -> None:
    steps = [
        *STEPS,
        {"id": "publish", "gate": {"title": "Go?"}, "run": "p", "compensate": {"run": "undo p"}},
        {"id": "after", "run": "after"},
    ]
    async with workplace(tmp_path, Script()) as studio:
        run = await studio.runs.start(write(tmp_path, steps=steps), {})
        await until_status(studio, run.id, "waiting")
        [asked] = await studio.approvals.of_run(run.id, pending=True)
        await studio.approvals.decide(asked.id, "approve", digest=asked.digest)
        await until_status(studio, run.id, "completed")
        over = {point.node: str(point.seq) for point in await studio.moments.snapshots(run.id)}
        await studio.undoing.undo(run.id, to=over["a"])
        await until_status(studio, run.id, "paused")
        await studio.runs.resume(run.id)
        await until_status(studio, run.id, "waiting")
        [again] = await studio.approvals.of_run(run.id, pending=True)
        card = await studio.approvals.get(again.id)
        assert again.node == "publish.gate#2"
        first = await studio.approvals.get(asked.id)
        assert card.last_yes is not None
        assert (card.last_yes.run_label, card.last_yes.by, card.last_yes.changes) == (run.label, first.row.decided_by, ())
        assert [one.step_id for one in card.checked] == ["a", "b"]
        assert (first.last_yes, [one.step_id for one in first.checked]) == (None, ["a", "b"])
