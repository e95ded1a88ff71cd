"""Runs that steps start, on a real database with real processes: their rows, and what is handed down and up."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core import commands as c
from oyama_tui.core.errors import WorkflowConflict
from oyama_tui.core.events import SYSTEM, Verdict
from oyama_tui.core.views import RunRow
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import until_status, write

DEPLOY = """
id: deploy
inputs: {version: {type: string, required: true}, count: {type: integer, default: 1}}
steps:
  - {id: build, run: ["echo", "built ${{ inputs.version }}"]}
  - {id: apply, gate: "Apply ${{ inputs.version }}?", run: ["echo", "applied"]}
outputs: {url: "http://x/${{ inputs.version }}", count: "${{ inputs.count }}"}
"""
STAYS = "id: stays\nsteps:\n  - {id: hold, run: 'echo $$ >> held; until test -e go; do sleep 0.01; done'}\n"
STEP: dict[str, Any] = {"id": "deploy", "workflow": "./deploy.yaml", "with": {"version": "v1", "count": "${{ 3 }}"}}
LIVE = ("running", "waiting", "paused", "draining")


@asynccontextmanager
async def studio_in(folder: Path, **files: str) -> AsyncIterator[Studio]:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    async with open_studio(Settings(home=folder, grace=0.2), drive="all", trigger="test") as studio:
        yield studio


def query(folder: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(Settings(home=folder).database_path)) as connection:
        return connection.execute(statement).fetchall()


async def child_of(studio: Studio, run: str, *, asking: bool = False) -> RunRow:
    """The first run that a step of this one has started, once there is one."""
    async with asyncio.timeout(30):
        while True:
            rows = await studio.runs.list(parent=run)
            if rows and (rows[-1].needs_you or not asking):
                return rows[-1]
            await asyncio.sleep(0.01)


async def answer(studio: Studio, run: str, verdict: Verdict = "approve") -> None:
    """Answer the open gate of a run."""
    [asked] = [row for row in await studio.approvals.of_run(run) if row.status == "pending"]
    await studio.approvals.decide(asked.id, verdict, comment="because", digest=asked.digest)


async def sound(studio: Studio) -> bool:
    return all(check.status == "ok" for check in await studio.system.verify())


async def test_its_outputs_come_up_and_its_rows_say_whose_it_is(tmp_path: Path) -> None:
    last = {"id": "last", "run": ["echo", "${{ steps.deploy.outputs.url }} ${{ steps.deploy.result.count + 1 }}"]}
    async with studio_in(tmp_path, deploy=DEPLOY) as studio:
        parent = await studio.runs.start(write(tmp_path, steps=[STEP, last]), {})
        child = await child_of(studio, parent.id, asking=True)
        assert child.run_way == "play #1 › deploy › deploy #1"
        above = (await studio.runs.get(parent.id)).row
        assert (above.status, above.running, above.reason) == ("running", 1, "deploy #1 needs you")
        [asked] = await studio.approvals.list()
        assert asked.run_way == child.run_way
        await answer(studio, child.id)
        await until_status(studio, parent.id, "completed")
        view = await studio.runs.attempt(parent.id, "last")
        assert view is not None
        assert view.output == "http://x/v1 4"
        [node, _] = (await studio.runs.get(parent.id)).nodes
        assert (node.child, node.child_run, node.note) == (child.id, "deploy #1", "deploy #1")
        assert await sound(studio)
    columns = "s.parent, s.parent_node, s.parent_attempt, e.trigger"
    rows = query(tmp_path, f"SELECT {columns} FROM workflow_states s JOIN workflow_executions e ON e.run = s.key ORDER BY s.key")
    assert rows == [("", "", 0, "test"), (parent.id, "deploy", 1, "parent")]


async def test_what_becomes_of_it_is_told_at_the_step(tmp_path: Path) -> None:
    steps = [STEP | {"retry": {"max_attempts": 3, "interval": "0s"}}]
    async with studio_in(tmp_path, deploy=DEPLOY) as studio:
        file = write(tmp_path, steps=steps)
        rejected = await studio.runs.start(file, {})
        await answer(studio, (await child_of(studio, rejected.id, asking=True)).id, "reject")
        by = studio.principal.name
        assert (await until_status(studio, rejected.id, "failed")).reason == f"deploy: deploy #1 was rejected by {by}: because"
        cancelled = await studio.runs.start(file, {})
        await studio.runs.cancel((await child_of(studio, cancelled.id, asking=True)).id, reason="late")
        assert (await until_status(studio, cancelled.id, "failed")).reason == f"deploy: deploy #2 was cancelled by {by}: late"
        assert len(await studio.runs.list(parent=cancelled.id)) == 1, "what a person has ended is not tried again"


async def test_a_failure_may_start_another_one(tmp_path: Path) -> None:
    flaky = "steps:\n  - {id: a, run: 'test -e once || { touch once; exit 3; }'}\n"
    step = {"id": "a", "workflow": "flaky.yaml", "retry": {"max_attempts": 2, "interval": "0s"}}
    async with studio_in(tmp_path, flaky=flaky) as studio:
        parent = await studio.runs.start(write(tmp_path, steps=[step]), {})
        await until_status(studio, parent.id, "completed")
        assert [row.status for row in await studio.runs.list(parent=parent.id)] == ["completed", "failed"]


async def test_a_pause_goes_down_and_so_does_its_end(tmp_path: Path) -> None:
    middle = "id: middle\nsteps:\n  - {id: inner, workflow: ./deploy.yaml, with: {version: v2}}\n"
    async with studio_in(tmp_path, deploy=DEPLOY, middle=middle) as studio:
        parent = await studio.runs.start(write(tmp_path, steps=[{"id": "m", "workflow": "./middle.yaml"}]), {})
        below = await child_of(studio, parent.id)
        deepest = await child_of(studio, below.id, asking=True)
        await studio.runs.pause(parent.id, reason="lunch")
        for run, above in ((below, "play #1"), (deepest, "middle #1")):
            row = await until_status(studio, run.id, "paused")
            assert row.reason == f"its parent {above} was paused"
        await studio.runs.resume(parent.id)
        for run in (parent, below, deepest):
            await until_status(studio, run.id, "running", "waiting")
        await answer(studio, deepest.id)
        await until_status(studio, parent.id, "completed")


async def test_what_a_person_has_paused_stays_so(tmp_path: Path) -> None:
    async with studio_in(tmp_path, deploy=DEPLOY) as studio:
        parent = await studio.runs.start(write(tmp_path, steps=[STEP]), {})
        child = await child_of(studio, parent.id, asking=True)
        await studio.runs.pause(child.id, reason="mine")
        await studio.runs.pause(parent.id)
        await until_status(studio, parent.id, "paused")
        await studio.runs.resume(parent.id)
        await until_status(studio, parent.id, "running")
        await answer(studio, child.id)
        assert (await studio.runs.get(child.id)).row.reason == "mine"
        await studio.runs.resume(child.id)
        await until_status(studio, parent.id, "completed")


async def test_a_cancelled_run_is_over_when_those_below_it_are(tmp_path: Path) -> None:
    middle = "id: middle\nsteps:\n  - {id: inner, workflow: ./stays.yaml}\n"
    async with studio_in(tmp_path, stays=STAYS, middle=middle) as studio:
        parent = await studio.runs.start(write(tmp_path, steps=[{"id": "m", "workflow": "./middle.yaml"}]), {})
        below = await child_of(studio, parent.id)
        deepest = await child_of(studio, below.id)
        await studio.runs.cancel(parent.id, reason="late")
        row = await until_status(studio, parent.id, "cancelled")
        assert row.reason == f"cancelled by {studio.principal.name}: late"
        found = [(await studio.runs.get(run.id)).row for run in (below, deepest)]
        assert [run.status for run in found] == ["cancelled", "cancelled"]
        assert found[0].reason == f"cancelled by oyama: its parent play #1 was cancelled by {studio.principal.name}: late"
        assert await sound(studio)
    ends = query(tmp_path, "SELECT run FROM workflow_events WHERE type = 'run_cancelled' ORDER BY position")
    assert [run for (run,) in ends] == [3, 2, 1], "the deepest one ends first"


async def test_one_that_is_left_goes_on(tmp_path: Path) -> None:
    async with studio_in(tmp_path, deploy=DEPLOY) as studio:
        parent = await studio.runs.start(write(tmp_path, steps=[STEP | {"on_parent_cancel": "leave"}]), {})
        child = await child_of(studio, parent.id, asking=True)
        await studio.runs.cancel(parent.id)
        await until_status(studio, parent.id, "cancelled")
        assert (await studio.runs.get(child.id)).row.needs_you
        await answer(studio, child.id)
        await until_status(studio, child.id, "completed")


async def test_an_engine_that_stops_interrupts_no_run_and_the_next_one_starts_none_again(tmp_path: Path) -> None:
    async with studio_in(tmp_path, stays=STAYS) as studio:
        parent = await studio.runs.start(write(tmp_path, steps=[{"id": "m", "workflow": "./stays.yaml"}]), {})
        child = await child_of(studio, parent.id)
        async with asyncio.timeout(20):
            while not (tmp_path / "held").exists():
                await asyncio.sleep(0.01)
    interrupted = query(tmp_path, "SELECT payload ->> 'node' FROM workflow_events WHERE type = 'step_interrupted'")
    assert interrupted == [("hold",)]
    (tmp_path / "go").touch()
    async with studio_in(tmp_path) as studio:
        await until_status(studio, parent.id, "completed")
        [only] = await studio.runs.list(parent=parent.id)
        assert (only.id, only.status) == (child.id, "completed")
        assert await sound(studio)


async def test_a_run_that_was_paused_meanwhile_is_told_by_the_next_engine(tmp_path: Path) -> None:
    async with studio_in(tmp_path, deploy=DEPLOY) as studio:
        parent = await studio.runs.start(write(tmp_path, steps=[STEP]), {})
        child = await child_of(studio, parent.id, asking=True)
    async with open_studio(Settings(home=tmp_path), trigger="test") as looker:
        await looker.runs.pause(parent.id)
        assert (await looker.runs.get(child.id)).row.needs_you
    async with studio_in(tmp_path) as studio:
        await until_status(studio, child.id, "paused")
        await studio.runs.resume(child.id)
    async with studio_in(tmp_path) as studio:
        await until_status(studio, parent.id, "paused")
        assert (await studio.runs.get(child.id)).row.status == "waiting", "it was told once, and a person has said otherwise since"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"workflow": "nosuch"}, "There is no workflow 'nosuch'."),
        ({"workflow": "gone"}, "There is no workflow 'gone'."),
        ({"workflow": "needy"}, "The inputs of needy do not fit: word: is required"),
        ({"workflow": "needy", "with": {"word": "${{ [1] }}"}}, "The inputs of needy do not fit: word: must be text, not of type list"),
        ({"workflow": "broken"}, "broken.yaml:1:9: this step does nothing, and 1 more. `oyama validate` shows all."),
        ({"workflow": "play"}, "The workflow play would start itself: play › play."),
        ({"workflow": "secretive"}, "OYAMA_TEST_NO_SUCH"),
        ({"workflow": "onward"}, "onward #1 failed: back: The workflow play would start itself: play › onward › play."),
    ],
)
async def test_one_that_cannot_be_started_fails_its_step_and_says_why(tmp_path: Path, step: dict[str, Any], words: str) -> None:
    files = {
        "needy": "inputs: {word: {required: true}}\nsteps: [{id: a, run: 'true'}]\n",
        "broken": "steps: [{id: a, run: 'true'}]\n",
        "gone": "steps: [{id: a, run: 'true'}]\n",
        "secretive": "secrets: [OYAMA_TEST_NO_SUCH]\nsteps: [{id: a, run: 'true', env: {A: '${{ secrets.OYAMA_TEST_NO_SUCH }}'}}]\n",
        "onward": "steps: [{id: back, workflow: play}]\n",
    }
    async with studio_in(tmp_path, **files) as studio:
        for name in files:
            await studio.workflows.add(tmp_path / f"{name}.yaml")
        await studio.workflows.delete("gone")
        (tmp_path / "broken.yaml").write_text("steps: [{id: a, rum: 'true'}]\n")
        parent = await studio.runs.start(write(tmp_path, steps=[{"id": "child", **step}]), {})
        row = await until_status(studio, parent.id, "failed")
        assert words in row.reason
        attempt = await studio.runs.attempt(parent.id, "child")
        assert attempt is not None
        assert attempt.error_kind == "child"


async def test_runs_stand_eight_deep_and_no_deeper(tmp_path: Path) -> None:
    files = {f"w{n}": f"id: w{n}\nsteps: [{{id: down, workflow: w{n + 1}}}]\n" for n in range(1, 9)}
    async with studio_in(tmp_path, **files, w9="id: w9\nsteps: [{id: a, run: 'true'}]\n") as studio:
        for name in (*files, "w9"):
            await studio.workflows.add(tmp_path / f"{name}.yaml")
        run = await studio.runs.start("w2", {})
        await until_status(studio, run.id, "completed")
        deep = await studio.runs.start("w1", {})
        row = await until_status(studio, deep.id, "failed")
        assert "w9 would be run 9 deep in w1 › w2 › w3 › w4 › w5 › w6 › w7 › w8, and at most 8 are allowed" in row.reason


async def test_a_workflow_with_a_live_run_is_not_forgotten(tmp_path: Path) -> None:
    async with studio_in(tmp_path, deploy=DEPLOY) as studio:
        parent = await studio.runs.start(write(tmp_path, steps=[STEP]), {})
        await child_of(studio, parent.id, asking=True)
        with pytest.raises(WorkflowConflict, match="live run"):
            await studio.workflows.delete("deploy")


async def test_a_loop_starts_one_for_each_item(tmp_path: Path) -> None:
    small = "inputs: {n: {type: integer}}\nsteps: [{id: a, set: {x: 1}}]\noutputs: {twice: '${{ inputs.n * 2 }}'}\n"
    loop = {
        "id": "fan",
        "for_each": {"items": list(range(20)), "concurrency": 5},
        "steps": [{"id": "each", "workflow": "small.yaml", "with": {"n": "${{ item }}"}}],
    }
    outputs = {"all": "${{ steps.fan.items.map(i, i.each.outputs.twice) }}"}
    async with studio_in(tmp_path, small=small) as studio:
        parent = await studio.runs.start(write(tmp_path, steps=[loop], outputs=outputs), {})
        await until_status(studio, parent.id, "completed")
        assert (await studio.runs.get(parent.id)).outputs == {"all": [2 * n for n in range(20)]}
        assert (await studio.runs.list(parent=parent.id)).total == 20
        assert await sound(studio)


async def test_resuming_a_run_lets_those_below_it_go_on_that_oyama_itself_has_paused(tmp_path: Path) -> None:
    async with studio_in(tmp_path, deploy=DEPLOY) as studio:
        parent = await studio.runs.start(write(tmp_path, steps=[STEP]), {})
        child = await child_of(studio, parent.id, asking=True)
        pause = c.Pause(at=0, by=SYSTEM, reason="apply was interrupted 3 times in a row")
        await studio.runs._context.command(child.id, lambda at: pause.model_copy(update={"at": at}))
        await until_status(studio, child.id, "paused")
        assert (await studio.runs.get(parent.id)).row.reason == "deploy #1 paused"
        await studio.runs.resume(parent.id)
        await until_status(studio, child.id, "waiting")
        await answer(studio, child.id)
        await until_status(studio, parent.id, "completed")
