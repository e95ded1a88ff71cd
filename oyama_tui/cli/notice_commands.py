"""The command that somebody wants to be run for each new question: it is told by its environment, and holds up nothing."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from oyama_tui.cli.printing import Printer
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.notice import Notice, environment

AT_ONCE: Final = 4
"""Commands that run at the same time; further ones wait."""
MOST_WAITING: Final = 1_000
"""Questions whose command may wait."""


def command_words(text: str) -> list[str]:
    """The program and the arguments of a command, split as a shell does it; nothing in it is replaced.

    Args:
        text: As it was given.

    Raises:
        InvalidInput: It is empty, or a quote in it does not end.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise InvalidInput(f"--exec {text!r} cannot be read: {error}.", "Quote it as for a shell.") from None
    if not words:
        raise InvalidInput("--exec needs a command.", "For example: --exec 'notify-send Oyama'")
    return words


class NoticeCommands:
    """Runs a command for each notice, a few at once.

    Args:
        words: The program and its arguments.
        limit: Seconds after which one is killed, with what it has started in its session.
        err: Where it is told what has failed; what the command prints goes there too.
    """

    def __init__(self, words: Sequence[str], limit: float, err: Printer) -> None:
        self._words = tuple(words)
        self._limit = limit
        self._err = err
        self._room = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, notice: Notice) -> None:
        """Run it as soon as there is room for it.

        Args:
            notice: What it is told.
        """
        if len(self._tasks) >= MOST_WAITING:
            self._tell(notice, f"was not run, because {MOST_WAITING} others wait for it")
            return
        task = asyncio.create_task(self._run(notice), name=f"oyama-exec-{notice.approval_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what still runs."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, notice: Notice) -> None:
        async with self._room:
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._words,
                    stdin=asyncio.subprocess.DEVNULL,
                    # What it prints must not come between the lines of the queue.
                    stdout=self._err.stream.fileno() if self._err.stream is not None else asyncio.subprocess.DEVNULL,
                    start_new_session=True,
                    env={**os.environ, **environment(notice)},
                )
            except (OSError, ValueError, RuntimeError) as error:
                self._tell(notice, f"cannot be started: {(error.strerror if isinstance(error, OSError) else '') or error}")
                return
            try:
                async with asyncio.timeout(self._limit):
                    code = await process.wait()
            except TimeoutError:
                self._tell(notice, f"was ended after {self._limit:g} s")
            else:
                if code:
                    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
                    self._tell(notice, how)
            finally:
                # What it has left in its session goes too.
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                if process.returncode is None:
                    await process.wait()

    def _tell(self, notice: Notice, what: str) -> None:
        self._err.line(f"--exec: {self._words[0]} {what} ({notice.run}, {notice.approval_id}).")
