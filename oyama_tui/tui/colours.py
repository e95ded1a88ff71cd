"""The theme's colours on terminals that have fewer: near to what is meant, and as readable."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from rich._palettes import EIGHT_BIT_PALETTE, STANDARD_PALETTE
from rich.color import Color, ColorSystem, ColorType
from rich.color_triplet import ColorTriplet
from rich.style import Style

READABLE: Final = 4.5
"""The contrast up to which a pair of colours keeps the one that it has."""
NEUTRAL: Final = 0.045
"""Chroma below which a colour has no hue that anybody would name."""
FALSE_HUE: Final = 0.9
"""How far a hue may be turned before none at all is better: green text must not become amber."""
_OWN: Final = 16
"""The first colours of 256 are whatever the terminal's settings make of them, so they are not counted on where there are others."""


class Oklab(NamedTuple):
    """A colour as eyes compare it: lightness from 0 to 1, then how red and how yellow it is."""

    lightness: float
    red: float
    yellow: float

    @property
    def chroma(self) -> float:
        """How much of a hue it has; 0 for greys."""
        return math.hypot(self.red, self.yellow)

    def turn_to(self, other: Oklab) -> float:
        """How far another colour's hue is, from 0 to half a circle."""
        turn = abs(math.atan2(self.yellow, self.red) - math.atan2(other.yellow, other.red))
        return min(turn, 2 * math.pi - turn)


def _linear(part: int) -> float:
    value = part / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


@lru_cache(maxsize=4096)
def oklab(colour: ColorTriplet) -> Oklab:
    """A colour in the space in which distances are those that eyes see (Björn Ottosson's Oklab)."""
    red, green, blue = (_linear(part) for part in colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return Oklab(
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


@lru_cache(maxsize=4096)
def contrast(one: ColorTriplet, other: ColorTriplet) -> float:
    """How well one colour is read on the other, from 1 to 21 (WCAG 2)."""
    lights = [0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue) for red, green, blue in (one, other)]
    return (max(lights) + 0.05) / (min(lights) + 0.05)


PALETTES: Final[Mapping[ColorSystem, Mapping[int, ColorTriplet]]] = {
    ColorSystem.EIGHT_BIT: {number: EIGHT_BIT_PALETTE[number] for number in range(_OWN, 256)},
    ColorSystem.STANDARD: {number: STANDARD_PALETTE[number] for number in range(16)},
}
"""The colours that a terminal of each kind has, by number."""


def _distance(wanted: Oklab, there: Oklab, few: bool) -> float:
    """How unlike two colours are. Of few colours the hue counts first: it is what tells states apart."""
    if not few:
        return math.dist(wanted, there)
    away = abs(wanted.lightness - there.lightness)
    if wanted.chroma < NEUTRAL:
        return away + 4 * there.chroma
    turn = FALSE_HUE if there.chroma < NEUTRAL else wanted.turn_to(there)
    return away + 2 * turn


@lru_cache(maxsize=4096)
def nearest(colour: ColorTriplet, system: ColorSystem, on: int | None = None, at_least: float = 1.0) -> int:
    """The number of the colour that is most like another one.

    Args:
        colour: What is meant.
        system: How many colours there are.
        on: The number of the colour that it stands on.
        at_least: The contrast with that; where none has it, the one with the most is taken.
    """
    palette, wanted, few = PALETTES[system], oklab(colour), system is ColorSystem.STANDARD
    numbers = list(palette)
    if on is not None:
        ground = palette[on]
        most = max(contrast(palette[number], ground) for number in numbers)
        numbers = [number for number in numbers if contrast(palette[number], ground) >= min(at_least, most)]
    return min(numbers, key=lambda number: _distance(wanted, oklab(palette[number]), few))


def on_terminal(style: Style, system: ColorSystem) -> Style:
    """A style in colours that the terminal has; text stays as readable as it was, up to where more is of no use.

    Args:
        style: With colours of the theme; others, such as the terminal's own, stay as they are.
        system: How many colours there are.
    """
    return style + _colours(style.color, style.bgcolor, system) if system in PALETTES else style


@lru_cache(maxsize=4096)
def _colours(colour: Color | None, background: Color | None, system: ColorSystem) -> Style:
    text, ground = _meant(colour), _meant(background)
    number = nearest(ground, system) if ground is not None else None
    wanted = min(contrast(text, ground), READABLE) if text is not None and ground is not None else 1.0
    return Style(
        color=Color.from_ansi(nearest(text, system, number, wanted)) if text is not None else None,
        bgcolor=Color.from_ansi(number) if number is not None else None,
    )


def _meant(colour: Color | None) -> ColorTriplet | None:
    """What is meant by a colour, where that is the same on every terminal."""
    return colour.triplet if colour is not None and colour.type is ColorType.TRUECOLOR else None
