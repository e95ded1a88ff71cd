"""What programs wrote, in their own colours."""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from textual.color import Color
from textual.content import Content, Span
from textual.style import Style

from oyama_tui.core.terminal_output import Colour, Look, spans
from oyama_tui.tui.widgets.layout import BLANK, wrapped


@lru_cache(maxsize=512)
def style_of(look: Look) -> Style:
    """The style of a look; the first 16 colours are those of the theme.

    Args:
        look: As a program chose it.
    """
    return Style(
        foreground=_colour(look.foreground),
        background=_colour(look.background),
        bold=look.bold or None,
        dim=look.dim or None,
        italic=look.italic or None,
        underline=look.underline or None,
        reverse=look.reverse or None,
        strike=look.strike or None,
    )


def _colour(colour: Colour | None) -> Color | None:
    if colour is None:
        return None
    return Color(*colour) if isinstance(colour, tuple) else Color.from_rich_color(RichColor.from_ansi(colour))


def output_line(line: str, *, colours: bool) -> Content:
    """One line of output, made harmless.

    Args:
        line: As a program wrote it, without its line break.
        colours: Whether its colours are shown.
    """
    pieces = spans(line)
    text = "".join(piece for piece, _ in pieces)
    if not colours:
        return Content(text) if text else BLANK
    styles: list[Span] = []
    end = 0
    for piece, look in pieces:
        begin, end = end, end + len(piece)
        if look.codes:
            styles.append(Span(begin, end, style_of(look)))
    return Content(text, styles) if text else BLANK


def output_lines(text: str, width: int, *, colours: bool, indent: int = 0) -> list[Content]:
    """Output with its line breaks, broken to a width.

    Args:
        text: Any number of lines.
        width: Cells, the indent included.
        colours: Whether colours are shown.
        indent: Cells before each line.
    """
    lines: list[Content] = []
    for line in text.split("\n"):
        lines += wrapped(output_line(line, colours=colours), width, indent)
    return lines
