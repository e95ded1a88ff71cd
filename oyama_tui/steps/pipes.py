"""The pipes of a running program, read and written by the event loop in bounded pieces."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable
from typing import IO, TypeAlias

Sink: TypeAlias = Callable[[bytes], None]
"""Takes a piece of output."""

SMALL_READ = 64 * 1024
LARGE_READ = 256 * 1024
LARGE_PIPE = 1024 * 1024
"""The size that a pipe is given, where the system knows how, when a program writes much."""


class OutputPipe:
    """Reads what a program writes.

    Args:
        loop: Reads when there is something.
        stream: The reading end.
        sink: Takes each piece.
        fail: Told when the sink raises.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, stream: IO[bytes], sink: Sink, fail: Callable[[Exception], None]) -> None:
        self._loop = loop
        self._stream = stream
        self._descriptor = stream.fileno()
        self._sink = sink
        self._fail = fail
        self._size = SMALL_READ
        self.is_open = True
        """Somebody may still write to it."""
        os.set_blocking(self._descriptor, False)
        loop.add_reader(self._descriptor, self._read)

    def _read(self) -> int:
        """Read one piece; the answer is its length, 0 when there is nothing now."""
        try:
            chunk = os.read(self._descriptor, self._size)
        except BlockingIOError:
            return 0
        if not chunk:
            self.close()
            return 0
        if len(chunk) == SMALL_READ:
            self._enlarge()
        try:
            self._sink(chunk)
        except Exception as error:
            self._fail(error)
            self.close()
        return len(chunk)

    def _enlarge(self) -> None:
        self._size = LARGE_READ
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            # Each user may have only so much in pipes; a small pipe serves as well.
            with contextlib.suppress(OSError):
                fcntl.fcntl(self._descriptor, fcntl.F_SETPIPE_SZ, LARGE_PIPE)

    def drain(self) -> None:
        """Read what is there now, at most twice what a pipe holds."""
        room = 2 * LARGE_PIPE
        while self.is_open and room > 0:
            length = self._read()
            if not length:
                break
            room -= length

    def close(self) -> None:
        """Stop reading."""
        if self.is_open:
            self.is_open = False
            self._loop.remove_reader(self._descriptor)
            self._stream.close()


class InputPipe:
    """Writes what a program is given to read; it may stop reading at any time.

    Args:
        loop: Writes when there is room.
        stream: The writing end.
        content: What to write.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, stream: IO[bytes], content: bytes) -> None:
        self._loop = loop
        self._stream = stream
        self._descriptor = stream.fileno()
        self._rest = memoryview(content)
        self._is_open = True
        os.set_blocking(self._descriptor, False)
        loop.add_writer(self._descriptor, self._write)

    def _write(self) -> None:
        try:
            while self._rest:
                written = os.write(self._descriptor, self._rest[:SMALL_READ])
                self._rest = self._rest[written:]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._rest = memoryview(b"")
        self.close()

    def close(self) -> None:
        """Stop writing: the program reads the end of its input."""
        if self._is_open:
            self._is_open = False
            self._loop.remove_writer(self._descriptor)
            with contextlib.suppress(BrokenPipeError):
                self._stream.close()
