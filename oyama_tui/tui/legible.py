"""Themes as they are shown: where a theme's colours could not be read on our screens, they are moved until they can."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from rich.color_triplet import ColorTriplet
from textual.color import BLACK, WHITE, Color
from textual.theme import Theme

from oyama_tui.tui.colours import READABLE, contrast

SEEN: Final = 3.0
"""The least contrast of what carries no words: rules, bars, frames."""
RAISED: Final = 1.25
"""The most contrast of the grounds of dialogs and fields with that of the screen: text is to be read on all of them."""
CURSOR: Final = (1.3, 1.4)
"""The contrast of the row under the cursor with the ground of the screen, from and to."""
ROOM: Final = 8.0
"""The contrast of the ground of the screen with white or black, whichever text tends to: less leaves no room for shades."""
STEPS: Final = 64
"""In how many steps one colour is moved to another."""
FIELDS: Final = ("foreground", "background", "surface", "panel", "primary", "accent", "warning", "error", "success")
"""What a theme has as a field and not as a variable."""
TEXTS: Final = (
    "foreground",
    "text-muted",
    "text-disabled",
    "text-accent",
    "text-warning",
    "text-error",
    "text-success",
    "text-primary",
    "text-secondary",
    "block-cursor-foreground",
    "block-cursor-blurred-foreground",
)
"""Colours of text, which may stand on any ground."""
RULES: Final = ("border", "border-blurred", "primary", "accent", "warning", "error", "success", "input-cursor-background")
"""Colours of lines, frames and marks."""
BANNERS: Final = ("error-muted", "warning-muted", "success-muted", "accent-muted", "primary-muted", "secondary-muted")
"""Grounds of a line that stands out."""
OF_THE_TERMINAL: Final = {
    **dict.fromkeys(BANNERS, "ansi_default"),
    **dict.fromkeys(("block-cursor-background", "block-cursor-foreground", "block-cursor-blurred-background"), "ansi_default"),
    **dict.fromkeys(("scrollbar-background", "scrollbar-background-hover", "scrollbar-background-active"), "ansi_default"),
    "border-blurred": "ansi_default",
}
"""What a theme of the terminal's own colours has instead: signs, bold and changed over letters tell there what grounds tell elsewhere."""
THUMBS: Final = ("scrollbar", "scrollbar-hover", "scrollbar-active")
_AUTO: Final = "auto"


def legible(theme: Theme) -> Theme:
    """A theme in which everything on our screens can be read: text, rules, cursors, what is selected.

    Args:
        theme: Any one; of the terminal's own colours nobody knows what they are, so that all text stands on the terminal's own ground.
    """
    if theme.ansi:
        return replace(theme, variables=theme.variables | OF_THE_TERMINAL)
    found = theme.to_color_system().generate() | {name: given for name in FIELDS if (given := getattr(theme, name))} | theme.variables
    ground = Color.parse(found["background"])
    end, far = sorted((WHITE, BLACK), key=lambda it: -_apart(it, ground))
    ground = _moved(ground.with_alpha(1), far, lambda it: _apart(it, end) >= ROOM)

    def colour(name: str) -> Color:
        return _flat(found[name], ground, end)

    raised = {name: _moved(colour(name), ground, lambda it: _apart(it, ground) <= RAISED) for name in ("surface", "panel")}
    cursor = colour("block-cursor-background")
    if _apart(cursor, ground) < CURSOR[0] or _least(map(colour, TEXTS), cursor) < READABLE:
        cursor = _cursor(cursor, ground, (colour("primary"), end))
        found["block-cursor-foreground"] = found["foreground"]
    blurred = _moved(colour("block-cursor-blurred-background"), ground, lambda it: _apart(it, ground) <= CURSOR[1])
    grounds = (ground, *raised.values(), cursor, blurred)
    texts = {name: _moved(colour(name), end, lambda it: _on(it, grounds) >= READABLE) for name in TEXTS}
    rules = {name: _moved(colour(name), end, lambda it: _on(it, (ground, *raised.values())) >= SEEN) for name in RULES}
    banners = {name: _moved(colour(name), ground, lambda it: _least(texts.values(), it) >= READABLE) for name in BANNERS}
    track = _moved(colour("scrollbar-background"), ground, lambda it: _apart(it, ground) <= RAISED)
    thumbs = {name: _moved(colour(name), end, lambda it: _apart(it, track) >= SEEN) for name in THUMBS}
    tracks = dict.fromkeys(("scrollbar-background", "scrollbar-background-hover", "scrollbar-background-active"), track)
    cursors = {"block-cursor-background": cursor, "block-cursor-blurred-background": blurred}
    given = {"background": ground} | raised | texts | rules | banners | tracks | thumbs | cursors
    named = {name: value.hex for name, value in given.items()} | _selected(found, texts, raised["surface"], ground, end)
    shown = replace(theme, variables=theme.variables | named | {"text": named["foreground"]})
    for name in FIELDS:
        setattr(shown, name, named[name])
    return shown


def made_readable(text: Color, ground: Color) -> Color:
    """The nearest colour on the way to white or black that is read on a ground.

    Args:
        text: As it is meant.
        ground: What it stands on.
    """
    end = max(WHITE, BLACK, key=lambda it: _apart(it, ground))
    return _moved(text, end, lambda it: _apart(it, ground) >= READABLE)


def _selected(found: Mapping[str, str], texts: Mapping[str, Color], field: Color, ground: Color, end: Color) -> dict[str, str]:
    """Text that somebody has selected: as the theme has it where it can be read, else with text and ground changed over."""
    names: dict[str, str] = {}
    text = texts["foreground"]
    over = {"input": (field, [text]), "screen": (ground, list(texts.values()))}
    for what, (below, readers) in over.items():
        at = f"{what}-selection-background"
        if _least(readers, _flat(found[at], below, end)) < READABLE:
            names |= {at: text.hex, f"{what}-selection-foreground": ground.hex}
    return names


def _cursor(wanted: Color, ground: Color, others: Sequence[Color]) -> Color:
    """The ground of the row under the cursor: told apart from the others, and no further from them than text allows."""
    least, most = CURSOR
    for colour in (wanted, *others):
        near = _moved(colour, ground, lambda it: _apart(it, ground) <= most)
        if _apart(near, ground) >= least:
            return near
    return near


def _flat(value: str, ground: Color, end: Color) -> Color:
    """A colour without anything shining through."""
    name, _, share = value.partition(" ")
    colour = end if name == _AUTO else Color.parse(name)
    seen = float(share.strip(" %")) / 100 if share else colour.a
    return Color.parse(ground.blend(colour.with_alpha(1), seen, alpha=1).hex)


def _moved(colour: Color, to: Color, enough: Callable[[Color], bool]) -> Color:
    """The first colour on the way to another one that is enough."""
    for step in range(STEPS):
        found = Color.parse(colour.blend(to, step / STEPS, alpha=1).hex)
        if enough(found):
            return found
    return to


def _triplet(colour: Color) -> ColorTriplet:
    return ColorTriplet(*colour.rgb)


def _apart(one: Color, other: Color) -> float:
    return contrast(_triplet(one), _triplet(other))


def _on(text: Color, grounds: Sequence[Color]) -> float:
    return min(_apart(text, ground) for ground in grounds)


def _least(texts: Iterable[Color], ground: Color) -> float:
    return min(_apart(text, ground) for text in texts)
