"""Writes `docs/reference/commands.md` from the commands: `python -m tests.cli.reference > docs/reference/commands.md`."""

from __future__ import annotations

from typing import Any

from typer.main import get_command

from oyama_tui.cli.app import GROUPS, build


def page() -> str:
    """All commands by their purpose, with their arguments, options and examples."""
    commands: dict[str, Any] = get_command(build([])).commands  # type: ignore[attr-defined]
    lines = [
        "# Commands",
        "",
        "`oyama` without a command opens the screens. These options may stand before or after any command: `--database PATH` names another",
        "database file, `--verbose` logs more and shows the log on standard error. `OYAMA_HOME` names the data directory.",
        "How commands end is in [exit-codes.md](exit-codes.md).",
    ]
    for group, names in GROUPS.items():
        lines += ["", f"## {group}"]
        for name in names:
            lines += ["", *_section(name, commands[name])]
    return "\n".join(lines) + "\n"


def _section(name: str, command: Any) -> list[str]:
    """One command."""
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    usage = " ".join(("oyama", name, *(argument.metavar for argument in arguments)))
    lines = [f"### `{usage}`", "", command.help.splitlines()[0]]
    table = [(argument.metavar, argument.help) for argument in arguments]
    table += [(", ".join(option.opts) + (f" {option.metavar}" if option.metavar else ""), option.help) for option in options]
    if table:
        lines += ["", "| word | meaning |", "| --- | --- |", *(f"| `{_cell(word)}` | {_cell(meaning)} |" for word, meaning in table)]
    if command.epilog:
        lines += ["", "```sh", *(line.strip() for line in command.epilog.splitlines()[2:]), "```"]
    return lines


def _cell(text: str) -> str:
    """Text that does not end its cell."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
