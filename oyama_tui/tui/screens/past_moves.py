"""Moving along a run's journal, by keys, by the mouse, and by itself."""

from __future__ import annotations

from textual import on
from textual.timer import Timer

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views import AttemptView, Difference, MarkView, MomentView
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.render.past import SOUGHT
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.widgets.time_line import TimeLine

A_SECOND = 10
"""Moments that are shown in a second while it plays."""
LONGEST = 60
"""Seconds that it plays at the most: of a long run several events pass between two moments."""


class PastDetail(Frozen):
    """What the screen shows."""

    moment: MomentView
    marks: tuple[MarkView, ...]
    attempt: AttemptView | None = None
    difference: tuple[Difference, ...] | None = None


class PastMoves(StudioScreen[PastDetail]):
    """A screen that shows one moment of a run.

    Args:
        context: What all screens share.
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.seq = 0
        """The event after which the run is wanted; 0 for the newest one there is at first."""
        self._playing: Timer | None = None

    @property
    def plays(self) -> bool:
        """Whether it moves by itself."""
        return self._playing is not None

    def go(self, seq: int) -> None:
        """To an event, or to the nearest one that there is."""
        if self.view is not None:
            self.seq = min(max(seq, 1), self.view.moment.last)
            self.reload()

    @on(TimeLine.Pointed)
    def _pointed(self, event: TimeLine.Pointed) -> None:
        self.stop()
        self.go(event.seq)

    def action_go_by(self, step: int) -> None:
        """So many events on."""
        self.stop()
        self.go(self.seq + step)

    def action_go_to_end(self, direction: int) -> None:
        """To the first event, or to the newest one."""
        self.stop()
        self.go(1 if direction < 0 or self.view is None else self.view.moment.last)

    def action_go_to_mark(self, direction: int) -> None:
        """To the nearest failure or question in a direction."""
        self.stop()
        marks = [mark.seq for mark in self.view.marks if mark.kind in SOUGHT] if self.view is not None else []
        further = [seq for seq in marks if (seq - self.seq) * direction > 0]
        if further:
            self.go(min(further, key=lambda seq: abs(seq - self.seq)))
        else:
            self.say(f"No failure and no question {'after' if direction > 0 else 'before'} this event.")

    def action_play_past(self) -> None:
        """Let it happen once more, from the beginning when one is at its end; or stop."""
        if self.stop() or self.view is None:
            return
        if self.seq >= self.view.moment.last:
            self.seq = 1
        self._playing = self.set_interval(1 / A_SECOND, self._play_on)
        self.reload()

    def _play_on(self) -> None:
        """The next moment, once the one before it is in sight."""
        if self.view is None or self.view.moment.seq != self.seq:
            return
        last = self.view.moment.last
        if self.seq >= last:
            self.stop()
        self.go(self.seq + max(1, round(last / (A_SECOND * LONGEST))))

    def stop(self) -> bool:
        """Stop to play; whether it did."""
        playing, self._playing = self._playing, None
        if playing is not None:
            playing.stop()
            self.reload()
        return playing is not None
