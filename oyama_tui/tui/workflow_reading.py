"""Reading what is looked at of one workflow."""

from __future__ import annotations

from oyama_tui.core.errors import InvalidDefinition, NotFound
from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views import NodeView, RevisionView, RunMatrix, SourceView, UsualTimes, WorkflowFigures, WorkflowRow
from oyama_tui.studio import Studio


class WorkflowDetail(Frozen):
    """What the screen of a workflow shows."""

    row: WorkflowRow
    """The workflow."""
    figures: WorkflowFigures
    """How it does."""
    recent_ms: tuple[int, ...]
    """Working times of its newest runs that completed, oldest first."""
    matrix: RunMatrix
    """Its newest runs, step by step."""
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
        detail = WorkflowDetail(
            row=row,
            figures=await studio.history.figures(workflow_id),
            recent_ms=(await studio.history.stats(workflow_id)).recent_ms,
            matrix=await studio.comparing.matrix(workflow_id),
        )
        if pane == "source":
            return detail.model_copy(update={"source": await studio.revisions.source(workflow_id)})
        if pane == "revisions":
            return detail.model_copy(update={"revisions": await studio.revisions.newest(workflow_id)})
        return detail.model_copy(update=await self._steps(row)) if pane == "steps" else detail

    async def _steps(self, row: WorkflowRow) -> dict[str, object]:
        try:
            steps = await self._studio.revisions.steps(row.id)
        except (InvalidDefinition, NotFound) as error:
            return {"cannot_run": f"{error.sentence} {error.hint}".strip()}
        nodes = [node.key for node in steps]
        return {"steps": steps, "usual": await self._studio.times.usual(row.newest_run, nodes) if row.newest_run else UsualTimes()}
