"""How failures are told: a title, a sentence and a hint, never a traceback."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from oyama_tui.cli.exits import Exit, code_of
from oyama_tui.cli.logfile import log_path
from oyama_tui.cli.printing import Printer
from oyama_tui.core.errors import DatabaseProblem, InvalidDefinition, InvalidForm, InvalidInput, NoRoom, OyamaError, Problem
from oyama_tui.core.limits import at_limit
from oyama_tui.settings import Settings

MOST_NAMED = 5
"""Damaged rows of a list that are named; `oyama verify` names all."""


def explained(error: BaseException) -> OyamaError | None:
    """The failure that people can understand, when there is one in an error or in a group of errors."""
    if isinstance(error, OyamaError):
        return error
    if isinstance(error, FileNotFoundError) and _homeless():
        return InvalidInput("The working directory does not exist any more.", "Change to another one, then try again.")
    limit = at_limit(error)
    if limit:
        return NoRoom(f"There is no room to work in: {limit}.", "End something else, or raise the limits (`ulimit -a`); then try again.")
    if isinstance(error, BaseExceptionGroup):
        return next((found for found in map(explained, error.exceptions) if found is not None), None)
    return None


def _homeless() -> bool:
    """Whether the working directory was removed."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def tell(error: OyamaError, printer: Printer, *, as_json: bool, code: Exit | None = None, settings: Settings | None = None) -> Exit:
    """Print an explained failure.

    Args:
        error: The failure.
        printer: Standard error.
        as_json: Print a JSON document instead of sentences.
        code: Another exit code than the one that the kind of error leads to.
        settings: Make the commands in its hint those for the database in use; none before they are known.

    Returns:
        The exit code.
    """
    code = code_of(error) if code is None else code
    if as_json:
        printer.document(_document(error, code))
    elif isinstance(error, InvalidDefinition):
        printer.line((f"{error.title}:", "bad"))
        for problem in error.problems:
            printer.line(f"  {problem}")
    else:
        printer.line((f"{error.title}:", "bad"), " ", error.sentence)
        if error.hint:
            printer.line(f"  {settings.addressed(error.hint) if settings is not None else error.hint}")
    return code


def refuse_damaged(damaged: Sequence[str]) -> None:
    """After the healthy rows of a list: name those that are damaged.

    Args:
        damaged: A sentence for each.

    Raises:
        DatabaseProblem: There are any.
    """
    if damaged:
        more = f" {len(damaged) - MOST_NAMED} more rows are damaged." if len(damaged) > MOST_NAMED else ""
        raise DatabaseProblem(
            f"{' '.join(damaged[:MOST_NAMED])}{more}", "Run `oyama verify`, which names all that is damaged; restore a copy from before."
        )


def tell_usage(message: str, usage: str, printer: Printer, *, as_json: bool) -> Exit:
    """Print that a command line was not understood.

    Args:
        message: What is wrong.
        usage: How the command is used.
        printer: Standard error.
        as_json: Print a JSON document instead of sentences.
    """
    if as_json:
        printer.document({"id": "usage", "status": "error", "title": "Usage", "sentence": message, "hint": usage, "exit_code": 2})
    else:
        printer.line(("Usage:", "bad"), " ", message)
        if usage:
            printer.line(f"  {usage}")
    return Exit.USAGE


def tell_mistake(error: BaseException, home: Path, printer: Printer, *, as_json: bool) -> Exit:
    """Log a mistake of the program and say sorry in one sentence.

    Args:
        error: What was raised.
        home: The data directory, where the log file is.
        printer: Standard error.
        as_json: Print a JSON document instead of a sentence.
    """
    logging.getLogger("oyama").error("unexpected %s", type(error).__name__, exc_info=error)
    sentence = "Sorry, Oyama made a mistake; nothing that was acknowledged is lost."
    hint = f"The details are in {log_path(home)}."
    if as_json:
        told = {"id": "internal_error", "status": "error", "title": "Internal error", "sentence": sentence, "hint": hint}
        printer.document({**told, "exit_code": int(Exit.BUG)})
    else:
        printer.line(("Internal error:", "bad"), f" {sentence} {hint}")
    return Exit.BUG


def _document(error: OyamaError, code: Exit) -> Mapping[str, object]:
    """A failure for programs."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(error).__name__).lstrip("_")
    problems: tuple[Problem, ...] = error.problems if isinstance(error, InvalidDefinition | InvalidInput | InvalidForm) else ()
    return {
        "id": name,
        "status": "error",
        "title": error.title,
        "sentence": error.sentence,
        "hint": error.hint,
        "exit_code": int(code),
        "problems": [problem_document(problem) for problem in problems],
    }


def problem_document(problem: Problem) -> Mapping[str, object]:
    """One mistake in a definition or in inputs, for programs."""
    return {
        "message": problem.message,
        "where": problem.where,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "hint": problem.hint,
    }
