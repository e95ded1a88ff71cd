"""Keeps account of the process groups that an engine has started, so that they end when it dies.

Two look after them: the reaper, a small process that ends them within about a second when the engine dies by whatever cause; and the
side file, by which an engine that takes over ends what is left when the reaper has died too. A kill -9 in the moment between the start of
a process and its entry is seen by neither; then the environment of the process tells the engine that takes over whose it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from oyama_tui import resources
from oyama_tui.core.errors import NoRoom
from oyama_tui.core.limits import at_limit
from oyama_tui.files import NotPlain, open_plain, read_plain
from oyama_tui.steps.reaper import HAS_PROC, LAST_WAIT, ProcessGroup, ProcessRow, end_groups, proc_row, process_table

log = logging.getLogger("oyama.steps")

SLOT = 40
"""Bytes of a line in the side file: each change is one write in place, whatever else the file holds."""
LARGEST = 4 * 1024 * 1024
"""The most bytes of a side file that are read."""
MOST_WAITING = 2000
"""The most bytes that wait for the reaper; a pipe takes twice as much in one piece."""
REAPER_GRACE = 0.75
"""The most seconds that the reaper leaves between TERM and KILL."""
KEYS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGHUP)
"""What a terminal sends to all of its foreground processes."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
MARK = "OYAMA_RUN_ID"
"""The environment variable by which a process is known to belong to a step."""
ATTEMPT_MARKS = ("OYAMA_ATTEMPT", "OYAMA_IDEMPOTENCY_KEY")
"""The environment variables by which a process is known to belong to one attempt, and ends with it."""


class ProcessGroups:
    """The living process groups of one engine.

    Args:
        path: The side file; it is made with the first group, its folder exists.
        grace: Seconds between TERM and KILL; the reaper takes at most `REAPER_GRACE`.
    """

    def __init__(self, path: Path, grace: float) -> None:
        self.path = path
        self._grace = min(grace, REAPER_GRACE)
        self._slots: dict[int, int] = {}
        self._starts: dict[int, str] = {}
        self._free: list[int] = []
        self._dropped = ""
        self._file = -1
        self._reaper: subprocess.Popen[bytes] | None = None

    @property
    def reaper_pid(self) -> int | None:
        """The reaper's process, once there is one."""
        return self._reaper.pid if self._reaper else None

    @property
    def living(self) -> int:
        """How many groups live, as far as they are entered."""
        return len(self._slots)

    def expect(self) -> None:
        """Start the reaper, so that the first process is known to it as soon as it runs.

        Raises:
            NoRoom: The machine has no room for it now.
        """
        if self._reaper is None:
            self._start_reaper()

    def started(self, pid: int) -> None:
        """Enter a process group.

        Args:
            pid: A child that leads a session of its own and is not reaped yet.
        """
        start = start_time(pid)
        slot = self._free.pop() if self._free else len(self._slots) + 1
        self._slots[pid], self._starts[pid] = slot, start
        self._note(slot, f"{pid} {start}")
        self._tell(f"{self._dropped}add {pid} {start}\n")
        self._dropped = ""

    def finished(self, pid: int) -> None:
        """Take out a process group of which no process lives any more.

        Args:
            pid: Its leader.
        """
        slot = self._slots.pop(pid, None)
        if slot is not None:
            del self._starts[pid]
            self._free.append(slot)
            self._note(slot, "")
            # Told with the next start, to wake the reaper once for both: till then its start time shows that the group is gone.
            self._dropped += f"drop {pid}\n"
            if len(self._dropped) > MOST_WAITING:
                self._tell(self._dropped)
                self._dropped = ""

    async def close(self) -> None:
        """End the reaper, which first ends the groups that are still there, and remove the side file."""
        if self._reaper is not None:
            self._tell(self._dropped)
        reaper, self._reaper = self._reaper, None
        if reaper is not None:
            self._hang_up(reaper)
            try:
                await asyncio.to_thread(reaper.wait, self._grace + LAST_WAIT + 5)
            except subprocess.TimeoutExpired:
                log.warning("the reaper did not end in time; %d process groups may be left", len(self._slots))
                reaper.kill()
                reaper.wait()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            self.path.unlink(missing_ok=True)

    def _note(self, slot: int, line: str) -> None:
        """Write a line of the side file."""
        try:
            if self._file < 0:
                self._file = open_plain(self.path, os.O_RDWR | os.O_CREAT)
                os.pwrite(self._file, f"boot {boot_id()}".ljust(SLOT - 1).encode() + b"\n", 0)
            os.pwrite(self._file, line.ljust(SLOT - 1).encode() + b"\n", slot * SLOT)
        except OSError as error:
            # The step runs all the same: the reaper is there besides.
            log.warning("the side file %s cannot be written: %s", self.path, error)

    def _tell(self, line: str) -> None:
        """Tell the reaper; one that does not listen any more is replaced."""
        reaper = self._reaper
        if reaper is not None and reaper.stdin is not None:
            try:
                os.write(reaper.stdin.fileno(), line.encode())
                return
            except (BrokenPipeError, BlockingIOError):
                log.warning("the reaper %d does not answer; another one is started", reaper.pid)
                # Killed before its pipe is closed: it must not take that for the death of the engine.
                reaper.kill()
                reaper.wait()
                self._hang_up(reaper)
        self._start_reaper()

    def _start_reaper(self) -> None:
        """Start a reaper that knows all groups."""
        self._reaper = None
        command = (sys.executable, "-I", "-S", str(resources.reaper_path()), str(self._grace), str(self.path.absolute()))
        quiet = subprocess.DEVNULL
        # Until it has a session of its own, a key such as Ctrl+C would end the reaper too; what is blocked here stays so for it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, KEYS)
        try:
            reaper = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, bufsize=0, cwd="/", start_new_session=True
            )
        except OSError as error:
            limit = at_limit(error)
            if limit and not self._slots:
                raise NoRoom(f"The reaper of the steps cannot be started now: {limit}.") from None
            log.warning("no reaper can be started, so that steps may outlive a crash until their run is taken over: %s", error)
            return
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._reaper = reaper
        if reaper.stdin is not None:
            # Somebody may have killed this one too; the next word to it finds that out, and starts another with the whole list.
            with contextlib.suppress(BrokenPipeError):
                reaper.stdin.write("".join(f"add {pid} {start}\n" for pid, start in self._starts.items()).encode())
            os.set_blocking(reaper.stdin.fileno(), False)

    @staticmethod
    def _hang_up(reaper: subprocess.Popen[bytes]) -> None:
        if reaper.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                reaper.stdin.close()


def start_time(pid: int) -> str:
    """When a process started, in the words of the process table; empty when it is gone.

    Args:
        pid: The process.
    """
    if HAS_PROC:
        row = proc_row(pid)
        return row.start if row else ""
    import psutil

    try:
        return str(int(psutil.Process(pid).create_time()))
    except psutil.Error:
        return ""


def boot_id() -> str:
    """Names the time since the system was started; empty where start times need no such name."""
    return BOOT_ID.read_text().strip()[:32] if HAS_PROC else ""


def end_left_groups(path: Path, grace: float) -> int:
    """End the process groups that a dead engine has left, and nothing else; it blocks until they are gone, or cannot be ended.

    A group counts as left only if a process of the noted number and start time leads it, or if that number is nobody's and a process of the
    session carries the environment of a step.

    Args:
        path: The dead engine's side file.
        grace: Seconds between TERM and KILL.

    Returns:
        How many groups were found alive.
    """
    rows = process_table()
    left = [group for group in noted_groups(path) if is_left(group, rows)]
    if end_groups(left, grace):
        path.unlink(missing_ok=True)
    return len(left)


def end_left_attempts(attempts: Mapping[str, int], grace: float) -> int:
    """End the processes of attempts that were cut off, found by their environment; it blocks until they are gone, or cannot be ended.

    This reaches what no side file knows: a process that ran in the moment between its start and its entry.

    Args:
        attempts: The attempt that was cut off, by its idempotency key.
        grace: Seconds between TERM and KILL.

    Returns:
        How many sessions were found alive.
    """
    import psutil

    sessions: set[int] = set()
    for process in psutil.process_iter():
        try:
            attempt, key = map(process.environ().get, ATTEMPT_MARKS)
            if key is not None and key in attempts and attempt == str(attempts[key]):
                sessions.add(os.getsid(process.pid))
        except (psutil.Error, OSError):
            continue
    left = [ProcessGroup(session, "") for session in sessions - {os.getsid(0)}]
    end_groups(left, grace)
    return len(left)


def noted_groups(path: Path) -> list[ProcessGroup]:
    """The groups that stand in a side file.

    Args:
        path: The side file; a missing one, or one from before the last start of the system, holds none.
    """
    try:
        first, *lines = read_plain(path, LARGEST).decode("ascii", "replace").splitlines() or [""]
    except FileNotFoundError:
        return []
    except NotPlain as error:
        log.warning("the side file %s tells nothing: it is %s", path, error.kind)
        return []
    if first.split() != ["boot", *boot_id().split()]:
        return []
    words = [line.split() for line in lines]
    return [ProcessGroup(int(pair[0]), pair[1]) for pair in words if len(pair) == 2 and all(word.isdigit() for word in pair)]


def is_left(group: ProcessGroup, rows: list[ProcessRow]) -> bool:
    """Whether processes of a noted group live, beyond doubt.

    Args:
        group: As noted.
        rows: The process table.
    """
    leader = next((row for row in rows if row.pid == group.leader), None)
    if leader is not None:
        return leader.start == group.start and bool(group.living(rows))
    # The number stays taken while it names a session: if one process of the session is a step's, all are.
    members = [row for row in group.living(rows) if row.session == group.leader and int(row.start) >= int(group.start)]
    return any(belongs_to_step(row.pid) for row in members)


def without_attempt(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for a process that is to outlive the attempt from which it may have been started; it stays known as a step's.

    Args:
        environment: Any, be it of an attempt or not.
    """
    return {name: value for name, value in environment.items() if name not in ATTEMPT_MARKS}


def belongs_to_step(pid: int) -> bool:
    """Whether a process carries the environment of a step.

    Args:
        pid: The process; one that is not ours to look into does not count.
    """
    import psutil

    try:
        return MARK in psutil.Process(pid).environ()
    except (psutil.Error, OSError):
        return False
