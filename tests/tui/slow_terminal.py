"""A terminal that takes what the screens write only when it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from textual.driver import Driver

from oyama_tui.tui.app import OyamaApp
from oyama_tui.tui.driver import TerminalDriver


class SlowDriver(TerminalDriver):
    """A terminal that takes frames only when it is told to."""

    def __init__(self, app: OyamaApp) -> None:
        Driver.__init__(self, app)
        self.slow = True
        self.frames: list[str] = []

    @property
    def behind(self) -> bool:
        """As told."""
        return self.slow

    def write(self, data: str) -> None:
        """Note a frame; titles and the like are none."""
        if not data.startswith("\x1b]"):
            self.frames.append(data)


@contextmanager
def slow_terminal(app: OyamaApp) -> Iterator[SlowDriver]:
    """Put a slow terminal in the place of the app's own."""
    before, app._driver = app._driver, (driver := SlowDriver(app))
    try:
        yield driver
    finally:
        app._driver = before
