"""Ownership: one lock file for each engine instance, so that its death is known at once and never guessed from silence."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from oyama_tui.files import NotPlain, open_plain


class Instance:
    """This engine, for as long as it lives; its lock file is freed by the operating system when the process ends, however it ends.

    Args:
        folder: The folder for the files of engines; it exists.
    """

    def __init__(self, folder: Path) -> None:
        _clear(folder)
        self.folder = folder
        self.id = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.path = folder / f"{self.id}.lock"
        self._file = _locked(self.path)

    @property
    def groups_path(self) -> Path:
        """The side file with the process groups that it has started."""
        return groups_path(self.folder, self.id)

    def close(self) -> None:
        """End in good order: the lock file goes, and the empty side file with it."""
        self.path.unlink(missing_ok=True)
        self.groups_path.unlink(missing_ok=True)
        os.close(self._file)


def groups_path(folder: Path, instance: str) -> Path:
    """The side file of an instance."""
    return folder / f"{instance}.groups"


def _clear(folder: Path) -> None:
    """Take away the lock files of dead engines, but for those whose process groups somebody has still to end."""
    for path in folder.glob("*.lock"):
        if path.with_suffix(".groups").exists():
            continue
        try:
            file = open_plain(path)
        except (FileNotFoundError, PermissionError, NotPlain):
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _stands_at(path, file):
                path.unlink(missing_ok=True)
        except BlockingIOError:
            continue
        finally:
            os.close(file)


def _locked(path: Path) -> int:
    """Make and lock a file; start over when somebody who looked at it took it away in between."""
    while True:
        file = open_plain(path, os.O_CREAT | os.O_RDWR)
        fcntl.flock(file, fcntl.LOCK_EX)
        if _stands_at(path, file):
            return file
        os.close(file)


def _stands_at(path: Path, file: int) -> bool:
    """Whether an open file is the one of that name, and not one that was taken away."""
    try:
        return os.stat(path).st_ino == os.fstat(file).st_ino
    except FileNotFoundError:
        return False


def is_alive(folder: Path, instance: str) -> bool:
    """Whether the process of an instance lives."""
    try:
        file = open_plain(folder / f"{instance}.lock")
    except (FileNotFoundError, NotPlain):
        # What is no plain file is not the one that an engine has locked.
        return False
    except PermissionError:
        # Somebody else's engine: nothing of it can be taken over from here, so it counts as alive.
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def stopped(instances: Iterable[str]) -> dict[str, int]:
    """Those of these engines whose process was stopped, by SIGSTOP for example, and its number: they keep their runs and do not move.

    Args:
        instances: Engines of this machine that live.
    """
    found: dict[str, int] = {}
    for instance in instances:
        number = instance.partition("-")[0]
        if number.isdigit() and _is_stopped(int(number)):
            found[instance] = int(number)
    return found


def _is_stopped(pid: int) -> bool:
    import psutil

    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def living(folder: Path) -> frozenset[str]:
    """The ids of all engines that live, as far as this account may look."""
    try:
        names = [name.removesuffix(".lock") for name in os.listdir(folder) if name.endswith(".lock")]
    except (FileNotFoundError, PermissionError):
        return frozenset()
    return frozenset(name for name in names if is_alive(folder, name))
