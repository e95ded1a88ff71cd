"""Use cases of runs beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from oyama_tui.core.comparing import Where, compared_step, different_values, matrix_of, steps_beside
from oyama_tui.core.definition_text import definition_lines
from oyama_tui.core.errors import InvalidInput, NotFound, OyamaError
from oyama_tui.core.views import AttemptView, ComparedStep, ComparedValue, NodeView, RunComparison, RunMatrix, RunView, TreeOpening
from oyama_tui.store.queries.attempts import attempt_view
from oyama_tui.store.queries.journal_lines import context_view
from oyama_tui.store.queries.run_tree import run_view
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.runs import Runs

NEWEST: Final = 16
"""Runs that stand beside each other, unless said otherwise."""
MOST: Final = 60
"""Runs that can."""


class Comparing:
    """What runs of a workflow have in common, and what not.

    Args:
        context: What the studio's parts share.
        runs: How runs are listed.
    """

    def __init__(self, context: StudioContext, runs: Runs) -> None:
        self._context, self._runs = context, runs

    async def matrix(self, workflow_id: str, most: int = NEWEST) -> RunMatrix:
        """The newest runs of a workflow, step by step; runs that are damaged are told of and left out.

        Args:
            workflow_id: The workflow, which may be deleted by now.
            most: How many of its runs, up to 60.
        """
        rows = await self._runs.list(workflow=workflow_id, limit=min(most, MOST))
        views, damaged = [], list(rows.damaged)
        for row in reversed(rows):
            try:
                views.append(await self._outermost(row.id))
            except NotFound:
                continue  # somebody has deleted it meanwhile
            except OyamaError as error:
                damaged.append(error.sentence)
        return matrix_of(workflow_id, views, rows.total, damaged)

    async def compare(self, one: str, other: str) -> RunComparison:
        """What two runs of a workflow do not have in common: steps, what these wrote and left, values, definitions.

        Args:
            one: A run.
            other: Another one of the same workflow.

        Raises:
            NotFound: No or no single run fits.
            InvalidInput: They are runs of two workflows, or one and the same.
        """
        first, second = await self._outermost(one), await self._outermost(other)
        if first.row.workflow_id != second.row.workflow_id:
            raise InvalidInput(
                f"{first.row.label} and {second.row.label} are runs of two workflows: their steps have nothing in common.",
                "Name two runs of one workflow.",
            )
        if first.row.id == second.row.id:
            raise InvalidInput(f"Both are {first.row.label}.", "Name two runs.")
        return RunComparison(
            one=first.row,
            other=second.row,
            same_revision=first.revision == second.revision,
            definition=await self._definition(first.revision, second.revision),
            steps=await self._steps(first, second),
            values=await self._values(first, second),
        )

    async def _outermost(self, ref: str) -> RunView:
        """A run with its blocks folded."""
        claim = await self._context.claim(ref)
        graph = await self._context.store.graph(claim.revision)
        folded = TreeOpening(folded=frozenset(spec.key for spec in graph.body.nodes))
        now = self._context.clock()
        view = await self._context.store.database.read(
            lambda connection: run_view(connection, claim.run.id, graph, self._context.living_now(), self._context.here, now, folded)
        )
        if view is None:
            raise NotFound(f"There is no run {ref!r}.", "See `oyama runs`.")
        return view

    async def _definition(self, one: str, other: str) -> tuple[str, ...]:
        if one == other:
            return ()
        store = self._context.store
        return definition_lines((await store.graph(one)).workflow, (await store.graph(other)).workflow)

    async def _steps(self, one: RunView, other: RunView) -> tuple[ComparedStep, ...]:
        files = self._context.settings.files_path
        pairs = list(steps_beside(one, other))
        wanted = [(view.row.id, node) for _key, *nodes in pairs for view, node in zip((one, other), nodes, strict=True)]

        def read(connection: Any) -> list[AttemptView | None]:
            return [_attempt(connection, run_id, node, files) for run_id, node in wanted]

        attempts = await self._context.store.database.read(read)
        return tuple(
            compared_step(key, first, second, _outputs(attempts[2 * at : 2 * at + 2]), _results(attempts[2 * at : 2 * at + 2]))
            for at, (key, first, second) in enumerate(pairs)
        )

    async def _values(self, one: RunView, other: RunView) -> tuple[ComparedValue, ...]:
        claims = [await self._context.claim(view.row.id) for view in (one, other)]
        before, after = await self._context.store.database.read(
            lambda connection: [{each.name: each.value for each in context_view(connection, claim.run.key)} for claim in claims]
        )
        pairs: tuple[tuple[Where, Any, Any], ...] = (
            ("inputs", one.inputs, other.inputs),
            ("context", before, after),
            ("outputs", one.outputs, other.outputs),
        )
        return tuple(value for where, first, second in pairs for value in different_values(where, first, second))


def _attempt(connection: Any, run_id: str, node: NodeView | None, files: Path) -> AttemptView | None:
    return attempt_view(connection, run_id, node.key, None, files) if node is not None and node.attempt else None


def _outputs(attempts: Sequence[AttemptView | None]) -> tuple[str, str]:
    one, other = (attempt.output if attempt is not None else "" for attempt in attempts)
    return one, other


def _results(attempts: Sequence[AttemptView | None]) -> tuple[object, object]:
    one, other = (_left(attempt) for attempt in attempts)
    return one, other


def _left(attempt: AttemptView | None) -> object:
    return None if attempt is None else (attempt.outputs, attempt.result, attempt.exit_code, attempt.error)
