"""Ways: how one comes down to a run that a step of another one has started."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.text import ELLIPSIS, width_of

WAY: Final = " › "
"""Stands between the pieces of a way."""


class RunPlace(Frozen):
    """A step of a run that has started another one: one piece of the way that leads down to that."""

    run_id: str
    """The run's state id."""
    run: str
    """How people name it: `release #12`."""
    step: str
    """The node of the step."""


def way_to(path: Iterable[RunPlace], *rest: str) -> str:
    """A way in one line: `release #12 › deploy › apply #3`.

    Args:
        path: The steps that lead down, from the outermost run on.
        rest: What stands at its end.
    """
    return WAY.join([*(part for place in path for part in (place.run, place.step)), *rest])


def way_within(cells: int, path: Iterable[RunPlace], label: str) -> str:
    """A way in so many cells: the middle of it is left out first, then its beginning; what stands at its end never is.

    Args:
        cells: The most that it should take.
        path: The steps that lead down, from the outermost run on.
        label: What stands at the end.
    """
    parts = [part for place in path for part in (place.run, place.step)]
    for before in (parts, [*parts[:1], ELLIPSIS], [ELLIPSIS]) if parts else ():
        way = WAY.join([*before, label])
        if width_of(way) <= cells:
            return way
    return WAY.join([ELLIPSIS, label]) if parts else label
