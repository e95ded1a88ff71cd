"""Whatever colours a theme has, it is shown so that everything on our screens can be read."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color_triplet import ColorTriplet
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from oyama_tui.tui.colours import READABLE, contrast, oklab
from oyama_tui.tui.legible import BANNERS, CURSOR, RULES, SEEN, TEXTS, THUMBS, legible
from oyama_tui.tui.themes import THEMES

COLOURS = st.builds(lambda red, green, blue: Color(red, green, blue).hex, *[st.integers(0, 255)] * 3)
GROUNDS = ("background", "surface", "panel", "block-cursor-background", "block-cursor-blurred-background")
RESULTS = ("text-success", "text-error", "text-warning")
NEAREST = 0.04
"""How unlike results have to be; an eye tells half of that, and Solarized's own orange and red are no further apart."""
ALL = [theme for theme in (*BUILTIN_THEMES.values(), *THEMES) if not theme.ansi]


def colour(theme: Theme, name: str) -> ColorTriplet:
    """A colour of a theme as it is shown."""
    return ColorTriplet(*Color.parse((theme.to_color_system().generate() | theme.variables)[name]).rgb)


def check(theme: Theme) -> None:
    """Everything can be read."""
    grounds = {name: colour(theme, name) for name in GROUNDS}
    for text in TEXTS:
        for name, ground in grounds.items():
            assert contrast(colour(theme, text), ground) >= READABLE, f"{text} on {name}"
        for name in BANNERS:
            assert contrast(colour(theme, text), colour(theme, name)) >= READABLE, f"{text} on {name}"
    for rule in RULES:
        assert contrast(colour(theme, rule), grounds["background"]) >= SEEN, rule
    for thumb in THUMBS:
        assert contrast(colour(theme, thumb), colour(theme, "scrollbar-background")) >= SEEN, thumb
    assert contrast(grounds["block-cursor-background"], grounds["background"]) >= CURSOR[0]


@pytest.mark.parametrize("theme", ALL, ids=lambda theme: theme.name)
def test_every_theme_on_offer_is_shown_so_that_it_can_be_read(theme: Theme) -> None:
    check(legible(theme))


@given(
    st.builds(Theme, st.just("any"), *[COLOURS] * 10, dark=st.booleans()), st.dictionaries(st.sampled_from([*TEXTS, *GROUNDS[3:]]), COLOURS)
)
@settings(max_examples=60, deadline=None)
def test_any_colours_at_all_can_be_read(theme: Theme, variables: dict[str, str]) -> None:
    theme.variables = variables
    check(legible(theme))


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_themes_of_the_house_are_shown_as_they_are_written(theme: Theme) -> None:
    shown = legible(theme)
    fields = ("foreground", "background", "surface", "panel", "primary", "accent", "warning", "error", "success")
    for name in fields:
        assert Color.parse(getattr(shown, name)) == Color.parse(getattr(theme, name)), name
    for name, value in theme.variables.items():
        assert shown.variables[name].lower() == value, name


@pytest.mark.parametrize("theme", ALL, ids=lambda theme: theme.name)
def test_results_are_told_apart(theme: Theme) -> None:
    shown = [oklab(colour(legible(theme), name)) for name in RESULTS]
    assert min(math.dist(one, other) for one in shown for other in shown if one != other) >= NEAREST


SEEN_BY: dict[str, tuple[tuple[float, float, float], ...]] = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}
"""How people see who lack one kind of cones: what of linear red, green and blue they take for each (Machado, Oliveira, Fernandes 2009)."""


def seen_by(kind: str, shown: ColorTriplet) -> ColorTriplet:
    """A colour as it is seen by somebody who does not tell red from green."""
    linear = [((part / 255 + 0.055) / 1.055) ** 2.4 if part > 10 else part / 255 / 12.92 for part in shown]
    seen = [min(max(sum(share * part for share, part in zip(row, linear, strict=True)), 0), 1) for row in SEEN_BY[kind]]
    return ColorTriplet(*(round(255 * (1.055 * part ** (1 / 2.4) - 0.055 if part > 0.0031308 else 12.92 * part)) for part in seen))


@pytest.mark.parametrize("kind", SEEN_BY)
def test_who_does_not_tell_red_from_green_tells_results_apart_in_the_theme_made_for_that(kind: str) -> None:
    theme = legible(next(theme for theme in THEMES if theme.name == "oyama-colour-blind"))
    seen = [oklab(seen_by(kind, colour(theme, name))) for name in RESULTS]
    assert min(math.dist(one, other) for one in seen for other in seen if one != other) >= 0.1
