"""What the studio's parts share, and how a command reaches a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oyama_tui.core import events as e
from oyama_tui.core.errors import NotFound
from oyama_tui.core.text import written
from oyama_tui.core.views import RunRow
from oyama_tui.engine.feed import Feed
from oyama_tui.engine.folded_runs import FoldedRuns
from oyama_tui.engine.ownership import living, stopped
from oyama_tui.settings import Settings
from oyama_tui.steps.secrets import SecretSource
from oyama_tui.store import claims
from oyama_tui.store.queries.run_refs import resolve_refs
from oyama_tui.store.queries.run_rows import find_run
from oyama_tui.store.store import Store
from oyama_tui.studio.background import Background
from oyama_tui.studio.journals import Journals
from oyama_tui.studio.principal import Caller

if TYPE_CHECKING:
    from oyama_tui.core import commands as c
    from oyama_tui.core.state import RunState
    from oyama_tui.engine.local import LocalEngine


@dataclass(frozen=True)
class StudioContext:
    """What every part of the studio works with."""

    settings: Settings
    store: Store
    engine: LocalEngine | None
    feed: Feed
    secrets: SecretSource
    clock: Callable[[], int]
    caller: Caller
    trigger: e.Trigger
    journals: Journals
    folded: FoldedRuns
    background: Background | None = None
    """Sees to it that an engine in the background drives, for a front end that does not."""

    @property
    def principal(self) -> e.Principal:
        """Who runs this process."""
        return self.caller.principal

    @property
    def here(self) -> str:
        """This process's engine instance; empty when it has none."""
        return self.engine.id if self.engine is not None else ""

    def said(self, text: str) -> str:
        """A comment or a reason as it is kept: what people type as they see it, what programs send as it is.

        Args:
            text: As it was given.
        """
        return text if self.trigger == "api" else written(text).strip()

    async def living(self) -> frozenset[str]:
        """The engine instances that live."""
        return await asyncio.to_thread(self.living_now)

    def living_now(self) -> frozenset[str]:
        """The engine instances that live, asked for in a thread that may wait."""
        return living(self.settings.files_path / "engines")

    async def resolve(self, ref: str) -> str:
        """The state id that a person's words mean.

        Raises:
            NotFound: None or several fit.
        """
        found = await self.store.database.read(lambda connection: resolve_refs(connection, ref.strip()))
        if len(found) == 1:
            return found[0]
        if not found:
            raise NotFound(
                f"No run fits {ref!r}.", "See `oyama runs`; a run is named by its id, a part of it, `workflow#12` or `workflow@latest`."
            )
        raise NotFound(f"Several runs fit {ref!r}: {', '.join(found)}.", "Give more of the id, or `workflow#number`.")

    async def claim(self, ref: str) -> claims.Claim:
        """Who drives the run that a person's words mean, and what it is pinned to.

        Raises:
            NotFound: None or several fit.
        """
        return await self._claim_of(await self.resolve(ref))

    async def _claim_of(self, run_id: str) -> claims.Claim:
        claim = await self.store.database.read(lambda connection: claims.find_claim(connection, run_id))
        if claim is None:
            raise NotFound(f"There is no run {run_id!r}.", "See `oyama runs`.")
        return claim

    async def row(self, run_id: str) -> RunRow:
        """One run's row by its state id."""
        driven = self.engine is not None and self.engine.drives(run_id)
        alive = frozenset[str]() if driven else await self.living()
        found = await self.store.database.read(lambda connection: find_run(connection, run_id, alive, self.here, self.clock()))
        if found is not None and found.place == "queued" and driven:
            # What is before it depends on which engines live.
            alive = await self.living()
            found = await self.store.database.read(lambda connection: find_run(connection, run_id, alive, self.here, self.clock()))
        if found is None:
            raise NotFound(f"There is no run {run_id!r}.", "See `oyama runs`.")
        return found

    async def command(self, run_id: str, make: Callable[[int], c.Command]) -> list[e.Event]:
        """Decide a command on the newest state and append what follows; whoever drives the run takes it from there.

        Args:
            run_id: The state id.
            make: Makes the command for a time in milliseconds since 1970 UTC.

        Returns:
            The events, none when it was so already; they are durable.

        Raises:
            Refused: The command does not fit.
            DatabaseBusy: The run moved on too often meanwhile.
        """
        return await self.command_as_it_is(run_id, lambda state, at: make(at))

    async def command_as_it_is(self, run_id: str, make: Callable[[RunState, int], c.Command | None]) -> list[e.Event]:
        """The same for a command that depends on how the run is; none is given where none is made.

        Args:
            run_id: The state id.
            make: Makes the command from the run's state and the time.
        """
        if self.engine is not None and (answered := await self.engine.command(run_id, make)) is not None:
            return answered[0]
        # Whoever only looks gives no command.
        from oyama_tui.engine.commanding import command_run

        events, seq = await command_run(self.store, run_id, self.clock, make, self.folded)
        if events:
            if self.engine is not None:
                self.engine.notice(run_id, seq)
            if self.background is not None:
                self.background.ask()
        return events


def with_stopped(row: RunRow, owner: str | None) -> RunRow:
    """A run's row, which says so when the engine that drives it lives and was stopped.

    Args:
        row: The run.
        owner: The engine in its row of the database.
    """
    if row.owner != "elsewhere" or row.ended or owner is None:
        return row
    for pid in stopped([owner]).values():
        return row.model_copy(update={"reason": f"driven by process {pid}, which is stopped: kill -CONT {pid}"})
    return row
