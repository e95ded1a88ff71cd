"""The rows of a list, of which some may be damaged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

ViewT = TypeVar("ViewT")


class Rows(tuple[ViewT, ...]):
    """The rows of a list, and a sentence about each row that is damaged and so not among them.

    Args:
        rows: In their order.
        damaged: What is wrong with the others.
    """

    damaged: tuple[str, ...]

    def __new__(cls, rows: Iterable[ViewT] = (), damaged: Iterable[str] = ()) -> Rows[ViewT]:
        """Make them."""
        made = super().__new__(cls, tuple(rows))
        made.damaged = tuple(damaged)
        return made
