"""Drawing with ASCII letters alone, where people asked for that."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Final

from textual.content import Content
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.widgets import Static
from textual.widgets._toggle_button import ToggleButton

ASCII_ONLY: Final = ContextVar("ascii_only", default=False)
"""Set by the app for all that it draws."""
_PLAIN: Final = str.maketrans(
    {"…": "...", "·": "-", "–": "-", "›": ">", "─": "-", "•": "*", "▌": ">", "↑": "up", "↓": "down", "←": "left", "→": "right"}
)


class PlainBars(ScrollBarRender):
    """A scrollbar that ends where a cell does, so that colours draw it alone."""

    VERTICAL_BARS = [" "] * 8
    HORIZONTAL_BARS = [" "] * 8


def drawn(words: str) -> str:
    """Words of our own as they are drawn; never for text from outside, which is shown as it is.

    Args:
        words: With the signs that they have where everything can be drawn.
    """
    return words.translate(_PLAIN) if ASCII_ONLY.get() else words


def end_drawn(text: str) -> str:
    """Text from outside of which the rest was left out before: the sign for that at its end as it is drawn.

    Args:
        text: One line.
    """
    return f"{text[:-1]}..." if text.endswith("…") and ASCII_ONLY.get() else text


def cut(content: Content, width: int) -> Content:
    """One line in so many cells at the most, with a sign where the rest is left out.

    Args:
        content: The line.
        width: Cells.
    """
    if not ASCII_ONLY.get() or content.cell_length <= width:
        return content.truncate(max(width, 0), ellipsis=True)
    return content.truncate(max(width - 3, 0)) + Content("..."[: max(width, 0)])


def draw_in_ascii(ascii_only: bool) -> None:
    """Draw that way from now on, in the task at hand and those that it starts.

    Args:
        ascii_only: Whether people asked for it.
    """
    ASCII_ONLY.set(ascii_only)
    ScrollBar.renderer = PlainBars if ascii_only else ScrollBarRender


def plain_parts(screen: Screen[Any]) -> None:
    """Replace the signs of ready-made fields.

    Args:
        screen: Whose fields.
    """
    for box in screen.query(ToggleButton):
        box.BUTTON_LEFT, box.BUTTON_RIGHT = "[", "]"
        box.refresh(layout=True)
    for sign, letter in ((".down-arrow", "v"), (".up-arrow", "^")):
        for arrow in screen.query(sign).results(Static):
            arrow.update(letter)
