"""What the page about MCP says is so."""

from __future__ import annotations

import re
import tomllib

from oyama_tui.agents.gates import read_gates
from oyama_tui.agents.mcp.permission import NAME
from oyama_tui.agents.mcp.tools import tools_for
from tests.agents.scenes import Desk
from tests.test_readme import ROOT, blocks

PAGE = ROOT / "docs" / "howto" / "let-agents-propose.md"


def test_the_page_names_every_tool_and_all_that_it_is_given() -> None:
    rows = [line.split("|")[1:3] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    named = {name for tools, _ in rows for name in re.findall(r"`(\w+)`", tools)}
    tools = tools_for(previews=False)
    assert named == {*(tool.name for tool in tools), NAME}
    given = {word for _, words in rows for word in re.findall(r"`(\w+)`", words)}
    assert given == {name for tool in tools for name in tool.given.model_fields}


def test_the_settings_of_the_page_can_be_read(desk: Desk) -> None:
    found = list(blocks(PAGE))
    [toml] = [text for language, text in found if language == "toml"]
    assert tomllib.loads(toml)["mcp_servers"]["oyama"] == {"command": "oyama", "args": ["mcp"], "tool_timeout_sec": 60}
    [rules] = [text for language, text in found if language == "yaml"]
    [rule] = read_gates(desk.rules(rules), str(desk.shop))
    assert (rule.match, rule.when) == ("*", "permission")
