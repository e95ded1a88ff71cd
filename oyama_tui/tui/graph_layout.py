"""Where the vertices of a graph stand and which cells the lines between them take: in layers from left to right.

The layers and the stand-ins for long edges are those of Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical
System Structures" (1981); the rows of a layer are the nearest ones to what they follow, found by pooling neighbours that would overlap.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import Final

SWEEPS: Final = 4
"""How often the order within the layers is improved."""
LEFT, RIGHT, UP, DOWN = 1, 2, 4, 8
"""Where a line goes on from a cell."""
SIGNS: Final = " ───│╯╰┴│╮╭┬│┤├┼"
"""By the sum of the directions; a line that ends nowhere is drawn as one that goes on."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a vertex stands."""

    x: int
    """The cell where it begins."""
    y: int
    """The line."""
    layer: int
    """Which layer, from 0."""


@dataclass(frozen=True, slots=True)
class GraphLayout:
    """A drawn graph without its vertices' texts."""

    places: Mapping[str, Place]
    """By vertex."""
    lines: tuple[str, ...]
    """What connects the vertices: lines of the same number of cells, blank where a vertex stands."""
    width: int
    """Cells."""


@dataclass(slots=True)
class _Layers:
    """Vertices and stand-ins by layer, each a number; stand-ins have no key."""

    keys: list[str] = field(default_factory=list)
    layer: list[int] = field(default_factory=list)
    before: list[list[int]] = field(default_factory=list)
    after: list[list[int]] = field(default_factory=list)
    order: list[list[int]] = field(default_factory=list)

    def add(self, key: str, layer: int) -> int:
        """A further one; its number."""
        while len(self.order) <= layer:
            self.order.append([])
        self.keys.append(key)
        self.layer.append(layer)
        self.before.append([])
        self.after.append([])
        self.order[layer].append(len(self.keys) - 1)
        return len(self.keys) - 1

    def connect(self, one: int, other: int) -> None:
        """Draw an edge between neighbouring layers."""
        self.after[one].append(other)
        self.before[other].append(one)


def lay_out(after: Mapping[str, Sequence[str]], widths: Mapping[str, int], gap: int = 2) -> GraphLayout:
    """Lay out a graph without cycles.

    Args:
        after: By vertex, in the order in which they should stand: what it follows. What is no vertex is passed over.
        widths: The cells of each vertex's text.
        gap: Lines from one vertex of a layer to the next one, at the least.
    """
    layers = _layered(after)
    _untangle(layers)
    rows = _rows(layers, gap)
    return _drawn(layers, rows, widths)


def _layered(after: Mapping[str, Sequence[str]]) -> _Layers:
    """Each vertex one layer behind the last one that it follows, with a stand-in in each layer that an edge passes."""
    followed = {key: [other for other in dict.fromkeys(others) if other in after] for key, others in after.items()}
    depth: dict[str, int] = {}
    for key in TopologicalSorter(followed).static_order():
        depth[key] = max((depth[other] + 1 for other in followed[key]), default=0)
    layers = _Layers()
    for key in after:
        layers.add(key, depth[key])
    numbers = {key: number for number, key in enumerate(layers.keys)}
    for key, others in followed.items():
        for other in others:
            last = numbers[other]
            for layer in range(depth[other] + 1, depth[key]):
                stand_in = layers.add("", layer)
                layers.connect(last, stand_in)
                last = stand_in
            layers.connect(last, numbers[key])
    return layers


def _untangle(layers: _Layers) -> None:
    """Let each vertex stand in the middle of its neighbours: first of those before it, then of those after it."""
    for sweep in range(SWEEPS):
        forwards = sweep % 2 == 0
        neighbours = layers.before if forwards else layers.after
        for order in layers.order[1:] if forwards else layers.order[-2::-1]:
            place = {number: index for row in layers.order for index, number in enumerate(row)}
            order.sort(key=lambda one: _mean([place[other] for other in neighbours[one]], place[one]))


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _rows(layers: _Layers, gap: int) -> list[int]:
    """The line of each vertex and stand-in, from 0."""
    rows = [0.0] * len(layers.keys)
    for order in layers.order[:1]:
        for index, number in enumerate(order):
            rows[number] = index * gap
    for neighbours, orders in ((layers.before, layers.order[1:]), (layers.after, layers.order[-2::-1]), (layers.before, layers.order[1:])):
        for order in orders:
            wanted = [_mean([rows[other] for other in neighbours[number]], rows[number]) for number in order]
            for number, row in zip(order, _apart(wanted, gap), strict=True):
                rows[number] = row
    least = min(rows, default=0)
    return [int(row - least) for row in rows]


def _apart(wanted: Sequence[float], gap: int) -> list[int]:
    """The lines nearest to those wanted that keep the order and stand apart from each other.

    Neighbours that would come too near are pooled, and stand around the mean of what they want.
    """
    pools: list[tuple[float, int]] = []
    for index, row in enumerate(wanted):
        mean, count = row - index * gap, 1
        while pools and pools[-1][0] >= mean:
            earlier, others = pools.pop()
            mean, count = (earlier * others + mean * count) / (others + count), others + count
        pools.append((mean, count))
    means = [mean for mean, count in pools for _ in range(count)]
    return [math.floor(mean + 0.5) + index * gap for index, mean in enumerate(means)]


@dataclass(frozen=True, slots=True)
class _Bus:
    """One upright line between two layers: everything on its left leads to everything on its right."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]
    first: int
    last: int
    """The lines that it reaches from and to."""

    @property
    def is_straight(self) -> bool:
        """It takes no upright line."""
        return self.first == self.last


def _buses(layers: _Layers, rows: Sequence[int], order: Sequence[int]) -> list[_Bus]:
    """The upright lines behind a layer: vertices that lead to the same ones share one."""
    leading: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for number in order:
        if layers.after[number]:
            leading[tuple(sorted(layers.after[number]))].append(number)
    found = []
    for targets, sources in leading.items():
        reached = [rows[number] for number in (*sources, *targets)]
        found.append(_Bus(tuple(sources), targets, min(reached), max(reached)))
    return found


def _channels(buses: Sequence[_Bus]) -> list[list[_Bus]]:
    """The upright lines that can stand in the same column, in the order of the columns."""
    channels: list[list[_Bus]] = []
    for bus in sorted((bus for bus in buses if not bus.is_straight), key=lambda bus: (bus.first, bus.last)):
        free = next((channel for channel in channels if all(other.last < bus.first for other in channel)), None)
        if free is None:
            channels.append([bus])
        else:
            free.append(bus)
    return channels


def _drawn(layers: _Layers, rows: Sequence[int], widths: Mapping[str, int]) -> GraphLayout:
    """Draw the lines, and find the cells where the vertices begin."""
    cells: defaultdict[tuple[int, int], int] = defaultdict(int)
    starts: list[int] = []
    x = 0

    def across(begin: int, end: int, y: int) -> None:
        for one, other in pairwise(range(begin, end + 1)):
            cells[one, y] |= RIGHT
            cells[other, y] |= LEFT

    for order in layers.order:
        starts.append(x)
        end = x + max((widths[layers.keys[number]] for number in order if layers.keys[number]), default=0)
        buses = _buses(layers, rows, order)
        channels = _channels(buses)
        following = end + 2 * len(channels) + 2
        for number in order:
            key = layers.keys[number]
            if layers.after[number]:
                across(x if not key else x + widths[key], end + 1, rows[number])
        for bus in buses:
            column = end + 1 + 2 * next((index for index, channel in enumerate(channels) if bus in channel), 0)
            for source in bus.sources:
                across(end + 1, column, rows[source])
            for one, other in pairwise(range(bus.first, bus.last + 1)):
                cells[column, one] |= DOWN
                cells[column, other] |= UP
            for target in bus.targets:
                across(column, following, rows[target])
        x = following
    height = max(rows, default=-1) + 1
    width = x
    places = {key: Place(starts[layers.layer[number]], rows[number], layers.layer[number]) for number, key in enumerate(layers.keys) if key}
    taken = {(place.x + cell, place.y) for key, place in places.items() for cell in range(widths[key])}
    lines = tuple(
        "".join(" " if (column, row) in taken else SIGNS[cells.get((column, row), 0)] for column in range(width)) for row in range(height)
    )
    return GraphLayout(places, lines, width)
