"""Graphs are drawn in layers, and their lines lead where the edges do."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pytest

from oyama_tui.tui.graph_layout import DOWN, LEFT, RIGHT, SIGNS, UP, GraphLayout, lay_out

RELEASE = {
    "checkout": [],
    "deps": ["checkout"],
    "lint": ["deps"],
    "types": ["deps"],
    "unit": ["deps"],
    "image": ["lint", "types", "unit"],
    "scan": ["image"],
    "staging": ["image"],
    "smoke": ["staging"],
    "production": ["scan", "smoke"],
}
DRAWN = """
               ╭──lint──╮
               │        │        ╭──scan───────────╮
checkout──deps─┼──types─┼──image─┤                 ├──production
               │        │        ╰──staging──smoke─╯
               ╰──unit──╯
"""


def drawn(after: Mapping[str, Sequence[str]], gap: int = 2) -> tuple[GraphLayout, list[str]]:
    """A graph with its vertices' names."""
    layout = lay_out(after, {key: len(key) for key in after}, gap)
    lines = [list(line) for line in layout.lines]
    for key, place in layout.places.items():
        lines[place.y][place.x : place.x + len(key)] = key
    return layout, ["".join(line).rstrip() for line in lines]


def reached(layout: GraphLayout, key: str) -> set[str]:
    """The vertices to which the lines behind a vertex lead, going to the right, up and down, never back to the left."""
    signs = {sign: directions for directions, sign in enumerate(SIGNS) if directions not in (LEFT, RIGHT, UP, DOWN)}
    starts = {(place.x, place.y): vertex for vertex, place in layout.places.items()}
    begin = layout.places[key]
    found: set[str] = set()
    seen: set[tuple[int, int]] = set()
    left = [(begin.x + len(key), begin.y)]
    while left:
        x, y = left.pop()
        if (x, y) in seen or not (0 <= y < len(layout.lines) and 0 <= x < layout.width):
            continue
        seen.add((x, y))
        if (x, y) in starts:
            found.add(starts[x, y])
            continue
        directions = signs.get(layout.lines[y][x], 0)
        left += [(x + 1, y)] if directions & RIGHT else []
        left += [(x, y + 1)] if directions & DOWN else []
        left += [(x, y - 1)] if directions & UP else []
    return found


def test_a_release_is_drawn_as_one_would_by_hand() -> None:
    _, lines = drawn(RELEASE)
    assert "\n".join(lines) == DRAWN.strip("\n")


def test_nothing_is_drawn_of_nothing() -> None:
    assert lay_out({}, {}) == GraphLayout({}, (), 0)


def test_what_follows_stands_to_the_right_and_no_two_stand_on_each_other() -> None:
    chance = random.Random(7)
    for size in range(1, 40):
        after = {f"n{place}": [f"n{other}" for other in range(place) if chance.random() < 0.15] for place in range(size)}
        layout, _ = drawn(after, gap=chance.choice((1, 2)))
        for key, others in after.items():
            assert all(layout.places[other].layer < layout.places[key].layer for other in others)
            assert all(layout.places[other].x + len(other) < layout.places[key].x for other in others)
        cells = [(place.x + cell, place.y) for key, place in layout.places.items() for cell in range(len(key))]
        assert len(cells) == len(set(cells))
        assert {len(line) for line in layout.lines} <= {layout.width}


def test_lines_lead_to_everything_that_follows() -> None:
    chance = random.Random(3)
    for size in range(2, 30):
        after = {f"n{place}": [f"n{other}" for other in range(place) if chance.random() < 0.2] for place in range(size)}
        layout, lines = drawn(after)
        for key in after:
            following = {other for other, before in after.items() if key in before}
            assert following <= reached(layout, key), "\n".join(lines)


@pytest.mark.parametrize("gap", [1, 2])
def test_where_layers_join_whole_no_line_leads_elsewhere(gap: int) -> None:
    layout, lines = drawn(RELEASE, gap)
    for key in RELEASE:
        following = {other for other, before in RELEASE.items() if key in before}
        assert reached(layout, key) == following, "\n".join(lines)


def test_a_chain_of_thousands_is_laid_out() -> None:
    after = {f"n{place}": [f"n{place - 1}"] if place else [] for place in range(3_000)}
    layout, _ = drawn(after)
    assert len(layout.lines) == 1
    assert layout.places["n2999"].layer == 2_999


def test_what_is_not_there_is_passed_over() -> None:
    layout, _ = drawn({"a": ["gone"], "b": ["a", "a"]})
    assert layout.places["a"].layer == 0
    assert layout.places["b"].layer == 1
