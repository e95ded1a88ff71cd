"""The command line as a whole: reads the words, runs the command, and turns what happens into an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import shlex
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from oyama_tui.cli.exits import MEANINGS, Exit
from oyama_tui.cli.printing import OutputClosed, OutputFailed, Printer, harden_streams, print_after, silence
from oyama_tui.cli.terminal import GlobalOptions, Terminal, Work

GROUPS: dict[str, dict[str, str]] = {
    "Start": {"demo": "screens", "init": "workflows", "validate": "workflows", "schema": "workflows", "run": "running", "ask": "ask"},
    "Look": {
        "list": "workflows",
        "runs": "runs",
        "show": "runs",
        "logs": "logs",
        "watch": "running",
        "history": "runs",
        "snapshots": "moments",
        "snapshot": "moments",
        "diff": "moments",
        "stats": "comparing",
        "compare": "comparing",
    },
    "Answer": {
        "approvals": "approvals",
        "approve": "approvals",
        "reject": "approvals",
        "send-back": "approval_acts",
        "comment": "approval_acts",
        "look-again": "approval_acts",
        "delegate": "approval_acts",
        "snooze": "approval_acts",
        "extend": "approval_acts",
    },
    "Agents": {"hook": "hook", "mcp": "mcp"},
    "Steer": {
        "pause": "control",
        "resume": "running",
        "cancel": "control",
        "context": "context",
        "send": "signalling",
        "retry": "signalling",
        "recover": "recovering",
        "fork": "forking",
        "undo": "undoing",
    },
    "Hand on": {"export": "archive", "import": "archive", "report": "archive", "backup": "archive"},
    "Keep": {"cleanup": "keeping", "pin": "keeping", "unpin": "keeping", "delete": "keeping"},
    "Programs": {"serve": "serve", "token": "tokens"},
    "Care": {"worker": "worker", "verify": "system", "doctor": "system", "config": "system"},
}
"""Commands by their purpose, each with the module that has it."""
MODULES = {name: module for group in GROUPS.values() for name, module in group.items()}
USAGE_ERROR: type[Any] = typer.BadParameter.__mro__[1]
"""What the parser raises; its class has no public name in every version."""


class Commands(TyperGroup):
    """The commands, listed by their purpose."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the lists of commands."""
        for group, names in GROUPS.items():
            known = [(name, self.commands[name]) for name in names if name in self.commands]
            if known:
                with formatter.section(group):
                    formatter.write_dl([(name, command.get_short_help_str(100)) for name, command in known])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the exit codes."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), meaning) for code, meaning in MEANINGS.items()])


def build(arguments: Sequence[str]) -> typer.Typer:
    """Make the parser, with only the commands that these words can mean.

    Args:
        arguments: The words after the program's name.
    """
    app = typer.Typer(cls=Commands, rich_markup_mode=None, pretty_exceptions_enable=False, context_settings={"max_content_width": 110})
    app.callback(invoke_without_command=True)(_screens)
    named = _first_word(arguments)
    completing = any(name.endswith("OYAMA_COMPLETE") for name in os.environ)
    wanted = {MODULES[named]} if named in MODULES and not completing else set(MODULES.values())
    for module in sorted(wanted):
        app.registered_commands.extend(importlib.import_module(f"oyama_tui.cli.{module}").app.registered_commands)
    return app


def _screens(
    context: typer.Context,
    database: Annotated[str | None, typer.Option(metavar="PATH", help="The database file.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log more, and show the log on standard error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> Work | int | None:
    """Durable workflows with human approval gates, in the terminal. Without a command: the screens.

    The options below may stand before or after any command. OYAMA_HOME names the data directory.
    """
    context.obj.database, context.obj.verbose = database, verbose
    if version:
        from oyama_tui import __version__

        print(f"oyama {__version__}", flush=True)
        raise typer.Exit(0)
    if context.invoked_subcommand is not None:
        return None
    from oyama_tui.cli.screens import screens

    return screens


def _without_globals(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split words into those of global options and all others; what follows `--` is never an option."""
    given: list[str] = []
    others: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            others += [word, *words]
        elif word == "--database":
            given += [word, *([value] if (value := next(words, None)) is not None else [])]
        elif word == "--verbose" or word.startswith("--database="):
            given.append(word)
        else:
            others.append(word)
    return given, others


def _first_word(arguments: Sequence[str]) -> str:
    """The word in the place of a command; empty when there is none."""
    return next((word for word in _without_globals(arguments)[1] if not word.startswith("-")), "")


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    Args:
        arguments: The words after the program's name.

    Returns:
        The exit code.
    """
    if os.name == "nt":
        print("Oyama runs on Linux and macOS; on Windows it works inside WSL.", file=sys.stderr)
        return Exit.USAGE
    harden_streams()
    given, others = _without_globals(arguments)
    as_json = any(word in ("--json", "--jsonl") for word in others)
    out, err = Printer(sys.stdout), Printer(sys.stderr, persistent=True, last=True)
    options = GlobalOptions()
    try:
        work = _parse([*given, *others], options, err, as_json=as_json)
        return work if isinstance(work, int) else _carry_out(work, options, out, err, as_json=as_json)
    except OutputClosed:
        return Exit.OK
    except OutputFailed as error:
        return tell_output(str(error), err)
    except Exception as error:
        return _tell_early_mistake(error, err, as_json=as_json)
    finally:
        _flush()


def tell_output(why: str, err: Printer) -> Exit:
    """Say that what was printed did not arrive.

    Args:
        why: What the system said.
        err: Standard error.
    """
    err.line(f"Output: it cannot be written: {why}.")
    return Exit.DATABASE


def _parse(arguments: Sequence[str], options: GlobalOptions, err: Printer, *, as_json: bool) -> Work | int:
    """Find out what is wanted: work to do, or an exit code when nothing is left to do."""
    from oyama_tui.cli.error_output import tell_usage

    for word in arguments:
        if not word.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in word):
            return tell_usage(f"{word!r} is not UTF-8 text.", "Names, paths and values are UTF-8.", err, as_json=as_json)
    command = typer.main.get_command(build(arguments))
    try:
        result = command.main(list(arguments), prog_name="oyama", standalone_mode=False, obj=options)
    except OSError as error:
        # Nothing but help and the version is printed or read before a command begins.
        if error.errno == errno.EPIPE:
            raise OutputClosed from None
        raise OutputFailed(error.strerror) from None
    except USAGE_ERROR as error:
        context = error.ctx
        usage = f"{context.command_path} --help" if context is not None else "oyama --help"
        word = _first_word(arguments)
        if word not in MODULES and word.endswith((".yaml", ".yml")):
            usage = shlex.join(("oyama", "run", word))
        return tell_usage(error.format_message(), f"Try: {usage}", err, as_json=as_json)
    return Exit.OK if result is None else result


def _carry_out(work: Work, options: GlobalOptions, out: Printer, err: Printer, *, as_json: bool) -> int:
    """Do what is wanted, and explain what goes wrong."""
    from oyama_tui.cli import error_output
    from oyama_tui.cli.logfile import open_log
    from oyama_tui.cli.signals import run_work
    from oyama_tui.core.errors import OyamaError
    from oyama_tui.settings import load_settings

    try:
        settings = load_settings(database=options.database)
    except OyamaError as error:
        return error_output.tell(error, err, as_json=as_json, code=Exit.SETTINGS)
    open_log(settings.home, settings.log_level, shown=err.line if options.verbose else None)
    try:
        return run_work(work, Terminal(settings, options, out, err))
    except (OutputClosed, OutputFailed, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        print_after(out, err)
        found = error_output.explained(error)
        if found is not None:
            return error_output.tell(found, err, as_json=as_json, settings=settings)
        return error_output.tell_mistake(error, settings.home, err, as_json=as_json)


def _tell_early_mistake(error: Exception, err: Printer, *, as_json: bool) -> Exit:
    """Say sorry for a mistake before the settings were known."""
    from oyama_tui.cli.error_output import tell_mistake
    from oyama_tui.cli.logfile import open_log
    from oyama_tui.home import default_home

    home = default_home()
    open_log(home, "INFO")
    return tell_mistake(error, home, err, as_json=as_json)


def _flush() -> None:
    """Write what is still buffered, and stay quiet where nobody reads."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except (OSError, ValueError):
                silence(stream)
