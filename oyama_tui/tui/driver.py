"""The way to a real terminal and back: whatever it sends or fails to take, the screens go on, or end in good order."""

from __future__ import annotations

import os
import select
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import Any, Final, Protocol, cast

from textual.drivers.linux_driver import LinuxDriver

from oyama_tui.tui.keyboard import Keyboard
from oyama_tui.tui.line import TITLE_BACK, TITLE_KEPT, Line

LOOK: Final = 0.1
"""Seconds between two looks at whether the screens still want keys."""
CHUNK: Final = 4096
PATIENCE: Final = 0.5
"""Seconds that a terminal has for taking the last words of the screens."""


class Host(Protocol):
    """What the driver tells the app."""

    def hung_up(self) -> None:
        """The terminal is gone."""

    def caught_up(self) -> None:
        """The terminal has taken everything."""

    def repaint(self) -> None:
        """Nothing of what was painted stands on the terminal for sure."""

    def broke(self, error: BaseException) -> None:
        """A mistake of ours ended the reading of keys."""


class TerminalDriver(LinuxDriver):
    """Reads keys and writes frames; neither can stop or end the app by being slow, invalid or gone."""

    def __init__(self, app: Any, **given: Any) -> None:
        super().__init__(app, **given)
        self._host = cast(Host, app)
        self._out: Line | None = None
        self._shown = False
        """The terminal shows the screens, as far as we know."""

    @property
    def behind(self) -> bool:
        """Whether the terminal has not taken yet what was written before."""
        return self._out is not None and self._out.behind

    def write(self, data: str) -> None:
        """Write as soon as the terminal takes it."""
        if self._out is not None:
            self._out.write(data)

    def start_application_mode(self) -> None:
        """Take the terminal."""
        if self._out is None:
            self._out = Line(1, self._teller(self._host.caught_up), self._teller(self._host.hung_up))
            self._out.start()
        self.write(TITLE_KEPT)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._shown = True

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        if self._shown:
            self.write(TITLE_BACK)
        self._shown = False
        super().stop_application_mode()

    def close(self) -> None:
        """Write the rest, as far as it is taken."""
        super().close()
        if self._out is not None:
            self._out.close(PATIENCE)
            self._out = None

    def resume_application_mode(self) -> None:
        """Take the terminal again: whoever had it meanwhile may have written on it."""
        super().resume_application_mode()
        self._tell(self._host.repaint)

    def _sigcont_application(self, *_signal: object) -> None:
        """Go on after a stop: one that could not be seen coming left the terminal to others as the screens had it."""
        if not self._auto_restart:
            return
        if self._shown:
            self.suspend_application_mode()
        self.resume_application_mode()

    def _tell(self, told: Callable[[], None]) -> None:
        """Have the app told something, from whatever thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(told)

    def _teller(self, told: Callable[[], None]) -> Callable[[], None]:
        return lambda: self._tell(told)

    def _run_input_thread(self) -> None:
        """Read keys until the screens want no more, and never end unheard."""
        try:
            self.run_input_thread()
        except Exception as error:
            wrong = error
            self._tell(lambda: self._host.broke(wrong))

    def run_input_thread(self) -> None:
        """Read keys; bytes that are no UTF-8, as old mice and 8-bit keyboards send them, become replacement characters."""
        keyboard = Keyboard(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        while not self.exit_event.is_set():
            text = ""
            if select.select([self.fileno], [], [], LOOK)[0]:
                try:
                    data = os.read(self.fileno, CHUNK)
                except BlockingIOError:
                    continue
                except OSError:
                    data = b""
                if not data:
                    self._tell(self._host.hung_up)
                    return
                text = decode(data)
            for message in (*keyboard.feed(text), *keyboard.tick()):
                self.process_message(message)
