"""How many rows fit a filter, counted once for as long as nobody writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import sqlalchemy as sa

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

    Each connection remembers for itself, because only its own number of the database's version is that of what its transaction sees. Of a
    file that cannot be written no connection is kept, and it is counted each time.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, wanted: F, query: Callable[[sa.Connection, int | None], P]) -> P:
        """A part of a list.

        Args:
            wanted: The filter.
            query: Reads the part; is told how many rows there are, or none when it must count.
        """

        def look(connection: sa.Connection) -> P:
            seen = (connection.exec_driver_sql("PRAGMA data_version").scalar_one(), wanted)
            last = connection.info.get(self)
            found = query(connection, last[1] if last is not None and last[0] == seen else None)
            connection.info[self] = (seen, found.total)
            return found

        return await self._database.read(look)
