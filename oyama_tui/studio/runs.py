"""Use cases of runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

from pydantic import JsonValue

from oyama_tui.core.errors import IllegalTransition, NotFound
from oyama_tui.core.events import ENDS, SYSTEM, PauseMode
from oyama_tui.core.rows import Rows
from oyama_tui.core.text import folded
from oyama_tui.core.views import (
    AttemptView,
    BlockPart,
    ContextView,
    EventView,
    LogChunk,
    RunOrder,
    RunRow,
    RunView,
    StartedAttempt,
    StateView,
    TreeOpening,
)
from oyama_tui.store import claims
from oyama_tui.store.queries.children import live_below
from oyama_tui.store.queries.journal_lines import context_view, events_after
from oyama_tui.store.queries.run_rows import list_runs
from oyama_tui.store.queries.run_states import run_states
from oyama_tui.studio.background import ensure_worker
from oyama_tui.studio.context import StudioContext, with_stopped
from oyama_tui.studio.logs import read_log

if TYPE_CHECKING:
    from oyama_tui.core import commands as c
    from oyama_tui.core.definition.graph import Graph
    from oyama_tui.core.state import RunState
    from oyama_tui.studio.new_runs import Starting

END_TYPES = frozenset(kind.model_fields["type"].default for kind in ENDS)


class Runs:
    """What can be done with runs; `ref` is a state id, a unique prefix or suffix of one, `release#12` or `release@latest`."""

    def __init__(self, context: StudioContext, starting: Callable[[], Starting]) -> None:
        self._context = context
        # Whoever only looks at runs needs nothing that reads definitions.
        self._starting = starting

    async def start(
        self, ref: str, inputs: Mapping[str, JsonValue], *, replace: bool = False, detach: bool = False, priority: int = 0
    ) -> RunRow:
        """Start a run of a workflow id or of a file.

        Args:
            ref: A workflow's id, or the path of a file (it has a separator or ends in .yaml or .yml).
            inputs: Values by name; text is read as the declared type, files are relative to the working directory of this process.
            replace: Let another file take over the workflow's id.
            detach: Leave the run to another engine, instead of driving it here; a background one is started when none lives. A process
                that drives nothing leaves it in any case.
            priority: Among runs of the workflow that queue for a place: the higher one is first, -100 to 100.

        Raises:
            NotFound: Neither a workflow nor a file.
            InvalidDefinition: It cannot be run.
            InvalidInput: The inputs or the priority do not fit, or a file among the inputs cannot be read.
            IllegalTransition: The workflow's limit is reached, and it says that a start is refused then.
            WorkflowConflict: The id belongs to another file.
            MissingSecret: A secret that it needs is not there.
            MissingPart: Something that it needs is not installed.
        """
        return await self._starting().start(ref, inputs, replace=replace, detach=detach, priority=priority)

    async def list(
        self,
        *,
        workflow: str = "",
        live: bool | None = None,
        limit: int = 200,
        offset: int = 0,
        words: str = "",
        order: RunOrder = "need",
        parent: str = "",
    ) -> Rows[RunRow]:
        """A part of the runs, and how many there are in all.

        Args:
            workflow: Only runs of this workflow; of all when empty.
            live: Only runs that are not over, or with False only those that are; all, the newest first, when None.
            limit: The most rows.
            offset: Rows to pass over first.
            words: Each must occur in the run's id, name, reason or status, in any case of letters; of live runs in who started them too.
            order: Of live runs: those first that need a person, the newest first, or by workflow.
            parent: Only runs that steps of this run have started; of all when empty.

        Raises:
            NotFound: No or no single run fits `parent`.
        """
        above = await self._context.resolve(parent) if parent else ""
        alive, here, sought = await self._context.living(), self._context.here, tuple(folded(words).split())
        now = self._context.clock()
        return await self._context.store.database.read(
            lambda connection: list_runs(
                connection, workflow, live, limit, alive, here, offset=offset, words=sought, order=order, parent=above, now=now
            )
        )

    async def resolve(self, ref: str) -> str:
        """The state id that a person's words mean.

        Raises:
            NotFound: None or several fit; the hint names them.
        """
        return await self._context.resolve(ref)

    async def get(self, ref: str, wanted: TreeOpening | BlockPart | None = None) -> RunView:
        """One run with its tree.

        Args:
            ref: The run.
            wanted: Which blocks of the tree are open, or the one block that is wanted; what matters most of all of them when none.

        Raises:
            NotFound: There is no such run, or no such block in it has begun.
        """
        from oyama_tui.store.queries.run_tree import run_view

        run_id = await self._context.resolve(ref)
        claim = await self._context.store.database.read(lambda connection: claims.find_claim(connection, run_id))
        alive, here, now = await self._context.living(), self._context.here, self._context.clock()
        if claim is not None:
            graph = await self._context.store.graph(claim.revision)
            view = await self._context.store.database.read(lambda connection: run_view(connection, run_id, graph, alive, here, now, wanted))
            if view is not None and isinstance(wanted, BlockPart) and not view.nodes:
                raise _no_block(view.row, graph, wanted.key)
            if view is not None:
                return view.model_copy(update={"row": with_stopped(view.row, claim.owner)})
        raise NotFound(f"There is no run {run_id!r}.", "See `oyama runs`.")

    async def states(self, ids: Sequence[str]) -> tuple[StateView, ...]:
        """Several runs with their values, in the order in which they are named; those that are not there are left out.

        Args:
            ids: State ids.
        """
        return await self._context.store.database.read(
            lambda connection: run_states(connection, ids, self._context.living_now(), self._context.here, self._context.clock())
        )

    async def attempts(self, ref: str, *, step: str = "", after: int = 0, running: bool = False) -> tuple[StartedAttempt, ...]:
        """The attempts that there are so far, in the order in which they began.

        Args:
            ref: The run.
            step: Only of this node, of all nodes of this step, or of all in this block, item or round; of every node when empty.
            after: Only those that began with events above this number.
            running: Only those that are under way and may write something.

        Raises:
            NotFound: The run has no such step.
        """
        from oyama_tui.store.queries.attempts import started_attempts
        from oyama_tui.studio.output import nodes_meant

        claim = await self._context.claim(ref)
        wanted = await nodes_meant(self._context, claim, step)
        return await self._context.store.database.read(
            lambda connection: started_attempts(connection, claim.run.key, wanted, after, running=running)
        )

    async def rests(self, ref: str) -> bool:
        """Whether something that does not run goes on by itself after a while: a wait, a pause, an attempt that was cut off."""
        from oyama_tui.store.queries.attempts import rests

        run = (await self._context.claim(ref)).run
        return await self._context.store.database.read(lambda connection: rests(connection, run.key))

    async def attempt(self, ref: str, node: str, attempt: int | None = None) -> AttemptView | None:
        """One attempt of a node, the newest unless said; None when the node has not started."""
        from oyama_tui.store.queries.attempts import attempt_view

        run_id, files = await self._context.resolve(ref), self._context.settings.files_path
        return await self._context.store.database.read(lambda connection: attempt_view(connection, run_id, node, attempt, files))

    async def events(self, ref: str, *, after: int = 0, limit: int = 1000) -> tuple[EventView, ...]:
        """Events with numbers above `after`, in order."""
        run = (await self._context.claim(ref)).run
        return await self._context.store.database.read(lambda connection: events_after(connection, run.key, after, limit))

    async def context(self, ref: str) -> tuple[ContextView, ...]:
        """The run's variables, by name."""
        run = (await self._context.claim(ref)).run
        return await self._context.store.database.read(lambda connection: context_view(connection, run.key))

    async def change_context(
        self, ref: str, *, set: Mapping[str, JsonValue] | None = None, unset: Sequence[str] = ()
    ) -> tuple[ContextView, ...]:
        """Change variables of a run that goes on; attempts that start later see it, whoever drives the run.

        Args:
            ref: The run.
            set: New values by name.
            unset: Names of variables to remove.

        Returns:
            The run's variables after it, by name.

        Raises:
            IllegalTransition: It is over.
            InvalidInput: A name or a value cannot be that of a variable.
            NotFound: A variable that is to be removed is not there.
            NotAllowed: This process is a step of another run.
        """
        from oyama_tui.core import commands as c

        run_id, by = await self._context.resolve(ref), self._context.principal
        known = [variable.name for variable in await self.context(run_id)]
        missing = next((name for name in unset if name not in known), None)
        if missing is not None and not (await self._context.row(run_id)).ended:
            close = get_close_matches(missing[:100], known, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"It has: {', '.join(known[:12])}." if known else "It has none."
            raise NotFound(f"Run {run_id} has no variable {missing[:60]!r}.", hint)
        wanted = dict(set or {})
        await self._context.command(run_id, lambda at: c.ChangeContext(at=at, by=by, set=wanted, unset=tuple(unset)))
        return await self.context(run_id)

    async def log(self, ref: str, node: str, *, attempt: int | None = None, offset: int | None = None, limit: int = 256 * 1024) -> LogChunk:
        """A piece of a node's output; the last `limit` bytes when no offset is given."""
        from oyama_tui.store.queries.attempts import log_path

        view = await self.attempt(ref, node, attempt)
        if view is None:
            return LogChunk(text="", offset=0, skipped=0, ended=False)
        path = log_path(self._context.settings.files_path, view.run_id, view.node, view.attempt)
        return await asyncio.to_thread(read_log, view, path, offset, limit)

    async def follow(self, ref: str, *, after: int = 0) -> AsyncIterator[EventView]:
        """Every event above `after` once, each after its commit, until the run is over; of an imported one those that there are.

        Raises:
            OyamaError: The engine of this process cannot go on with the run, and why.
        """
        claim = await self._context.claim(ref)
        run, changes = claim.run, self._context.feed.changes()
        try:
            while True:
                while batch := await self._context.store.database.read(partial(events_after, run_key=run.key, after=after)):
                    for event in batch:
                        yield event
                    after = batch[-1].seq
                    if batch[-1].type in END_TYPES:
                        return
                if claim.imported:
                    return
                if self._context.engine is not None and run.id in self._context.engine.takeover.parked:
                    raise self._context.engine.takeover.parked[run.id]
                async for change in changes:
                    if change.workflows or change.lost or run.id in change.runs:
                        break
        finally:
            await changes.aclose()

    async def pause(self, ref: str, *, mode: PauseMode = "drain", reason: str = "") -> RunRow:
        """Start no new step of it.

        Raises:
            IllegalTransition: It is paused or over.
        """
        from oyama_tui.core import commands as c

        run_id, by = await self._context.resolve(ref), self._context.principal
        await self._context.command(run_id, lambda at: c.Pause(at=at, by=by, mode=mode, reason=self._context.said(reason)))
        return await self._context.row(run_id)

    async def resume(self, ref: str) -> RunRow:
        """Let it go on when it is paused, with those below it that Oyama itself has paused, and see to it that an engine drives it.

        Raises:
            IllegalTransition: It is over.
        """
        from oyama_tui.core import commands as c

        run_id, by = await self._context.resolve(ref), self._context.principal
        row = await self._context.row(run_id)
        if row.status in ("paused", "draining") or row.ended or row.imported:
            await self._context.command(run_id, lambda at: c.Resume(at=at, by=by))
            await self._resume_below(run_id)
        elif await self._resume_below(run_id):
            pass
        elif self._context.background is not None:
            self._context.background.ask()
        elif self._context.engine is None and row.owner != "nobody":
            raise IllegalTransition(f"Run {run_id} is not paused, and an engine drives it.")
        if self._context.engine is not None:
            await self._context.engine.drive(run_id)
        return await self._context.row(run_id)

    async def come_to_its_end(self, ref: str) -> RunRow:
        """Drive a run that is being cancelled until it is over, when this process drives runs and nobody else drives it.

        Raises:
            OyamaError: The engine of this process cannot go on with it, and why.
        """
        run_id = await self._context.resolve(ref)
        if self._context.engine is not None and await self._context.engine.drive(run_id):
            async for _ in self.follow(run_id):
                continue
        return await self._context.row(run_id)

    async def hand_over(self) -> tuple[RunRow, ...]:
        """See to it that what this process still drives goes on when it ends, and say what that is; it is given back at that end.

        Raises:
            DatabaseProblem: No background engine can be started.
        """
        engine = self._context.engine
        rows = [await self._context.row(run_id) for run_id in sorted(engine.driven())] if engine is not None else []
        left = tuple(row for row in rows if not row.ended)
        if left:
            await ensure_worker(self._context.settings, self._context.store)
        return left

    async def _resume_below(self, run_id: str) -> bool:
        """Let those below a run go on that Oyama itself has paused; whether there were any."""
        from oyama_tui.core import commands as c

        context, by = self._context, self._context.principal

        def make(state: RunState, at: int) -> c.Command | None:
            paused_by_oyama = state.pause is not None and state.pause.by == SYSTEM and not state.status.ended
            return c.Resume(at=at, by=by) if paused_by_oyama and state.cancel is None else None

        resumed = False
        for below in await context.store.database.read(lambda connection: live_below(connection, run_id)):
            resumed |= bool(await context.command_as_it_is(below, make))
        return resumed

    async def cancel(self, ref: str, *, reason: str = "") -> RunRow:
        """End it now; a run that a dead engine left is taken over for that, when this process drives runs.

        Raises:
            IllegalTransition: It is over.
        """
        from oyama_tui.core import commands as c

        run_id, by = await self._context.resolve(ref), self._context.principal
        await self._context.command(run_id, lambda at: c.Cancel(at=at, by=by, reason=self._context.said(reason)))
        if self._context.engine is not None:
            await self._context.engine.drive(run_id)
        return await self._context.row(run_id)


def _no_block(row: RunRow, graph: Graph, key: str) -> NotFound:
    """Why a block of a run cannot be shown."""
    blocks = [spec.step.id for spec in graph.specs.values() if spec.bodies]
    hint = (
        f"Its blocks: {', '.join(blocks[:20])}. Items and rounds are named like 'fan[3]' and 'poll#2'." if blocks else "It has no blocks."
    )
    return NotFound(f"{row.label} has no block, item or round {key[:60]!r} that has begun.", hint)
