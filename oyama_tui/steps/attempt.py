"""What attempts have in common: secrets, capture, outcome; and what those that run a program do besides."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import JsonValue

from oyama_tui.core.commands import Outcome
from oyama_tui.core.definition.base import format_duration
from oyama_tui.core.errors import MissingSecret, NoRoom
from oyama_tui.core.events import ErrorKind
from oyama_tui.core.format import as_argument
from oyama_tui.core.limits import at_limit
from oyama_tui.files import remove
from oyama_tui.steps.masking import Masker
from oyama_tui.steps.output import Capture, Captured, LiveLog, last_line
from oyama_tui.steps.pipes import Sink
from oyama_tui.steps.process import CannotStart, Ending, Program, run_process, signal_name
from oyama_tui.steps.protocol import StepContext, StepOrder
from oyama_tui.steps.results import BadResult, read_outputs
from oyama_tui.steps.secrets import resolve, values_of

SIGNAL_EXIT = 128
"""A program that a signal has ended gets this much plus the signal's number as exit code, as shells have it."""
UNUSABLE = "The file that OYAMA_OUTPUT names cannot be used"


def inherited(environment: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """An environment without the setting that has tokens in it: no step needs the addresses of notifiers.

    Args:
        environment: That of this process.
    """
    return {name: value for name, value in environment.items() if name != b"OYAMA_NOTIFY"}


@dataclass(frozen=True, slots=True)
class StepLimits:
    """What holds for every attempt."""

    grace: float = 5.0
    """Seconds between asking processes to end and ending them."""
    log_quota: int = 64 * 1024 * 1024
    """The most bytes of live output kept on disk for one attempt."""
    environment: Mapping[bytes, bytes] = field(default_factory=lambda: inherited(os.environb), repr=False)
    """What programs inherit: that of this process, read once, because reading it is a tenth of the work of starting one."""


class Failure(Exception):
    """An attempt did not do what it should.

    Args:
        kind: The kind of failure.
        message: A sentence.
        retry_after: The least pause before another attempt, in milliseconds, when somebody has asked for one.
    """

    def __init__(self, kind: ErrorKind, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retry_after = retry_after


class StepAttempt:
    """One attempt: what it is given, what is kept of it, and its outcome.

    Args:
        order: What is to be done.
        context: The way to the rest.
        limits: Bounds for every attempt.
    """

    def __init__(self, order: StepOrder, context: StepContext, limits: StepLimits) -> None:
        self.order = order
        self.context = context
        self.limits = limits
        self.masker = Masker()
        """Knows the secrets once the input is resolved."""
        self.captured = Captured("")
        self.outputs: dict[str, JsonValue] = {}
        """What the step has written to its file for outputs, also when it failed: it is evidence. Masked."""
        self.exit_code: int | None = None
        self.started_at = context.now()
        """Milliseconds since 1970 UTC."""
        self.log_path = context.log_path()
        """Where the live output goes."""
        self._since = time.monotonic()

    def resolved(self) -> dict[str, JsonValue]:
        """The input with the values of its secrets.

        Raises:
            Failure: A secret is missing.
        """
        # Looked up once: what the program gets is what is masked, whatever happens to the secret meanwhile.
        values = values_of(self.order.secrets, self.context.secret)

        def secret(name: str) -> str:
            if name not in values:
                values[name] = self.context.secret(name)
            return values[name]

        try:
            return resolve(self.order.input, secret)
        except MissingSecret as error:
            raise Failure("secret", f"{error.sentence} {error.hint}".strip()) from None
        finally:
            self.masker = Masker(values.values())

    @contextlib.contextmanager
    def capturing(self) -> Iterator[Callable[[bytes], None]]:
        """Take output for as long as the block lasts; `captured` has it afterwards."""
        capture = Capture(self.masker, LiveLog(self.log_path, self.limits.log_quota), overwrite=self.order.kind != "gate")
        try:
            yield capture.feed
        finally:
            self.captured = without_newline(capture.finish())

    def succeeded(self, result: JsonValue) -> Outcome:
        """The outcome of an attempt that did what it should.

        Args:
            result: Its typed result, masked before.
        """
        return Outcome(
            node=self.order.node,
            attempt=self.order.attempt,
            status="succeeded",
            output=self.captured.text,
            truncated=self.captured.truncated,
            result=result,
            outputs=self.outputs,
            exit_code=self.exit_code,
            started_at=self.started_at,
            duration=self.duration(),
        )

    def failed(self, failure: Failure) -> Outcome:
        """The outcome of an attempt that did not.

        Args:
            failure: Why.
        """
        return Outcome(
            node=self.order.node,
            attempt=self.order.attempt,
            status="failed",
            output=self.captured.text,
            truncated=self.captured.truncated,
            outputs=self.outputs,
            exit_code=self.exit_code,
            kind=failure.kind,
            message=self.masker.text(failure.message),
            started_at=self.started_at,
            duration=self.duration(),
            retry_after=failure.retry_after,
        )

    def duration(self) -> int:
        """Milliseconds since the attempt began."""
        return round((time.monotonic() - self._since) * 1000)


class ProgramAttempt(StepAttempt):
    """One attempt that runs a program."""

    def environment(self, given: Mapping[str, JsonValue], output: Path) -> dict[bytes, bytes]:
        """The environment of the program: Oyama's own without the declared secrets, what the step gives, and what Oyama tells it.

        Args:
            given: The step's own variables.
            output: The file for outputs.
        """
        order = self.order
        found = dict(self.limits.environment)
        for name in order.secrets:
            found.pop(os.fsencode(name), None)
        own: Mapping[str, JsonValue] = {
            **given,
            "OYAMA_RUN_ID": order.run_id,
            "OYAMA_STEP_ID": order.step_id,
            "OYAMA_ATTEMPT": str(order.attempt),
            "OYAMA_IDEMPOTENCY_KEY": order.idempotency_key,
            "OYAMA_OUTPUT": str(output),
        }
        found.update((os.fsencode(name), os.fsencode(as_argument(value))) for name, value in own.items())
        return found

    def program(self, given: Mapping[str, JsonValue], argv: tuple[str, ...], output: Path) -> Program:
        """What to start for a resolved input.

        Args:
            given: May have `env`, `cwd`, `stdin` and `idle`.
            argv: The program and its arguments.
            output: The file for outputs.
        """
        env, idle, stdin = given.get("env"), given.get("idle"), given.get("stdin")
        return Program(
            argv=argv,
            env=self.environment(env if isinstance(env, dict) else {}, output),
            cwd=self.order.directory / as_argument(given.get("cwd")),
            stdin=None if stdin is None else as_argument(stdin).encode("utf-8", "surrogateescape"),
            timeout=self.order.timeout,
            idle=idle if isinstance(idle, int) else None,
            grace=self.limits.grace,
        )

    async def run(self, program: Program, stdout: Sink | None = None) -> None:
        """Run the program; `captured` and `exit_code` tell afterwards how it went.

        Args:
            program: What to start.
            stdout: Takes standard output besides.

        Raises:
            Failure: It did not start, took too long, or ended with an exit code other than 0.
        """
        with self.capturing() as feed:
            try:
                ending = await run_process(program, self.context, feed, stdout)
            except CannotStart as error:
                raise Failure("start", error.sentence) from None
        if not ending.stopped:
            self.exit_code = ending.code if ending.code >= 0 else SIGNAL_EXIT - ending.code
        failure = failure_of(program, ending, last_line(self.captured.text))
        if failure is not None:
            raise failure

    @contextlib.contextmanager
    def output_file(self) -> Iterator[Path]:
        """The place of the file for outputs, see `output_file`; what stands there at the end is kept, whether the attempt fails or not.

        Raises:
            Failure: What goes wrong within, or the file cannot be used.
        """
        with output_file(self.log_path) as path:
            try:
                yield path
            except Failure as failure:
                wrong = self._read_outputs(path)
                if wrong is not None:
                    failure.message = f"{failure.message}\n{UNUSABLE}: {wrong}."
                raise
            wrong = self._read_outputs(path)
            if wrong is not None:
                raise Failure("parse", f"{UNUSABLE}: {wrong}.")

    def _read_outputs(self, path: Path) -> BadResult | None:
        """Keep what the step has written to the file for outputs, without secrets; the answer is what is wrong with it."""
        self.outputs, wrong = read_outputs(path, self.masker)
        return wrong


def failure_of(program: Program, ending: Ending, line: str) -> Failure | None:
    """Why a program that has ended failed; none when it did not.

    Args:
        program: What was started.
        ending: How it ended.
        line: The last line of its output.
    """
    left = f" {ending.left} of its processes could not be ended." if ending.left else ""
    if ending.stopped == "timeout":
        return Failure("timeout", f"It took longer than {format_duration(program.timeout or 0)} and was ended.{left}")
    if ending.stopped == "idle":
        return Failure("timeout", f"It wrote nothing for {format_duration(program.idle or 0)} and was ended.{left}")
    said = f": {line}" if line else "."
    if ending.code < 0:
        return Failure("exit", f"It was killed by {signal_name(-ending.code)}{said}{left}")
    if ending.code:
        return Failure("exit", f"Exit code {ending.code}{said}{left}")
    return None


@contextlib.contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """A folder for this user alone, removed with all that is in it.

    Args:
        parent: Where to make it.

    Raises:
        Failure: The system refused.
        NoRoom: The machine has no room for it now.
    """
    try:
        path = Path(tempfile.mkdtemp(prefix="call-", dir=parent))
    except OSError as error:
        limit = at_limit(error)
        if limit:
            raise NoRoom(f"No folder can be made in {str(parent)!r} now: {limit}.") from None
        raise Failure("start", f"No folder can be made in {str(parent)!r}: {error.strerror}.") from None
    try:
        yield path
    finally:
        # What a step has made unremovable there is not worth failing it.
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def output_file(log_path: Path) -> Iterator[Path]:
    """The place of the file for outputs, beside the log in a folder for this user alone; what is there afterwards is removed.

    The step makes the file by writing to it: making and removing one for each step costs as much as a fifth of starting a program.

    Args:
        log_path: Where the attempt's live output goes.

    Raises:
        Failure: An earlier try has left something there that cannot be removed.
    """
    path = log_path.with_suffix(".outputs")
    try:
        remove(path)
    except OSError as error:
        raise Failure("start", f"The earlier outputs {str(path)!r} cannot be removed: {error.strerror}.") from None
    try:
        yield path
    finally:
        # Whatever a step has put there is removed before the next attempt at the latest, which tells when it cannot.
        with contextlib.suppress(OSError):
            remove(path)


def without_newline(captured: Captured) -> Captured:
    """Cut one newline at the end.

    Args:
        captured: What was kept.
    """
    return replace(captured, text=captured.text.removesuffix("\n"))
