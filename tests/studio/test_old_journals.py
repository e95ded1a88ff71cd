"""Journals outlive code: a file that an earlier version wrote is read, verified and gone on with."""

from __future__ import annotations

import asyncio
import gzip
import shutil
from pathlib import Path

import pytest

from oyama_tui.core import commands as c
from oyama_tui.settings import Settings
from oyama_tui.store.encoding import EVENT_TYPES, UPCASTERS, VERSIONS, decode_event, encode_event
from oyama_tui.studio import Studio, open_studio

GOLDEN = Path(__file__).parent / "golden"


def laid_out(file: str, folder: Path) -> Path:
    """A copy of a kept database in a home of its own."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    with gzip.open(GOLDEN / file) as packed, (home / "oyama.db").open("wb") as database:
        shutil.copyfileobj(packed, database)
    (home / "oyama.db").chmod(0o600)
    return home


async def until_status(studio: Studio, run: str, *wanted: str) -> None:
    async with asyncio.timeout(30):
        while (await studio.runs.get(run)).row.status not in wanted:
            await asyncio.sleep(0.02)


async def approve(studio: Studio, run: str, **form: str) -> None:
    row = (await studio.runs.get(run)).row
    (asked,) = [approval for approval in await studio.approvals.list() if approval.run_id == row.id]
    card = await studio.approvals.get(asked.id)
    await studio.approvals.decide(asked.id, "approve", digest=card.row.digest, form=form)


@pytest.mark.parametrize("file", sorted(path.name for path in GOLDEN.glob("*.gz")))
async def test_a_file_of_an_earlier_version_is_sound(file: str, tmp_path: Path) -> None:
    async with open_studio(Settings(home=laid_out(file, tmp_path)), drive="none", trigger="test") as studio:
        assert [check.message for check in await studio.system.verify() if check.status != "ok"] == []


async def test_runs_of_before_there_were_blocks_go_on(tmp_path: Path) -> None:
    async with open_studio(Settings(home=laid_out("events_1.db.gz", tmp_path)), drive="all", trigger="test") as studio:
        before = {f"{row.workflow_id}#{row.number}": row.status for row in await studio.runs.list()}
        assert before == {
            "release#1": "completed",
            "release#2": "rejected",
            "release#3": "waiting",
            "checks#1": "failed",
            "pipeline#1": "waiting",
            "pipeline#2": "paused",
            "pipeline#3": "cancelled",
        }
        await approve(studio, "release#3")
        await until_status(studio, "release#3", "completed")
        assert (await studio.runs.get("release#3")).outputs == {"said": "published v3", "by": studio.principal.name}
        await approve(studio, "pipeline#1", reason="it is time")
        await until_status(studio, "pipeline#1", "completed")
        await studio.runs.resume("pipeline#2")
        await approve(studio, "pipeline#2", reason="now")
        await until_status(studio, "pipeline#2", "completed")
        assert [check.message for check in await studio.system.verify() if check.status != "ok"] == []


async def test_runs_that_stand_in_blocks_go_on(tmp_path: Path) -> None:
    """Schema 4: loops, repetitions and switches, before there were rounds, children and limits."""
    async with open_studio(Settings(home=laid_out("blocks_4.db.gz", tmp_path)), drive="all", trigger="test") as studio:
        before = {f"{row.workflow_id}#{row.number}": row.status for row in await studio.runs.list()}
        assert before == {"fleet#1": "completed", "fleet#2": "waiting", "fleet#3": "paused", "fleet#4": "cancelled"}
        await studio.runs.resume("fleet#3")
        for run, started in (("fleet#2", 3), ("fleet#3", 3)):
            await answered_to_the_end(studio, run)
            view = await studio.runs.get(run)
            assert (view.row.status, len(view.outputs["started"])) == ("completed", started)  # type: ignore[arg-type]
        assert [check.message for check in await studio.system.verify() if check.status != "ok"] == []


async def test_runs_with_rounds_children_limits_and_waits_go_on(tmp_path: Path) -> None:
    """Schema 5: before runs could be taken back."""
    async with open_studio(Settings(home=laid_out("rounds_5.db.gz", tmp_path)), drive="all", trigger="test") as studio:
        before = {f"{row.workflow_id}#{row.number}": row.status for row in await studio.runs.list()}
        assert before == {
            "review#1": "completed",
            "review#2": "waiting",
            "signal#1": "waiting",
            "parent#1": "running",
            "child#1": "waiting",
            "parent#2": "queued",
            "fails#1": "failed",
        }
        await studio.signals.send("signal#1", "go", "now")
        for run in ("review#2", "child#1"):
            await answered_to_the_end(studio, run)
        await until_status(studio, "signal#1", "completed")
        await until_status(studio, "parent#1", "completed")
        async with asyncio.timeout(30):
            while "child#2" not in {f"{row.workflow_id}#{row.number}" for row in await studio.runs.list()}:
                await asyncio.sleep(0.02)
        await answered_to_the_end(studio, "child#2")
        await until_status(studio, "parent#2", "completed")
        assert (await studio.runs.get("review#2")).outputs == {"said": "draft again"}
        assert (await studio.runs.get("parent#1")).outputs == {"said": "low"}
        assert [check.message for check in await studio.system.verify() if check.status != "ok"] == []


async def test_runs_that_were_taken_up_anew_go_on_and_are_taken_back(tmp_path: Path) -> None:
    """Schema 6: before steps could be undone, and runs forked or paused at a step."""
    async with open_studio(Settings(home=laid_out("kept_6.db.gz", tmp_path)), drive="all", trigger="test") as studio:
        before = {f"{row.workflow_id}#{row.number}": (row.status, row.pinned) for row in await studio.runs.list()}
        assert before == {
            "kept#1": ("waiting", False),
            "kept#2": ("failed", False),
            "plain#1": ("completed", True),
            "plain#2": ("paused", False),
        }
        assert [point.name for point in await studio.moments.snapshots("plain#1") if point.name] == ["shipped"]
        await studio.breakpoints.set("plain#2", ["publish"])
        await studio.runs.resume("plain#2")
        await answered(studio, "plain#2")
        await until_status(studio, "plain#2", "paused")
        await studio.runs.resume("plain#2")
        await answered_to_the_end(studio, "plain#2")
        await answered_to_the_end(studio, "kept#1")
        for run in ("kept#1", "plain#2"):
            assert (await studio.runs.get(run)).outputs == {"said": "published built"}
        await studio.recovery.recover("kept#2", supplied=[c.Supply(step="fan[1].copy", outcome="done")], why="by hand")
        await answered_to_the_end(studio, "kept#2")
        await studio.undoing.undo("plain#1", to="build")
        await until_status(studio, "plain#1", "paused")
        assert [check.message for check in await studio.system.verify() if check.status != "ok"] == []


async def test_questions_of_before_somebody_could_ask_from_outside_keep_their_answers(tmp_path: Path) -> None:
    """Schema 7: a yes that was given then still covers what it was given for, although more is known of a question now."""
    async with open_studio(Settings(home=laid_out("undone_7.db.gz", tmp_path)), drive="all", trigger="test") as studio:
        await until_status(studio, "shop#2", "completed")
        assert len([row for row in await studio.approvals.of_run("shop#2")]) == 1
        assert {row.status for row in await studio.runs.list() if row.number != 2} == {"paused", "waiting"}
        for run in ("shop#1", "shop#4"):
            await studio.runs.resume(run)
            await answered_to_the_end(studio, run)
        await answered_to_the_end(studio, "shop#3")
        assert [check.message for check in await studio.system.verify() if check.status != "ok"] == []


async def answered(studio: Studio, run: str) -> None:
    """Say yes to the next question of a run."""
    run_id = (await studio.runs.get(run)).row.id
    async with asyncio.timeout(30):
        while not (asked := [approval for approval in await studio.approvals.list() if approval.run_id == run_id]):
            await asyncio.sleep(0.02)
    await studio.approvals.decide(asked[0].id, "approve", digest=asked[0].digest)


async def answered_to_the_end(studio: Studio, run: str) -> None:
    """Say yes to whatever a run asks."""
    async with asyncio.timeout(30):
        while not (row := (await studio.runs.get(run)).row).ended:
            for asked in [approval for approval in await studio.approvals.list() if approval.run_id == row.id]:
                await studio.approvals.decide(asked.id, "approve", digest=asked.digest)
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_every_older_version_of_an_event_has_a_way_up(kind: str) -> None:
    first = 2 if kind == "block_opened" else 1
    assert all((kind, version) in UPCASTERS for version in range(first, VERSIONS[kind]))


def test_an_event_of_the_first_version_says_its_step_when_it_is_read() -> None:
    event = decode_event("step_skipped", 5, '{"node":"publish.gate","why":"if: false"}')
    assert (event.version, event.step_id, event.step_kind) == (2, "publish", "")  # type: ignore[union-attr]


def test_a_newer_event_says_its_version() -> None:
    text = encode_event(decode_event("step_skipped", 5, '{"node":"a","why":"if: false"}'))
    assert text == '{"v":2,"node":"a","why":"if: false"}'
