"""Cleanup, pins and deleting, as front ends ask for them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.errors import IllegalTransition, NotAllowed, NotFound, WorkflowConflict
from oyama_tui.core.events import Principal
from oyama_tui.core.views import KeepRules
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import Script, until_status, workplace, write

SET = [{"id": "a", "set": {"k": 1}}]


async def ended(studio: Studio, path: str, times: int = 1, **inputs: Any) -> list[str]:
    """Runs that have come to their end."""
    runs = []
    for _ in range(times):
        run = await studio.runs.start(path, inputs)
        runs.append((await until_status(studio, run.id, "completed", "failed")).id)
    return runs


async def ids(studio: Studio) -> list[str]:
    return sorted(row.id for row in await studio.runs.list(limit=100))


async def sound(studio: Studio) -> bool:
    return {check.status for check in await studio.system.verify()} == {"ok"}


async def test_a_cleanup_removes_what_its_plan_says(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        runs = await ended(studio, write(tmp_path, steps=SET), 5)
        plan = await studio.keeping.plan(KeepRules(newest=2))
        assert (plan.runs, plan.kept, plan.pinned) == (3, 2, 0)
        assert [row.id for row in plan.rows] == runs[:3]
        assert plan.rows[0].label == "play #1"
        assert plan.bytes == sum(row.bytes for row in plan.rows) > 0
        removed = await studio.keeping.cleanup(KeepRules(newest=2))
        assert removed.runs == 3
        assert await ids(studio) == runs[3:]
        assert (await studio.workflows.get("play")).runs == 2
        assert await sound(studio)
        assert (await studio.runs.get((await ended(studio, write(tmp_path, steps=SET)))[0])).row.number == 6
        with pytest.raises(NotFound):
            await studio.runs.get(runs[0])


async def test_nothing_goes_without_a_rule(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        await ended(studio, write(tmp_path, steps=SET))
        assert not await studio.keeping.rules_given()
        assert (await studio.keeping.plan()).runs == 0
        assert (await studio.keeping.cleanup()).runs == 0


async def test_a_definition_wins_over_the_settings_and_a_named_workflow_over_its_definition(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script(), keep_newest=1) as studio:
        await ended(studio, write(tmp_path, steps=SET, keep={"newest": 3}), 5)
        assert await studio.keeping.rules_given()
        assert (await studio.keeping.plan()).runs == 2
        assert (await studio.keeping.plan(KeepRules(newest=0))).runs == 2
        assert (await studio.keeping.plan(KeepRules(newest=0), workflow="play")).runs == 5
        assert (await studio.keeping.plan(workflow="play")).runs == 2
        with pytest.raises(NotFound):
            await studio.keeping.plan(workflow="nothing")


async def test_the_newest_revision_of_a_workflow_counts(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        await ended(studio, write(tmp_path, steps=SET, keep={"newest": 1}), 3)
        assert (await studio.keeping.plan()).runs == 2
        await ended(studio, write(tmp_path, steps=SET))
        assert (await studio.keeping.plan()).runs == 0


async def test_files_of_removed_runs_go_with_them(tmp_path: Path) -> None:
    path = tmp_path / "talk.yaml"
    path.write_text("id: talk\nsteps:\n  - {id: a, run: 'echo hello'}\n")
    async with open_studio(Settings(home=tmp_path), drive="all") as studio:
        first, second = await ended(studio, str(path), 2)
        files = studio.settings.files_path
        assert (files / first).is_dir()
        removed = await studio.keeping.cleanup(KeepRules(newest=1))
        assert removed.file_bytes == len("hello\n")
        assert not (files / first).exists()
        assert (files / second).is_dir()
        # Left by a cleanup that was cut off between rows and files.
        (files / first).mkdir()
        (files / "talk-1").mkdir()
        await studio.keeping.cleanup(KeepRules(newest=1))
        assert not (files / first).exists()
        assert (files / "talk-1").exists()


async def test_pinned_runs_stay_until_they_are_unpinned(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        [run] = await ended(studio, write(tmp_path, steps=SET))
        assert (await studio.keeping.pin(run)).pinned
        plan = await studio.keeping.plan(KeepRules(newest=0))
        assert (plan.runs, plan.pinned) == (0, 1)
        assert (await studio.keeping.cleanup(KeepRules(newest=0))).runs == 0
        with pytest.raises(IllegalTransition, match="pinned"):
            await studio.keeping.delete_run(run)
        assert await sound(studio)
        assert not (await studio.keeping.unpin(run)).pinned
        assert (await studio.keeping.delete_run(run)).runs == 1
        assert await ids(studio) == []
        assert (await studio.workflows.get("play")).status == "draft"
        assert await sound(studio)


async def test_live_runs_cannot_be_deleted(tmp_path: Path) -> None:
    script = Script()
    script.held.add("a")
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[{"id": "a", "run": "x"}]), {})
        await until_status(studio, run.id, "running")
        with pytest.raises(IllegalTransition, match="not over"):
            await studio.keeping.delete_run(run.id)
        with pytest.raises(WorkflowConflict, match="live run"):
            await studio.keeping.delete_workflow("play", history=True)
        assert (await studio.keeping.remains("play")).live == 1
        assert (await studio.keeping.cleanup(KeepRules(newest=0))).runs == 0
        script.let_go("a")
        await until_status(studio, run.id, "completed")


async def test_a_child_goes_with_its_parent_and_not_alone(tmp_path: Path) -> None:
    (tmp_path / "below.yaml").write_text("id: below\nsteps:\n  - {id: a, set: {k: 1}}\n")
    above = tmp_path / "above.yaml"
    above.write_text("id: above\nsteps:\n  - {id: b, workflow: ./below.yaml}\n")
    async with open_studio(Settings(home=tmp_path), drive="all") as studio:
        [run] = await ended(studio, str(above))
        [child] = await studio.runs.list(parent=run)
        with pytest.raises(IllegalTransition, match="above#1"):
            await studio.keeping.delete_run(child.id)
        await studio.keeping.pin(child.id)
        with pytest.raises(IllegalTransition, match=r"below#1.*pinned"):
            await studio.keeping.delete_run(run)
        assert (await studio.keeping.plan(KeepRules(newest=0))).pinned == 2
        await studio.keeping.unpin(child.id)
        assert await studio.keeping.family(run) == 2
        assert (await studio.keeping.plan(KeepRules(newest=0), workflow="below")).runs == 0
        assert (await studio.keeping.delete_workflow("above", history=True)).runs == 2
        assert await ids(studio) == []
        assert await sound(studio)


async def test_a_workflow_is_deleted_with_its_history_or_without(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        runs = await ended(studio, write(tmp_path, steps=SET), 3)
        await studio.keeping.pin(runs[1])
        remains = await studio.keeping.remains("play")
        assert (remains.runs, remains.live, remains.pinned) == (3, 0, 1)
        assert remains.bytes > 0
        assert (await studio.keeping.delete_workflow("play", history=False)).runs == 0
        assert await ids(studio) == runs
        with pytest.raises(NotFound):
            await studio.keeping.delete_workflow("play", history=False)
        assert (await studio.keeping.delete_workflow("play", history=True)).runs == 2
        assert await ids(studio) == [runs[1]]
        assert await sound(studio)
        [again] = await ended(studio, write(tmp_path, steps=SET))
        assert (await studio.runs.get(again)).row.number == 4
        with pytest.raises(NotFound):
            await studio.keeping.remains("nothing")


@pytest.fixture(params=["agent", "step"])
def stranger(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process acts for an agent, or for a step of some run."""
    by = Principal(name="ana", kind=request.param, program="claude" if request.param == "agent" else "other-1")
    monkeypatch.setattr("oyama_tui.studio.principal.Caller.principal", by)


@pytest.mark.usefixtures("stranger")
async def test_agents_and_steps_remove_nothing(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        [run] = await ended(studio, write(tmp_path, steps=SET))
        keeping = studio.keeping
        for refused in (
            keeping.cleanup(KeepRules(newest=0)),
            keeping.delete_run(run),
            keeping.delete_workflow("play", history=True),
            keeping.unpin(run),
            keeping.compact(),
        ):
            with pytest.raises(NotAllowed, match="may not"):
                await refused
        assert await ids(studio) == [run]
        assert (await keeping.plan(KeepRules(newest=0))).runs == 1


async def test_a_file_of_an_earlier_version_is_made_smaller_while_nothing_is_driven(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        await ended(studio, write(tmp_path, steps=SET), 30)
        with pytest.raises(IllegalTransition, match="An engine"):
            await studio.keeping.compact()
    with closing(sqlite3.connect(tmp_path / "oyama.db")) as connection:
        for pragma in ("journal_mode=DELETE", "auto_vacuum=NONE"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("VACUUM")
    async with open_studio(Settings(home=tmp_path)) as studio:
        assert not await studio.keeping.shrinks()
        assert (await studio.keeping.cleanup(KeepRules(newest=1))).database_bytes == 0
        room = next(check for check in await studio.system.doctor() if check.id == "room")
        assert "--compact" in room.hint
        assert (await studio.keeping.compact()).database_bytes > 0
        assert await studio.keeping.shrinks()
        assert await sound(studio)
