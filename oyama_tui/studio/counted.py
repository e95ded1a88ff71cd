"""How many rows fit a filter, counted once for as long as nobody writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from oyama_tui.store.database import Database


class Part(Protocol):
    """A part of a list."""

    @property
    def total(self) -> int:
        """How many rows the whole list has."""


F = TypeVar("F")
P = TypeVar("P", bound=Part)


class Counted(Generic[F]):
    """Reads parts of a list, and remembers of the last one how many rows there were: counting costs more than a part.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last: tuple[int, F, int] | None = None
        """The database's version, the filter, the count."""

    async def read(self, wanted: F, query: Callable[[Any, int | None], P]) -> P:
        """A part of a list.

        Args:
            wanted: The filter.
            query: Reads the part; is told how many rows there are, or none when it must count.
        """

        def look(connection: Any) -> P:
            version = self._database.data_version()
            last = self._last
            found = query(connection, last[2] if last is not None and last[:2] == (version, wanted) else None)
            self._last = (version, wanted, found.total)
            return found

        return await self._database.read(look)
