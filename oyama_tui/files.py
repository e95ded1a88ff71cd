"""Opens files without ever waiting for somebody at the other end; the program's own ones are plain files, where they should be."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

_KINDS: Final = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode), "a device"),
)


class NotPlain(OSError):
    """Something else than a plain file stands where one should be.

    Args:
        path: Its place.
        kind: What it is, such as `a pipe`.
    """

    def __init__(self, path: Path, kind: str) -> None:
        super().__init__(0, f"it is {kind}", str(path))
        self.kind = f"{kind} and no plain file"


def open_plain(path: Path, flags: int = os.O_RDONLY, *, in_plain_folder: bool = True) -> int:
    """Open a file of the program's own; one that is made is for its owner alone.

    A step runs as the same account and may put anything into our folders: what is no plain file is not opened, a link is not followed,
    and a second name of some other file does not count as ours.

    Args:
        path: The file.
        flags: As for `os.open`.
        in_plain_folder: The folder that it lies in must be no link either.

    Returns:
        The descriptor, closed when the process starts another program.

    Raises:
        NotPlain: It is a pipe, a link, a device, a folder, has several names, or its folder is a link.
        OSError: The system refused.
    """
    flags |= os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    if not in_plain_folder:
        return _checked(path, flags, None)
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        if path.parent.is_symlink():
            raise NotPlain(path, "in a folder that is a link") from None
        raise
    try:
        return _checked(path, flags, folder)
    finally:
        os.close(folder)


def _checked(path: Path, flags: int, folder: int | None) -> int:
    """Open a file, relative to an open folder where there is one, and look at what was opened."""
    name = path if folder is None else path.name
    try:
        descriptor = os.open(name, flags, 0o600, dir_fd=folder)
    except OSError:
        kind = _kind(name, folder)
        if kind:
            raise NotPlain(path, kind) from None
        raise
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_nlink <= 1:
        return descriptor
    os.close(descriptor)
    raise NotPlain(path, _name(found.st_mode) or "another file's second name")


def _kind(name: str | Path, folder: int | None) -> str:
    """What stands somewhere, when it is no plain file."""
    try:
        return _name(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return ""


def _name(mode: int) -> str:
    return next((name for fits, name in _KINDS if fits(mode)), "")


def is_plain(path: Path) -> bool:
    """Whether a file is there that `open_plain` opens for reading.

    Args:
        path: The file.
    """
    try:
        os.close(open_plain(path))
    except OSError:
        return False
    return True


def read_plain(path: Path, limit: int) -> bytes:
    """Read a file of the program's own.

    Args:
        path: The file.
        limit: The most bytes.

    Raises:
        NotPlain: It is no plain file.
        OSError: The system refused.
    """
    descriptor = open_plain(path)
    try:
        pieces = []
        while limit > 0 and (piece := os.read(descriptor, limit)):
            pieces.append(piece)
            limit -= len(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def read_named(path: Path, limit: int) -> bytes:
    """Read a file that a person has named: anything that can be read; a pipe that nobody has open for writing is empty.

    Args:
        path: The file.
        limit: The most bytes.

    Raises:
        OSError: The system refused.
        ValueError: No file has such a name.
    """

    def at_once(name: str, flags: int) -> int:
        descriptor = os.open(name, flags | os.O_NONBLOCK)
        os.set_blocking(descriptor, True)
        return descriptor

    with open(path, "rb", opener=at_once) as file:
        return file.read(limit)


def why_unreadable(path: Path) -> str:
    """Why a file that a person has named cannot be read again and again, as programs may have to; empty when it can.

    Nothing but a plain file is opened: a pipe gives what is in it only once.

    Args:
        path: The file; links are followed.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            return f"it is {_name(mode) or 'no plain file'}"
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        return error.strerror or str(error)
    except ValueError as error:
        return str(error)
    return ""


def plain_folder(path: Path) -> None:
    """Make a folder of the program's own, for its owner alone, unless there is one.

    Args:
        path: The folder.

    Raises:
        NotPlain: Something else stands there, such as a link to a folder.
        OSError: The system refused.
    """
    if _is_folder(path):
        return
    try:
        path.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        if not _is_folder(path):
            raise NotPlain(path, _name(path.lstat().st_mode) or "a file") from None


def _is_folder(path: Path) -> bool:
    """Whether a folder stands there itself, and no link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, if there is one.

    Args:
        path: Its place.

    Raises:
        OSError: The system refused.
    """
    if not os.path.lexists(path):
        return
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):
        # Unlinking a folder is refused with the one error on Linux, with the other on macOS.
        shutil.rmtree(path)


@contextmanager
def written_beside(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """A new file for its owner alone, which gets its name only once all of it is on the disk; nothing is left when that fails.

    Until then the file has the name beside it that it says.

    Args:
        path: The name that it gets.
        replace: Whether a file of that name may give way.

    Raises:
        FileExistsError: There is something of that name.
        OSError: The system refused.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not replace and os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, "it is there already", str(path))
    beside = path.with_name(f".{path.name[:200]}.{secrets.token_hex(6)}.part")
    try:
        with open(beside, "w+b", opener=_exclusively) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(beside, path)
        else:
            _name_new(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _exclusively(name: str, _flags: int) -> int:
    return os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _name_new(beside: Path, path: Path) -> None:
    """Give a file its name, unless somebody else has taken that meanwhile."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "it is there already", str(path)) from None
        os.rename(beside, path)
    else:
        os.unlink(beside)


def open_regular(path: Path) -> BinaryIO:
    """Open a file that a person has named to read it from any place, as only a plain file can be; links are followed.

    Args:
        path: The file.

    Raises:
        NotPlain: It is a folder, a pipe or a device.
        OSError: The system refused.
        ValueError: No file has such a name.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise NotPlain(path, _name(mode))
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NotPlain(path, "something else")
    return file
