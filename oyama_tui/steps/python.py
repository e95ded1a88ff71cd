"""Carries out `python` steps: a function is called in a process of its own, with JSON in and out by files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from oyama_tui import resources
from oyama_tui.core.commands import Outcome
from oyama_tui.core.format import as_argument
from oyama_tui.steps.attempt import Failure, ProgramAttempt, StepLimits, private_folder
from oyama_tui.steps.masking import Masker
from oyama_tui.steps.protocol import StepContext, StepOrder
from oyama_tui.steps.results import RESULT_LIMIT, BadResult, parse_json, read_bounded

ERROR_LIMIT = 32 * 1024 * 1024
"""The most bytes of what the runner tells of an error: whole texts, for what is cut before it is masked may keep a part of a secret."""

LONGEST_LINE = 2000


class PythonExecutor:
    """Calls Python functions.

    Args:
        limits: Bounds for every attempt.
    """

    def __init__(self, limits: StepLimits) -> None:
        self.limits = limits

    async def execute(self, order: StepOrder, context: StepContext) -> Outcome:
        """Call the function once.

        Args:
            order: Input `call`, `with`; optional `interpreter`, `env`, `cwd`, `idle`.
            context: The way to the rest.
        """
        attempt = ProgramAttempt(order, context, self.limits)
        try:
            given = attempt.resolved()
            with private_folder(attempt.log_path.parent) as folder, attempt.output_file() as output:
                result_path = folder / "result"
                interpreter = as_argument(given.get("interpreter")) or sys.executable
                argv = (interpreter, str(resources.runner_path()), str(call_file(folder, given)), str(result_path))
                try:
                    await attempt.run(attempt.program(given, argv, output))
                except Failure as failure:
                    raise error_of(failure, result_path, attempt.masker) from None
                result = result_of(result_path, attempt.masker)
            return attempt.succeeded(result)
        except Failure as failure:
            return attempt.failed(failure)


def executor(limits: StepLimits) -> PythonExecutor:
    """The executor of `python` steps.

    Args:
        limits: Bounds for every attempt.
    """
    return PythonExecutor(limits)


def call_file(folder: Path, given: Mapping[str, JsonValue]) -> Path:
    """Write what to call.

    Args:
        folder: A private folder.
        given: Has `call`, and may have `with`.
    """
    path = folder / "call"
    content = json.dumps({"call": given["call"], "with": given.get("with") or {}}).encode()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(content)
    return path


def error_of(failure: Failure, path: Path, masker: Masker) -> Failure:
    """What is told when the process failed: the function's own error, if it left one.

    Args:
        failure: How the process failed.
        path: Where the runner writes.
        masker: Hides secrets, before a text that is too long is cut.
    """
    if failure.kind != "exit":
        return failure
    try:
        kind, answer = answer_of(path, ERROR_LIMIT, masker)
    except BadResult:
        return Failure("python", f"The process ended before the function returned. {failure.message}")
    if kind == b"error" and isinstance(answer, list):
        pairs = (pair for pair in answer if isinstance(pair, list) and len(pair) == 2)
        # A limit that happens to be a secret is masked too.
        return Failure("python", "\n".join(as_argument(text)[: limit if isinstance(limit, int) else LONGEST_LINE] for text, limit in pairs))
    return Failure("python", f"The function returned, but its process failed then. {failure.message}")


def result_of(path: Path, masker: Masker) -> JsonValue:
    """What the function returned, without secrets.

    Args:
        path: Where the runner writes.
        masker: Hides secrets.

    Raises:
        Failure: There is nothing, or what is there cannot be used.
    """
    if not os.path.lexists(path):
        raise Failure("python", "The process ended before the function returned, as if nothing were wrong (exit code 0).")
    try:
        kind, answer = answer_of(path, RESULT_LIMIT, masker)
    except BadResult as error:
        raise Failure("python", f"What the function returned cannot be used: {error}.") from None
    if kind != b"result":
        raise Failure("python", "The function did not return, but its process ended as if nothing were wrong (exit code 0).")
    return answer


def answer_of(path: Path, limit: int, masker: Masker) -> tuple[bytes, JsonValue]:
    """What the runner wrote: the word of its first line, and the document after it, without secrets.

    Args:
        path: Where it writes.
        limit: The most bytes of the document.
        masker: Hides secrets.

    Raises:
        BadResult: It cannot be read.
    """
    kind, _, document = read_bounded(path, limit).partition(b"\n")
    return kind, parse_json(document, masker)
