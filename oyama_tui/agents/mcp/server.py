"""The server: the tools as the protocol has them, in both of its versions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any, Final, TypeVar, cast

import anyio
import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from oyama_tui import __version__
from oyama_tui.agents.mcp import permission
from oyama_tui.agents.mcp.answers import Told
from oyama_tui.agents.mcp.client import Client, client_of
from oyama_tui.agents.mcp.given import read
from oyama_tui.agents.mcp.stdio import Ear, Mouth, claim
from oyama_tui.agents.mcp.tools import Desk, Tool, tools_for
from oyama_tui.core.errors import OyamaError
from oyama_tui.settings import Settings

INSTRUCTIONS: Final = (
    "Oyama asks people. Before anything that is hard to take back, call `propose` with the exact command, then `wait` until it is over; "
    "Oyama runs the command itself after a yes. After a no, do what the person's words say instead, and do not look for a way around. "
    "Nothing here answers a question: only a person does, in the queue of `oyama`."
)
MISTAKE: Final = (
    "Sorry, Oyama made a mistake; nothing that was acknowledged is lost. The details are in its log file; `oyama doctor` tells more."
)
log = logging.getLogger("oyama.mcp")
Context = ServerRequestContext[Any, Any]
Result = TypeVar("Result")


async def serve(settings: Settings, *, previews: bool) -> None:
    """Answer one client on standard input and output until it is gone.

    Args:
        settings: Where everything is.
        previews: A preview of the client runs before anybody has seen it.

    Raises:
        InvalidInput: The standard streams are closed, or a message is too long.
    """
    tools = {tool.name: tool for tool in tools_for(previews=previews)}

    async def list_tools(context: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[*map(_listed, tools.values()), _listed_permission()])

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        desk = Desk(settings, _client(context))
        if params.name == permission.NAME:
            return _result(await _whole(permission.answer(desk, params.arguments)))
        if params.name not in tools:
            raise MCPError(
                types.INVALID_PARAMS, f"There is no tool {params.name[:80]!r}; there are {', '.join((*tools, permission.NAME))}."
            )
        return await _whole(_called(desk, tools[params.name], params.arguments))

    server = Server(
        "oyama", version=__version__, title="Oyama", instructions=INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=call_tool
    )
    wire_in, wire_out = claim()
    ear = Ear(wire_in)
    mouth = Mouth(wire_out, ear)
    async with stdio_server(cast("Any", ear), cast("Any", mouth)) as (read_stream, write_stream):
        await server.run(read_stream, write_stream, server.create_initialization_options())


def _client(context: Context) -> Client:
    """Who calls: told once at the beginning, or with each call."""
    known = context.session.client_params
    name, version = (known.client_info.name, known.client_info.version) if known is not None else ("", "")
    return client_of(name, version, cast("Mapping[str, Any] | None", context.meta))


async def _whole(work: Coroutine[Any, Any, Result]) -> Result:
    """Do a call in a task of its own, so that it comes to an orderly end when nobody waits for it any more."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.gather(task, return_exceptions=True)
        raise


async def _called(desk: Desk, tool: Tool, arguments: dict[str, Any] | None) -> types.CallToolResult:
    """The answer of a tool; what goes wrong is told in a sentence."""
    try:
        told: Told = await tool.act(desk, read(tool.name, tool.given, arguments))
    except OyamaError as error:
        return _result(f"{error.title}: {desk.settings.addressed(f'{error.sentence} {error.hint}'.strip())}", failed=True)
    except Exception as error:
        log.error("%s: unexpected %s", tool.name, type(error).__name__, exc_info=error)
        return _result(MISTAKE, failed=True)
    return _result(told.words, None if told.document is None else told.document.model_dump(mode="json"))


def _result(words: str, document: Any = None, *, failed: bool = False) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=words)], structured_content=document, is_error=failed)


def _listed(tool: Tool) -> types.Tool:
    """A tool as clients list it."""
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=_without_titles(tool.given.model_json_schema()),
        output_schema=_without_titles(tool.answer.model_json_schema(mode="serialization")),
        annotations=types.ToolAnnotations(
            title=tool.title, read_only_hint=tool.reads, destructive_hint=False, idempotent_hint=tool.reads, open_world_hint=False
        ),
    )


def _without_titles(schema: Any) -> Any:
    """A schema without titles that only repeat the names: models pay for each word."""
    if isinstance(schema, list):
        return [_without_titles(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _without_titles(part) for name, part in schema.items() if name != "title" or not isinstance(part, str)}


def _listed_permission() -> types.Tool:
    """The same of the tool that answers in words alone: Claude Code takes nothing else from it."""
    return types.Tool(
        name=permission.NAME,
        title="Ask for permission",
        description=permission.DESCRIPTION,
        input_schema=permission.SCHEMA,
        annotations=types.ToolAnnotations(destructive_hint=False, open_world_hint=False),
    )
