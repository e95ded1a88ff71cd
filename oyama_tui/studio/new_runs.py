"""What a run needs to be started: its definition, inputs that fit, its secrets and what is installed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core.children import MAX_DEPTH
from oyama_tui.core.decide import decide
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.definition.kinds.workflow import names_file
from oyama_tui.core.errors import IllegalTransition, InvalidDefinition, first_problem
from oyama_tui.core.events import Asker, Principal, RunStarted, StepReused, Trigger
from oyama_tui.core.fork import Fork
from oyama_tui.core.scope import Scope
from oyama_tui.core.state import RunState
from oyama_tui.core.views import RunRow
from oyama_tui.engine.child_runs import ChildRequest
from oyama_tui.steps.installed import may_lack_parts, require_parts
from oyama_tui.store.line import require_place
from oyama_tui.store.queries.children import ancestors
from oyama_tui.store.runs import NewRun
from oyama_tui.studio.background import refuse_undrivable
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.paths import directory_of, normal_path
from oyama_tui.studio.starting import leave_to_another
from oyama_tui.studio.workflows import Workflows


class Starting:
    """Starts runs, and makes runs ready to be created, whoever starts them.

    Args:
        context: What the studio works with.
        workflows: Reads and keeps definitions.
    """

    def __init__(self, context: StudioContext, workflows: Workflows) -> None:
        self._context = context
        self._workflows = workflows

    async def start(
        self, ref: str, inputs: Mapping[str, JsonValue], *, replace: bool = False, detach: bool = False, priority: int = 0
    ) -> RunRow:
        """Start a run of a workflow id or of a file, as `Runs.start` says.

        Args:
            ref: A workflow's id, or the path of a file.
            inputs: Values by name.
            replace: Let another file take over the workflow's id.
            detach: Leave the run to another engine.
            priority: Among runs of the workflow that queue for a place.

        Raises:
            OyamaError: It cannot be started, and why.
        """
        workflow, source, kept = await self._workflows.source_of(ref)
        graph = self._context.store.graph_of(workflow)
        directory = directory_of(source)
        by, trigger = self._context.principal, self._context.trigger
        started = await self.started(graph, directory, inputs, by=by, trigger=trigger, priority=priority)
        engine = None if detach else self._context.engine
        if engine is None:
            await refuse_undrivable(self._context.settings, self._context.store)
        if workflow.concurrency is not None:
            await self._context.store.database.read(lambda connection: require_place(connection, workflow))
        if kept != graph.revision:
            await self._workflows.keep(workflow, source, replace=replace)
        new = NewRun(graph, directory, started, owner=engine.id if engine is not None else None)
        if engine is not None:
            return await self._context.row((await engine.start(new)).id)
        return await leave_to_another(self._context, new)

    async def started(
        self,
        graph: Graph,
        directory: str,
        inputs: Mapping[str, JsonValue],
        *,
        by: Principal,
        trigger: Trigger,
        folder: str = "",
        priority: int = 0,
        asker: Asker | None = None,
    ) -> RunStarted:
        """The first event of a run, whose inputs fit and which has here what it needs.

        Args:
            graph: Its compiled definition.
            directory: Where its steps run.
            inputs: As they were supplied; files are relative to the working directory of this process.
            by: Who starts it.
            trigger: In which way.
            folder: Files among the inputs are relative to it instead, when it is not empty.
            priority: Among runs of the workflow that queue.
            asker: The program from outside whose question the run is.

        Raises:
            InvalidInput: The inputs do not fit, or a file among them cannot be read.
            MissingSecret: A secret that it needs is not there.
            MissingPart: Something that it needs is not installed.
        """
        workflow = graph.workflow
        given = await self._workflows.read_inputs(workflow, directory, inputs, folder)
        started, _ = await self._begun(graph, directory, given, by=by, trigger=trigger, priority=priority, asker=asker)
        return started

    async def forked(self, graph: Graph, directory: str, fork: Fork, *, by: Principal, trigger: Trigger, keeps: bool) -> NewRun:
        """A run that takes over what another one had done, ready to be created; nobody owns it yet.

        Args:
            graph: Its compiled definition.
            directory: Where its steps run.
            fork: What is taken over.
            by: Who starts it.
            trigger: In which way.
            keeps: Its revision may not be stored.

        Raises:
            MissingSecret: A secret that it needs is not there.
            MissingPart: Something that it needs is not installed.
        """
        started, reused = await self._begun(graph, directory, fork.plan.inputs, by=by, trigger=trigger, fork=fork.part)
        return NewRun(graph, directory, started, owner=None, reused=reused, keeps=keeps)

    async def _begun(
        self,
        graph: Graph,
        directory: str,
        inputs: Mapping[str, JsonValue],
        *,
        by: Principal,
        trigger: Trigger,
        priority: int = 0,
        fork: c.ForkPart | None = None,
        asker: Asker | None = None,
    ) -> tuple[RunStarted, tuple[StepReused, ...]]:
        """The events with which a run begins that has here what it needs."""
        workflow = graph.workflow
        command = c.StartRun(
            at=self._context.clock(),
            by=by,
            inputs=dict(inputs),
            trigger=trigger,
            revision=graph.revision,
            directory=directory,
            priority=priority,
            fork=fork,
            asker=asker,
        )
        events = decide(RunState(run_id="", graph=graph, root=Scope(graph.body)), command)
        started = next(event for event in events if isinstance(event, RunStarted))
        self._context.secrets.require(workflow.all_secrets, f"The workflow {workflow.id}")
        if may_lack_parts(workflow):
            await asyncio.to_thread(require_parts, workflow)
        return started, tuple(event for event in events if isinstance(event, StepReused))

    async def new_child(self, request: ChildRequest) -> NewRun:
        """Read, check and keep the workflow that a step names, and make its run ready to be created.

        Raises:
            OyamaError: It cannot be started, and why.
        """
        named, inputs = str(request.order["workflow"]), request.order["inputs"]
        above = await self._context.store.database.read(lambda connection: ancestors(connection, request.parent.id))
        chain = [row.workflow_id for row in above]
        if len(chain) >= MAX_DEPTH:
            raise IllegalTransition(f"{named} would be run {len(chain) + 1} deep in {_way(chain)}, and at most {MAX_DEPTH} are allowed.")
        ref = str(normal_path(named, request.directory)) if names_file(named) else named
        try:
            workflow, source, kept = await self._workflows.source_of(ref)
        except InvalidDefinition as error:
            raise IllegalTransition(f"The workflow {named} is not valid: {first_problem(error)}.", "`oyama validate` shows all.") from error
        if workflow.id in chain:
            raise IllegalTransition(
                f"The workflow {workflow.id} would start itself: {_way([*chain, workflow.id])}.",
                "Repeat steps with repeat: or for_each:; a workflow cannot be among those that it starts.",
            )
        directory = directory_of(source) if source else request.directory
        assert isinstance(inputs, dict)
        graph = self._context.store.graph_of(workflow)
        started = await self.started(graph, directory, inputs, by=request.by, trigger="parent", folder=request.directory)
        if kept != started.revision:
            await self._workflows.keep(workflow, source, replace=False)
        of_step = {"parent": request.parent.id, "parent_node": request.node, "parent_attempt": request.attempt}
        owner = self._context.engine.id if self._context.engine is not None else None
        return NewRun(graph, directory, started.model_copy(update=of_step), owner)


def _way(chain: Sequence[str]) -> str:
    return " › ".join(chain)
