"""The command `ask`: a durable question in front of anything, without a workflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from oyama_tui.cli import ask_words
from oyama_tui.cli.completing import complete_asked
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import examples
from oyama_tui.core.questions import Question

app = typer.Typer()
_COMMAND = "oyama.command"
Risk = Literal["low", "normal", "high"]
OnTimeout = Literal["reject", "fail", "approve"]


class AskCommand(TyperCommand):
    """Takes what follows `--` as it stands: it is the command that is asked for."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Split off the command."""
        if "--" in args:
            place = args.index("--")
            ctx.meta[_COMMAND] = tuple(args[place + 1 :])
            args = args[:place]
        return list(super().parse_args(ctx, args))


Title = Annotated[
    str,
    typer.Argument(
        metavar="[TITLE] [-- COMMAND [ARG]...]", help="The question in one line, and what runs after a yes.", show_default=False
    ),
]
Target = Annotated[str, typer.Option("--target", metavar="TEXT", help="On what it acts; shown large.")]
Preview = Annotated[
    str, typer.Option("--preview", metavar="COMMAND", help="A shell command that runs first; its output is part of what is approved.")
]
Files = Annotated[
    list[str] | None, typer.Option("--file", metavar="PATH", help="A file whose content is part of what is approved; may be repeated.")
]
Fields = Annotated[
    list[str] | None,
    typer.Option("--field", metavar="NAME:TYPE[=DEFAULT]", help="A value that whoever approves fills in; may be repeated."),
]
Environment = Annotated[
    list[str] | None,
    typer.Option("--env", metavar="NAME[=VALUE]", help="A variable for the command besides PATH, shown and approved with it."),
]
Timeout = Annotated[str, typer.Option("--timeout", metavar="4h", help="How long it can be answered; as long as it takes unless said.")]
Silence = Annotated[OnTimeout | None, typer.Option("--on-timeout", help="What happens then; reject unless said.", show_default=False)]
Key = Annotated[str, typer.Option("--key", metavar="KEY", help="The same key again is the same question, never asked twice.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Print the id and leave with exit code 5 while it is open.")]
Wait = Annotated[
    str, typer.Option("--wait", metavar="ID", help="Wait for a question that was asked before.", autocompletion=complete_asked)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document at the end, the output of the command in it.")]


@app.command(
    cls=AskCommand,
    epilog=examples(
        "oyama ask 'Deploy v2.4.0?' --target production -- make deploy",
        "oyama ask 'Drop the old table?' --risk high --preview './drop.sh --dry-run' --timeout 4h -- ./drop.sh",
        "oyama ask 'Which channel?' --field channel:string=beta",
        "oyama ask 'Deploy?' --key deploy-$COMMIT --no-wait -- make deploy",
        "oyama ask --wait ID",
    ),
)
def ask(
    ctx: typer.Context,
    title: Title = "",
    target: Target = "",
    risk: Annotated[Risk, typer.Option("--risk", help="How careful the answer must be.")] = "normal",
    preview: Preview = "",
    files: Files = None,
    fields: Fields = None,
    env: Environment = None,
    timeout: Timeout = "",
    on_timeout: Silence = None,
    key: Key = "",
    no_wait: NoWait = False,
    wait: Wait = "",
    as_json: Json = False,
) -> Work:
    """Ask people, and run the command after `--` when one says yes; without a command, print the answer as JSON."""
    command: tuple[str, ...] | None = ctx.meta.get(_COMMAND)
    if no_wait and wait:
        raise typer.BadParameter("--no-wait and --wait exclude each other.")
    said = (title, target, preview, files, fields, env, timeout, on_timeout, key, command is not None, risk != "normal")
    if wait and any(said):
        raise typer.BadParameter("--wait takes an id alone: what is asked there was said before.")
    if not wait:
        _require_question(title, command, timeout, on_timeout)

    def question() -> Question:
        return Question(
            title=title,
            target=target,
            risk=risk,
            command=command or (),
            directory=ask_words.current_directory(),
            environment=ask_words.environment(env or (), runs=bool(command or preview)),
            preview=preview,
            files=tuple(files or ()),
            form=ask_words.form_fields(fields or ()),
            timeout=ask_words.milliseconds(timeout),
            on_timeout=on_timeout or "reject",
            key=key,
        )

    return _waiting(wait or question, as_json=as_json, leave=no_wait)


def _require_question(title: str, command: tuple[str, ...] | None, timeout: str, on_timeout: str | None) -> None:
    """Refuse words that ask nothing, or that say what has no effect."""
    if command == ():
        raise typer.BadParameter("There is no command after --.")
    if on_timeout and not timeout:
        raise typer.BadParameter("--on-timeout needs --timeout: a question without a limit does not run out.")
    if not title.strip():
        raise typer.BadParameter("A question needs a title, in front of --, such as: oyama ask 'Deploy?' -- make deploy")


def _waiting(asked: str | Callable[[], Question], *, as_json: bool, leave: bool) -> Work:
    """Ask, or find what was asked before, and wait for what comes of it.

    Args:
        asked: The id of a question, or what makes a new one.
        as_json: Print one document at the end.
        leave: Leave while it is open.
    """

    async def work(terminal: Terminal) -> int:
        from oyama_tui.cli.ask_waiting import AskWaiting

        waiting = AskWaiting(terminal, as_json=as_json, leave=leave)
        return await (waiting.resume(asked) if isinstance(asked, str) else waiting.ask(asked()))

    return work
