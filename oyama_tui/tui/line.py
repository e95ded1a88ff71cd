"""The line to a terminal: nobody ever waits for one that does not read, or is gone."""

from __future__ import annotations

import os
import select
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

MOST_WAITING: Final = 64 * 1024
"""Bytes that may wait for the terminal; what comes on top of them is dropped."""
CHUNK: Final = 4096
"""Bytes of one write."""
LOOK: Final = 0.1
"""Seconds between two looks at whether the line is to be closed, while the terminal does not read."""
ABORT: Final = "\x18\x1b\\"
"""Ends a control sequence that was cut off."""
PLAIN: Final = (
    "\x1b[?2026l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1006l\x1b[?1015l\x1b[?1016l\x1b[?2004l\x1b[?2048l\x1b[<u\x1b[?7h"
    "\x1b[?1049l\x1b[?25h\x1b[0m"
)
"""Mouse, focus, paste, resize and key reports off, line wrap on, the normal screen, a cursor, no colour."""
TITLE_KEPT: Final = "\x1b[22;0t"
"""Has the terminal put its title aside; one that cannot do that passes over it."""
TITLE_BACK: Final = "\x1b[23;0t"
"""Has it show the title again that it has put aside last."""


def open_line(descriptor: int) -> int:
    """Open the terminal behind a descriptor once more, for writing without ever waiting.

    The flag that says so belongs to the open file, and shells share theirs with what they start: it must not be set on that one.

    Args:
        descriptor: Refers to a terminal.
    """
    flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
    with suppress(OSError):
        return os.open(os.ttyname(descriptor), flags)
    with suppress(OSError):
        return os.open("/dev/tty", flags)
    # It cannot be opened anew, as after `su`. Writing may wait then; it does so in a thread that nobody waits for.
    return os.dup(descriptor)


def make_plain(descriptor: int, *, title: bool = True) -> None:
    """Give a terminal its normal screen and modes back at once; what it has not read yet of the screens is thrown away.

    Args:
        descriptor: Refers to a terminal, which may be gone.
        title: Give it its title back too; not twice, for it may have put aside those of others.
    """
    with suppress(OSError, termios.error):
        line = open_line(descriptor)
        try:
            if not os.get_blocking(line):
                if not select.select([], [line], [], 0)[1]:
                    termios.tcflush(line, termios.TCOFLUSH)
                os.write(line, (ABORT + PLAIN + (TITLE_BACK if title else "")).encode())
        finally:
            os.close(line)


class Line(threading.Thread):
    """Writes to a terminal in a thread of its own.

    Args:
        descriptor: Refers to the terminal.
        drained: Called, in the thread, when the terminal has taken everything.
        lost: Called, in the thread, when the terminal is gone.
    """

    def __init__(self, descriptor: int, drained: Callable[[], None], lost: Callable[[], None]) -> None:
        super().__init__(name="oyama-line", daemon=True)
        self._terminal = descriptor
        self._line = open_line(descriptor)
        self._drained, self._lost = drained, lost
        self._waiting = bytearray()
        self._writing = False
        self._closing = 0.0
        """When closing gives up, by the monotonic clock; 0 while nobody closes."""
        self._closed = self._said_all = False
        self._changed = threading.Condition()

    @property
    def behind(self) -> bool:
        """Whether the terminal has not taken yet what was written before."""
        return self._writing or bool(self._waiting)

    def write(self, text: str) -> None:
        """Write as soon as the terminal takes it; dropped where too much waits already."""
        with self._changed:
            if len(self._waiting) < MOST_WAITING and not self._closing and not self._closed:
                self._waiting += text.encode("utf-8", "replace")
                self._changed.notify()

    def run(self) -> None:
        """Write what comes until the line is closed."""
        try:
            while chunk := self._next():
                if not self._put(chunk):
                    return
                if not self._waiting:
                    self._writing = False
                    self._drained()
            self._said_all = True
        except OSError:
            self._lost()
        finally:
            with self._changed:
                self._closed = True
                self._waiting.clear()
                self._writing = False
            os.close(self._line)

    def _next(self) -> bytes:
        """Wait for something to write; nothing when the line is to be closed."""
        with self._changed:
            self._writing = False
            while not self._waiting and not self._closing:
                self._changed.wait()
            chunk = bytes(self._waiting)
            self._waiting.clear()
            self._writing = bool(chunk)
            return chunk

    def _put(self, chunk: bytes) -> bool:
        """Write a chunk; false when closing has become tired of waiting."""
        rest = memoryview(chunk)
        while rest:
            if self._closing and time.monotonic() > self._closing:
                return False
            if select.select([], [self._line], [], LOOK)[1]:
                with suppress(BlockingIOError):
                    rest = rest[os.write(self._line, rest[:CHUNK]) :]
        return True

    def close(self, patience: float) -> None:
        """Write what waits, for so many seconds at the most; a terminal that does not take it is made plain.

        Args:
            patience: Seconds.
        """
        with self._changed:
            self._closing = time.monotonic() + patience
            self._changed.notify()
        self.join(patience + 2 * LOOK)
        if not self._said_all:
            make_plain(self._terminal)
