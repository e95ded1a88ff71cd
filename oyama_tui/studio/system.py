"""Operations on the installation: totals, doctor, verify, and all runs at once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Literal

from oyama_tui.core.errors import MissingSecret, Refused
from oyama_tui.core.views import Check, Measures, ProcessMeasures, SystemView
from oyama_tui.engine.ownership import living
from oyama_tui.settings import Settings
from oyama_tui.store import claims
from oyama_tui.store.queries.journal_feed import newest_position
from oyama_tui.store.queries.measures import pending_by_risk, runs_by_phase
from oyama_tui.store.queries.system import counts
from oyama_tui.studio.context import StudioContext


async def diagnose(settings: Settings) -> tuple[Check, ...]:
    """Look for trouble even where the database cannot be opened."""
    from oyama_tui.engine.clock import system_wall
    from oyama_tui.engine.health import findings
    from oyama_tui.engine.notifier_health import notifier_findings
    from oyama_tui.engine.trust import obstacles
    from oyama_tui.store import diagnosis

    def look() -> tuple[Check, ...]:
        alive = living(settings.files_path / "engines")
        shared = () if settings.drive_shared else obstacles(settings.database_path, settings.files_path)
        hint = "Take the right away (chmod go-w, chown), or set `drive_shared = true` if all of them are trusted."
        refused = [Check(id="shared", status="warning", message=f"No run is driven here: {why}.", hint=hint) for why in shared]
        found = (*refused, *findings(alive), *_plugins(), *notifier_findings(settings.notify, settings.files_path, system_wall()))
        return diagnosis.diagnose(settings.database_path, settings.files_path, alive, found)

    return await asyncio.to_thread(look)


def _process() -> ProcessMeasures:
    """What this process takes."""
    import psutil

    this = psutil.Process(os.getpid())
    with this.oneshot():
        spent = this.cpu_times()
        return ProcessMeasures(
            resident_bytes=this.memory_info().rss,
            cpu_seconds=spent.user + spent.system,
            began=this.create_time(),
            open_files=this.num_fds(),
        )


def _plugins() -> Iterator[Check]:
    """The step kinds that other distributions bring, and whether they can be used."""
    from oyama_tui.steps.found_plugins import unusable_plugins

    for found, wrong in unusable_plugins():
        if wrong:
            hint = "Update or remove that distribution; workflows that do not use this kind are not touched by it."
            yield Check(id="step_kinds", status="warning", message=wrong, hint=hint)
        else:
            yield Check(id="step_kinds", status="ok", message=f"The step kind {found.name} of {found.origin} can be used.")


class System:
    """What can be asked of the database and the engines."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context

    async def view(self) -> SystemView:
        """Totals shown in the status bar."""
        context = self._context
        alive = await context.living()
        found = await context.store.database.read(counts)
        engine: Literal["here", "elsewhere", "none"] = "here" if context.engine is not None else "elsewhere" if alive else "none"
        return SystemView(
            database=str(context.settings.database_path),
            engine=engine,
            running=found.running,
            waiting=found.waiting,
            paused=found.paused,
            workflows=found.workflows,
            going_on=found.going_on,
            trouble=context.background.trouble if context.background is not None else "",
        )

    async def measures(self) -> Measures:
        """Numbers for programs that watch over the whole; runs from files are not among them."""
        context = self._context
        runs, pending, events, process = await asyncio.gather(
            context.store.database.read(runs_by_phase),
            context.store.database.read(pending_by_risk),
            context.store.database.read(newest_position),
            asyncio.to_thread(_process),
        )
        oldest = min((since for _, _, since in pending), default=None)
        return Measures(
            runs=runs,
            pending=tuple((risk, count) for risk, count, _ in pending),
            oldest_ms=0 if oldest is None else max(0, context.clock() - oldest),
            events=events,
            driving=len(self.driven()),
            commits=self.commits(),
            process=process,
        )

    async def doctor(self) -> tuple[Check, ...]:
        """Look for trouble and name its cause."""
        return await diagnose(self._context.settings)

    async def verify(self, ref: str = "") -> tuple[Check, ...]:
        """Check hash chains, and projections against a rebuild, of one run or of all; at least one finding for each.

        Raises:
            NotFound: No run or several fit `ref`.
        """
        run_id = await self._context.resolve(ref) if ref else ""
        from oyama_tui.store.integrity import verify

        return await self._context.store.database.read(lambda connection: verify(connection, run_id))

    def require_database(self) -> None:
        """Make sure that the database is still the one that was opened.

        Raises:
            DatabaseProblem: It was deleted or replaced.
            DatabaseLost: What was confirmed may be gone from it.
        """
        self._context.store.database.require_same()

    def drive_again(self) -> None:
        """Try once more to start an engine in the background, where this process looks after that."""
        if self._context.background is not None:
            self._context.background.ask()

    async def pause_all(self) -> int:
        """Pause every run that is not over, whoever drives it; returns how many."""
        by = self._context.principal
        from oyama_tui.core import commands as c

        runs = await self._context.store.database.read(claims.live_claims)
        paused = 0
        for claim in runs:
            try:
                paused += bool(await self._context.command(claim.run.id, lambda at: c.Pause(at=at, by=by)))
            except Refused:
                continue
        return paused

    def commits(self) -> int:
        """How many transactions this process has committed."""
        return self._context.store.writer.commits

    def statements(self) -> int:
        """How many statements this process has executed to write, a batch of rows counted once."""
        return self._context.store.writer.statements

    def driven(self) -> frozenset[str]:
        """The runs that this process drives now."""
        return self._context.engine.driven() if self._context.engine is not None else frozenset()

    def steps_live(self) -> bool:
        """Whether processes of steps live that this process has started."""
        return self._context.engine is not None and self._context.engine.steps_live

    def troubled(self) -> dict[str, str]:
        """The runs driven here that stand still because the database cannot be used, and why; they go on once it can."""
        return self._context.engine.troubled() if self._context.engine is not None else {}

    def parked(self) -> dict[str, str]:
        """The runs that the engine of this process cannot drive, and why."""
        engine = self._context.engine
        return {run_id: trouble.sentence for run_id, trouble in engine.takeover.parked.items()} if engine is not None else {}

    def lacking(self) -> frozenset[str]:
        """The runs that the engine of this process will drive as soon as it gets a secret that it lacks."""
        engine = self._context.engine
        parked = engine.takeover.parked.items() if engine is not None else ()
        return frozenset(run_id for run_id, trouble in parked if isinstance(trouble, MissingSecret))
