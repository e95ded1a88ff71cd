"""Reading what is looked at of one workflow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from oyama_tui.core.errors import InvalidDefinition, NotFound
from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views import (
    NodeView,
    RevisionView,
    RunMatrix,
    SourceView,
    UsualTimes,
    WorkflowFigures,
    WorkflowRow,
    WorkflowStats,
)
from oyama_tui.studio import Studio

NAMES: Final = {"runs": "matrix"}
"""What a pane shows, where that is not called as the pane."""


class WorkflowDetail(Frozen):
    """What the screen of a workflow shows."""

    row: WorkflowRow
    """The workflow."""
    stats: WorkflowStats
    """How it does."""
    matrix: RunMatrix | None = None
    """Its newest runs, step by step, where they are looked at."""
    figures: WorkflowFigures | None = None
    """How it and each of its steps do, where that is looked at."""
    steps: tuple[NodeView, ...] = ()
    """Its outermost steps, where they are looked at."""
    usual: UsualTimes = UsualTimes()
    """How long they usually take."""
    cannot_run: str = ""
    """Why there are no steps: its file cannot be run, or is gone."""
    source: SourceView | None = None
    """Its text, where that is looked at."""
    revisions: tuple[RevisionView, ...] = ()
    """What that was before, where it is looked at."""


class WorkflowReading:
    """Reads for one screen.

    Args:
        studio: Where to read.
        workflow_id: The workflow.
    """

    def __init__(self, studio: Studio, workflow_id: str) -> None:
        self._studio, self._workflow_id = studio, workflow_id

    async def read(self, pane: str) -> WorkflowDetail:
        """Read what one pane needs.

        Args:
            pane: The id of the pane in sight.

        Raises:
            NotFound: The workflow is gone.
        """
        studio, workflow_id = self._studio, self._workflow_id
        row = await studio.workflows.get(workflow_id)
        parts: dict[str, Callable[[], Awaitable[object]]] = {
            "runs": lambda: studio.comparing.matrix(workflow_id),
            "source": lambda: studio.revisions.source(workflow_id),
            "revisions": lambda: studio.revisions.newest(workflow_id),
            "figures": lambda: studio.history.figures(workflow_id),
        }
        part = await self._steps(row) if pane == "steps" else {NAMES.get(pane, pane): await parts[pane]()}
        return WorkflowDetail(row=row, stats=await studio.history.stats(workflow_id), **part)

    async def _steps(self, row: WorkflowRow) -> dict[str, Any]:
        try:
            steps = await self._studio.revisions.steps(row.id)
        except (InvalidDefinition, NotFound) as error:
            return {"cannot_run": f"{error.sentence} {error.hint}".strip()}
        nodes = [node.key for node in steps]
        return {"steps": steps, "usual": await self._studio.times.usual(row.newest_run, nodes) if row.newest_run else UsualTimes()}
