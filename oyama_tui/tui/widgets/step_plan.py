"""What becomes of the steps of a run that is taken up anew or forked, as people read it before they say yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from oyama_tui.core.text import one_line
from oyama_tui.core.views import TWICE
from oyama_tui.tui.widgets.layout import plain, wrapped

MOST: Final = 200
"""Steps that are listed; further ones are counted."""
LONGEST: Final = 60
"""Characters of a step's name."""


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a plan."""

    does: str
    """What becomes of it, in words."""
    label: str
    permanent: bool
    """It does a second time what cannot be undone."""
    note: str
    """Said besides; empty when nothing is."""


class StepPlan(Widget):
    """A line for each step, the names below each other; what does not fit goes on below the name.

    Args:
        steps: In the order of the plan.
        notes: Said below, a line each.
        id: Of the widget.
    """

    DEFAULT_CSS = """
    StepPlan { height: auto; }
    """

    def __init__(self, steps: Sequence[StepLine], notes: Sequence[str] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._steps, self._notes = tuple(steps), tuple(notes)

    def show(self, steps: Sequence[StepLine], notes: Sequence[str]) -> None:
        """Show another plan."""
        self._steps, self._notes = tuple(steps), tuple(notes)
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """So many lines as there are at this width."""
        return len(self._lines(width))

    def render(self) -> Content:
        """The plan."""
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        shown = self._steps[:MOST]
        column = max((len(step.does) for step in shown), default=0) + 2
        lines: list[Content] = []
        for step in shown:
            said = Content.assemble(
                (one_line(step.label, LONGEST), "bold"),
                (f"  {TWICE}" if step.permanent else "", "$text-warning"),
                plain(f"  {step.note}" if step.note else "", "$text-muted"),
            )
            beside = wrapped(said, width - column)
            lines += [Content((step.does if not index else "").ljust(column)) + line for index, line in enumerate(beside)]
        if len(self._steps) > MOST:
            lines.append(plain(f"and {len(self._steps) - MOST:,} more", "$text-muted"))
        for note in self._notes:
            lines += wrapped(plain(note, "$text-muted"), width)
        return lines
