from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from oyama_tui.core.errors import NotAllowed
from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio
from tests.agents.mcp_scenes import VERSIONS, agent, gone
from tests.agents.scenes import Desk, ana
from tests.cli.program import GATED

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


@pytest.mark.parametrize(
    ("name", "said"), [("codex-mcp-client", "by the call"), ("claude-code", "by a variable"), ("robot", "by the process")]
)
async def test_the_card_names_the_session_as_its_client_does(desk: Desk, name: str, said: str) -> None:
    desk.oyama.env["CLAUDE_CODE_SESSION_ID"] = "by a variable"
    async with agent(desk, name=name) as robot:
        given = {"title": "Do it?", "command": ["true"], "key": "once"}
        beside: Any = {"sessionId": "by the call\x1b[2J"} if name.startswith("codex") else {}
        result = await robot.client.call_tool("propose", given, meta=beside)
        assert "Call wait with the id" in result.structured_content["summary"]
        question = await robot.asked(**given)
        asker = desk.card(question["approval_id"])["asker"]
        assert (asker["program"], asker["session"].startswith(said if name != "robot" else "process ")) == (name, True)
        assert "\x1b" not in asker["session"]
        withdrawn = await robot.client.call_tool("withdraw", {"id": question["id"]}, meta=beside)
        assert not withdrawn.is_error


async def test_all_that_comes_through_the_server_is_an_agents(desk: Desk) -> None:
    desk.oyama("run", desk.oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    async with agent(desk) as robot:
        run = await robot.call("start_run", workflow="gated")
        while not (view := await robot.call("run", id=run["id"]))["needs_you"]:
            await asyncio.sleep(0.05)
        assert view["steps"][0]["status"] == "completed"
        question = await robot.asked()
    async with open_studio(Settings(home=desk.oyama.home), agent="robot (over MCP)") as studio:
        for ref in (run["id"], question["id"]):
            [started] = await studio.runs.events(ref, limit=1)
            by: Any = started.payload["by"]
            assert (by["kind"], by["program"], started.payload["trigger"]) == ("agent", "robot (over MCP)", "mcp")
        # And what is an agent's answers nothing, whatever asks it to.
        for row in await studio.approvals.list():
            with pytest.raises(NotAllowed):
                await studio.approvals.decide(row.id, "approve", digest=row.digest)
