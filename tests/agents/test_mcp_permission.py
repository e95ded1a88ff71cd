from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.agents.mcp_scenes import Agent, agent, words
from tests.agents.scenes import Desk, ana
from tests.cli.program import until

ASKED = '- {match: "Bash(echo *)", when: permission}\n'
ECHO = {"command": "echo hi", "description": "Say hi"}


async def answer(robot: Agent, tool: Any = "Bash", given: Any = ECHO, call: Any = "toolu_1", **more: Any) -> Any:
    """What the tool says: one text, which is a JSON document."""
    result = await robot.client.call_tool("permission", {"tool_name": tool, "input": given, "tool_use_id": call, **more})
    assert (result.is_error, result.structured_content) == (False, None)
    return json.loads(words(result))


async def test_a_yes_lets_the_tool_run_as_it_was_shown(desk: Desk) -> None:
    desk.rules(ASKED)
    async with agent(desk, name="claude-code") as robot:
        proposed = await robot.asked()
        answered = asyncio.ensure_future(answer(robot))
        [row] = await asyncio.to_thread(until, lambda: [row for row in desk.open() if row["id"] != proposed["approval_id"]], "a question")
        card = desk.card(row["id"])
        assert (card["kind"], card["asker"]["tool"], card["asker"]["version"]) == ("tool_call", "Bash", "1.2.3")
        assert card["asker"]["words"] == "Say hi"
        await asyncio.to_thread(lambda: desk.oyama("approve", row["id"], "--yes", "--digest", card["digest"], code=0))
        assert await answered == {"behavior": "allow", "updatedInput": ECHO}
        # The same call once more finds its answer: whoever asks may have been ended and started again.
        assert await answer(robot) == {"behavior": "allow", "updatedInput": ECHO}
        assert [row["id"] for row in desk.open()] == [proposed["approval_id"]]


async def test_what_a_person_has_changed_is_what_the_tool_gets(desk: Desk) -> None:
    desk.rules('- {match: "Bash(echo *)", edit: true}\n')
    async with agent(desk) as robot:
        answered = asyncio.ensure_future(answer(robot))
        await asyncio.to_thread(desk.yes, "--form", "command=echo ho")
        assert await answered == {"behavior": "allow", "updatedInput": {**ECHO, "command": "echo ho"}}


async def test_a_no_brings_the_persons_words(desk: Desk) -> None:
    desk.rules(ASKED)
    async with agent(desk, "2026-07-28") as robot:
        answered = asyncio.ensure_future(answer(robot))
        await asyncio.to_thread(desk.no, "use staging")
        assert await answered == {"behavior": "deny", "message": f"rejected by {ana()}: use staging"}


async def test_nobody_in_time_is_a_no(desk: Desk) -> None:
    desk.rules("- {match: Bash, timeout: 1s}\n")
    async with agent(desk) as robot:
        assert await answer(robot) == {"behavior": "deny", "message": "nobody answered in time, so it does not run"}


async def test_a_call_that_the_client_gives_up_is_withdrawn(desk: Desk) -> None:
    desk.rules(ASKED)
    async with agent(desk) as robot:
        answered = asyncio.ensure_future(answer(robot))
        await asyncio.to_thread(desk.opened)
        answered.cancel()
        await asyncio.gather(answered, return_exceptions=True)
        await asyncio.to_thread(until, lambda: desk.open() == [], "the question is withdrawn")
        assert "no longer waits" in desk.oyama("show", "agents@latest").out
        # The server lives on.
        assert (await answer(robot, "Read"))["behavior"] == "deny"


async def test_what_no_rule_means_is_denied_with_the_rule_that_would_ask(desk: Desk) -> None:
    async with agent(desk) as robot:
        said = await answer(robot)
        assert said["behavior"] == "deny"
        assert '{match: "*", when: permission}' in said["message"]
    assert not (desk.oyama.home / "oyama.db").exists()


@pytest.mark.parametrize("trouble", ["rules", "database", "settings", "directory"])
async def test_trouble_of_our_own_is_a_no(desk: Desk, trouble: str) -> None:
    desk.oyama.home.mkdir(mode=0o700)
    desk.own_rules("{ broken" if trouble == "rules" else ASKED)
    async with agent(desk) as robot:
        if trouble == "database":
            (desk.oyama.home / "oyama.db").write_text("this is no database at all" * 100)
        elif trouble == "settings":
            (desk.oyama.home / "config.toml").write_text("nonsense = [")
            (desk.oyama.home / "oyama.db").mkdir()
        elif trouble == "directory":
            desk.shop.rmdir()
        said = await answer(robot)
        assert said["behavior"] == "deny"
        assert said["message"].startswith("Oyama has not let this run: ")


@pytest.mark.parametrize(
    "given",
    [{}, {"tool_name": "Bash"}, {"tool_name": 7, "input": {}}, {"tool_name": "Bash", "input": "rm"}, {"tool_name": "Bash", "input": None}],
    ids=str,
)
async def test_a_call_that_cannot_be_read_is_a_no(desk: Desk, given: dict[str, Any]) -> None:
    desk.rules('- {match: "*"}\n')
    async with agent(desk) as robot:
        result = await robot.client.call_tool("permission", given)
        said = json.loads(words(result))
        assert said["behavior"] == "deny"
        assert "tool_" in said["message"] or "input" in said["message"]
