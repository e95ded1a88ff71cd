"""A cleanup from its plan to its end: the rules in force, the rows piece by piece, the files, and the room on the disk."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from oyama_tui.core.keeping import Choice, Kept, choose
from oyama_tui.core.views import KeepRules, Removed
from oyama_tui.files import remove
from oyama_tui.store.cleanup import Removal, Removing, file_bytes, give_pages_back, known_ids, left_over, remove_piece, shrinks
from oyama_tui.store.queries.keeping import definition_rules, kept_runs
from oyama_tui.store.store import Store

log = logging.getLogger("oyama.store")
_OF_A_RUN: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}-[0-9]+", re.ASCII)
"""Names of the folders of runs, and of nothing else beside the database."""
STAND_BACK: Final = 0.002
"""Seconds that a cleanup leaves the database to others after each transaction, at least; else as long as that took."""
CHECKPOINT_AFTER: Final = 25
"""Transactions after which a cleanup itself writes the log into the file, so that no engine's append has to."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be removed, and what there is in all."""

    choice: Choice
    total: int


class Cleaner:
    """Plans and removes.

    Args:
        store: The open store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def plan(self, rules: KeepRules, now: int, workflow: str = "", *, alone: bool = False) -> Plan:
        """What the rules remove; those that a definition has win for its workflow.

        Args:
            rules: For all workflows, or for the one that is meant.
            now: Milliseconds since 1970 UTC.
            workflow: Only runs of this one, with those that they have started; all when empty.
            alone: No definition counts beside the rules.
        """
        runs, own = await self._store.database.read(lambda connection: (kept_runs(connection), definition_rules(connection)))
        return await asyncio.to_thread(self._chosen, runs, {} if alone else own, rules, now, workflow)

    async def keys(self, rules: KeepRules, now: int) -> tuple[list[int], int]:
        """The same for an engine, which it holds up as little as may be: the keys of the runs that go, and how many stay because of pins.

        Args:
            rules: As for `plan`.
            now: Milliseconds since 1970 UTC.
        """
        return await asyncio.to_thread(self._keys, rules, now)

    def _keys(self, rules: KeepRules, now: int) -> tuple[list[int], int]:
        with _uncollected():
            runs, own = self._store.database.read_now(lambda connection: (kept_runs(connection), definition_rules(connection)))
            choice = self._chosen(runs, own, rules, now, "").choice
            found = [run.key for run in choice.goes], choice.pinned
            # All of it is gone before the collector looks again.
            del runs, choice
        return found

    def _chosen(self, runs: list[Kept], own: Mapping[str, KeepRules], rules: KeepRules, now: int, workflow: str) -> Plan:
        if workflow:
            runs = _families_of(runs, workflow)
        if rules.max_bytes is not None:
            runs = self._with_files(runs)
        choice = choose(runs, lambda one: own.get(one, rules), now, rules.max_bytes)
        if rules.max_bytes is None:
            choice = Choice(tuple(self._with_files(choice.goes)), choice.pinned)
        return Plan(choice, len(runs))

    async def runs_of(self, workflow: str) -> list[Kept]:
        """All runs of a workflow, oldest first, with what they take in the database and beside it.

        Args:
            workflow: Its id.
        """
        runs = await self._store.database.read(kept_runs)
        return await asyncio.to_thread(self._with_files, [run for run in runs if run.workflow_id == workflow])

    def _with_files(self, runs: Sequence[Kept]) -> list[Kept]:
        return [replace(run, bytes=run.bytes + _folder_bytes(self._store.files / run.id)) for run in runs]

    async def remove(self, keys: Sequence[int], removal: Removal) -> Removed:
        """Remove runs, and finish first what was cut off; those that are pinned or live by now stay.

        Args:
            keys: Of the runs, parents before their children.
            removal: Who wants it.
        """
        before = await self._store.database.read(_size)
        rest = await self._store.database.read(lambda connection: left_over(_raw(connection)))
        freed = await asyncio.to_thread(self._remove_orphans)
        gone: list[str] = []
        removing = Removing(list(dict.fromkeys([*rest, *keys])))
        pieces = 0
        while not removing.done:
            removing, took = await self._piece(partial(remove_piece, removing=removing, removal=removal))
            if removing.gone:
                freed += await asyncio.to_thread(self._remove_files, removing.gone)
                gone += removing.gone
            pieces += 1
            if pieces % CHECKPOINT_AFTER == 0:
                await asyncio.to_thread(self._checkpoint)
            await asyncio.sleep(max(STAND_BACK, took))
        await self._give_room_back()
        after = await self._store.database.read(_size)
        return Removed(runs=len(gone), database_bytes=max(before - after, 0), file_bytes=freed)

    async def _piece(self, job: Callable[[sqlite3.Connection], Removing]) -> tuple[Removing, float]:
        begun = time.perf_counter()
        made = await self._store.writer.run(job)
        return made, time.perf_counter() - begun

    async def _give_room_back(self) -> None:
        pieces = 0
        while True:
            begun = time.perf_counter()
            left = await self._store.writer.run(give_pages_back)
            pieces += 1
            if not left:
                break
            if pieces % CHECKPOINT_AFTER == 0:
                await asyncio.to_thread(self._checkpoint)
            await asyncio.sleep(max(STAND_BACK, time.perf_counter() - begun))
        await asyncio.to_thread(self._checkpoint)

    def _checkpoint(self) -> None:
        """Write the log into the file, as far as nobody reads what stands in it; it keeps nobody from writing."""
        try:
            with closing(self._store.database.connect_writer()) as connection:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.OperationalError as error:
            # Another one does it now.
            log.debug("no checkpoint: %s", error)

    def _remove_orphans(self) -> int:
        """Remove the files of runs whose rows are gone: a cleanup was cut off between the two."""
        names = [name for name in os.listdir(self._store.files) if _OF_A_RUN.fullmatch(name)]
        orphans = self._store.database.read_now(lambda connection: known_ids(_raw(connection), names)) if names else set()
        return self._remove_files(sorted(orphans))

    def _remove_files(self, runs: Sequence[str]) -> int:
        freed = 0
        for run in runs:
            if not _OF_A_RUN.fullmatch(run):
                continue
            size = _folder_bytes(self._store.files / run)
            try:
                remove(self._store.files / run)
            except OSError as error:
                log.warning("the files of run %s cannot be removed: %s", run, error)
            else:
                freed += size
        return freed

    async def any_rules(self, workflow: str = "") -> bool:
        """Whether the definition of a workflow, or of any, has rules.

        Args:
            workflow: Its id; empty for any.
        """
        rules = await self._store.database.read(definition_rules)
        return workflow in rules if workflow else bool(rules)

    async def shrinks(self) -> bool:
        """Whether the file becomes smaller piece by piece."""
        return await self._store.database.read(lambda connection: shrinks(_raw(connection)))

    async def compact(self) -> int:
        """Rewrite the file, so that it is as small as it can be and becomes smaller by itself from now on; nobody can write meanwhile.

        Returns:
            By how many bytes it became smaller.
        """
        before = await self._store.database.read(_size)
        await asyncio.to_thread(self._rewrite)
        return max(before - await self._store.database.read(_size), 0)

    def _rewrite(self) -> None:
        with closing(self._store.database.connect_writer()) as connection:
            connection.execute(f"PRAGMA busy_timeout={int(self._store.database.busy_timeout * 1000)}")
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector still: its walk over a hundred thousand new objects, none of them in a cycle, would stop every thread."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _raw(connection: sa.Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def _size(connection: sa.Connection) -> int:
    return file_bytes(_raw(connection))


def _families_of(runs: Sequence[Kept], workflow: str) -> list[Kept]:
    """The runs of a workflow that no other run has started, and all below them."""
    chosen: set[str] = set()
    known = {run.id for run in runs}
    for run in runs:
        root = run.parent not in known
        if run.parent in chosen or (root and run.workflow_id == workflow):
            chosen.add(run.id)
    return [run for run in runs if run.id in chosen]


def _folder_bytes(folder: Path) -> int:
    """What the files in a folder take; nothing where there is none."""
    total = 0
    for within, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(within, name)).st_size
            except OSError:
                continue
    return total
