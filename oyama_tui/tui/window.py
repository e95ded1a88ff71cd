"""The app's way to its terminal: frames that are painted or dropped, and ends of every kind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

from rich.console import RenderableType
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen
from textual.widget import Widget

from oyama_tui.tui.canvas import Canvas
from oyama_tui.tui.driver import TerminalDriver
from oyama_tui.tui.program_colours import filter_program_colours


def seen_through(app: App[int]) -> list[Screen[object]]:
    """The screens that can be seen through the one on top: none through one that covers everything.

    Textual takes the one below for visible in any case: it goes on reading, and whatever it paints has the one on top painted whole.

    Args:
        app: Has the screens.
    """
    return [] if app._screen_stack and app._screen_stack[-1].styles.background.a == 1 else App._background_screens.fget(app)  # type: ignore[attr-defined]


class Window(App[int]):
    """An app on a terminal that may be slow, send anything, or go away.

    A terminal that has not taken the last frame gets no further one; when it has, it gets one frame with all that has changed meanwhile.
    """

    _background_screens = property(seen_through)
    _refresh_truecolor_filter = filter_program_colours

    def __init__(self) -> None:
        super().__init__(driver_class=TerminalDriver)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.canvas = Canvas()
        self.on_hang_up: Callable[[], None] = lambda: self.exit(0)
        """Called when the terminal is gone."""
        self.lend_keys: Callable[[bool], object] = lambda _lent: None
        """Called when the key that interrupts is another program's, and when it is this one's again."""
        self._dropped = False
        """A frame was dropped, so the terminal shows something old."""
        self._painted = 0
        """Frames that were not dropped."""
        self._awaited: list[tuple[int, Callable[[], object]]] = []
        """What is to be called when the terminal has taken so many frames."""

    def await_shown(self, tell: Callable[[], object]) -> None:
        """Call back as soon as everything that was to be painted by now stands on the terminal: at once, unless that is slow.

        Args:
            tell: Called once.
        """
        if self._is_behind:
            self._awaited.append((self._painted + self._dropped, tell))
        else:
            tell()

    @property
    def _is_behind(self) -> bool:
        """Whether the terminal shows something old."""
        return self._dropped or (isinstance(self._driver, TerminalDriver) and self._driver.behind)

    @property
    def failure(self) -> Exception | None:
        """A mistake of ours that ended the screens."""
        return self._exception

    def get_driver_class(self) -> type[Driver]:
        """The terminal's driver, on every platform that the screens run on."""
        return TerminalDriver

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Paint a frame, unless the terminal is still busy with one."""
        driver = self._driver
        if not isinstance(renderable, CompositorUpdate) or not isinstance(driver, TerminalDriver):
            super()._display(screen, renderable)
            return
        if self._batch_count or not self._running or self._closed:
            return
        if driver.behind:
            self._dropped = True
            return
        try:
            written = self.canvas.changes(renderable, self.console, self.screen.outer_size.clamp_offset(self.cursor_position))
        except Exception as error:
            self._handle_exception(error)
            return
        self._painted += 1
        if written:
            driver.write(f"{SYNC_START}{written}{SYNC_END}" if self._sync_available else written)
        else:
            self._tell_shown()

    def caught_up(self) -> None:
        """Paint what was dropped, now that the terminal takes frames again."""
        self._tell_shown()
        if self._dropped and self._running and self._screen_stack:
            self._dropped = False
            self.refresh()

    def _tell_shown(self) -> None:
        """Call those whose frame the terminal has taken."""
        if isinstance(self._driver, TerminalDriver) and self._driver.behind:
            return
        shown = [tell for frame, tell in self._awaited if frame <= self._painted]
        self._awaited = [waiting for waiting in self._awaited if waiting[0] > self._painted]
        for tell in shown:
            tell()

    def repaint(self) -> None:
        """Paint everything: others may have written on the terminal."""
        self.canvas.forget()
        if self._running and self._screen_stack:
            self.refresh()

    def hung_up(self) -> None:
        """End: nobody is there any more."""
        self.on_hang_up()

    def broke(self, error: BaseException) -> None:
        """End for a mistake of ours in another thread."""
        self._handle_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))

    def panic(self, *renderables: RenderableType) -> None:
        """End without a traceback on the terminal; whoever runs the screens gets the error itself."""
        if self._exception is None:
            shown = "\n".join(str(renderable) for renderable in renderables)
            self._exception = next((given for given in renderables if isinstance(given, Exception)), RuntimeError(shown))
        self._fatal_error()

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def on_resize(self) -> None:
        """A terminal of another size has moved what stood on it."""
        self.canvas.forget()

    def action_suspend_process(self) -> None:
        """Go back to the shell until it brings the screens to the foreground again."""
        if self.is_headless:
            return
        if os.getpgrp() == os.getsid(0):
            # A stop by a key is for shells; the system too ignores it where there is none, for nobody could end it.
            self.notify("Ctrl+Z needs a shell; this window has none.", timeout=4, markup=False)
            return
        self._suspend_signal()
        os.killpg(0, signal.SIGTSTP)


def when_shown(widget: Widget, then: Callable[..., object], *given: Any) -> None:
    """Call a widget back when what is painted next is on the terminal, however slow that is.

    Args:
        widget: Whose method it is.
        then: The method.
        given: Its arguments.
    """

    def painted() -> None:
        app = widget.app
        if isinstance(app, Window):
            app.await_shown(partial(widget.call_later, then, *given))
        else:
            then(*given)

    widget.call_after_refresh(painted)
