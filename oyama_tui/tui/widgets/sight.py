"""Since when something has been in sight on the terminal, and for how long in all."""

from __future__ import annotations

from time import monotonic

from textual.widget import Widget

from oyama_tui.tui.window import when_shown


class Sight:
    """How long what a widget shows has been in sight; something else begins anew.

    Args:
        widget: It.
    """

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self.shown = ""
        """The name of what is shown; empty for nothing."""
        self.since = float("inf")
        """When it has come into sight, by the monotonic clock."""
        self._before = 0.0
        """Seconds for which it had been in sight before that."""

    def show(self, name: str) -> None:
        """Something else is shown from the next picture on.

        Args:
            name: What; empty for nothing.
        """
        self.shown, self.since, self._before = name, float("inf"), 0.0
        self.come()

    def come(self) -> None:
        """From the next picture on it is in sight, where there is room for it."""
        when_shown(self._widget, self._painted, self.shown)

    def _painted(self, name: str) -> None:
        if name and name == self.shown and self._widget.is_on_screen and self.since == float("inf"):
            self.since = monotonic()

    def leave(self) -> None:
        """Nobody sees it any more."""
        self._before, self.since = self.milliseconds / 1000, float("inf")

    @property
    def milliseconds(self) -> float:
        """For how long it has been in sight."""
        return (self._before + max(monotonic() - self.since, 0.0)) * 1000
