"""The rows of a list, of which some may be damaged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

ViewT = TypeVar("ViewT")


class Rows(tuple[ViewT, ...]):
    """The rows of a list or of a part of one, and a sentence about each row that is damaged and so not among them.

    Args:
        rows: In their order.
        damaged: What is wrong with the others.
        total: How many rows the whole list has, damaged ones too; as many as there are here, unless told.
    """

    damaged: tuple[str, ...]
    total: int

    @property
    def behind(self) -> int:
        """How many rows of the list come after these, where these are its first ones."""
        return max(self.total - len(self) - len(self.damaged), 0)

    def __new__(cls, rows: Iterable[ViewT] = (), damaged: Iterable[str] = (), total: int | None = None) -> Rows[ViewT]:
        """Make them."""
        made = super().__new__(cls, tuple(rows))
        made.damaged = tuple(damaged)
        made.total = len(made) + len(made.damaged) if total is None else total
        return made
