"""Use cases of what workflows say, and have said."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Final

from oyama_tui.core.definition.graph import compile_graph
from oyama_tui.core.definition_text import definition_lines, written_definition
from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import NodeView, RevisionView, SourceView
from oyama_tui.store.queries.revisions import newest_revisions
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.paths import normal_path
from oyama_tui.studio.workflows import Workflows, read_text

MOST: Final = 20
"""Contents of a workflow that are told of, the newest ones."""


class Revisions:
    """The texts of workflows.

    Args:
        context: What the studio's parts share.
        workflows: How definitions are read and kept.
    """

    def __init__(self, context: StudioContext, workflows: Workflows) -> None:
        self._context, self._workflows = context, workflows

    async def source(self, workflow_id: str) -> SourceView:
        """What a workflow's definition says now.

        Args:
            workflow_id: The workflow.

        Raises:
            NotFound: There is none of this id.
        """
        row = await self._workflows.get(workflow_id)
        if row.source:
            try:
                path = normal_path(row.source)
                text = await asyncio.to_thread(read_text, path)
            except OyamaError as error:
                return SourceView(text=await self._kept(row.revision), path=row.source, kept=True, problem=_said(error))
            try:
                await asyncio.to_thread(self._workflows.check, text, str(path))
            except OyamaError as error:
                return SourceView(text=text, path=row.source, kept=False, problem=_said(error))
            return SourceView(text=text, path=row.source, kept=False)
        return SourceView(text=await self._kept(row.revision), path="", kept=True)

    async def newest(self, workflow_id: str, most: int = MOST) -> tuple[RevisionView, ...]:
        """The contents that a workflow has had, the newest first, each with what it has changed.

        Args:
            workflow_id: The workflow, which may be deleted by now.
            most: How many at the most.
        """
        kept = await self._context.store.database.read(lambda connection: newest_revisions(connection, workflow_id, most + 1))
        current = (await self._workflows.get(workflow_id)).revision if kept else ""
        graphs = [await self._context.store.graph(each.revision) for each in kept]
        changes = [definition_lines(before.workflow, graph.workflow) for graph, before in pairwise(graphs)] + [()]
        found = [
            RevisionView(revision=each.revision, created_at=each.created_at, current=each.revision == current, changed=changed)
            for each, changed in zip(kept, changes, strict=False)
        ]
        return tuple(found[:most])

    async def steps(self, workflow_id: str) -> tuple[NodeView, ...]:
        """The outermost steps of a workflow as it is now, as those of a run that has not begun.

        Args:
            workflow_id: The workflow.

        Raises:
            NotFound: There is none of this id.
            InvalidDefinition: Its file cannot be run.
        """
        graph = compile_graph(await self._workflows.definition(workflow_id))
        nodes = graph.body.nodes
        return tuple(
            NodeView(
                key=spec.key,
                step_id=spec.step.id,
                name=spec.step.label if spec.represents_step else "gate",
                kind=spec.kind,
                depth=0 if spec.represents_step else 1,
                status="pending",
                attempt=0,
                note="",
                approval="",
                started_at=None,
                duration_ms=None,
                after=tuple(nodes[need].key for need in spec.needs),
            )
            for spec in nodes
        )

    async def _kept(self, revision: str) -> str:
        return written_definition((await self._context.store.graph(revision)).workflow)


def _said(error: OyamaError) -> str:
    return f"{error.sentence} {error.hint}".strip()
