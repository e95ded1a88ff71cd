"""Use cases of forks: new runs that take over what another one had done."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.errors import InvalidInput, NotFound
from oyama_tui.core.events import NodeEvent
from oyama_tui.core.fork import Fork, planned_fork
from oyama_tui.core.fork_source import source_after
from oyama_tui.core.inputs import bad_inputs
from oyama_tui.core.points import point_label
from oyama_tui.core.views import ForkPlan, RunRow
from oyama_tui.store.claims import Claim
from oyama_tui.store.line import require_place
from oyama_tui.store.queries.forks import quiet_runs
from oyama_tui.studio.background import refuse_undrivable
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.input_files import with_files
from oyama_tui.studio.moments import NOW, Moments
from oyama_tui.studio.new_runs import Starting
from oyama_tui.studio.paths import directory_of, normal_path
from oyama_tui.studio.starting import leave_to_another
from oyama_tui.studio.workflows import Workflows, read_text


@dataclass(frozen=True, slots=True)
class _Target:
    """By what the new run goes."""

    graph: Graph
    directory: str
    keeps: bool
    """Its revision may not be stored."""


class Forking:
    """What can be made of a run's past; `ref` is a run as people name it.

    Args:
        context: What the studio's parts share.
        workflows: Reads definitions.
        starting: Makes runs ready to be created.
        moments: Knows the points of runs.
    """

    def __init__(self, context: StudioContext, workflows: Workflows, starting: Starting, moments: Moments) -> None:
        self._context = context
        self._workflows = workflows
        self._starting = starting
        self._moments = moments

    async def plan(self, ref: str, wish: c.ForkWish, *, at: str = "", definition: str = "") -> ForkPlan:
        """What `fork` with the same words would do; nothing is changed.

        Args:
            ref: The run; any, also one that goes on or came here from a file.
            wish: What is to be different.
            at: A point of it as people say it; its newest event when empty.
            definition: The path of a file with another definition of the workflow; that of the run when empty.

        Raises:
            NotFound: There is no such run, point, step or file.
            InvalidInput: Inputs, variables or outputs do not fit, or the definition is that of another workflow.
            InvalidDefinition: The file cannot be run.
            NotAllowed: Somebody who is no person says what a step has left.
            CorruptJournal: The run's journal cannot be folded, or was changed.
        """
        claim = await self._context.claim(ref)
        target = await self._target(claim, definition)
        fork = await self._planned(claim, target, wish, at)
        return fork.plan.model_copy(update={"notes": tuple(await self._notes(claim, target, given=bool(definition)))})

    async def fork(self, ref: str, wish: c.ForkWish, *, at: str = "", definition: str = "", detach: bool = False) -> RunRow:
        """Start a run that takes over what another one had done, and drive it where this process drives.

        Args:
            ref: The run.
            wish: What is to be different; with the digest of the plan that was shown, which is refused when it would be another one now.
            at: As for `plan`; `ForkPlan.at` where a plan was shown, so that a run that goes on does not matter.
            definition: As for `plan`.
            detach: Leave the run to another engine; a background one is started when none lives.

        Raises:
            OyamaError: As `plan` does, and as the start of a run does.
            IllegalTransition: The plan would be another one than was shown, or the limit of the workflow refuses a start.
        """
        claim = await self._context.claim(ref)
        target = await self._target(claim, definition)
        fork = await self._planned(claim, target, wish, at)
        by, trigger = self._context.principal, self._context.trigger
        new = await self._starting.forked(target.graph, target.directory, fork, by=by, trigger=trigger, keeps=target.keeps)
        engine = None if detach else self._context.engine
        if engine is None:
            await refuse_undrivable(self._context.settings, self._context.store)
        if target.graph.workflow.concurrency is not None:
            await self._context.store.database.read(lambda connection: require_place(connection, target.graph.workflow))
        if engine is not None:
            return await self._context.row((await engine.start(replace(new, owner=engine.id))).id)
        return await leave_to_another(self._context, new)

    async def definition(self, ref: str, definition: str = "") -> Workflow:
        """By what a fork would go, for those who ask for its inputs.

        Args:
            ref: The run.
            definition: As for `plan`.

        Raises:
            OyamaError: As `plan` does.
        """
        return (await self._target(await self._context.claim(ref), definition)).graph.workflow

    async def _target(self, claim: Claim, definition: str) -> _Target:
        if not definition:
            return _Target(await self._context.store.graph(claim.revision), claim.directory, keeps=False)
        path = normal_path(definition)
        workflow = await asyncio.to_thread(lambda: self._workflows.check(read_text(path), str(path)))
        if workflow.id != claim.run.workflow_id:
            raise InvalidInput(
                f"The file {path} defines {workflow.id}, and {claim.run.workflow_id} #{claim.run.number} is no run of that.",
                f"A fork goes by a definition of the same workflow; in the file, write id: {claim.run.workflow_id}",
            )
        return _Target(self._context.store.graph_of(workflow), directory_of(str(path)), keeps=True)

    async def _planned(self, claim: Claim, target: _Target, wish: c.ForkWish, at: str) -> Fork:
        seq = await self._moments.resolve(claim.run.id, at or NOW)
        graph = await self._context.store.graph(claim.revision)
        events = [event for event, _ in (await self._context.store.journal.read(claim.run))[:seq]]
        if not events:
            raise NotFound(f"Run {claim.run.id} was removed meanwhile.", "See `oyama runs`.")
        given = await self._absolute(target, wish.inputs)
        wanted = target.graph.kept_items
        run_id, number = claim.run.id, claim.run.number
        source = await asyncio.to_thread(lambda: source_after(run_id, graph, events, number=number, wanted_items=wanted))
        below = {run for runs in source.children.values() for run in runs}
        if below:
            quiet = await self._context.store.database.read(lambda connection: quiet_runs(connection, below))
            asked = frozenset(step_id for step_id, runs in source.children.items() if not runs <= quiet)
            source = replace(source, asked_below=asked)
        last = events[-1]
        label = point_label(last.type, last.node if isinstance(last, NodeEvent) else "", source.at)
        wish = wish.model_copy(update={"inputs": given})
        by = self._context.principal
        return await asyncio.to_thread(lambda: planned_fork(source, target.graph, wish, by=by, label=label))

    async def _absolute(self, target: _Target, given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Given inputs, files with their absolute paths; those that the run had are not looked at again."""
        workflow = target.graph.workflow
        fields = {name: field for name, field in workflow.inputs.items() if name in given}
        known = {name: value for name, value in given.items() if name in fields}
        values, problems = await with_files(fields, known, target.directory)
        if problems:
            raise bad_inputs(workflow.id, problems)
        return {**given, **values}

    async def _notes(self, claim: Claim, target: _Target, *, given: bool) -> list[str]:
        """What people should know besides."""
        workflow_id, notes = claim.run.workflow_id, list[str]()
        if not await asyncio.to_thread(Path(target.directory).is_dir):
            notes.append(f"The directory of its steps, {target.directory}, is not there: what begins once more fails.")
        if given:
            return [*notes, f"The definition is kept for this run; {workflow_id} itself stays as it is."]
        try:
            known = await self._workflows.get(workflow_id)
        except NotFound:
            return [*notes, f"{workflow_id} was deleted since: the fork goes by the run's own definition, and does not bring it back."]
        if known.revision != claim.revision or known.changed:
            other = f"--definition {shlex.quote(known.source)}" if known.source else "--definition FILE"
            notes.append(f"{workflow_id} was edited since: the fork goes by the run's own definition. Another one: {other}")
        return notes
