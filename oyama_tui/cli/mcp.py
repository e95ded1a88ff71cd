"""The command that coding agents speak to by MCP."""

from __future__ import annotations

from typing import Annotated

import typer

from oyama_tui.cli.exits import Exit
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import examples
from oyama_tui.core.errors import MissingPart

app = typer.Typer()
PACKAGES = ("mcp", "mcp_types")
INSTALL = "Run: pip install 'oyama-tui[mcp]'"


@app.command(epilog=examples("oyama mcp", "oyama mcp --previews"))
def mcp(
    previews: Annotated[
        bool, typer.Option("--previews", help="Let what agents propose have a preview, which runs before anybody has seen it.")
    ] = False,
) -> Work:
    """Let coding agents propose commands, start workflows and look at runs, by MCP on standard input and output."""

    async def work(terminal: Terminal) -> int:
        terminal.stop_code = Exit.OK
        try:
            from oyama_tui.agents.mcp.server import serve
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in PACKAGES:
                raise
            raise MissingPart("`oyama mcp` needs the package mcp, version 2.3 or newer, which is not installed.", INSTALL) from None
        if terminal.interactive:
            terminal.err.line("This speaks MCP to a program. Add it to your agent: claude mcp add oyama -- oyama mcp")
        await serve(terminal.settings, previews=previews)
        return Exit.OK

    return work
