"""The time as one run knows it: what is stored, and how far lengths have come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TOLERANCE: Final = 1000
"""Milliseconds by which a wall clock may move against a steady one without having been set."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, as one run knows it."""

    wall: int
    """Milliseconds since 1970 UTC, by the wall clock."""
    at: int
    """What is stored: the wall clock's time, but never before what was stored last, and never less than steady time has passed since."""
    leap: int = 0
    """How much of `at` is no time that has passed, because the wall clock was set forward."""
    steady: int = 0
    """What a clock that nobody sets said then, for the engine, which measures on from here."""

    @property
    def length(self) -> int:
        """The time up to which pauses, waits and working time have come."""
        return self.at - self.leap

    @property
    def ahead(self) -> int:
        """How far what is stored is ahead of the wall clock, because that was set back."""
        return self.at - self.wall if self.at - self.wall > TOLERANCE else 0
