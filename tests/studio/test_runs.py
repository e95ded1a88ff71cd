"""Runs, approvals, history and the whole, asked through the studio."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from oyama_tui.core.errors import AlreadyDecided, InvalidForm, InvalidInput, MissingSecret, NotAllowed, NotFound, StaleDigest
from oyama_tui.core.events import Principal
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from tests.engine.workplace import Script, until_status, workplace, write

GATED = [{"id": "a", "run": "x"}, {"id": "publish", "run": "x", "gate": {"title": "Publish", "form": {"why": {"required": True}}}}]


async def waiting(studio: Studio, folder: Path) -> tuple[str, str]:
    """A run that waits at its gate, and the approval's id."""
    run = await studio.runs.start(write(folder, steps=GATED), {})
    await until_status(studio, run.id, "waiting")
    [asked] = await studio.approvals.list()
    return run.id, asked.id


async def test_people_name_runs_in_many_ways(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        path = write(tmp_path, steps=[{"id": "a", "set": {"k": 1}}])
        first = await studio.runs.start(path, {})
        second = await studio.runs.start(path, {})
        assert await studio.runs.resolve("play#1") == first.id
        assert await studio.runs.resolve("play@latest") == second.id
        assert await studio.runs.resolve(second.id[-9:]) in (first.id, second.id)
        with pytest.raises(NotFound, match="Several"):
            await studio.runs.resolve("play-")
        with pytest.raises(NotFound, match="No run"):
            await studio.runs.resolve("nothing")


async def test_bad_inputs_start_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, inputs={"n": {"type": "integer", "required": True}}, steps=[{"id": "a", "set": {"k": 1}}])
    async with workplace(tmp_path, Script()) as studio:
        for inputs in ({}, {"n": "many"}, {"n": 1, "m": 2}):
            with pytest.raises(InvalidInput):
                await studio.runs.start(path, inputs)
        assert await studio.runs.list() == ()
        assert (await studio.runs.get((await studio.runs.start(path, {"n": "7"})).id)).inputs == {"n": 7}


async def test_a_missing_secret_is_named_before_anything_starts(tmp_path: Path) -> None:
    path = write(tmp_path, secrets=["OYAMA_TEST_TOKEN"], steps=[{"id": "a", "set": {"k": 1}}])
    async with workplace(tmp_path, Script()) as studio:
        with pytest.raises(MissingSecret, match="OYAMA_TEST_TOKEN"):
            await studio.runs.start(path, {})
        assert await studio.runs.list() == ()


async def test_an_answer_is_checked_before_the_run_moves(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        run_id, asked = await waiting(studio, tmp_path)
        with pytest.raises(InvalidForm):
            await studio.approvals.decide(asked, "approve")
        with pytest.raises(InvalidForm, match="comment"):
            await studio.approvals.decide(asked, "reject")
        with pytest.raises(StaleDigest):
            await studio.approvals.decide(asked, "approve", form={"why": "x"}, digest="0" * 32)
        with pytest.raises(NotFound):
            await studio.approvals.decide("nothing", "approve")
        assert (await studio.runs.get(run_id)).row.status == "waiting"
        card = await studio.approvals.get(asked[:6])
        assert (await studio.approvals.decide(asked, "approve", form={"why": "x"}, digest=card.row.digest)).already is False
        assert (await studio.approvals.decide(asked, "approve", form={"why": "x"}, digest=card.row.digest)).already is True
        with pytest.raises(AlreadyDecided, match="Already approved by"):
            await studio.approvals.decide(asked, "reject", comment="too late")
        assert [vote.form for vote in (await studio.approvals.get(asked)).votes] == [{"why": "x"}]


async def test_a_step_cannot_answer_a_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OYAMA_RUN_ID", "play-1")
    async with workplace(tmp_path, Script()) as studio:
        _, asked = await waiting(studio, tmp_path)
        for verdict in ("approve", "reject"):
            with pytest.raises(NotAllowed, match="step of play-1"):
                await studio.approvals.decide(asked, verdict, comment="x", form={"why": "x"})
        card = await studio.approvals.get(asked)
        assert (card.can_decide, card.can_approve) == (False, False)
        assert "step of play-1" in card.obstacle


async def test_many_deciders_at_once_give_one_answer(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        run_id, asked = await waiting(studio, tmp_path)
        answers = await asyncio.gather(
            *(studio.approvals.decide(asked, "reject", comment=f"no {number}") for number in range(12)), return_exceptions=True
        )
        refused = [answer for answer in answers if isinstance(answer, AlreadyDecided)]
        assert len(refused) == 11
        assert [event.type for event in await studio.runs.events(run_id)].count("vote_cast") == 1


async def test_the_account_is_told_by_the_system_not_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "somebody-else")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    async with open_studio(Settings(home=tmp_path)) as studio:
        assert studio.principal != Principal(name="somebody-else")
        assert studio.principal.kind == "human"


async def test_following_gives_every_event_once(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio, workplace(tmp_path, Script(), "none") as other:
        run = await studio.runs.start(write(tmp_path, steps=[{"id": f"s{n}", "set": {"k": n}} for n in range(40)]), {})
        seen = [event.seq async for event in other.runs.follow(run.id)]
        assert seen == list(range(1, len(seen) + 1))
        assert seen[-1] == (await other.runs.get(run.id)).seq


async def test_history_is_filtered_by_words_that_people_type(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[{"id": "a", "set": {"k": 1}}]), {})
        await until_status(studio, run.id, "completed")
        for text, found in (
            ("status:completed", 1),
            ("status:failed", 0),
            ("workflow:play since:1h", 1),
            ("since:2999-01-01", 0),
            ("play", 1),
            ("colour:red", 0),
        ):
            page = await studio.history.page(studio.history.parse(text))
            assert (text, len(page.rows), page.total) == (text, found, found)
        for text in ("status:nothing", "since:yesterdayish", "until:yesterdayish"):
            with pytest.raises(InvalidInput):
                studio.history.parse(text)
        assert (await studio.history.stats("play")).success_rate == 1.0


async def test_verify_finds_an_edit(tmp_path: Path) -> None:
    async with workplace(tmp_path, Script()) as studio:
        run = await studio.runs.start(write(tmp_path, steps=[{"id": "a", "set": {"k": 1}}]), {})
        await until_status(studio, run.id, "completed")
        assert [check.status for check in await studio.system.verify()] == ["ok", "ok"]
        with closing(sqlite3.connect(studio.settings.database_path)) as connection, connection:
            connection.execute("UPDATE workflow_events SET payload = replace(payload, '\"k\":1', '\"k\":2') WHERE type = 'step_succeeded'")
        assert "problem" in {check.status for check in await studio.system.verify(run.id)}


async def test_every_run_can_be_paused_at_once(tmp_path: Path) -> None:
    script = Script()
    script.held.add("a")
    async with workplace(tmp_path, script) as studio:
        path = write(tmp_path, steps=[{"id": "a", "run": "x"}])
        runs = [await studio.runs.start(path, {}) for _ in range(3)]
        assert (await studio.system.view()).going_on == 3
        assert await studio.system.pause_all() == 3
        script.let_go("a")
        for run in runs:
            assert (await until_status(studio, run.id, "paused", "completed")).status == "paused"
