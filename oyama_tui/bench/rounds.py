"""Cases and their rounds, in turn, each measurement in a fresh process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from oyama_tui.bench.figures import Case, Figures, Part, Taken
from oyama_tui.bench.measuring import MeasurementFailed, take


@dataclass(frozen=True)
class Rounds:
    """How cases are measured.

    Args:
        folder: Where; the disk is part of what is measured.
        rounds: How many of each case.
        scale: What all sizes are multiplied by.
        tell: Is told what is being measured.
    """

    folder: Path
    rounds: int
    scale: float
    tell: Callable[[str], None]

    def measure(self, cases: Sequence[Case], taken: list[Taken]) -> None:
        """Measure cases one after another; one that fails is left, and the others go on.

        Args:
            cases: Which.
            taken: What has been measured is added, round by round, so that it is there whatever ends this.
        """
        for case in cases:
            one = Taken(case)
            taken.append(one)
            if case.needs and find_spec(case.needs) is None:
                one.skipped = f"{case.needs} is not installed"
                self.tell(f"{case.name}: passed over, {one.skipped}")
                continue
            try:
                for figures in self._rounds_of(case):
                    one.rounds.append(figures)
            except MeasurementFailed as error:
                one.failure = str(error)
                self.tell(f"{error.said}{case.name}: failed, {one.failure}")

    def _rounds_of(self, case: Case) -> Iterator[Figures]:
        """Prepare a case, then take its rounds."""
        folder = self.folder / case.name
        self._take("prepared", case, case.before, folder)
        for number in range(1, self.rounds + 1):
            place = folder if case.before else folder / str(number)
            yield self._take(f"round {number} of {self.rounds}", case, case.parts, place)

    def _take(self, when: str, case: Case, parts: Sequence[Part], folder: Path) -> Figures:
        found: Figures = {}
        for part in parts:
            self.tell(f"{case.name}, {when}: {part.name}")
            found |= {f"{part.name}.{name}": value for name, value in take(part, folder, self.scale).items()}
        return found
