"""The sixteen colours in which programs write, on the ground of whatever theme there is."""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.app import App
from textual.color import Color as ThemeColour
from textual.filter import ANSIToTruecolor

from oyama_tui.tui.colours import READABLE, contrast
from oyama_tui.tui.legible import made_readable


class ProgramColours(ANSIToTruecolor):
    """Gives numbered colours and dim letters their values; text that could not be read on its ground is moved until it can."""

    def apply(self, segments: list[Segment], background: ThemeColour) -> list[Segment]:
        """Segments in values.

        Args:
            segments: As a widget drew them.
            background: What they stand on, where they have no ground of their own.
        """
        ground = background.rich_color
        return [
            after if after.style is before.style or after.style is None else Segment(after.text, _readable(after.style, ground))
            for before, after in zip(segments, super().apply(segments, background), strict=True)
        ]


@lru_cache(maxsize=1024)
def _readable(style: Style, background: Color) -> Style:
    text, ground = style.color, style.bgcolor or background
    if text is None or text.triplet is None or ground.triplet is None or contrast(text.triplet, ground.triplet) >= READABLE:
        return style
    moved = made_readable(ThemeColour(*text.triplet), ThemeColour(*ground.triplet))
    return style + Style(color=Color.from_triplet(ColorTriplet(*moved.rgb)))


def filter_program_colours(app: App[int], theme: TerminalTheme) -> None:
    """Have an app show what programs write so that it can be read.

    Args:
        app: Shows it.
        theme: The values of the sixteen colours.
    """
    wanted = ProgramColours(theme, enabled=not app.native_ansi_color)
    app._filters = [wanted if isinstance(each, ANSIToTruecolor) else each for each in app._filters]
