"""Carries out `run` steps: a shell script, or a program and its arguments.

Standard output and standard error go through one pipe, so that their order is kept. Only with `parse: json` they have a pipe each,
because the result must come from standard output alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from oyama_tui.core.commands import Outcome
from oyama_tui.core.format import as_argument
from oyama_tui.steps.attempt import Failure, ProgramAttempt, StepLimits
from oyama_tui.steps.masking import Masker
from oyama_tui.steps.output import Collected
from oyama_tui.steps.protocol import StepContext, StepOrder
from oyama_tui.steps.results import RESULT_LIMIT, BadResult, parse_json


class RunExecutor:
    """Runs programs.

    Args:
        limits: Bounds for every attempt.
    """

    def __init__(self, limits: StepLimits) -> None:
        self.limits = limits

    async def execute(self, order: StepOrder, context: StepContext) -> Outcome:
        """Run the program once.

        Args:
            order: Input `argv`, or `script` and `shell`; optional `env`, `cwd`, `stdin`, `idle`, `parse`.
            context: The way to the rest.
        """
        attempt = ProgramAttempt(order, context, self.limits)
        try:
            given = attempt.resolved()
            stdout = Collected(RESULT_LIMIT) if given.get("parse") == "json" else None
            with attempt.output_file() as output:
                await attempt.run(attempt.program(given, argv_of(given), output), stdout.feed if stdout else None)
            return attempt.succeeded(parsed(stdout, attempt.masker) if stdout else None)
        except Failure as failure:
            return attempt.failed(failure)


def executor(limits: StepLimits) -> RunExecutor:
    """The executor of `run` steps.

    Args:
        limits: Bounds for every attempt.
    """
    return RunExecutor(limits)


def argv_of(given: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """The program and its arguments.

    Args:
        given: Has `argv`, or `script` and `shell`.
    """
    argv = given.get("argv")
    if isinstance(argv, list):
        return tuple(as_argument(item) for item in argv)
    shell = given.get("shell")
    prefix = shell if isinstance(shell, list) else ["/bin/sh", "-e", "-c"]
    return (*(as_argument(item) for item in prefix), as_argument(given["script"]))


def parsed(stdout: Collected, masker: Masker) -> JsonValue:
    """The JSON document that a program wrote to its standard output.

    Args:
        stdout: All that it wrote there.
        masker: Hides secrets.

    Raises:
        Failure: It is too long, or no JSON.
    """
    if stdout.is_too_long:
        raise Failure("parse", f"The standard output is longer than {RESULT_LIMIT // 1024 // 1024} MiB, too long for a result.")
    try:
        return parse_json(bytes(stdout.raw), masker)
    except BadResult as error:
        raise Failure("parse", f"The standard output is no JSON: {error}.") from None
