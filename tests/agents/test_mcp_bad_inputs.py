from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

from tests.agents.mcp_scenes import agent
from tests.agents.scenes import Desk

NEEDY = """
id: needy
inputs:
  count: {type: integer, required: true, description: How many}
steps:
  - {id: only, gate: Go on?}
"""
ECHO: dict[str, Any] = {"title": "Do it?", "command": ["echo", "hi"]}
WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "no title": ("propose", {"command": ["true"]}, "title is missing"),
    "an empty title": ("propose", {**ECHO, "title": " "}, "needs a title"),
    "a long title": ("propose", {**ECHO, "title": "x" * 501}, "longer than 500 characters"),
    "a title of two lines": ("propose", {**ECHO, "title": "a\nb"}, "a line break"),
    "an escape sequence": ("propose", {**ECHO, "title": "a\x1b[2Jb"}, "the character U+001B"),
    "no command": ("propose", {"title": "Do it?"}, "command is missing"),
    "an empty command": ("propose", {**ECHO, "command": []}, "command: must not be empty"),
    "an empty program": ("propose", {**ECHO, "command": [""]}, "empty name"),
    "a command as text": ("propose", {**ECHO, "command": "echo hi"}, "command: must be a list"),
    "a number in a command": ("propose", {**ECHO, "command": ["echo", 7]}, "command[1]: must be text"),
    "a NUL in a command": ("propose", {**ECHO, "command": ["echo", "\0"]}, "Argument 1 of the command"),
    "a command too long": ("propose", {**ECHO, "command": ["echo", *["x" * 100_000] * 11]}, "at most 1,000,000 are kept"),
    "too many arguments": ("propose", {**ECHO, "command": ["echo"] * 4001}, "at most 4000 arguments"),
    "a program that is not there": ("propose", {**ECHO, "command": ["no-such-program"]}, "no program 'no-such-program'"),
    "a directory that is not there": ("propose", {**ECHO, "cwd": "gone"}, "is not there"),
    "another risk": ("propose", {**ECHO, "risk": "enormous"}, "risk: must be one of 'low', 'normal' or 'high'"),
    "a wrong timeout": ("propose", {**ECHO, "timeout": "soon"}, "timeout 'soon'"),
    "a timeout of nothing": ("propose", {**ECHO, "timeout": "0s"}, "timeout"),
    "null for what is needed": ("propose", {"title": None, "command": ["true"], "cwd": None}, "title is missing"),
    "an unknown word": ("propose", {**ECHO, "titel": "x"}, "there is no 'titel', but title"),
    "a preview": ("propose", {**ECHO, "preview": "touch seen"}, "before anybody has seen it"),
    "too long a wait": ("wait", {"id": "x", "seconds": 51}, "seconds: must be at most 50"),
    "a wait of less than nothing": ("wait", {"id": "x", "seconds": -1}, "seconds: must be at least 0"),
    "a wait without a number": ("wait", {"id": "x", "seconds": "long"}, "seconds: must be a number"),
    "no id": ("wait", {}, "id is missing"),
    "an empty id": ("status", {"id": ""}, "id: must not be empty"),
    "an unknown question": ("wait", {"id": "nothing"}, "No question fits 'nothing'"),
    "a question to withdraw that there is not": ("withdraw", {"id": "nothing"}, "No question fits 'nothing'"),
    "a run that is no question": ("status", {"id": "needy#1"}, "is a run of a workflow"),
    "words where there are none": ("workflows", {"id": "x"}, "there is no 'id'"),
    "an unknown workflow": ("start_run", {"workflow": "neddy"}, "Did you mean needy?"),
    "a file": ("start_run", {"workflow": "needy.yaml"}, "There is no workflow 'needy.yaml'"),
    "standard input": ("start_run", {"workflow": "-"}, "There is no workflow '-'"),
    "a missing input": ("start_run", {"workflow": "needy"}, "count"),
    "a wrong input": ("start_run", {"workflow": "needy", "inputs": {"count": "many"}}, "must be a whole number"),
    "an unknown input": ("start_run", {"workflow": "needy", "inputs": {"count": 1, "colour": "red"}}, "colour"),
    "inputs as a list": ("start_run", {"workflow": "needy", "inputs": [1]}, "inputs: must be a map"),
    "an unknown run": ("run", {"id": "nothing"}, "No run fits 'nothing'"),
    "too many runs": ("runs", {"limit": 1000}, "limit: must be at most 100"),
}


async def test_what_does_not_fit_is_refused_in_a_sentence_and_nothing_is_asked(desk: Desk) -> None:
    desk.oyama("run", desk.oyama.file("needy.yaml", NEEDY), "-i", "count=1", "--no-wait", code=5)
    before = desk.open()
    async with agent(desk) as robot:
        told = {name: await robot.refused(tool, **given) for name, (tool, given, _) in WRONG.items()}
    assert {name: words for name, words in told.items() if WRONG[name][2] not in words} == {}
    assert [words for words in told.values() if "\x1b" in words or "\n" in words] == []
    assert desk.open() == before
    assert not (desk.shop / "seen").exists()


async def test_a_tool_that_there_is_not_is_an_error_that_names_those_there_are(desk: Desk) -> None:
    async with agent(desk) as robot:
        for name in ("approve", "reject", "decide", ""):
            with pytest.raises(MCPError, match="there are propose, wait"):
                await robot.client.call_tool(name, {"id": "x"})


async def test_only_the_session_that_asked_withdraws_a_question(desk: Desk, tmp_path: Path) -> None:
    script = desk.oyama("ask", "Deploy?", "--no-wait", code=5).out.strip()
    async with agent(desk) as robot, agent(desk, through=True) as another:
        question = await robot.asked()
        assert "was not asked in this session" in await robot.refused("withdraw", id=script)
        assert "was not asked in this session" in await another.refused("withdraw", id=question["id"])
        assert (await another.call("status", id=question["id"]))["status"] == "waiting"
    # A server that the same client starts again goes on in the same session.
    async with agent(desk) as robot:
        gone = await robot.call("withdraw", id=question["approval_id"])
        assert (gone["status"], gone["comment"]) == ("withdrawn", "robot no longer needs the answer")
        assert "was withdrawn by" in await robot.refused("withdraw", id=question["id"])


async def test_a_key_of_another_question_is_refused_with_the_difference(desk: Desk) -> None:
    async with agent(desk) as robot:
        question = await robot.asked(key="deploy-1")
        words = await robot.refused("propose", title="Do it?", command=["true"], key="deploy-1")
        assert "command" in words
        assert "session" not in words
    # Another session of the same agent finds it; another agent does not take it over.
    async with agent(desk, through=True) as robot:
        again = await robot.asked(key="deploy-1")
        assert (again["id"], again["found"]) == (question["id"], True)
    async with agent(desk, name="android") as android:
        assert "program" in await android.refused("propose", title=question["title"], command=["true"], key="deploy-1")


async def test_a_workflow_whose_file_has_changed_is_not_started(desk: Desk) -> None:
    desk.oyama("run", desk.oyama.file("needy.yaml", NEEDY), "-i", "count=1", "--no-wait", code=5)
    async with agent(desk) as robot:
        desk.oyama.file("needy.yaml", NEEDY.replace("gate: Go on?", "run: touch done"))
        assert "has changed since it was last run" in await robot.refused("start_run", workflow="needy", inputs={"count": 1})
        [workflow] = (await robot.call("workflows"))["workflows"]
        assert not workflow["startable"]
        desk.oyama.file("needy.yaml", NEEDY)
        [workflow] = (await robot.call("workflows"))["workflows"]
        assert workflow["inputs"]["count"]["required"]
        run = await robot.call("start_run", workflow="needy", inputs={"count": 1})
        assert (run["label"], run["inputs"]) == ("needy #2", {"count": 1})
        listed = await robot.call("runs", workflow="needy")
        assert listed["runs"][0]["id"] == run["id"]
        assert listed["total"] == 2


async def test_a_preview_runs_only_where_the_person_lets_it(desk: Desk) -> None:
    async with agent(desk, options=["--previews"]) as robot:
        question = await robot.asked(preview="echo looked at")
        assert "looked at" in desk.card(question["approval_id"])["content"]["evidence"]["preview"]


async def test_a_damaged_database_is_told_with_each_call_until_it_is_mended(desk: Desk) -> None:
    async with agent(desk) as robot:
        await robot.call("runs")
        kept = desk.oyama.home / "kept"
        (desk.oyama.home / "oyama.db").rename(kept)
        (desk.oyama.home / "oyama.db").write_text("this is no database at all" * 100)
        for beside in ("oyama.db-wal", "oyama.db-shm"):
            (desk.oyama.home / beside).unlink(missing_ok=True)
        assert "Database" in await robot.refused("runs")
        kept.rename(desk.oyama.home / "oyama.db")
        assert (await robot.call("runs"))["total"] == 0
