"""Gathers the evidence of a gate: runs its preview, and reads the files that are part of what is approved."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import threading
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from oyama_tui.core.commands import Outcome
from oyama_tui.core.events.gate import Evidence, FileEvidence
from oyama_tui.core.format import as_argument
from oyama_tui.steps.attempt import Failure, ProgramAttempt, StepLimits, output_file
from oyama_tui.steps.protocol import StepContext, StepOrder
from oyama_tui.steps.run import argv_of

TEXT_LIMIT = 64 * 1024
"""The most bytes of a file that are shown."""
PIECE = 1024 * 1024


class GateExecutor:
    """Gathers evidence; trouble becomes part of it, so an attempt always succeeds.

    Args:
        limits: Bounds for every attempt.
    """

    def __init__(self, limits: StepLimits) -> None:
        self.limits = limits

    async def execute(self, order: StepOrder, context: StepContext) -> Outcome:
        """Gather the evidence once.

        Args:
            order: Input: optional `preview` (a map with `argv`, or `script` and `shell`), `files`, `env`, `cwd`, `idle`.
            context: The way to the rest.
        """
        attempt = ProgramAttempt(order, context, self.limits)
        problems: list[str] = []
        given: dict[str, JsonValue] = {}
        try:
            given = attempt.resolved()
            preview = given.get("preview")
            if isinstance(preview, dict):
                await run_preview(attempt, {**given, **preview})
        except Failure as failure:
            problems.append(told(failure, attempt.exit_code))
        names = given.get("files")
        files = [await read_file(order.directory, as_argument(name), problems) for name in (names if isinstance(names, list) else ())]
        captured = attempt.captured
        if captured.truncated and captured.missing:
            problems.insert(0, f"The preview wrote {captured.size:,} bytes and cannot be looked at as a whole: {captured.missing}.")
        evidence = Evidence(
            preview=captured.text,
            preview_size=captured.size,
            preview_digest=captured.digest,
            truncated=captured.truncated,
            exit_code=attempt.exit_code,
            files=tuple(file.model_copy(update={"text": attempt.masker.text(file.text)}) for file in files),
            at=context.now(),
            problem=attempt.masker.text(" ".join(problems)),
        )
        return Outcome(
            node=order.node,
            attempt=order.attempt,
            status="succeeded",
            truncated=captured.truncated,
            result=evidence.model_dump(mode="json"),
            exit_code=attempt.exit_code,
            started_at=attempt.started_at,
            duration=attempt.duration(),
        )


async def run_preview(attempt: ProgramAttempt, given: Mapping[str, JsonValue]) -> None:
    """Run the preview command.

    Args:
        attempt: Keeps what it writes.
        given: The resolved input.

    Raises:
        Failure: It did not start, took too long, or ended with an exit code other than 0.
    """
    argv = argv_of(given)
    with output_file(attempt.log_path) as output:
        await attempt.run(attempt.program(given, argv, output))


def told(failure: Failure, exit_code: int | None) -> str:
    """Say why the preview is no evidence.

    Args:
        failure: How it failed.
        exit_code: Its exit code, if it has one.
    """
    if failure.kind == "exit" and exit_code is not None and not failure.message.startswith("It was killed"):
        return f"The preview failed with exit code {exit_code}."
    return f"The preview failed. {failure.message}"


async def read_file(directory: Path, name: str, problems: list[str]) -> FileEvidence:
    """Read one file in a thread.

    Args:
        directory: No file outside it is read.
        name: As the workflow names it.
        problems: Gets a sentence when the file cannot be read.
    """
    stop = threading.Event()
    try:
        return await asyncio.to_thread(examine, directory, name, stop)
    except asyncio.CancelledError:
        stop.set()
        raise
    except BadFile as error:
        problems.append(str(error))
        return FileEvidence(path=name, digest="")


class BadFile(Exception):
    """A file cannot be evidence; the text is a sentence."""


def examine(directory: Path, name: str, stop: threading.Event) -> FileEvidence:
    """Read a file: its digest, its size, and its text when it is short UTF-8.

    Args:
        directory: No file outside it is read.
        name: As the workflow names it.
        stop: When set, reading ends.

    Raises:
        BadFile: It lies elsewhere, does not exist, or cannot be read.
    """
    try:
        root = directory.resolve(strict=True)
        path = (root / name).resolve(strict=True)
        if not path.is_relative_to(root):
            raise BadFile(f"The file {name} does not lie under the workflow's directory.")
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BadFile(f"The file {name} is no plain file.")
            return digested(descriptor, name, stop)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise BadFile(f"The file {name} does not exist.") from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadFile(f"The file {name} cannot be read: {reason}.") from None


def digested(descriptor: int, name: str, stop: threading.Event) -> FileEvidence:
    """Read an open file to its end.

    Args:
        descriptor: The file.
        name: As the workflow names it.
        stop: When set, reading ends.
    """
    digest = hashlib.sha256()
    kept = b""
    size = 0
    while not stop.is_set() and (piece := os.read(descriptor, PIECE)):
        digest.update(piece)
        size += len(piece)
        if len(kept) <= TEXT_LIMIT:
            kept += piece[: TEXT_LIMIT + 1]
    return FileEvidence(path=name, digest=digest.hexdigest(), size=size, text=text_of(kept))


def text_of(raw: bytes) -> str:
    """The content of a file for people: empty when it is too long, or no text.

    Args:
        raw: The whole content, or more of it than is shown.
    """
    if len(raw) > TEXT_LIMIT or b"\0" in raw:
        return ""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
