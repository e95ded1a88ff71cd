"""Dialogs are armed late: what was typed before somebody can have seen them has no effect."""

from __future__ import annotations

from time import monotonic
from typing import TypeVar

from textual import events
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widget import Widget

from oyama_tui.tui.commands import Command, bindings
from oyama_tui.tui.frames import Paced
from oyama_tui.tui.window import when_shown

ResultT = TypeVar("ResultT")
ARMED_AFTER = 0.3
"""Seconds in which a new dialog takes no key and no click."""
QUIET = 0.8
"""Seconds without input after input that came too early: longer than it takes until a held key repeats."""


class ScrollOn(Command):
    """Read on in a long dialog."""

    key, label, room = "pagedown", "read on", "dialog"


class ScrollBack(Command):
    """Read back in a long dialog."""

    key, label, room = "pageup", "read back", "dialog"


class ArmedLate(Paced[ResultT], ModalScreen[ResultT], inherit_bindings=False):
    """A screen on top of another one that takes input only when it has been in sight without any for a while."""

    BINDINGS = bindings(ScrollOn, ScrollBack)

    def __init__(self) -> None:
        super().__init__()
        self.armed = False
        self.over = ""
        """Why it cannot be answered any more: then it only waits to be closed."""
        self._quiet = ARMED_AFTER
        self._armed_at = float("inf")
        self._arming: Timer | None = None

    def first_focus(self) -> Widget | None:
        """Where the keys go at first."""
        return None

    def on_mount(self) -> None:
        """Arm it when it has been seen."""
        when_shown(self, self._await_quiet)

    def _await_quiet(self) -> None:
        if self._arming is not None:
            self._arming.stop()
        self._arming = self.set_timer(self._quiet, self._arm)

    def _arm(self) -> None:
        self.armed, self._armed_at = True, monotonic()
        self.query_one("#frame").disabled = False
        first = None if self.over else self.first_focus()
        if first is not None:
            first.focus()
        self.refresh_bindings()

    def _disarm(self) -> None:
        self.armed, self._quiet = False, QUIET
        if self._arming is not None:
            self.query_one("#frame").disabled = True
            self._await_quiet()
            self.refresh_bindings()

    def swallows(self, event: events.Event) -> bool:
        """Whether input came too early, or when there is nothing to answer any more; each such input puts off the arming."""
        if isinstance(event, events.MouseMove | events.MouseScrollDown | events.MouseScrollUp):
            return False
        types = isinstance(event, events.Paste) or (isinstance(event, events.Key) and event.key != "escape")
        if self.armed and event.time >= self._armed_at and not (self.over and types):
            return False
        if not isinstance(event, events.MouseUp):
            self._disarm()
        return True

    def action_scroll_on(self) -> None:
        """Read on in a long dialog."""
        self.query_one("#fields").scroll_page_down(animate=False)

    def action_scroll_back(self) -> None:
        """Read back in a long dialog."""
        self.query_one("#fields").scroll_page_up(animate=False)
