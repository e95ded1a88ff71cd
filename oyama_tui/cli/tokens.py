"""The command `token`: by which programs act for people over the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer

from oyama_tui.cli.completing import complete_tokens
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, examples
from oyama_tui.core.definition.base import parse_duration
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.format import date_and_time
from oyama_tui.core.views import TokenView

app = typer.Typer()
MEANING: Final = {"create": "make a token for a person", "list": "which there are", "revoke": "let one count no more"}


def complete_words(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """What can be done."""
    return [(word, meaning) for word, meaning in MEANING.items() if word.startswith(incomplete)]


@app.command(
    epilog=examples("oyama token create ana --expires 30d", "oyama token create grafana --read-only", "oyama token revoke 5f2c81aa")
)
def token(
    action: Annotated[
        str,
        typer.Argument(metavar="create|list|revoke", help="What to do.", autocompletion=complete_words),
    ],
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME|ID]", help="The person; to revoke, a token's id or a person.", autocompletion=complete_tokens),
    ] = None,
    expires: Annotated[str, typer.Option(metavar="DURATION", help="With create: it counts no more after that, such as 30d.")] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="With create: it lets one look, and change nothing.")] = False,
    as_json: AsJson = False,
) -> Work:
    """Make, list and revoke the tokens by which programs act for people over the API."""
    if action not in MEANING:
        raise typer.BadParameter(f"What can be done is {', '.join(MEANING)}, not {action!r}.")
    if (name is None) != (action == "list"):
        raise typer.BadParameter("list takes no name." if action == "list" else f"{action} needs a name.")
    if action != "create" and (expires or read_only):
        raise typer.BadParameter("--expires and --read-only go with create.")

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            if action == "create":
                view, text = await studio.tokens.create(name or "", expires=_moment(expires), read_only=read_only)
                if as_json:
                    terminal.out.document({**document(view), "token": text})
                    return Exit.OK
                terminal.err.line(f"A token for {view.person}, {_kind(view)}; it is shown only now:")
                terminal.out.line(text)
                return Exit.OK
            listed = await studio.tokens.list() if action == "list" else await studio.tokens.revoke(name or "")
        if as_json:
            terminal.out.document([{**document(view), **({"status": "revoked"} if action == "revoke" else {})} for view in listed])
        elif action == "revoke":
            for view in listed:
                terminal.out.line(f"{view.id} of {view.person} counts no more.")
        elif listed:
            rows = [(view.id, view.person, _kind(view), date_and_time(view.created_at)) for view in listed]
            terminal.out.table(("ID", "PERSON", "KIND", "MADE"), rows)
        else:
            terminal.err.line("There is no token. Make one: oyama token create NAME")
        return Exit.OK

    return work


def document(view: TokenView) -> dict[str, Any]:
    """One token for programs.

    Args:
        view: The token.
    """
    return {"id": view.id, "status": "expired" if _is_over(view) else "counts", **view.model_dump(mode="json", exclude={"id"})}


def _is_over(view: TokenView) -> bool:
    return view.is_expired(int(datetime.now(UTC).timestamp() * 1000))


def _kind(view: TokenView) -> str:
    """What a token lets one do, and how long."""
    kind = "to look only" if view.read_only else "to look and act"
    if view.expires_at is None:
        return kind
    return f"{kind}, {'expired' if _is_over(view) else 'until'} {date_and_time(view.expires_at)}"


def _moment(text: str) -> datetime | None:
    """When a token made now expires; never when nothing was said.

    Raises:
        InvalidInput: It is no duration.
    """
    if not text:
        return None
    try:
        return datetime.now(UTC) + timedelta(milliseconds=parse_duration(text))
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"--expires {text[:40]!r}: {error}.", "For example: --expires 30d") from None
