"""Runs that somebody wants to go on: the wish is appended, and an engine drives them here, in the background or elsewhere."""

from __future__ import annotations

from oyama_tui.core import commands as c
from oyama_tui.core.definition.workflow import Workflow
from oyama_tui.core.views import RunRow
from oyama_tui.studio.background import ensure_worker, refuse_undrivable
from oyama_tui.studio.context import StudioContext


async def go_on(context: StudioContext, run_id: str, workflow: Workflow, wish: c.Command, *, detach: bool) -> RunRow:
    """Append what follows from a wish, and see to it that an engine drives the run where this process has one.

    Args:
        context: What use cases work with.
        run_id: The run.
        workflow: By what it goes.
        wish: Its time is set when it is decided.
        detach: Leave the run to another engine; a background one is started when none lives.

    Raises:
        Refused: The wish does not fit.
        MissingSecret: A secret that the run needs is not here.
    """
    if detach:
        await refuse_undrivable(context.settings, context.store)
    elif context.background is None:
        context.secrets.require(workflow.all_secrets, f"The workflow {workflow.id}")
    await context.command(run_id, lambda at: wish.model_copy(update={"at": at}))
    if context.engine is not None:
        await context.engine.drive(run_id)
    elif context.background is not None:
        context.background.ask()
    elif detach:
        await ensure_worker(context.settings, context.store)
    return await context.row(run_id)
