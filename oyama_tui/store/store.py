"""The store as one object: the file, its writer, its journal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from oyama_tui.core.errors import CorruptJournal
from oyama_tui.core.views import ENDED_PHASES
from oyama_tui.store.columns import EVENTS, REVISIONS, STATES
from oyama_tui.store.database import Database
from oyama_tui.store.database_errors import unusable_folder
from oyama_tui.store.writer import Writer

if TYPE_CHECKING:
    from oyama_tui.core.definition import Workflow
    from oyama_tui.core.definition.graph import Graph
    from oyama_tui.store.journal import Journal

_NEWEST: Final = sa.select(sa.func.max(EVENTS.c.position))
GROWN: Final = (
    sa.select(STATES.c.id, STATES.c.workflow_id, sa.func.max(EVENTS.c.seq), sa.func.max(EVENTS.c.position), STATES.c.phase)
    .join(STATES, STATES.c.key == EVENTS.c.run)
    .where(EVENTS.c.position > sa.bindparam("position"))
    # The plus-zero keeps SQLite from walking all events in the order of their runs instead of reading those after the position.
    .group_by(EVENTS.c.run + 0)
)
MAX_GRAPHS = 64
"""Compiled revisions that are kept in memory."""


@dataclass(frozen=True, slots=True)
class JournalGrowth:
    """A run whose journal has grown."""

    run_id: str
    workflow_id: str
    seq: int
    ended: bool = False
    """It is over."""


class Store:
    """An open database with everything that reads and writes it.

    Args:
        path: The database file.
        files: The folder beside it.
        busy_timeout: Seconds to wait for a lock of another process.

    Raises:
        DatabaseProblem: It cannot be used.
    """

    def __init__(self, path: Path, files: Path, busy_timeout: float = 20.0) -> None:
        self.database = Database(path, busy_timeout)
        self.files = files
        if self.database.writable:
            try:
                for folder in (files, files / "engines"):
                    folder.mkdir(mode=0o700, exist_ok=True)
            except OSError as error:
                self.database.close()
                raise unusable_folder(folder, error) from error
        self.writer = Writer(self.database, files)
        self._graphs: dict[str, Graph] = {}

    @cached_property
    def journal(self) -> Journal:
        """Every run's events, and how more of them are appended."""
        # Whoever only looks appends nothing, and what folds a run takes longer to load than a list does.
        from oyama_tui.store.journal import Journal

        return Journal(self.database, self.writer)

    async def graph(self, revision: str) -> Graph:
        """The compiled revision of a workflow.

        Raises:
            CorruptJournal: It is not in the database, or was changed there.
        """
        known = self._graphs.get(revision)
        if known is not None:
            return known
        query = sa.select(REVISIONS.c.content).where(REVISIONS.c.revision == revision)
        content = await self.database.read(lambda connection: connection.execute(query).scalar_one_or_none())
        if content is None:
            raise CorruptJournal(f"The revision {revision} of a workflow is missing from the database.", "Run `oyama verify`.")
        # Not before one is wanted: a list of runs needs no definition, and loading all that one may say takes longer than the list.
        from oyama_tui.store.definitions import read_definition

        return self._compiled(read_definition(content, revision), revision)

    def graph_of(self, workflow: Workflow) -> Graph:
        """The compiled graph of a definition, which need not be in the database."""
        revision = workflow.revision()
        return self._graphs.get(revision) or self._compiled(workflow, revision)

    def _compiled(self, workflow: Workflow, revision: str) -> Graph:
        from oyama_tui.core.definition.graph import compile_graph

        if len(self._graphs) >= MAX_GRAPHS:
            self._graphs.pop(next(iter(self._graphs)))
        graph = self._graphs[revision] = compile_graph(workflow, revision)
        return graph

    async def position(self) -> int:
        """The position of the newest event of all."""
        return await self.database.read(lambda connection: connection.execute(_NEWEST).scalar() or 0)

    async def since(self, position: int) -> tuple[int, list[JournalGrowth]]:
        """The runs whose journals have grown since a position, and the newest position."""
        rows = await self.database.read(lambda connection: connection.execute(GROWN, {"position": position}).all())
        newest = max((row[3] for row in rows), default=position)
        return newest, [JournalGrowth(row[0], row[1], row[2], row[4] in ENDED_PHASES) for row in rows]

    def close(self) -> None:
        """Write what is queued and close everything."""
        self.writer.close()
        self.database.close()
