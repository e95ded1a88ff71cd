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
from oyama_tui.steps.attempt import Failure, ProgramAttempt, StepLimits, as_text, output_file, private_folder
from oyama_tui.steps.registry import StepContext, StepOrder
from oyama_tui.steps.results import RESULT_LIMIT, BadResult, parse_json, read_bounded


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
            with private_folder(attempt.log_path.parent) as folder, output_file(attempt.log_path) as output:
                result_path = folder / "result"
                interpreter = as_text(given.get("interpreter")) or sys.executable
                argv = (interpreter, str(resources.runner_path()), str(call_file(folder, given)), str(result_path))
                try:
                    await attempt.run(attempt.program(given, argv, output))
                except Failure as failure:
                    raise error_of(failure, result_path) from None
                result = result_of(result_path)
                outputs = attempt.outputs(output)
            return attempt.succeeded(result, outputs)
        except Failure as failure:
            return attempt.failed(failure)


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


def error_of(failure: Failure, path: Path) -> Failure:
    """What is told when the process failed: the function's own error, if it left one.

    Args:
        failure: How the process failed.
        path: Where the runner writes.
    """
    if failure.kind != "exit":
        return failure
    try:
        answer = parse_json(read_bounded(path, RESULT_LIMIT))
    except BadResult:
        return Failure("python", f"The process ended before the function returned. {failure.message}")
    if isinstance(answer, dict) and "error" in answer:
        return Failure("python", as_text(answer["error"]))
    return Failure("python", f"The function returned, but its process failed then. {failure.message}")


def result_of(path: Path) -> JsonValue:
    """What the function returned.

    Args:
        path: Where the runner writes.

    Raises:
        Failure: There is nothing, or what is there cannot be used.
    """
    if not path.exists():
        raise Failure("python", "The process ended before the function returned, as if nothing were wrong (exit code 0).")
    try:
        answer = parse_json(read_bounded(path, RESULT_LIMIT))
    except BadResult as wrong:
        raise Failure("python", f"What the function returned cannot be used: {wrong}.") from None
    return answer.get("result") if isinstance(answer, dict) else None
