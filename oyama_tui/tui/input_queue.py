"""What comes from the keyboard and the mouse, one thing at a time: a burst of bytes does what slow typing does."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable
from weakref import WeakSet

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.widgets import Input, TextArea
from textual.worker import Worker

from oyama_tui.tui.commands.global_commands import QuitScreens
from oyama_tui.tui.sizes import LEAST_COLUMNS, LEAST_ROWS
from oyama_tui.tui.work import STANDING, work

PATIENCE = 2.0
"""Seconds that input waits for what the input before it has caused; then it is taken as typed by somebody who saw that nothing came."""
SPINS = 50
"""Turns of the loop before waiting takes longer steps."""
STEP = 0.002
LEFT = 1
"""The only button that presses anything."""
MOVES = ("move_down", "move_up", "move_left", "move_right", "move_top", "move_bottom", "page_down", "page_up", "read_on", "read_back")
"""Actions that go on from where one is, whatever is still being read there."""
LEAVES_FIELD = ("enter", "escape", "tab", "shift+tab", "up", "down")
"""Keys in a field that may do more than change its text."""


@runtime_checkable
class Guarded(Protocol):
    """A screen that does not take all input."""

    def swallows(self, event: events.Event) -> bool:
        """Whether this input must have no effect."""


class InputQueue:
    """Lets one key, paste or mouse report after another through to the app.

    Each is let through only when everything that the one before it has caused is done: messages are handled, screens are mounted
    or gone, the focus has moved, and what was asked of the studio is there.

    Args:
        app: Where input goes.
        patience: Seconds to wait at the most.
    """

    def __init__(self, app: App[Any], patience: float = PATIENCE) -> None:
        self._app = app
        self._patience = patience
        self._waiting: deque[events.Event] = deque()
        self._turn: events.Event | None = None
        self._feeding = False
        self._stuck = False
        """Messages were waited for in vain; not again before they are done."""
        self._given_up: WeakSet[Worker[Any]] = WeakSet()
        """Work that was waited for in vain; not again."""
        self._typing_into: object = None
        """The field that has taken the last input as its text."""
        self.typed_at = 0.0
        """When the input that is carried out now was typed."""

    @property
    def is_idle(self) -> bool:
        """Whether no input waits, and nothing that input has caused is under way."""
        return not self._feeding and not self._is_restless() and not any(self._jobs())

    def holds(self, event: events.Event) -> bool:
        """Take input as it comes; false when it is its turn, true when it comes again later or has no effect.

        Args:
            event: Anything that the app is about to handle.
        """
        if not isinstance(event, events.InputEvent | events.Paste) or event.is_forwarded:
            return False
        if event is self._turn:
            self._turn = None
        elif self._feeding or self._is_restless(handling=True) or self._must_wait_for_work(event):
            self._add(event)
            return True
        return not self._let_through(event)

    def _add(self, event: events.Event) -> None:
        if isinstance(event, events.MouseMove) and self._waiting and isinstance(self._waiting[-1], events.MouseMove):
            self._waiting.pop()
        self._waiting.append(event)
        if not self._feeding:
            self._feeding = True
            work(self._app, self._feed, group="input")

    def _let_through(self, event: events.Event) -> bool:
        """Whether input has an effect."""
        self._typing_into = self._app.focused if self._is_text(event) and self._only_changes_text(event) else None
        if isinstance(event, events.MouseDown | events.MouseUp) and event.button != LEFT:
            return False
        if self._is_too_small():
            if isinstance(event, events.Key) and event.key in QuitScreens.keys(self._app):
                # No question could be read here. Runs go on without the screens, so nothing is lost.
                self._app.exit(0)
            return False
        screen = self._app.screen
        if isinstance(screen, Guarded) and screen.swallows(event):
            return False
        self.typed_at = event.time
        return True

    def _is_too_small(self) -> bool:
        """Whether nobody can see what input would do."""
        size = self._app.size
        return size.width < LEAST_COLUMNS or size.height < LEAST_ROWS

    async def _feed(self) -> None:
        try:
            while self._waiting:
                event = self._waiting.popleft()
                if not self._goes_on_typing(event):
                    await self._settle(event)
                self._turn = event
                self._app.post_message(event)
                while self._turn is event:
                    await asyncio.sleep(0)
        finally:
            self._feeding = False

    def _goes_on_typing(self, event: events.Event) -> bool:
        """Letters of one word into one field need not wait for each other."""
        return self._typing_into is not None and self._typing_into is self._app.focused and self._is_text(event)

    def _is_text(self, event: events.Event) -> bool:
        """Whether input is taken by the field itself; keys that move or delete in it are looked up on the way to the app and back."""
        return isinstance(event, events.Paste) or (isinstance(event, events.Key) and event.is_printable)

    def _only_changes_text(self, event: events.Event) -> bool:
        if not isinstance(self._app.focused, Input | TextArea):
            return False
        return isinstance(event, events.Paste) or (isinstance(event, events.Key) and event.key not in LEAVES_FIELD)

    async def _settle(self, event: events.Event) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience
        spins = 0
        while (restless := self._is_restless()) or self._must_wait_for_work(event):
            if loop.time() > end:
                self._stuck = restless
                self._given_up.update(self._jobs())
                return
            spins += 1
            await asyncio.sleep(0 if spins < SPINS else STEP)

    def _must_wait_for_work(self, event: events.Event) -> bool:
        """Whether input depends on what is being asked of the studio."""
        if isinstance(event, events.MouseMove | events.MouseScrollDown | events.MouseScrollUp) or not any(self._jobs()):
            return False
        if self._only_changes_text(event):
            return False
        if isinstance(event, events.Key):
            active = self._app.screen.active_bindings.get(event.key)
            return active is None or active.binding.action not in MOVES
        return True

    def _jobs(self) -> Iterator[Worker[Any]]:
        for job in self._app.workers:
            if job.group not in STANDING and not job.is_finished and job not in self._given_up:
                yield job

    def _is_restless(self, *, handling: bool = False) -> bool:
        """Whether messages are being handled or wait, or a layout does.

        Args:
            handling: Asked by the app in the midst of a message, which does not count.
        """
        app = self._app
        restless = _has_messages(app) if handling else _is_busy(app)
        if not restless and app.screen_stack:
            screen = app.screen
            restless = bool(screen._callbacks or screen._layout_required or screen._scroll_required)
            restless = restless or any(_is_busy(node) for stack in app.screen_stack for node in stack.walk_children(with_self=True))
        if not restless:
            self._stuck = False
        return restless and not self._stuck


def _has_messages(pump: MessagePump) -> bool:
    return pump.message_queue_size > 0 or pump._pending_message is not None or bool(pump._next_callbacks)


def _is_busy(pump: MessagePump) -> bool:
    """Whether it does anything but wait for its next message."""
    if pump._closed or pump._closing:
        return False
    waits = any(not waiter.done() for waiter in vars(pump._message_queue.ready_event)["_waiters"])
    return not waits or _has_messages(pump)
