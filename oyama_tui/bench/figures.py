"""What measurements give, what they are compared with, and what is wanted of them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Figures = dict[str, float]
"""What one measurement gives, by name; of a whole round by `part.name`."""
Compared = Literal["", "ratio", "difference"]


@dataclass(frozen=True)
class Part:
    """One measurement, which has a process to itself.

    Args:
        name: What its figures are called by.
        measure: The module of this package and the measurement in it.
        size: How many steps, runs or rows it is about.
        place: The folder it works in, below that of its round; parts with the same one find what those before them have left.
        least: With a smaller size it would measure nothing.
    """

    name: str
    measure: str
    size: int
    place: str = ""
    least: int = 1


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Args:
        budget: Of which budget it is a part.
        words: What is measured.
        figure: The figure, by its part and name.
        unit: Of the figure; a ratio has none.
        wanted: The most that is wanted.
        reference: The figure beside it.
        compared: What is wanted is the figure itself, its ratio to the reference, or their difference.
        at_least: It is the least that is wanted instead.
    """

    budget: str
    words: str
    figure: str
    unit: str
    wanted: float
    reference: str = ""
    compared: Compared = ""
    at_least: bool = False

    def value(self, rounds: Sequence[Figures]) -> float:
        """What counts: the median over the rounds, each with the reference of the same round.

        Args:
            rounds: The figures of each round.
        """
        return statistics.median(self._of_round(each) for each in rounds)

    def _of_round(self, figures: Figures) -> float:
        ours = figures[self.figure]
        if self.compared == "ratio":
            return ours / figures[self.reference]
        return ours - figures[self.reference] if self.compared == "difference" else ours

    def meets(self, value: float) -> bool:
        """Whether a value is as wanted.

        Args:
            value: What counts.
        """
        return value >= self.wanted if self.at_least else value <= self.wanted


@dataclass(frozen=True)
class Case:
    """What is measured together.

    Args:
        name: What it is chosen by.
        words: What it does.
        lines: Its lines of the table.
        parts: What is measured in each round, in turn.
        before: What is done once, before the first round, and found by all of them.
        needs: A library without which it is passed over.
    """

    name: str
    words: str
    lines: tuple[Line, ...]
    parts: tuple[Part, ...]
    before: tuple[Part, ...] = ()
    needs: str = ""


@dataclass
class Taken:
    """What has been measured of one case.

    Args:
        case: The case.
        rounds: The figures of each round that is complete.
        failure: Why it could not go on; empty when it could.
        skipped: Why it was not measured; empty when it was.
    """

    case: Case
    rounds: list[Figures] = field(default_factory=list)
    failure: str = ""
    skipped: str = ""


def median_of(figures: str, rounds: Sequence[Figures]) -> float | None:
    """The median of one figure over the rounds; none where there is no such figure.

    Args:
        figures: Its part and name; may be empty.
        rounds: The figures of each round.
    """
    return statistics.median(each[figures] for each in rounds) if figures and rounds else None
