"""A client of the official library in front of a real server: a process of its own on the desk's data directory."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import mcp_types as types
import psutil
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.agents.scenes import Desk
from tests.cli.program import until

VERSIONS: Final = {"legacy": "2025-11-25", "2026-07-28": "2026-07-28"}
"""The two protocols, by how the client is told to speak them."""
THROUGH: Final = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"


class Agent:
    """A coding agent that has connected.

    Args:
        client: Its end.
        desk: Whose server it is.
        server: The process that it has started.
    """

    def __init__(self, client: Client, desk: Desk, server: psutil.Process) -> None:
        self.client = client
        self.desk = desk
        self.server = server

    async def call(self, tool: str, **given: Any) -> Any:
        """What a tool answers, as a document."""
        result = await self.client.call_tool(tool, given)
        assert not result.is_error, words(result)
        return result.structured_content

    async def words(self, tool: str, **given: Any) -> str:
        """What a tool answers, in words."""
        result = await self.client.call_tool(tool, given)
        assert not result.is_error, words(result)
        return words(result)

    async def refused(self, tool: str, **given: Any) -> str:
        """The sentence with which a tool refuses."""
        result = await self.client.call_tool(tool, given)
        assert result.is_error, words(result)
        assert result.structured_content is None
        return words(result)

    async def asked(self, **more: Any) -> Any:
        """A question that waits for a person."""
        view = await self.call("propose", **{"title": "Do it?", "command": ["sh", "-c", "echo x >> ran; echo done"], **more})
        while view["status"] == "checking":
            await asyncio.sleep(0.05)
            view = await self.call("status", id=view["id"])
        assert view["status"] == "waiting", view
        return view

    async def over(self, question: str) -> Any:
        """A question that is over."""
        while not (view := await self.call("wait", id=question, seconds=20))["over"]:
            continue
        return view


def words(result: types.CallToolResult) -> str:
    """The one text of an answer."""
    [block] = result.content
    assert isinstance(block, types.TextContent)
    assert "Traceback" not in block.text
    return block.text


@asynccontextmanager
async def agent(
    desk: Desk, mode: str = "legacy", options: Sequence[str] = (), name: str = "robot", through: bool = False
) -> AsyncIterator[Agent]:
    """A client that has started a server and speaks to it, or that has it started by another process."""
    program, *args = [*([sys.executable, "-c", THROUGH] if through else []), *desk.oyama.argv("mcp", *options)]
    parameters = StdioServerParameters(command=program, args=args, env=dict(desk.oyama.env), cwd=desk.shop)
    before = _servers(desk)
    with (desk.oyama.folder / "stderr.txt").open("a+", encoding="utf-8") as errors:
        try:
            client = Client(
                stdio_client(parameters, errlog=errors), mode=mode, client_info=types.Implementation(name=name, version="1.2.3")
            )
            async with client:
                yield Agent(client, desk, await _started(desk, before))
        finally:
            errors.seek(0)
            assert "Traceback" not in (told := errors.read()), told


async def _started(desk: Desk, before: Collection[int]) -> psutil.Process:
    """The server that has come since, once the system tells its words: for a moment after its start, a process has none."""
    end = time.monotonic() + 20
    while not (new := [one for pid, one in _servers(desk).items() if pid not in before]):
        assert time.monotonic() < end, "no server has been started"
        await asyncio.sleep(0.01)
    [server] = new
    return server


def _servers(desk: Desk) -> dict[int, psutil.Process]:
    """The servers that this process has started."""
    found = {}
    for child in psutil.Process().children():
        try:
            if "mcp" in child.cmdline() and child.environ().get("OYAMA_HOME") == desk.oyama.env["OYAMA_HOME"]:
                found[child.pid] = child
        except psutil.Error:
            continue
    return found


def gone(process: psutil.Process) -> None:
    """Wait until a process is over."""
    until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, "the server ends")
