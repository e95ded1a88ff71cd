"""Options and arguments shared by several commands, and how they are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

import typer

from oyama_tui.cli.completing import complete_inputs, complete_live_runs, complete_runs, complete_value_files
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.errors import InvalidInput

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
RUN_HELP: Final = "A run: its id, the start or end of it, release#12 or release@latest."
POINT_HELP: Final = "A point is the number of an event, a name, a step for when that was over, start or now."
RunRef = Annotated[str, typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=complete_runs)]
LiveRunRef = Annotated[str, typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=complete_live_runs)]
Inputs = Annotated[
    list[str] | None, typer.Option("--input", "-i", metavar="NAME=VALUE", help="An input; may be repeated.", autocompletion=complete_inputs)
]
InputsFile = Annotated[
    str | None,
    typer.Option(
        "--inputs",
        metavar="FILE|-",
        help="Inputs from a YAML or JSON file, or - for standard input; --input wins over it.",
        autocompletion=complete_value_files,
    ),
]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="The most rows.")]
Offset = Annotated[int, typer.Option(min=0, max=1_000_000_000, help="Rows to pass over first; what is printed last says where to go on.")]


def say_rest(terminal: Terminal, shown: int, total: int, offset: int) -> None:
    """Tell on stderr which part of a list was printed, and how to see the next one; nothing when it is all of it.

    Args:
        terminal: Where to tell it.
        shown: How many rows there are, damaged ones too.
        total: How many the whole list has.
        offset: How many were passed over.
    """
    end = offset + shown
    if offset >= total > 0:
        terminal.err.line(f"There are {total:,}, all of them before --offset {offset}.")
    elif end < total:
        terminal.err.line(f"{offset + 1:,} to {end:,} of {total:,}. The next ones: --offset {end}; more at once: --limit N")
    elif offset:
        terminal.err.line(f"{offset + 1:,} to {end:,} of {total:,}.")


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
