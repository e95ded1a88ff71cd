"""Forks of real runs: they begin whole, go on by the engine, and are known on both sides."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.commands import ForkWish
from oyama_tui.core.errors import IllegalTransition, InvalidDefinition, InvalidInput, NotFound, OyamaError
from oyama_tui.core.views import ForkPlan
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import Script, until_status, workplace, write
from tests.store.played import opened_gate
from tests.studio.archived import exported, play

CHAIN: dict[str, Any] = {
    "inputs": {"v": {"default": "1"}, "list": {"type": "file"}},
    "context": {"channel": "beta"},
    "steps": [
        {"id": "build", "run": "x", "outputs": {"name": "${{ inputs.v }}"}},
        {"id": "note", "set": {"channel": "stable"}},
        {"id": "last", "run": ["x", "${{ steps.build.outputs.name }}"]},
    ],
}


def does(plan: ForkPlan) -> dict[str, str]:
    return {step.step: step.does for step in plan.steps}


async def failed(studio: Studio, folder: Path, script: Script, **definition: Any) -> str:
    """A run that failed at its last step; returns its id."""
    script.failing["last"] = 1
    run = await studio.runs.start(write(folder, **(definition or CHAIN)), {})
    await until_status(studio, run.id, "failed")
    script.begun.clear()
    return run.id


async def is_clean(studio: Studio) -> bool:
    return all(check.status == "ok" for check in await studio.system.verify())


async def test_a_fork_does_what_is_left_and_both_runs_know_of_each_other(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run = await failed(studio, tmp_path, script)
        plan = await studio.forks.plan(run, ForkWish())
        assert does(plan) == {"build": "reused", "note": "reused", "last": "again"}
        assert (plan.label, plan.notes) == ("at its end", ())
        fork = await studio.forks.fork(run, ForkWish(digest=plan.digest), at=str(plan.at))
        await until_status(studio, fork.id, "completed")
        assert script.begun == [("last", 1)]
        view, before = await studio.runs.get(fork.id), await studio.runs.get(run)
        assert view.row.forked_from == run
        assert view.fork_words == ("forked from play #1 at its end",)
        assert before.fork_words == ("forked into play #2 at its end",)
        assert [(node.key, node.word, node.note) for node in view.nodes] == [
            ("build", "completed", "taken over from another run"),
            ("note", "completed", "taken over from another run"),
            ("last", "completed", ""),
        ]
        assert {variable.name: variable.value for variable in await studio.runs.context(fork.id)} == {"channel": "stable"}
        assert (await studio.runs.attempt(fork.id, "last")).input == {"argv": ["x", "1"]}  # type: ignore[union-attr]
        assert before.row.status == "failed"
        assert await is_clean(studio)


async def test_a_fork_from_a_step_that_was_over_takes_over_what_was_before(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run = await failed(studio, tmp_path, script)
        fork = await studio.forks.fork(run, ForkWish(set={"extra": [1]}), at="build")
        await until_status(studio, fork.id, "completed")
        assert script.begun == [("note", 1), ("last", 1)]
        assert (await studio.runs.get(fork.id)).fork_words == ("forked from play #1 after build",)
        named = await studio.moments.name(run, "mine", at=2)
        assert (await studio.forks.plan(run, ForkWish(), at="mine")).at == named.seq


async def test_a_run_that_goes_on_can_be_forked_and_goes_on(tmp_path: Path) -> None:
    script = Script()
    script.held.add("last")
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, **CHAIN), {})
        await script.until(lambda: ("last", 1) in script.begun)
        plan = await studio.forks.plan(run.id, ForkWish(inputs={"v": "2"}))
        assert does(plan) == {"build": "again", "note": "again", "last": "again"}
        fork = await studio.forks.fork(run.id, ForkWish(inputs={"v": "2"}, digest=plan.digest), at=str(plan.at))
        script.let_go("last")
        await until_status(studio, run.id, "completed")
        await until_status(studio, fork.id, "completed")
        # The plan that was shown still holds: the point was that of then.
        await studio.forks.fork(run.id, ForkWish(inputs={"v": "2"}, digest=plan.digest), at=str(plan.at))
        with pytest.raises(IllegalTransition, match="not what was shown"):
            await studio.forks.fork(run.id, ForkWish(inputs={"v": "2"}, digest=plan.digest))


async def test_no_approval_is_carried_over_and_the_question_is_asked_anew(tmp_path: Path) -> None:
    script = Script()
    steps = [{"id": "ok", "gate": {"title": "Go on?"}}, {"id": "last", "run": "x"}]
    script.failing["last"] = 1
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=steps), {})
        await studio.approvals.decide(await opened_gate(studio, run.id), "approve")
        await until_status(studio, run.id, "failed")
        script.begun.clear()
        fork = await studio.forks.fork(run.id, ForkWish())
        asked = await opened_gate(studio, fork.id)
        assert script.begun == []
        await studio.approvals.decide(asked, "approve")
        await until_status(studio, fork.id, "completed")
        assert script.begun == [("last", 1)]


async def test_a_question_that_is_taken_over_is_shown_as_done(tmp_path: Path) -> None:
    steps = [
        {"id": "ok", "gate": {"title": "Go on?"}},
        {"id": "own", "run": "x", "gate": {"title": "Own?"}, "needs": ["ok"]},
        {"id": "z", "run": "x"},
    ]
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, type="graph", steps=steps), {})
        for _ in range(2):
            await studio.approvals.decide(await opened_gate(studio, run.id), "approve")
        await until_status(studio, run.id, "completed")
        script.held.add("z")
        fork = await studio.forks.fork(run.id, ForkWish(steps=("z",)))
        await script.until(lambda: script.begun.count(("z", 1)) == 2)
        words = {node.key: (node.word, node.note) for node in (await studio.runs.get(fork.id)).nodes}
        taken = ("completed", "taken over from another run")
        assert (words["ok"], words["own"], words["own.gate"]) == (taken, taken, taken)
        assert not await studio.approvals.of_run(fork.id)
        past = await studio.moments.open(fork.id)
        try:
            differences = await past.difference(1, await past.catch_up())
        finally:
            past.close()
        assert ("ok", "completed") in [(found.name, found.after) for found in differences if found.kind == "step"]
        script.let_go("z")
        await until_status(studio, fork.id, "completed")


async def test_another_definition_is_kept_for_the_run_and_the_workflow_stays(tmp_path: Path) -> None:
    script = Script()
    other = tmp_path / "other.yaml"
    other.write_text(json.dumps({"id": "play", **CHAIN, "steps": [*CHAIN["steps"][:2], {"id": "end", "run": "y"}]}))
    async with workplace(tmp_path, script) as studio:
        run = await failed(studio, tmp_path, script)
        known = await studio.workflows.get("play")
        plan = await studio.forks.plan(run, ForkWish(), definition=str(other))
        assert does(plan) == {"build": "reused", "note": "reused", "end": "new", "last": "gone"}
        assert any("stays as it is" in note for note in plan.notes)
        fork = await studio.forks.fork(run, ForkWish(), definition=str(other))
        await until_status(studio, fork.id, "completed")
        assert script.begun == [("end", 1)]
        assert (await studio.workflows.get("play")).revision == known.revision
        assert (await studio.runs.get(fork.id)).revision == plan.revision != known.revision
        assert await is_clean(studio)


async def test_a_definition_that_does_not_fit_is_refused_with_its_places(tmp_path: Path) -> None:
    script = Script()
    foreign, broken = tmp_path / "foreign.yaml", tmp_path / "broken.yaml"
    foreign.write_text(json.dumps({"id": "foreign", "steps": [{"id": "a", "run": "x"}]}))
    broken.write_text("id: play\nsteps:\n  - {id: a, run: x, colour: red}\n")
    async with workplace(tmp_path, script) as studio:
        run = await failed(studio, tmp_path, script)
        with pytest.raises(InvalidInput, match=r"foreign\.yaml defines foreign"):
            await studio.forks.plan(run, ForkWish(), definition=str(foreign))
        with pytest.raises(InvalidDefinition, match=r"broken\.yaml:3:"):
            await studio.forks.plan(run, ForkWish(), definition=str(broken))
        with pytest.raises(NotFound, match="cannot be read"):
            await studio.forks.plan(run, ForkWish(), definition=str(tmp_path / "absent.yaml"))
        assert not await studio.runs.list(workflow="foreign")
        assert len(await studio.runs.list()) == 1


async def test_a_workflow_that_was_edited_or_deleted_since_does_not_keep_a_run_from_being_forked(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run = await failed(studio, tmp_path, script)
        write(tmp_path, **{**CHAIN, "steps": [{"id": "other", "run": "x"}]})
        plan = await studio.forks.plan(run, ForkWish())
        assert does(plan) == {"build": "reused", "note": "reused", "last": "again"}
        assert plan.notes == (
            f"play was edited since: the fork goes by the run's own definition. Another one: --definition {tmp_path}/play.yaml",
        )
        await studio.workflows.delete("play")
        [note] = (await studio.forks.plan(run, ForkWish())).notes
        assert "was deleted since" in note
        fork = await studio.forks.fork(run, ForkWish())
        await until_status(studio, fork.id, "completed")
        assert not await studio.workflows.list()
        assert await is_clean(studio)


async def test_an_imported_run_can_be_forked_here(tmp_path: Path) -> None:
    path = await exported(tmp_path / "there", tmp_path / "r.oyamarun")
    async with open_studio(Settings(home=tmp_path / "here"), drive="all") as studio:
        made = await studio.archive.bring_in(path)
        plan = await studio.forks.plan(made.row.id, ForkWish())
        assert set(does(plan).values()) == {"reused"}
        fork = await studio.forks.fork(made.row.id, ForkWish(steps=("publish",), digest=""))
        await until_status(studio, fork.id, "waiting")
        assert (await studio.runs.get(made.row.id)).fork_words == ("forked into release #2 at its end",)
        [asked] = await studio.approvals.list()
        await studio.approvals.decide(asked.id, "reject", comment="no", form={"why": "x"})
        await until_status(studio, fork.id, "rejected")
        assert await is_clean(studio)


async def test_a_fork_that_is_exported_and_imported_names_what_it_was_forked_from(tmp_path: Path) -> None:
    home = tmp_path / "there"
    run = await play(home)
    async with open_studio(Settings(home=home), drive="all") as studio:
        fork = await studio.forks.fork(run, ForkWish())
        await until_status(studio, fork.id, "completed")
        await studio.archive.export(fork.id, tmp_path / "fork.oyamarun")
    async with open_studio(Settings(home=tmp_path / "here")) as studio:
        made = await studio.archive.bring_in(tmp_path / "fork.oyamarun")
        view = await studio.runs.get(made.row.id)
        [words] = view.fork_words
        assert words.startswith(f"forked from {run} after event ")
        assert await is_clean(studio)


async def test_a_run_that_was_removed_is_none_to_fork_and_its_forks_still_name_it(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run = await failed(studio, tmp_path, script)
        fork = await studio.forks.fork(run, ForkWish())
        await until_status(studio, fork.id, "completed")
        await studio.keeping.delete_run(run)
        with pytest.raises(NotFound):
            await studio.forks.plan(run, ForkWish())
        view = await studio.runs.get(fork.id)
        assert view.fork_words == (f"forked from {run} after event {view.fork_of.at}",)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("wish", "at", "words"),
    [
        (ForkWish(), "nowhere", "has no point 'nowhere'"),
        (ForkWish(), "99", "has no event 99"),
        (ForkWish(steps=("absent",)), "", "has no step 'absent'"),
        (ForkWish(inputs={"absent": "1"}), "", "there is no input 'absent'"),
        (ForkWish(inputs={"list": "absent.txt"}), "", "cannot be read"),
        (ForkWish(outputs={"last": {"name": "1"}}), "", "outputs of last cannot be said"),
        (ForkWish(digest="0" * 64), "", "not what was shown"),
    ],
)
async def test_what_does_not_fit_is_refused_and_nothing_is_started(tmp_path: Path, wish: ForkWish, at: str, words: str) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run = await failed(studio, tmp_path, script)
        with pytest.raises(OyamaError, match=words):
            await studio.forks.fork(run, wish, at=at)
        assert len(await studio.runs.list()) == 1


async def test_a_fork_waits_for_a_place_like_any_other_run(tmp_path: Path) -> None:
    script = Script()
    async with workplace(tmp_path, script) as studio:
        run = await failed(studio, tmp_path, script, **CHAIN, concurrency={"limit": 1})
        script.held.add("last")
        first = await studio.forks.fork(run, ForkWish())
        await script.until(lambda: bool(script.begun))
        second = await studio.forks.fork(run, ForkWish())
        assert (await studio.runs.get(second.id)).row.place == "queued"
        assert (await studio.runs.get(second.id)).row.completed == 2
        script.let_go("last")
        await until_status(studio, first.id, "completed")
        await until_status(studio, second.id, "completed")
        assert await is_clean(studio)


async def test_a_run_of_its_own_in_which_somebody_was_asked_asks_again_in_a_fork(tmp_path: Path) -> None:
    inner = tmp_path / "inner.yaml"
    inner.write_text(json.dumps({"id": "inner", "steps": [{"id": "ok", "gate": {"title": "Go on?"}}]}))
    script = Script()
    script.failing["last"] = 1
    steps = [{"id": "sub", "workflow": "./inner.yaml"}, {"id": "last", "run": "x"}]
    async with workplace(tmp_path, script) as studio:
        run = await studio.runs.start(write(tmp_path, steps=steps), {})
        async with asyncio.timeout(30):
            while not (asked := await studio.approvals.list()):
                await anext(studio.changes())
        await studio.approvals.decide(asked[0].id, "approve")
        await until_status(studio, run.id, "failed")
        plan = await studio.forks.plan(run.id, ForkWish())
        assert does(plan) == {"sub": "again", "last": "again"}
        assert plan.steps[0].why == "no answer of another run counts for last"
        with closing(sqlite3.connect(tmp_path / "oyama.db")) as connection:
            assert connection.execute("SELECT count(*) FROM workflow_states WHERE forked_from <> ''").fetchone() == (0,)
