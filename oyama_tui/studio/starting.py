"""Starting runs that another engine is to drive."""

from __future__ import annotations

import asyncio
import time

from oyama_tui.core.views import RunRow
from oyama_tui.store.runs import NewRun
from oyama_tui.studio.background import ensure_worker
from oyama_tui.studio.context import StudioContext

LOOK_SECONDS = 10.0
"""The longest that a start waits until an engine has looked at the run."""
OTHERS_SECONDS = 1.5
"""How long other engines have to take a run that one has left alone: each looks about every second."""
LOOK_PACE = 0.05


async def leave_to_another(context: StudioContext, new: NewRun) -> RunRow:
    """Create a run that another engine is to drive, and see to it that there is one."""
    run, _ = await context.store.journal.create(new)
    if context.background is not None:
        context.background.ask()
    else:
        await ensure_worker(context.settings, context.store)
        if new.graph.workflow.all_secrets:
            return await _taken(context, run.id)
    return await context.row(run.id)


async def _taken(context: StudioContext, run_id: str) -> RunRow:
    """A run's row once an engine drives it, or says why it does not; as it is when none has looked at it in time."""
    until, alone = time.monotonic() + LOOK_SECONDS, 0.0
    while True:
        row = await context.row(run_id)
        now = time.monotonic()
        if row.obstacle:
            # Where several engines live, another one may have what this one lacks.
            alone = alone or now + OTHERS_SECONDS
        if row.owner != "nobody" or row.ended or now > until or (alone and now > alone):
            return row
        await asyncio.sleep(LOOK_PACE)
