"""A pseudo-terminal with a program on it: what it drew, every byte that it wrote, and the state that it left."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping
from typing import Any

import pyte

from tests.reliability.program import PATIENCE, Launcher

CHUNK = 65536
MARK = b"\0" * 12
"""Written behind what the program wrote: when it has come, so has everything before it. A window shows nothing of it."""


class Terminal:
    """A terminal on which one command runs.

    Args:
        launcher: Starts it.
        words: The command line.
        columns: Of the window.
        rows: Of the window.
        env: Changes to the environment.
        draw: Keep account of what the window shows, and not only of the bytes.
    """

    def __init__(
        self,
        launcher: Launcher,
        *words: str,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        draw: bool = True,
    ) -> None:
        self._launcher = launcher
        self.near, self.far = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.far)
        self.raw = bytearray()
        """Every byte that the program wrote."""
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen) if draw else None
        self.pid = launcher.on_terminal(self.far, words, env)
        self._ended: int | None = None

    @property
    def code(self) -> int | None:
        """The exit code, a signal as a negative number; none while it runs."""
        if self._ended is None:
            self._ended = self._launcher.ask({"code": self.pid})
        return self._ended

    @property
    def text(self) -> str:
        """What the window shows."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def pump(self, seconds: float = 0.0) -> bool:
        """Take in what the program writes; whether there was anything."""
        if self.near < 0 or not select.select([self.near], [], [], seconds)[0]:
            return False
        try:
            chunk = os.read(self.near, CHUNK)
        except OSError:
            return False
        self.raw += chunk
        if self._stream is not None:
            self._stream.feed(chunk)
        return bool(chunk)

    def until(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
        """Take in what is written until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"never happened: {what}\n{self.text}\n{bytes(self.raw[-2000:])!r}"
            self.pump(0.02)

    def shows(self, words: str, seconds: float = PATIENCE) -> None:
        """Wait until the window shows these words."""
        self.until(lambda: words in self.text, f"the window shows {words!r}", seconds)

    def settles(self, seconds: float = 0.5) -> None:
        """Wait until what the window shows has stayed the same for so many seconds; a cursor may blink all the while."""
        shown, since = self.text, time.monotonic()

        def still() -> bool:
            nonlocal shown, since
            if self.text != shown:
                shown, since = self.text, time.monotonic()
            return time.monotonic() - since >= seconds

        self.until(still, f"the window stays the same for {seconds} s")

    def press_until(self, key: str, words: str) -> None:
        """Press a key, as often as a person does whose program has only just got the terminal back, until the window shows these words."""
        pressed = 0.0

        def shown() -> bool:
            nonlocal pressed
            if time.monotonic() - pressed > 1:
                self.type(key)
                pressed = time.monotonic()
            return words in self.text

        self.until(shown, f"{key!r} makes the window show {words!r}")

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.near, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Change the window's size."""
        fcntl.ioctl(self.near, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, number: signal.Signals) -> None:
        """Send the program a signal, unless it has ended."""
        if self.code is None:
            os.kill(self.pid, number)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait for the end, taking in what is written."""
        self.until(lambda: self.code is not None, f"process {self.pid} ends", seconds)
        if self.near >= 0:
            self._take_the_rest()
        assert b"Traceback" not in self.raw, bytes(self.raw[-4000:])
        return self.code or 0

    def _take_the_rest(self) -> None:
        """Take in what was written last: it may still be on its way through the kernel when the process is gone."""
        while self.pump():
            pass
        seen = len(self.raw)
        os.set_blocking(self.far, False)
        left = MARK
        while left:
            try:
                left = left[os.write(self.far, left) :]
            except BlockingIOError:
                self.pump(0.02)
        os.set_blocking(self.far, True)
        self.until(lambda: MARK in self.raw[seen:], "all that was written comes")
        place = self.raw.index(MARK, seen)
        del self.raw[place : place + len(MARK)]

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self.near)
        os.close(self.far)
        self.near = self.far = -1

    def is_restored(self) -> bool:
        """Whether the line discipline is as before, the cursor is shown, and the normal screen is back."""
        attributes = termios.tcgetattr(self.far)
        return attributes[:4] == self.before[:4] and self._mode(25, at_first=True) and not self._mode(1049, at_first=False)

    def _mode(self, number: int, *, at_first: bool) -> bool:
        """Whether a private mode is set, by the last sequence that sets or resets it."""
        last_set, last_reset = (self.raw.rfind(b"\x1b[?%d%b" % (number, final)) for final in (b"h", b"l"))
        return at_first if last_set == last_reset == -1 else last_set > last_reset

    def close(self) -> None:
        """End the program and let go of the terminal."""
        self.send(signal.SIGKILL)
        if self.near >= 0:
            self.until(lambda: self.code is not None, "the killed program ends")
            self.hang_up()
