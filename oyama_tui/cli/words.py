"""The words of command lines that several commands share, and how they are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

import typer

from oyama_tui.cli.completing import complete_inputs, complete_live_runs, complete_runs
from oyama_tui.core.errors import InvalidInput

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
RUN_HELP: Final = "A run: its id, the start or end of it, release#12 or release@latest."
RunRef = Annotated[str, typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=complete_runs)]
LiveRunRef = Annotated[str, typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=complete_live_runs)]
Inputs = Annotated[
    list[str] | None, typer.Option("--input", "-i", metavar="NAME=VALUE", help="An input; may be repeated.", autocompletion=complete_inputs)
]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="The most rows.")]


def examples(*lines: str) -> str:
    """An epilog that shows how a command is used.

    Args:
        lines: Command lines.
    """
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


def assignments(words: Iterable[str] | None, option: str) -> dict[str, str]:
    """Read `NAME=VALUE` words.

    Args:
        words: As given; the last one of a name counts.
        option: How the option is called, for messages.

    Raises:
        InvalidInput: A word has no name or no equals sign.
    """
    values: dict[str, str] = {}
    for word in words or ():
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise InvalidInput(f"{option} {word!r} is not of the form NAME=VALUE.", f"For example: {option} version=v1.2.0")
        values[name.strip()] = value
    return values
