"""The command `serve`: the REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from oyama_tui.cli.exits import Exit
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, examples
from oyama_tui.core.errors import MissingPart

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

app = typer.Typer()
PACKAGES: Final = ("fastapi", "uvicorn", "starlette", "h11")
BEYOND: Final = (
    "Everybody who reaches this address can try to get in, and nothing is encrypted on the way, tokens neither."
    " Put a proxy with TLS before it, or listen on 127.0.0.1."
)
INSTALL: Final = "Run: pip install 'oyama-tui[api]'"


@app.command(epilog=examples("oyama serve", "oyama serve --port 9000 --no-engine"))
def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any that is free.")] = 8787,
    engine: Annotated[bool, typer.Option("--engine/--no-engine", help="Drive runs too, or leave that to others.")] = True,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Another name by which it may be asked for, such as a proxy's.")
    ] = None,
    as_json: AsJson = False,
) -> Work:
    """Answer the REST API, and drive runs, until it is told to end."""

    async def work(terminal: Terminal) -> int:
        terminal.stop_code = Exit.OK
        terminal.out.persistent = True
        try:
            from oyama_tui.api import serving
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in PACKAGES:
                raise
            raise MissingPart("`oyama serve` needs the packages fastapi and uvicorn, which are not installed.", INSTALL) from None
        bound = serving.listen(host, port)
        if not serving.is_loopback(bound):
            terminal.note(BEYOND)
        async with terminal.studio("all" if engine else "none", "api") as studio:
            await _first_token(studio, terminal)
            address = f"http://{f'[{host}]' if ':' in host else host}:{bound.getsockname()[1]}"

            def ready() -> None:
                if as_json:
                    terminal.out.json_line({"id": "serve", "status": "ready", "url": address, "engine": engine})
                else:
                    terminal.out.line(f"The API is on {address}; interrupt it to end it.")

            await serving.serve(studio, bound, serving.names_of(bound, host, allow_host or ()), ready)
        return Exit.OK

    return work


async def _first_token(studio: Studio, terminal: Terminal) -> None:
    """Make a token for the person who serves, where there is none yet; an agent or a step gets none."""
    if await studio.tokens.list():
        return
    if studio.principal.kind != "human":
        terminal.note("There is no token yet, so nobody is let in: a person makes one with `oyama token create NAME`.")
        return
    view, text = await studio.tokens.create(studio.principal.name)
    terminal.err.line(f"The first token, for {view.person}; it is shown only now:")
    terminal.err.line(text)
