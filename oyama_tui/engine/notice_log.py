"""What was told to whom: one file beside the database, so that nobody is told of a question twice, whichever engine tells it.

It is no part of the journal, because it is no fact about a run: a notice tells people on the way of this machine, and a copy of the run
somewhere else has told nobody. The small program that
sends uses it too, so that it imports little.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from oyama_tui.core.format import LAST_MOMENT
from oyama_tui.files import open_plain, read_plain, written_beside

NAME: Final = "notices.jsonl"
"""The file's name in the folder beside the database."""
MOST_BYTES: Final = 2 * 1024 * 1024
"""When the file is larger, what is old is left out of it."""
KEPT_FOR: Final = 7 * 86_400_000
"""Milliseconds in which what was told is remembered whatever happens; a question is news for far less."""
MOST_READ: Final = 16 * MOST_BYTES
PATIENCE: Final = 5.0
"""Seconds in which another process is done with the file."""
PACE: Final = 0.01
Status = Literal["begun", "sent", "failed"]


@dataclass(frozen=True, slots=True)
class Telling:
    """One question that one notifier is told of, once for each occasion."""

    approval: str
    occasion: str
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What has become of a telling."""

    telling: Telling
    at: int
    """In milliseconds since 1970 UTC."""
    status: Status
    why: str = ""
    """Why it has failed, in a sentence without its stop."""


class NoticeLog:
    """The file, shared by all engines of a database.

    Args:
        folder: The folder beside the database.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._lock = folder / "notices.lock"

    def begin(self, tellings: Sequence[Telling], at: int) -> list[Telling]:
        """Note that these are about to be told, and give those that nobody has begun before; it is on the disk when this returns.

        Args:
            tellings: What is to be told.
            at: When, in milliseconds since 1970 UTC.

        Raises:
            OSError: The file cannot be used, so that nobody may be told.
        """
        with self._alone():
            known = {entry.telling for entry in self._read()}
            fresh = [telling for telling in dict.fromkeys(tellings) if telling not in known]
            self._append([Entry(telling, at, "begun") for telling in fresh])
            return fresh

    def end(self, tellings: Sequence[Telling], at: int, status: Literal["sent", "failed"], why: str = "") -> None:
        """Note what has become of what was begun.

        Args:
            tellings: What was told.
            at: When, in milliseconds since 1970 UTC.
            status: Whether it has arrived.
            why: Why it has not.

        Raises:
            OSError: The file cannot be used.
        """
        with self._alone():
            self._append([Entry(telling, at, status, why) for telling in tellings])

    def newest(self) -> dict[str, Entry]:
        """Of each notifier what was told last, and what has become of it.

        Raises:
            OSError: The file cannot be read.
        """
        found: dict[str, Entry] = {}
        for entry in self._read():
            found[entry.telling.name] = entry
        return found

    def _read(self) -> Iterator[Entry]:
        """What is in the file; a line that was cut off, or that nobody of us has written, is passed over."""
        try:
            raw = read_plain(self.path, MOST_READ)
        except FileNotFoundError:
            return
        for line in raw.splitlines():
            if (entry := _entry(line)) is not None:
                yield entry

    def _append(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        lines = b"".join(_line(entry) for entry in entries)
        file = open_plain(self.path, os.O_CREAT | os.O_RDWR | os.O_APPEND)
        try:
            size = os.fstat(file).st_size
            if size and os.pread(file, 1, size - 1) != b"\n":
                lines = b"\n" + lines
            written = 0
            while written < len(lines):
                written += os.write(file, lines[written:])
            os.fsync(file)
        finally:
            os.close(file)
        if size > MOST_BYTES:
            self._shorten(entries[-1].at)

    def _shorten(self, now: int) -> None:
        kept = [entry for entry in self._read() if now - entry.at < KEPT_FOR]
        with written_beside(self.path, replace=True) as file:
            file.writelines(_line(entry) for entry in kept)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep every other process out; each needs milliseconds, and one that was stopped is not waited for."""
        lock = open_plain(self._lock, os.O_CREAT | os.O_RDWR)
        try:
            deadline = time.monotonic() + PATIENCE
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise TimeoutError(errno.ETIMEDOUT, "another process keeps it locked", str(self._lock)) from None
                    time.sleep(PACE)
                else:
                    break
            yield
        finally:
            os.close(lock)


def _line(entry: Entry) -> bytes:
    return json.dumps({**asdict(entry.telling), "at": entry.at, "status": entry.status, "why": entry.why}).encode() + b"\n"


def _entry(line: bytes) -> Entry | None:
    try:
        found = json.loads(line)
        telling = Telling(str(found["approval"]), str(found["occasion"]), str(found["name"]))
        if found["status"] not in ("begun", "sent", "failed"):
            return None
        return Entry(telling, min(max(int(found["at"]), 0), LAST_MOMENT), found["status"], str(found["why"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
