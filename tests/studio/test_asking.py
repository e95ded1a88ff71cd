"""Questions from outside, asked through the studio and driven by a real engine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from oyama_tui.core.definition.base import InputField
from oyama_tui.core.errors import CommandMissing, Conflict, IllegalTransition, InvalidInput, NotFound
from oyama_tui.core.questions import Question
from oyama_tui.core.views import AskedView
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio

PATH = {"PATH": os.environ["PATH"]}


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Studio]:
    """A studio that drives what is asked there."""
    async with open_studio(Settings(home=folder), drive="all", trigger="ask") as studio:
        yield studio


def asking(folder: Path, *command: str, **more: object) -> Question:
    return Question.model_validate({"title": "Do it?", "directory": str(folder), "command": command, "environment": PATH, **more})


async def opened(studio: Studio, question: Question) -> AskedView:
    """A question that was asked and waits for a person."""
    asked = await studio.asking.ask(question)
    async with asyncio.timeout(20):
        async for view in studio.asking.follow(asked.run_id):
            if view.status == "waiting":
                return view
    raise AssertionError(asked)


async def answer(studio: Studio, view: AskedView, verdict: str = "approve", **more: object) -> None:
    await studio.approvals.decide(view.approval_id, verdict, digest=view.approval_digest, **more)  # type: ignore[arg-type]


async def test_what_was_approved_runs_once_where_it_was_shown(tmp_path: Path) -> None:
    async with desk(tmp_path) as studio:
        hostile = "${{ inputs.title }} $(touch never) `x`"
        view = await opened(studio, asking(tmp_path, "sh", "-c", 'pwd; echo "$0"; echo x >> ran; exit 3', hostile))
        card = await studio.approvals.get(view.approval_id)
        assert (card.row.kind, card.content.order["argv"]) == ("ask", ["sh", "-c", 'pwd; echo "$0"; echo x >> ran; exit 3', hostile])
        assert card.content.order["env"] == PATH
        assert not (tmp_path / "ran").exists()
        await answer(studio, view)
        done = await studio.asking.wait(view.approval_id, 20)
        assert (done.status, done.exit_code, done.by, done.over) == ("failed", 3, studio.principal.name, True)
        attempt = await studio.runs.attempt(view.run_id, "ask")
        assert attempt is not None
        assert attempt.output == f"{tmp_path}\n{hostile}"
        assert (tmp_path / "ran").read_text() == "x\n"
        assert not (tmp_path / "never").exists()


async def test_a_question_without_a_command_is_answered_with_its_form(tmp_path: Path) -> None:
    async with desk(tmp_path) as studio:
        form = {"channel": InputField(type="string", required=True), "count": InputField(type="integer", default=3)}
        view = await opened(studio, Question(title="Which?", directory=str(tmp_path), form=form))
        await answer(studio, view, comment="the usual", form={"channel": "beta"})
        done = await studio.asking.wait(view.run_id, 20)
        assert (done.status, done.comment, done.form, done.exit_code) == ("approved", "the usual", {"channel": "beta", "count": 3}, None)
        assert done.decided_at is not None


async def test_a_yes_without_a_command_is_known_before_any_engine_goes_on(tmp_path: Path) -> None:
    async with desk(tmp_path) as studio:
        view = await opened(studio, Question(title="Ok?", directory=str(tmp_path)))
    async with open_studio(Settings(home=tmp_path)) as studio:
        await answer(studio, view)
        assert (await studio.asking.get(view.run_id)).status == "approved"


async def test_a_no_runs_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as studio:
        view = await opened(studio, asking(tmp_path, "touch", "ran"))
        await answer(studio, view, "reject", comment="not on a Friday")
        done = await studio.asking.wait(view.run_id, 20)
        assert (done.status, done.comment) == ("rejected", "not on a Friday")
        assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("then", "status", "ran"), [("reject", "expired", False), ("fail", "expired", False), ("approve", "completed", True)]
)
async def test_silence_is_what_the_question_says(tmp_path: Path, then: str, status: str, ran: bool) -> None:
    async with desk(tmp_path) as studio:
        view = await studio.asking.ask(asking(tmp_path, "touch", "ran", timeout=200, on_timeout=then))
        done = await studio.asking.wait(view.run_id, 20)
        assert (done.status, done.by) == (status, "")
        assert (tmp_path / "ran").exists() is ran


async def test_the_same_key_is_the_same_question(tmp_path: Path) -> None:
    question = asking(tmp_path, "sh", "-c", "echo x >> ran", key="deploy-1")
    async with desk(tmp_path) as studio:
        first = await opened(studio, question)
        again = await studio.asking.ask(question.model_copy(update={"words": "reworded", "version": "2"}))
        assert (again.run_id, again.found, first.found) == (first.run_id, True, False)
        await answer(studio, first)
        await studio.asking.wait(first.run_id, 20)
        late = await studio.asking.ask(question)
        assert (late.run_id, late.status, late.found) == (first.run_id, "completed", True)
        assert (tmp_path / "ran").read_text() == "x\n"
        assert len(await studio.runs.list()) == 1


async def test_another_question_under_a_known_key_is_refused_and_says_what_differs(tmp_path: Path) -> None:
    async with desk(tmp_path) as studio:
        first = await opened(studio, asking(tmp_path, "true", key="k"))
        with pytest.raises(Conflict, match="ask #1: command 'true' then, 'false' now"):
            await studio.asking.ask(asking(tmp_path, "false", key="k"))
        assert await studio.asking.get(first.run_id) == first
        assert len(await studio.runs.list()) == 1


async def test_two_that_ask_at_once_with_one_key_ask_once(tmp_path: Path) -> None:
    question = asking(tmp_path, "true", key="k")
    async with desk(tmp_path) as one, open_studio(Settings(home=tmp_path)) as other:
        for turn in range(10):
            asked = question.model_copy(update={"key": f"k{turn}"})
            views = await asyncio.gather(*(studio.asking.ask(asked) for studio in (one, other, one, other)))
            assert len({view.run_id for view in views}) == 1
            assert [view.found for view in views].count(False) == 1
        assert len(await one.runs.list()) == 10


async def test_a_key_is_free_again_when_its_run_was_removed(tmp_path: Path) -> None:
    question = Question(title="Ok?", directory=str(tmp_path), key="k")
    async with desk(tmp_path) as studio:
        first = await opened(studio, question)
        await answer(studio, first)
        async for _ in studio.runs.follow(first.run_id):
            pass
        await studio.keeping.delete_run(first.run_id)
        second = await studio.asking.ask(question)
        assert (second.found, second.run_id != first.run_id) == (False, True)


async def test_a_question_can_be_withdrawn_until_it_is_answered(tmp_path: Path) -> None:
    async with desk(tmp_path) as studio:
        view = await opened(studio, Question(title="Ok?", directory=str(tmp_path), kind="tool_call", session="s"))
        assert [one.run_id for one in await studio.asking.of_session("s")] == [view.run_id]
        gone = await studio.asking.withdraw(view.approval_id, "the agent went on")
        assert (gone.status, gone.comment) == ("withdrawn", "the agent went on")
        assert await studio.asking.of_session("s") == []
        with pytest.raises(IllegalTransition, match="it was withdrawn by"):
            await studio.asking.withdraw(view.run_id)
        other = await opened(studio, asking(tmp_path, "sleep", "30"))
        await answer(studio, other)
        async with asyncio.timeout(20):
            async for now in studio.asking.follow(other.run_id):
                if now.status == "running":
                    break
        with pytest.raises(IllegalTransition, match="what was approved runs"):
            await studio.asking.withdraw(other.run_id)
        await studio.runs.cancel(other.run_id)
        ended = await studio.asking.wait(other.run_id, 20)
        assert (ended.status, ended.cut_off) == ("failed", True)


async def test_a_wait_is_over_after_its_seconds(tmp_path: Path) -> None:
    async with desk(tmp_path) as studio:
        view = await opened(studio, asking(tmp_path, "true"))
        assert (await studio.asking.wait(view.run_id, 0.05)).status == "waiting"
        assert (await studio.asking.wait(view.run_id, 0)).status == "waiting"


async def test_what_could_not_be_done_is_not_asked(tmp_path: Path) -> None:
    async with desk(tmp_path) as studio:
        with pytest.raises(InvalidInput, match="is not there"):
            await studio.asking.ask(asking(tmp_path / "gone", "true"))
        (tmp_path / "plain").write_text("")
        for command in ("no-such-program", "./plain", "./none"):
            with pytest.raises(CommandMissing, match=command):
                await studio.asking.ask(asking(tmp_path, command))
        assert await studio.runs.list() == ()


async def test_questions_stand_in_no_list_of_workflows_and_verify(tmp_path: Path) -> None:
    async with desk(tmp_path) as studio:
        await opened(studio, asking(tmp_path, "true", key="k", preview="echo seen", files=("a",)))
        await opened(studio, Question(title="Ok?", directory=str(tmp_path), kind="tool_call", session="s"))
        assert await studio.workflows.list() == ()
        assert {check.status for check in await studio.system.verify()} == {"ok"}


async def test_the_last_yes_is_one_to_the_same_title(tmp_path: Path) -> None:
    async with desk(tmp_path) as studio:
        for title, command in (("Deploy?", "true"), ("Drop?", "false")):
            view = await opened(studio, asking(tmp_path, command, title=title))
            await answer(studio, view)
            await studio.asking.wait(view.run_id, 20)
        other = await opened(studio, asking(tmp_path, "true", title="Release?"))
        assert (await studio.approvals.get(other.approval_id)).last_yes is None
        again = await opened(studio, asking(tmp_path, "echo", title="Deploy?"))
        last = (await studio.approvals.get(again.approval_id)).last_yes
        assert last is not None
        assert (last.run_label, last.changes[0]) == ("ask #1", "action: true -> echo")


async def test_only_questions_are_found_as_such(tmp_path: Path) -> None:
    (tmp_path / "play.yaml").write_text("id: play\nsteps: [{id: a, set: {k: 1}}]\n")
    async with desk(tmp_path) as studio:
        run = await studio.runs.start(str(tmp_path / "play.yaml"), {})
        with pytest.raises(NotFound, match="no question from outside"):
            await studio.asking.get(run.id)
        with pytest.raises(NotFound, match="No question fits"):
            await studio.asking.get("nothing")


async def test_a_question_that_came_from_a_file_takes_no_key_and_is_in_no_list(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    question = Question(title="Ok?", directory=str(tmp_path), key="k")
    async with desk(here) as studio:
        first = await opened(studio, question)
        await studio.archive.export(first.run_id, tmp_path / "one.oyamarun")
    async with desk(there) as studio:
        await studio.archive.bring_in(tmp_path / "one.oyamarun")
        assert await studio.workflows.list() == ()
        again = await opened(studio, question)
        assert again.found is False
        assert {check.status for check in await studio.system.verify()} == {"ok"}


async def test_more_time_for_the_answer_is_known_to_who_asks(tmp_path: Path) -> None:
    async with desk(tmp_path) as studio:
        view = await opened(studio, asking(tmp_path, "true", timeout=60_000))
        assert view.deadline is not None
        later = view.deadline + timedelta(hours=1)
        await studio.approval_acts.extend(view.approval_id, later)
        assert (await studio.asking.get(view.run_id)).deadline == later
