from __future__ import annotations

import asyncio
import json

import pytest

from tests.agents.mcp_scenes import VERSIONS, agent, gone
from tests.agents.scenes import Desk, ana

TOOLS = ["propose", "wait", "status", "withdraw", "workflows", "start_run", "runs", "run", "permission"]


@pytest.fixture(params=sorted(VERSIONS))
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_there_is_no_tool_that_answers_a_question(desk: Desk, mode: str) -> None:
    async with agent(desk, mode) as robot:
        assert robot.client.protocol_version == VERSIONS[mode]
        tools = (await robot.client.list_tools()).tools
        assert [tool.name for tool in tools] == TOOLS
        for tool in tools:
            assert tool.description
            assert tool.input_schema["type"] == "object"
            assert (tool.output_schema is None) == (tool.name == "permission")


async def test_a_question_outlives_the_server_and_its_no_brings_the_words(desk: Desk, mode: str) -> None:
    async with agent(desk, mode) as robot:
        question = await robot.asked(title="Drop the old tables?", command=["rm", "-rf", "tables"], risk="high", target="production")
        waiting = asyncio.ensure_future(robot.client.call_tool("wait", {"id": question["id"]}))
        await asyncio.to_thread(desk.card, question["approval_id"])
        robot.server.kill()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.exception() is not None
    async with agent(desk, mode) as robot:
        card = desk.card(question["approval_id"])
        asker = card["asker"]
        assert (asker["program"], asker["version"], card["risk"], card["title"]) == ("robot", "1.2.3", "high", "Drop the old tables?")
        answered = asyncio.ensure_future(robot.over(question["id"]))
        reject = ("reject", question["approval_id"], "--comment", "take a backup first")
        await asyncio.to_thread(lambda: desk.oyama(*reject, code=0))
        view = await answered
        assert (view["status"], view["by"], view["comment"], view["exit_code"]) == ("rejected", ana(), "take a backup first", None)
        assert "take a backup first" in await robot.words("status", id=question["id"])


async def test_a_yes_runs_exactly_what_was_shown_once(desk: Desk, mode: str) -> None:
    async with agent(desk, mode) as robot:
        hostile = "${{ inputs.title }} $(touch never)"
        command = ["sh", "-c", 'echo x >> ran; echo "$0"; pwd; exit 3', hostile]
        question = await robot.asked(command=command, key="deploy-1")
        card = desk.card(question["approval_id"])
        assert card["content"]["order"]["argv"] == command
        await asyncio.to_thread(desk.yes)
        view = await robot.over(question["id"])
        assert (view["status"], view["exit_code"], view["by"]) == ("failed", 3, ana())
        assert view["output"] == f"{hostile}\n{desk.shop}"
        again = await robot.call("propose", title="Do it?", command=command, key="deploy-1")
        assert (again["id"], again["found"], again["exit_code"]) == (question["id"], True, 3)
        assert "exit code 3" in await robot.words("status", id=question["approval_id"])
    assert (desk.shop / "ran").read_text() == "x\n"
    assert not (desk.shop / "never").exists()


async def test_the_end_of_standard_input_ends_the_server_and_leaves_the_question(desk: Desk, mode: str) -> None:
    async with agent(desk, mode) as robot:
        question = await robot.asked()
        waiting = asyncio.ensure_future(robot.client.call_tool("wait", {"id": question["id"]}))
        await asyncio.to_thread(desk.card, question["approval_id"])
    await asyncio.gather(waiting, return_exceptions=True)
    gone(robot.server)
    assert [row["id"] for row in desk.open()] == [question["approval_id"]]
    assert json.dumps(desk.card(question["approval_id"])).count("robot")
