"""Which processes hold a database file, as far as the system tells."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

_LOCKS: Final = Path("/proc/locks")
_PROCESSES: Final = Path("/proc")
_DELETED: Final = " (deleted)"


def lock_holders(files: list[Path]) -> tuple[str, ...]:
    """The processes that hold a write lock on one of these files, in words; empty where the system does not tell.

    Args:
        files: The database and the files beside it; those that do not exist are passed over.
    """
    inodes = {file.stat().st_ino for file in files if file.exists()}
    try:
        lines = _LOCKS.read_text().splitlines()
    except OSError:
        return ()
    found: dict[int, None] = {}
    for line in lines:
        # 3: POSIX  ADVISORY  WRITE 1234 08:01:131 124 124
        words = line.split()
        if len(words) >= 6 and words[3] == "WRITE" and words[4].isdigit() and int(words[5].rpartition(":")[2]) in inodes:
            found[int(words[4])] = None
    return tuple(_name(pid) for pid in found if pid != os.getpid())


def holders_of_deleted(path: Path) -> tuple[str, ...]:
    """The processes that still have a file open which was deleted under this path, in words; empty where the system does not tell.

    SQLite's own files beside it count too: it removes them only when nobody has them open.
    """
    lost = {f"{path.absolute()}{suffix}{_DELETED}" for suffix in ("", "-wal", "-shm")}
    return tuple(_name(pid) for pid in _pids() if pid != os.getpid() and not lost.isdisjoint(_open_names(pid)))


def _pids() -> Iterator[int]:
    if not _PROCESSES.is_dir():
        return
    for name in os.listdir(_PROCESSES):
        if name.isdigit():
            yield int(name)


def _open_names(pid: int) -> set[str]:
    """What a process has open; empty for one that is gone or belongs to another account."""
    folder = _PROCESSES / str(pid) / "fd"
    names = set()
    try:
        for number in os.listdir(folder):
            names.add(os.readlink(folder / number))
    except OSError:
        return names
    return names


def _name(pid: int) -> str:
    try:
        return f"{psutil.Process(pid).name()} (process {pid})"
    except psutil.Error:
        return f"process {pid}"
