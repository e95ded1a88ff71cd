"""How fast a log grows."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import Final

PERIODS: Final = 8
"""Periods that are kept in mind."""
LONGEST: Final = 3.0
"""Seconds; who has not looked for longer does not know when it grew."""


class LogFlow:
    """Bytes that came in each of the last periods; a period goes from one look to the next."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int]] = deque(maxlen=PERIODS + 1)

    def look(self, now: float, size: int) -> None:
        """Another look at the log.

        Args:
            now: Seconds of a clock that only goes forward.
            size: Bytes of the log by then.
        """
        if self._looks and (now - self._looks[-1][0] > LONGEST or size < self._looks[-1][1]):
            self._looks.clear()
        self._looks.append((now, size))

    def forget(self) -> None:
        """It is another log."""
        self._looks.clear()

    @property
    def is_known(self) -> bool:
        """Whether a period is over."""
        return len(self._looks) > 1

    @property
    def rate(self) -> float:
        """Bytes a second over all of the periods."""
        if not self.is_known:
            return 0.0
        (begin, before), (end, after) = self._looks[0], self._looks[-1]
        return (after - before) / (end - begin) if end > begin else 0.0

    @property
    def periods(self) -> tuple[int, ...]:
        """Bytes of each of the last periods, the oldest first; 0 for those before the first look."""
        looks = list(self._looks)
        grown = tuple(size - before for (_, before), (_, size) in pairwise(looks))
        return (0,) * (PERIODS - len(grown)) + grown
