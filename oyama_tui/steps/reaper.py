"""Ends the processes of an engine's steps when the engine dies.

A stand-alone program on the standard library alone: `python -I -S reaper.py GRACE SIDE_FILE`. It reads the lines `add PGID STARTTIME`
and `drop PGID` from its standard input; the end of input means that the engine is gone. Its process table serves the engine too.

What it reaches: every process in the session or process group of a step, and what those forked into other sessions, as long as the
forking process lives when the table is read. A process that calls `setsid` and whose parent has ended is out of reach.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

HAS_PROC = os.path.exists("/proc/self/stat")
LAST_WAIT = 2.0
"""Seconds to wait for processes to disappear after SIGKILL."""


class ProcessRow:
    """One process in the table.

    Args:
        pid: Its number.
        parent: Its parent's number.
        group: Its process group.
        session: Its session.
        start: When it started, as the system counts: clock ticks since boot on Linux, else seconds since 1970.
        dead: It has ended and waits to be reaped.
    """

    __slots__ = ("dead", "group", "parent", "pid", "session", "start")

    def __init__(self, pid: int, parent: int, group: int, session: int, start: str, dead: bool) -> None:
        self.pid = pid
        self.parent = parent
        self.group = group
        self.session = session
        self.start = start
        self.dead = dead


def proc_row(pid: int) -> ProcessRow | None:
    """One process as /proc tells it; none when there is no such process."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        raw = os.read(descriptor, 4096)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    # The name stands in brackets and may itself hold brackets and spaces.
    fields = raw[raw.rfind(b")") + 2 :].split(None, 20)
    if len(fields) < 20:
        return None
    return ProcessRow(pid, int(fields[1]), int(fields[2]), int(fields[3]), fields[19].decode(), fields[0] in (b"Z", b"X"))


def proc_table() -> list[ProcessRow]:
    """All processes as /proc tells them."""
    rows = (proc_row(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return [row for row in rows if row is not None]


def ps_table() -> list[ProcessRow]:
    """All processes as `ps` tells them, for systems without /proc."""
    import subprocess

    columns = ["pid=", "ppid=", "pgid=", "stat=", "lstart="]
    command = ["ps", "-A", *(part for column in columns for part in ("-o", column))]
    listed = subprocess.run(command, env={"LC_ALL": "C", "PATH": "/bin:/usr/bin"}, stdout=subprocess.PIPE, check=False, timeout=10)
    rows = []
    for line in listed.stdout.decode("ascii", "replace").splitlines():
        pid, parent, group, state, *started = line.split()
        try:
            session = os.getsid(int(pid))
            start = str(int(time.mktime(time.strptime(" ".join(started), "%a %b %d %H:%M:%S %Y"))))
        except (OSError, ValueError):
            continue
        rows.append(ProcessRow(int(pid), int(parent), int(group), session, start, state.startswith("Z")))
    return rows


def process_table() -> list[ProcessRow]:
    """All processes that this process can see."""
    return proc_table() if HAS_PROC else ps_table()


class ProcessGroup:
    """The processes of one attempt: those of its session and group, and what they forked elsewhere while they lived.

    Args:
        leader: The process that leads the session, and was started by the engine.
        start: When the leader started; empty while it is a child that is not reaped yet, whose number is nobody else's.
    """

    def __init__(self, leader: int, start: str) -> None:
        self.leader = leader
        self.start = start
        self._strays: set[tuple[int, str]] = set()

    def leader_reaped(self) -> None:
        """Note that the leader is gone for good: a process of that number is another one."""
        self.start = "reaped"

    def living(self, rows: list[ProcessRow]) -> list[ProcessRow]:
        """Those of the group that have not ended.

        Args:
            rows: The process table, read just now.
        """
        ours: dict[int, ProcessRow] = {}
        found = next((row for row in rows if row.pid == self.leader), None)
        # A number is not given out again while it names a session or a group: another process there means that ours are all gone.
        if found is None or not self.start or found.start == self.start:
            ours = {row.pid: row for row in rows if self.leader in (row.pid, row.session, row.group)}
        ours.update((row.pid, row) for row in rows if (row.pid, row.start) in self._strays)
        children: dict[int, list[ProcessRow]] = {}
        for row in rows:
            children.setdefault(row.parent, []).append(row)
        waiting = list(ours.values())
        while waiting:
            for row in children.get(waiting.pop().pid, ()):
                if row.pid not in ours:
                    ours[row.pid] = row
                    waiting.append(row)
                    self._strays.add((row.pid, row.start))
        return [row for row in ours.values() if not row.dead]

    def send(self, number: int, rows: list[ProcessRow]) -> None:
        """Send a signal to processes of the group.

        Args:
            number: The signal.
            rows: What `living` has just found.
        """
        groups = {row.group for row in rows if row.session == self.leader}
        for group in groups:
            send_quietly(os.killpg, group, number)
        for row in rows:
            if row.group not in groups:
                send_quietly(os.kill, row.pid, number)


def send_quietly(send: Callable[[int, int], None], target: int, number: int) -> None:
    """Send a signal; a process that is gone, or that belongs to somebody else, is passed over.

    Args:
        send: `os.kill` or `os.killpg`.
        target: The process or the process group.
        number: The signal.
    """
    try:
        send(target, number)
    except (ProcessLookupError, PermissionError):
        return


def end_groups(groups: list[ProcessGroup], grace: float) -> bool:
    """End all processes of these groups: TERM, grace, KILL, then a bounded wait.

    Args:
        groups: Whose processes to end.
        grace: Seconds between TERM and KILL.

    Returns:
        Whether all of them are gone.
    """
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, LAST_WAIT)):
        deadline = time.monotonic() + seconds
        asked = False
        while True:
            rows = process_table()
            living = [(group, found) for group in groups for found in [group.living(rows)] if found]
            if not living:
                return True
            if asked and time.monotonic() >= deadline:
                break
            for group, found in living:
                if not asked or number == signal.SIGKILL:
                    group.send(number, found)
                    # A stopped process takes note of TERM only when it goes on.
                    group.send(signal.SIGCONT, found)
            asked = True
            time.sleep(0.02)
    return False


def watch(grace: float, side_file: str) -> None:
    """Keep the list of groups until the end of input, then end them and remove the side file.

    Args:
        grace: Seconds between TERM and KILL.
        side_file: The engine's own list of groups, for whoever takes over; empty for none.
    """
    groups: dict[int, ProcessGroup] = {}
    rest = b""
    while True:
        chunk = os.read(0, 65536)
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            words = line.decode("ascii", "replace").split()
            if len(words) >= 2 and words[0] == "add":
                groups[int(words[1])] = ProcessGroup(int(words[1]), words[2] if len(words) > 2 else "")
            elif len(words) == 2 and words[0] == "drop":
                groups.pop(int(words[1]), None)
    if end_groups(list(groups.values()), grace) and side_file:
        try:
            os.unlink(side_file)
        except FileNotFoundError:
            return


def main() -> None:
    """Run the reaper."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    watch(float(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")


if __name__ == "__main__":
    main()
