"""Runs are driven to their end, through gates, retries, pauses and cancellations."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.engine.workplace import Script, until_status, workplace, write

THREE = [{"id": "a", "run": "x"}, {"id": "b", "run": "x"}, {"id": "c", "set": {"k": 1}}]
GATED = [{"id": "a", "run": "x"}, {"id": "publish", "run": "x", "gate": {"title": "Publish"}}]


async def test_steps_run_in_order_and_the_run_completes(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=THREE), {})
        row = await until_status(studio, run.id, "completed")
        assert script.begun == [("a", 1), ("b", 1), ("c", 1)]
        assert (row.completed, row.total, row.status) == (3, 3, "completed")
        assert [variable.value for variable in await studio.runs.context(run.id)] == [1]


async def test_a_gate_waits_for_an_answer_of_any_studio(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio, workplace(tmp_path, Script(), "none") as other:
        run = await studio.runs.start(write(tmp_path, steps=GATED), {})
        await until_status(studio, run.id, "waiting")
        [asked] = await other.approvals.list()
        decision = await other.approvals.decide(asked.id, "approve", comment="go")
        assert not decision.already
        await until_status(studio, run.id, "completed")
        assert script.begun == [("a", 1), ("publish", 1)]


async def test_a_rejection_ends_the_run_and_the_action_never_starts(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=GATED), {})
        await until_status(studio, run.id, "waiting")
        [asked] = await studio.approvals.list()
        await studio.approvals.decide(asked.id, "reject", comment="not today")
        row = await until_status(studio, run.id, "rejected")
        assert (row.state, "not today" in row.reason) == ("failed", True)
        assert script.begun == [("a", 1)]


async def test_a_failed_attempt_is_tried_again(tmp_path: Path) -> None:
    script = Script()
    script.failing["a"] = 2
    retry = {"max_attempts": 3, "interval": "1ms", "jitter": False}
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[{"id": "a", "run": "x", "retry": retry}]), {})
        await until_status(studio, run.id, "completed")
        assert script.begun == [("a", 1), ("a", 2), ("a", 3)]


async def test_a_drained_pause_lets_the_running_step_finish(tmp_path: Path) -> None:
    script = Script()
    script.held.add("a")
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=THREE), {})
        await script.until(lambda: ("a", 1) in script.begun)
        assert (await studio.runs.pause(run.id)).status == "draining"
        script.let_go("a")
        await until_status(studio, run.id, "paused")
        assert script.begun == [("a", 1)]
        await studio.runs.resume(run.id)
        await until_status(studio, run.id, "completed")


async def test_a_pause_now_interrupts_and_runs_the_step_again(tmp_path: Path) -> None:
    script = Script()
    script.held.add("a")
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=THREE), {})
        await script.until(lambda: ("a", 1) in script.begun)
        await studio.runs.pause(run.id, mode="now")
        await until_status(studio, run.id, "paused")
        await script.until(lambda: script.ended == [("a", 1)])
        script.held.clear()
        await studio.runs.resume(run.id)
        await until_status(studio, run.id, "completed")
        assert script.begun[:2] == [("a", 1), ("a", 2)]


async def test_a_cancelled_run_ends_what_runs(tmp_path: Path) -> None:
    script = Script()
    script.held |= {"a", "b"}
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, type="parallel", steps=THREE), {})
        await script.until(lambda: len(script.begun) == 3)
        await studio.runs.cancel(run.id, reason="enough")
        row = await until_status(studio, run.id, "cancelled")
        await script.until(lambda: sorted(script.ended) == [("a", 1), ("b", 1)])
        assert row.state == "failed"


async def test_what_was_approved_is_looked_at_again_and_reopens_when_it_changed(tmp_path: Path) -> None:
    script = Script()
    script.evidence["publish.gate"] = [
        {"preview": "one", "exit_code": 0},
        {"preview": "two", "exit_code": 0},
        {"preview": "two", "exit_code": 0},
    ]
    steps = [{"id": "publish", "run": "x", "gate": {"title": "Publish", "preview": "diff"}}]
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=steps), {})
        await until_status(studio, run.id, "waiting")
        [first] = await studio.approvals.list()
        await studio.approvals.decide(first.id, "approve")
        async with asyncio.timeout(10):
            while not (second := [row for row in await studio.approvals.list() if row.id != first.id]):
                await anext(studio.changes())
        card = await studio.approvals.get(second[0].id)
        assert card.reopened
        assert ("publish", 1) not in script.begun
        await studio.approvals.decide(second[0].id, "approve", digest=card.row.digest)
        await until_status(studio, run.id, "completed")
        assert script.begun[-1] == ("publish", 1)


async def test_a_failure_of_an_executor_fails_the_step_and_harms_no_other_run(tmp_path: Path) -> None:
    class Broken(Script):
        def kinds(self) -> dict[str, Script]:
            return {"set": self}

    async with workplace(tmp_path, Broken()) as studio:
        bad = await studio.runs.start(write(tmp_path, steps=THREE), {})
        row = await until_status(studio, bad.id, "failed")
        assert "log file" in row.reason
        good = await studio.runs.start(write(tmp_path, steps=THREE[2:]), {}, replace=True)
        await until_status(studio, good.id, "completed")


async def test_steps_with_processes_queue_for_a_place(tmp_path: Path) -> None:
    script = Script()
    script.held |= {"s0", "s1", "s2"}
    steps = [{"id": f"s{number}", "run": "x"} for number in range(3)]
    async with workplace(tmp_path, script, max_processes=2) as studio:
        run = await studio.runs.start(write(tmp_path, type="parallel", steps=steps), {})
        await script.until(lambda: len(script.begun) == 2)
        script.let_go("s0")
        await script.until(lambda: len(script.begun) == 3)
        script.held.clear()
        script.let_go("s1")
        await until_status(studio, run.id, "completed")
