"""Starts a program in a session of its own, reads what it writes, and ends everything that it started.

When the program itself has ended, what is left of its process group gets a moment to finish, then is ended too. A process that has
called `setsid` is found only while the process that forked it lives: it is ended with a timeout or a cancellation, and survives
a regular end of the program.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from oyama_tui.core.errors import NoRoom, OyamaError
from oyama_tui.core.limits import at_limit
from oyama_tui.descriptors import passes_on_descriptors
from oyama_tui.steps.pipes import InputPipe, OutputPipe, Sink
from oyama_tui.steps.reaper import LAST_WAIT, ProcessGroup, ProcessRow, process_table

ASK_EVERY = 0.1
"""Seconds between two looks at a program whose end nothing tells."""
LINGER = 0.2
"""Seconds that what is left of a process group may go on after the program itself has ended."""


class CannotStart(OyamaError):
    """A program could not be started; the sentence says why."""

    title = "Cannot start"


class ProcessWatch(Protocol):
    """Who is told which process groups live; a `StepContext` is one."""

    def started(self, pid: int) -> None:
        """A process group was started; `pid` leads it."""

    def finished(self, pid: int) -> None:
        """That process group is gone."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to start, and how long it may take."""

    argv: tuple[str, ...]
    env: Mapping[str, str] | Mapping[bytes, bytes]
    """The whole environment."""
    cwd: Path
    stdin: bytes | None = None
    """What it reads; /dev/null when none."""
    timeout: int | None = None
    """Milliseconds for the whole."""
    idle: int | None = None
    """Milliseconds without a byte of output."""
    grace: float = 5.0
    """Seconds between TERM and KILL."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a program ended."""

    code: int
    """Its exit code; the number of a signal is negative."""
    stopped: Literal["", "timeout", "idle"] = ""
    """Why Oyama ended it; empty when it ended by itself."""
    left: int = 0
    """Processes that did not end, even when killed."""


def signal_name(number: int) -> str:
    """Name a signal, such as SIGKILL.

    Args:
        number: Its number.
    """
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


async def run_process(program: Program, watch: ProcessWatch, output: Sink, stdout: Sink | None = None) -> Ending:
    """Run a program to its end.

    Args:
        program: What to start.
        watch: Is told about the process group.
        output: Takes what it writes to standard output and standard error, as it comes.
        stdout: Takes standard output besides; then the two come through pipes of their own, and their order is only nearly kept.

    Raises:
        CannotStart: There is no such program or directory, or the system refused.
        NoRoom: The machine has no room for it now; nothing was started.
        asyncio.CancelledError: The task was cancelled; all processes of the program were ended before.
    """
    if not program.argv:
        raise CannotStart("The command is empty.")
    process = StepProcess(program, output, stdout)
    process.start()
    try:
        ending = await process.run(watch)
    finally:
        process.close()
        if process.is_gone:
            watch.finished(process.pid)
    if process.wrong is not None:
        raise process.wrong
    return ending


class StepProcess:
    """One running program and its process group.

    Args:
        program: What to start.
        output: Takes all that it writes.
        stdout: Takes standard output besides.
    """

    def __init__(self, program: Program, output: Sink, stdout: Sink | None) -> None:
        self.program = program
        self.pid = 0
        self.is_gone = False
        """No process of the group lives any more."""
        self.wrong: Exception | None = None
        """What a sink raised."""
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[Literal["", "timeout", "idle"]] = self._loop.create_future()
        self._nap: asyncio.Future[None] | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._cancelled = False
        self._left = 0
        self._last_byte = 0.0
        self._output = output
        self._stdout = stdout
        self._pipes: list[OutputPipe] = []
        self._input: InputPipe | None = None
        self._exit_watch: Callable[[], None] | None = None
        self._group = ProcessGroup(0, "")

    def start(self) -> None:
        """Start the program.

        Raises:
            CannotStart: There is no such program or directory, or the system refused.
            NoRoom: The machine has no room for it now.
        """
        program = self.program
        merged = self._stdout is None
        try:
            self._process = subprocess.Popen(
                program.argv,
                stdin=subprocess.DEVNULL if program.stdin is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if merged else subprocess.PIPE,
                bufsize=0,
                cwd=program.cwd,
                env=program.env,
                close_fds=passes_on_descriptors(),
                start_new_session=True,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            limit = at_limit(error)
            if limit:
                raise NoRoom(f"The program {program.argv[0]!r} cannot be started now: {limit}.") from None
            raise CannotStart(why_not_started(program, error)) from None
        self.pid = self._process.pid
        self._group = ProcessGroup(self.pid, "")
        for stream, sink in ((self._process.stdout, self._take_stdout), (self._process.stderr, self._take)):
            if stream is not None:
                self._pipes.append(OutputPipe(self._loop, stream, sink, self._fail))
        if self._process.stdin is not None and program.stdin is not None:
            self._input = InputPipe(self._loop, self._process.stdin, program.stdin)
        self._watch_exit()
        self._last_byte = self._loop.time()
        if program.timeout is not None:
            self._timers["timeout"] = self._loop.call_later(program.timeout / 1000, self._stop, "timeout")
        if program.idle is not None:
            self._timers["idle"] = self._loop.call_later(program.idle / 1000, self._look_idle, program.idle / 1000)

    async def run(self, watch: ProcessWatch) -> Ending:
        """Wait for the end, and see to it that nothing is left.

        Args:
            watch: Is told that the process group lives.
        """
        stopped: Literal["", "timeout", "idle"] = ""
        try:
            watch.started(self.pid)
            stopped = await self._over
            if not stopped and not self._has_left():
                self.is_gone = True
                return Ending(self._process.returncode)
        except asyncio.CancelledError:
            self._cancelled = True
        except BaseException:
            await self._end()
            raise
        if stopped or self._cancelled or not await self._until_gone(LINGER):
            await self._end()
        if self._cancelled:
            raise asyncio.CancelledError
        code = self._process.returncode
        return Ending(-signal.SIGKILL if code is None else code, stopped, self._left)

    def close(self) -> None:
        """Let go of pipes, timers and the process; what is still in the pipes is taken first."""
        for timer in self._timers.values():
            timer.cancel()
        if self._exit_watch is not None:
            self._exit_watch()
            self._exit_watch = None
        if self._input is not None:
            self._input.close()
        for pipe in self._pipes:
            pipe.drain()
            pipe.close()

    def _take(self, chunk: bytes) -> None:
        self._last_byte = self._loop.time()
        self._output(chunk)

    def _take_stdout(self, chunk: bytes) -> None:
        self._take(chunk)
        if self._stdout is not None:
            self._stdout(chunk)

    def _fail(self, wrong: Exception) -> None:
        self.wrong = wrong
        if not self._over.done():
            self._over.set_exception(wrong)

    def _stop(self, why: Literal["timeout", "idle"]) -> None:
        if not self._over.done():
            self._over.set_result(why)

    def _look_idle(self, seconds: float) -> None:
        rest = self._last_byte + seconds - self._loop.time()
        if rest <= 0:
            self._stop("idle")
        else:
            self._timers["idle"] = self._loop.call_later(rest, self._look_idle, seconds)

    def _watch_exit(self) -> None:
        """Have `_exited` called when the program ends: by a pidfd where there is one, else by a thread."""
        loop = self._loop
        try:
            descriptor = os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            thread = threading.Thread(target=wait_in_thread, args=(loop, self._process, self._exited), daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # No room for a thread either: it is asked again and again.
                loop.call_later(ASK_EVERY, self._ask)
            return

        def forget() -> None:
            loop.remove_reader(descriptor)
            os.close(descriptor)

        loop.add_reader(descriptor, self._exited)
        self._exit_watch = forget

    def _exited(self) -> None:
        if self._exit_watch is not None:
            self._exit_watch()
            self._exit_watch = None
        self._process.poll()
        for pipe in self._pipes:
            pipe.drain()
        if not self._over.done():
            self._over.set_result("")
        self._wake()

    def _ask(self) -> None:
        """Look whether the program has ended, where nothing tells it."""
        if self._process.poll() is None:
            self._loop.call_later(ASK_EVERY, self._ask)
        else:
            self._exited()

    def _wake(self) -> None:
        if self._nap is not None and not self._nap.done():
            self._nap.set_result(None)

    def _has_left(self) -> bool:
        """Whether the ended program may have left processes: some live in its group, or somebody holds its output open."""
        if any(pipe.is_open for pipe in self._pipes):
            return True
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def _living(self) -> list[ProcessRow]:
        if self._process.returncode is not None:
            self._group.leader_reaped()
        return self._group.living(process_table())

    async def _until_gone(self, seconds: float) -> bool:
        """Wait until no process of the group lives; being cancelled is remembered, not obeyed."""
        deadline = self._loop.time() + seconds
        pause = 0.005
        while True:
            if self._process.returncode is not None and not self._living():
                self.is_gone = True
                return True
            rest = deadline - self._loop.time()
            if rest <= 0:
                return False
            await self._sleep(min(pause, rest) if self._process.returncode is not None else rest)
            pause = min(pause * 2, 0.1)

    async def _sleep(self, seconds: float) -> None:
        """Sleep until the time is over or the program has ended."""
        self._nap = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._wake)
        try:
            await self._nap
        except asyncio.CancelledError:
            self._cancelled = True
        finally:
            timer.cancel()
            self._nap = None

    async def _end(self) -> None:
        """End all processes of the group: TERM, grace, KILL, bounded wait."""
        # KILL is sent again and again: between the look and the signal a process may have forked.
        for number, seconds in ((signal.SIGTERM, self.program.grace), *[(signal.SIGKILL, LAST_WAIT / 10)] * 10):
            living = self._living()
            self._group.send(number, living)
            # A stopped process takes note of TERM only when it goes on.
            self._group.send(signal.SIGCONT, living)
            if await self._until_gone(seconds):
                return
        self._left = len(self._living())


def wait_in_thread(loop: asyncio.AbstractEventLoop, process: subprocess.Popen[bytes], exited: Callable[[], None]) -> None:
    """Wait for a process, then tell the loop.

    Args:
        loop: Where to call.
        process: What to wait for.
        exited: Called in the loop.
    """
    process.wait()
    # A loop that was closed meanwhile has nobody left who waits.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(exited)


def why_not_started(program: Program, wrong: Exception) -> str:
    """Say in a sentence why a program could not be started.

    Args:
        program: What was to be started.
        wrong: What the system said.
    """
    name = program.argv[0]
    if not name:
        return "The command is empty."
    if isinstance(wrong, ValueError):
        return f"The command {name!r} cannot be started: an argument or an environment variable holds a NUL character or an odd name."
    if not program.cwd.is_dir():
        return f"The working directory {str(program.cwd)!r} does not exist or is no directory."
    number = wrong.errno if isinstance(wrong, OSError) else None
    if number == errno.ENOENT:
        if "/" in name and (program.cwd / name).exists():
            return f"The program {name!r} cannot be started: the interpreter that its first line names does not exist."
        return f"There is no program {name!r}; look at its spelling and at PATH."
    if number == errno.EACCES:
        return f"The program {name!r} may not be executed, or the directory {str(program.cwd)!r} may not be entered."
    if number == errno.ENOEXEC:
        return f"The file {name!r} is no program: its first line names no interpreter, or it was made for another machine."
    if number == errno.E2BIG:
        return f"The arguments and the environment of {name!r} are too long for this system; pass large values by stdin or a file."
    reason = os.strerror(number) if number else str(wrong)
    return f"The program {name!r} cannot be started: {reason}."
