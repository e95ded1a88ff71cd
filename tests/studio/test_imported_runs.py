"""Runs that came from files: they are looked at like any other, and nothing drives, answers, counts or changes them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.core.errors import FileProblem, IllegalTransition, OyamaError, WorkflowConflict
from oyama_tui.settings import Settings
from oyama_tui.store.run_file import JOURNAL, MANIFEST
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import until_status
from tests.studio.archived import chained, exported, packed, parts, play


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(home / "oyama.db")) as connection:
        return connection.execute(query).fetchall()


async def is_clean(studio: Studio) -> bool:
    return all(check.status == "ok" for check in await studio.system.verify())


async def test_an_ended_run_is_here_as_it_was(tmp_path: Path) -> None:
    path, home = await exported(tmp_path / "there", tmp_path / "r.oyamarun"), tmp_path / "here"
    async with open_studio(Settings(home=tmp_path / "there")) as studio:
        before = await studio.runs.get("release#1")
        log = await studio.runs.log("release#1", "build")
    async with open_studio(Settings(home=home), drive="all") as studio:
        made = await studio.archive.bring_in(path)
        assert (made.already, made.origin, made.row.id, made.row.imported) == (False, before.row.id, before.row.id, True)
        view = await studio.runs.get(made.row.id)
        assert (view.inputs, view.outputs, view.seq) == (before.inputs, before.outputs, before.seq)
        assert [(node.key, node.status) for node in view.nodes] == [(node.key, node.status) for node in before.nodes]
        assert await studio.runs.log(made.row.id, "build") == log
        [asked] = await studio.approvals.of_run(made.row.id)
        assert (await studio.approvals.get(asked.id)).votes[0].comment == "go on"
        assert view.row.reason == "imported"
        assert await is_clean(studio)


async def test_the_same_file_twice_is_one_run(tmp_path: Path) -> None:
    path, home = await exported(tmp_path / "there", tmp_path / "r.oyamarun"), tmp_path / "here"
    async with open_studio(Settings(home=home)) as studio:
        first = await studio.archive.bring_in(path)
        again = await studio.archive.bring_in(path)
        assert (again.already, again.row.id) == (True, first.row.id)
        assert len(await studio.runs.list()) == 1
    async with open_studio(Settings(home=tmp_path / "there")) as studio:
        own = await studio.archive.bring_in(path)
        assert (own.already, own.row.imported) == (True, False)
        assert await is_clean(studio)


async def test_a_run_whose_id_is_taken_gets_a_free_one_and_its_questions_too(tmp_path: Path) -> None:
    early, home = await exported(tmp_path / "there", tmp_path / "early.oyamarun", answer=False), tmp_path / "here"
    async with open_studio(Settings(home=tmp_path / "there"), drive="all") as studio:
        [asked] = await studio.approvals.list()
        await studio.approvals.decide(asked.id, "approve", form={"why": "because"}, digest=asked.digest)
        await until_status(studio, asked.run_id, "completed")
        await studio.archive.export(asked.run_id, tmp_path / "late.oyamarun")
        # Where it comes from an earlier file of it is another run, too.
        assert (await studio.archive.bring_in(early)).already
    async with open_studio(Settings(home=home)) as studio:
        first = (await studio.archive.bring_in(early)).row
        second = (await studio.archive.bring_in(tmp_path / "late.oyamarun")).row
        assert (first.status, second.status) == ("waiting", "completed")
        assert (first.number, second.number) == (1, 2)
        assert first.id != second.id
        [one], [other] = await studio.approvals.of_run(first.id), await studio.approvals.of_run(second.id)
        assert one.id != other.id
        assert (one.status, other.status) == ("pending", "approved")
        assert (await studio.approvals.get(other.id)).votes[0].form == {"why": "because"}
        assert await is_clean(studio)


async def test_numbers_and_definitions_of_this_database_stay(tmp_path: Path) -> None:
    path, home = await exported(tmp_path / "there", tmp_path / "r.oyamarun"), tmp_path / "here"
    home.mkdir()
    (home / "release.yaml").write_text("id: release\nsteps:\n  - {id: other, run: 'true'}\n")
    async with open_studio(Settings(home=home), drive="all") as studio:
        own = await studio.runs.start(str(home / "release.yaml"), {})
        await until_status(studio, own.id, "completed")
        imported = (await studio.archive.bring_in(path)).row
        assert (imported.number, imported.workflow_id) == (2, "release")
        next_one = await studio.runs.start("release", {})
        assert next_one.number == 3
        await until_status(studio, next_one.id, "completed")
        assert [node.step_id for node in (await studio.runs.get(next_one.id)).nodes] == ["other"]
        assert "publish" in [node.step_id for node in (await studio.runs.get(imported.id)).nodes]
        assert await is_clean(studio)


async def test_nothing_of_an_imported_run_waits_or_counts(tmp_path: Path) -> None:
    waits = await exported(tmp_path / "there", tmp_path / "w.oyamarun", answer=False)
    ended = await exported(tmp_path / "elsewhere", tmp_path / "e.oyamarun")
    async with open_studio(Settings(home=tmp_path / "here"), drive="all") as studio:
        row = (await studio.archive.bring_in(waits)).row
        await studio.archive.bring_in(ended)
        assert (row.status, row.needs_you, row.hint, row.live, row.owner) == ("waiting", False, (), False, "nobody")
        assert row.reason == "imported; was not over when its file was written"
        assert await studio.approvals.list() == ()
        assert (await studio.approvals.list()).total == 0
        assert await studio.approvals.list(workflow="release") == ()
        assert await studio.approvals.of_run(row.id, pending=True) == ()
        [asked] = await studio.approvals.list(status="all", workflow="release", limit=1, offset=1)
        card = await studio.approvals.get((await studio.approvals.of_run(row.id))[0].id)
        assert (card.can_decide, card.can_approve) == (False, False)
        assert "came here from a file" in card.obstacle
        assert asked.imported
        whole = await studio.system.view()
        assert (whole.running, whole.waiting, whole.paused, whole.going_on) == (0, 0, 0, 0)
        assert await studio.runs.list(live=True) == ()
        stats = await studio.history.stats("release")
        assert (stats.runs, stats.completed, stats.p50_ms) == (0, 0, None)
        page = await studio.history.page(studio.history.parse(""))
        assert [past.imported for past in page.rows] == [True, True]
        assert {past.reason for past in page.rows} == {"imported", row.reason}
        assert (await studio.history.page(studio.history.parse("status:needs-you"))).rows == ()
        [workflow] = await studio.workflows.list()
        assert (workflow.runs, workflow.status) == (0, "draft")
        told = [event async for event in studio.runs.follow(row.id)]
        assert (told[0].type, len(told)) == ("run_started", (await studio.runs.get(row.id)).seq)


async def test_an_imported_run_that_was_not_over_can_be_deleted(tmp_path: Path) -> None:
    waits = await exported(tmp_path / "there", tmp_path / "w.oyamarun", answer=False)
    async with open_studio(Settings(home=tmp_path / "here"), drive="all") as studio:
        row = (await studio.archive.bring_in(waits)).row
        assert (await studio.keeping.delete_run(row.id)).runs == 1
        assert (await studio.runs.list()).total == 0
        assert await is_clean(studio)


CHANGES: dict[str, Callable[[Studio, str, str], Awaitable[object]]] = {
    "pause": lambda s, run, asked: s.runs.pause(run),
    "resume": lambda s, run, asked: s.runs.resume(run),
    "cancel": lambda s, run, asked: s.runs.cancel(run),
    "come to its end": lambda s, run, asked: s.runs.come_to_its_end(run),
    "context": lambda s, run, asked: s.runs.change_context(run, set={"x": 1}),
    "approve": lambda s, run, asked: s.approvals.decide(asked, "approve", form={"why": "x"}),
    "reject": lambda s, run, asked: s.approvals.decide(asked, "reject", comment="no"),
    "send": lambda s, run, asked: s.signals.send(run, "deployed", {}),
    "recover": lambda s, run, asked: s.recovery.recover(run),
    "plan to recover": lambda s, run, asked: s.recovery.plan(run),
    "retry": lambda s, run, asked: s.signals.retry(run, "build"),
}


@pytest.mark.parametrize("drive", ["all", "none"])
async def test_nothing_changes_an_imported_run(tmp_path: Path, drive: str) -> None:
    path, home = await exported(tmp_path / "there", tmp_path / "w.oyamarun", answer=False), tmp_path / "here"
    async with open_studio(Settings(home=home), drive="all" if drive == "all" else "none") as studio:
        run = (await studio.archive.bring_in(path)).row.id
        asked = (await studio.approvals.of_run(run))[0].id
        before = rows(home, "SELECT * FROM workflow_states")
        for name, change in CHANGES.items():
            if name == "come to its end" and drive == "none":
                continue
            with pytest.raises(IllegalTransition, match="from a file"):
                await change(studio, run, asked)
        assert await studio.system.pause_all() == 0
        await asyncio.sleep(0)
        assert rows(home, "SELECT * FROM workflow_states") == before
        assert await is_clean(studio)


async def test_an_engine_leaves_it_alone_while_it_drives_others(tmp_path: Path) -> None:
    path, home = await exported(tmp_path / "there", tmp_path / "w.oyamarun", answer=False), tmp_path / "here"
    async with open_studio(Settings(home=home), drive="all") as studio:
        run = (await studio.archive.bring_in(path)).row.id
        (home / "o.yaml").write_text("id: other\nsteps:\n  - {id: a, run: 'true'}\n")
        # The engine looks for runs to take before it comes to the end of this one.
        await until_status(studio, (await studio.runs.start(str(home / "o.yaml"), {})).id, "completed")
        assert run not in studio.system.driven()
        assert studio.system.parked() == {}
    assert rows(home, f"SELECT owner, epoch, obstacle FROM workflow_states WHERE id = '{run}'") == [(None, 0, "")]


async def test_an_imported_run_takes_no_place_and_keeps_no_workflow(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    (there / "l.yaml").write_text("id: lined\nconcurrency: {limit: 1}\nsteps:\n  - {id: a, run: 'sleep 60'}\n")
    async with open_studio(Settings(home=there), drive="all") as studio:
        run = await studio.runs.start(str(there / "l.yaml"), {})
        await until_status(studio, run.id, "running")
        async with asyncio.timeout(20):
            while not await studio.runs.attempts(run.id, running=True):
                await asyncio.sleep(0.02)
        await studio.archive.export(run.id, tmp_path / "l.oyamarun")
        await studio.runs.cancel(run.id)
        await until_status(studio, run.id, "cancelled")
    here.mkdir()
    (here / "l.yaml").write_text((there / "l.yaml").read_text().replace("sleep 60", "true"))
    async with open_studio(Settings(home=here), drive="all") as studio:
        assert (await studio.archive.bring_in(tmp_path / "l.oyamarun")).row.status == "running"
        own = await studio.runs.start(str(here / "l.yaml"), {}, replace=True)
        await until_status(studio, own.id, "completed")
        assert await is_clean(studio)
        await studio.workflows.delete("lined")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE workflow_states SET imported = 0",
        "UPDATE workflow_imports SET origin_key = origin_key + 1",
        "UPDATE workflow_approvals SET decided_by = 'eve'",
        "DELETE FROM workflow_imports",
    ],
)
async def test_a_changed_imported_run_is_found(tmp_path: Path, change: str) -> None:
    path, home = await exported(tmp_path / "there", tmp_path / "r.oyamarun"), tmp_path / "here"
    async with open_studio(Settings(home=home)) as studio:
        run = (await studio.archive.bring_in(path)).row.id
    with closing(sqlite3.connect(home / "oyama.db")) as connection:
        connection.execute(change)
        connection.commit()
    async with open_studio(Settings(home=home)) as studio:
        assert any(check.id == run for check in await studio.system.verify() if check.status == "problem")


async def test_a_run_that_does_not_lead_to_rows_leaves_nothing(tmp_path: Path) -> None:
    """A forger who computes the chain anew still cannot bring in what no run can have done."""
    path, home = await exported(tmp_path / "there", tmp_path / "r.oyamarun"), tmp_path / "here"
    content = parts(path.read_bytes())
    swapped = chained(content, lambda events: events.insert(1, {**events[-1], "seq": 2}))
    path.write_bytes(packed({**swapped, JOURNAL: swapped[JOURNAL]}))
    async with open_studio(Settings(home=home)) as studio:
        with pytest.raises((OyamaError, WorkflowConflict)):
            await studio.archive.bring_in(path)
        assert await studio.workflows.list() == ()
        assert await is_clean(studio)


async def test_an_imported_run_is_handed_on_again(tmp_path: Path) -> None:
    path = await exported(tmp_path / "there", tmp_path / "r.oyamarun")
    async with open_studio(Settings(home=tmp_path / "here")) as studio:
        run = (await studio.archive.bring_in(path)).row.id
        await studio.archive.export(run, tmp_path / "again.oyamarun")
        assert [check.status for check in await studio.archive.check(tmp_path / "again.oyamarun")] == ["ok", "ok"]
    async with open_studio(Settings(home=tmp_path / "third")) as studio:
        assert (await studio.archive.bring_in(tmp_path / "again.oyamarun")).row.status == "completed"
        assert await is_clean(studio)


async def test_points_that_were_named_come_with_a_run(tmp_path: Path) -> None:
    path, home = await exported(tmp_path / "there", tmp_path / "r.oyamarun"), tmp_path / "here"
    points = [{"name": "before", "seq": 2, "at": 1_700_000_000_000, "by": "ana"}]
    path.write_bytes(packed(parts(path.read_bytes()), manifest=lambda found: found.update(points=points)))
    async with open_studio(Settings(home=home)) as studio:
        await studio.archive.bring_in(path)
        assert await is_clean(studio)
        await studio.archive.export("release#1", tmp_path / "again.oyamarun")
    assert rows(home, "SELECT name, seq, by FROM workflow_snapshots") == [("before", 2, "ana")]
    assert json.loads(parts((tmp_path / "again.oyamarun").read_bytes())[MANIFEST])["points"] == points


async def test_a_question_of_another_run_cannot_be_taken_over(tmp_path: Path) -> None:
    """Who makes a file with the id of an open question of a run here brings in nothing, and the question stays."""
    await play(tmp_path / "here", answer=False)
    path = await exported(tmp_path / "there", tmp_path / "r.oyamarun")
    async with open_studio(Settings(home=tmp_path / "here")) as studio:
        [asked] = await studio.approvals.list()
        content = parts(path.read_bytes())
        own = json.loads(content[MANIFEST])["run_id"]
        [theirs] = {
            json.loads(event["payload"])["id"]
            for event in map(json.loads, content[JOURNAL].splitlines())
            if event["type"] == "approval_requested"
        }

        def take_over(events: list[dict[str, Any]]) -> None:
            for event in events:
                event["payload"] = event["payload"].replace(theirs, asked.id)

        path.write_bytes(packed(chained(content, take_over)))
        assert own != asked.run_id
        with pytest.raises(FileProblem, match="cannot stand beside"):
            await studio.archive.bring_in(path)
        assert [row.id for row in await studio.approvals.list()] == [asked.id]
        assert await is_clean(studio)


async def test_an_imported_run_is_deleted_and_comes_again(tmp_path: Path) -> None:
    path = await exported(tmp_path / "there", tmp_path / "r.oyamarun")
    async with open_studio(Settings(home=tmp_path / "here")) as studio:
        first = (await studio.archive.bring_in(path)).row
        await studio.keeping.delete_run(first.id)
        assert await studio.runs.list() == ()
        assert await is_clean(studio)
        again = await studio.archive.bring_in(path)
        assert (again.already, again.row.number) == (False, 2)
        assert await is_clean(studio)
