"""Use cases of breakpoints: steps before which a run is to pause."""

from __future__ import annotations

from collections.abc import Sequence

from oyama_tui.core import commands as c
from oyama_tui.core.views import RunRow
from oyama_tui.studio.context import StudioContext


class Breakpoints:
    """Where runs are to pause; `ref` is a run as people name it."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context

    async def steps(self, ref: str) -> dict[str, str]:
        """The steps before which a run can pause, by id what people call them; those of handlers are none."""
        graph = await self._context.store.graph((await self._context.claim(ref)).revision)
        return {spec.step.id: spec.step.label for spec in graph.body.all_nodes()}

    async def set(self, ref: str, steps: Sequence[str]) -> RunRow:
        """Have a run pause when one of these steps is about to begin, before each of them once.

        Args:
            ref: The run.
            steps: Their ids; one at least.

        Raises:
            IllegalTransition: The run is over or ending, or a step has begun for the last time.
            NotFound: It has no such step.
            NotAllowed: This process is a step of another run.
        """
        run_id, by, before = await self._context.resolve(ref), self._context.principal, tuple(steps)
        await self._context.command(run_id, lambda at: c.Pause(at=at, by=by, before=before))
        return await self._context.row(run_id)

    async def clear(self, ref: str, steps: Sequence[str] = ()) -> RunRow:
        """Have a run pause before some steps no more; before none at all when none is named.

        Raises:
            IllegalTransition: The run is over.
            NotFound: It is not to pause before such a step.
            NotAllowed: This process is a step of another run.
        """
        run_id, by, named = await self._context.resolve(ref), self._context.principal, tuple(steps)
        await self._context.command(run_id, lambda at: c.ClearBreakpoints(at=at, by=by, steps=named))
        return await self._context.row(run_id)
