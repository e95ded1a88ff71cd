"""Use cases of runs that are taken up anew: what failed is tried once more, or said to be over."""

from __future__ import annotations

from collections.abc import Sequence

from oyama_tui.core import commands as c
from oyama_tui.core.errors import IllegalTransition
from oyama_tui.core.recovery import recover_plan
from oyama_tui.core.views import RecoverPlan, RunRow
from oyama_tui.engine.commanding import fold_run
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.going_on import go_on


class Recovery:
    """What can be done with runs that did not complete; `ref` is a run as people name it."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context

    async def plan(
        self,
        ref: str,
        *,
        steps: Sequence[str] = (),
        again: bool = False,
        supplied: Sequence[c.Supply] = (),
        attempts: int | None = None,
        delay: int = 0,
    ) -> RecoverPlan:
        """What `recover` with the same words would do now; nothing is changed.

        Raises:
            Refused: As `recover` does.
        """
        run_id = await self._resolved(ref)
        wish = self._wish(steps=steps, again=again, supplied=supplied, attempts=attempts, delay=delay)
        _, state, _ = await fold_run(self._context.store, run_id)
        return recover_plan(state, wish.model_copy(update={"at": max(self._context.clock(), state.at)}))

    async def recover(
        self,
        ref: str,
        *,
        steps: Sequence[str] = (),
        again: bool = False,
        supplied: Sequence[c.Supply] = (),
        why: str = "",
        attempts: int | None = None,
        delay: int = 0,
        seen: int | None = None,
        detach: bool = False,
    ) -> RunRow:
        """Take a run up anew, and see to it that an engine drives it where this process has one.

        Args:
            ref: The run.
            steps: Steps or nodes that begin once more; all that failed when none is named.
            again: They begin once more although they are over, in a run that goes on too.
            supplied: What a person says of steps that need no further try.
            why: Kept in the journal.
            attempts: How often each step that begins once more may be tried; as it says itself when none.
            delay: Milliseconds before the first of these attempts, and between them.
            seen: `seq` of the plan that was shown; none when nobody looked.
            detach: Leave the run to another engine; a background one is started when none lives.

        Raises:
            IllegalTransition: The run goes on, has completed, is part of one that does not wait for it, or has moved on since the plan.
            NotFound: No such step failed.
            NotAllowed: Somebody who is no person says what became of a step.
            MissingSecret: A secret that it needs is not here.
        """
        run_id = await self._resolved(ref)
        wish = self._wish(
            steps=steps, again=again, supplied=supplied, attempts=attempts, delay=delay, why=self._context.said(why), seen=seen
        )
        graph = await self._context.store.graph((await self._context.claim(run_id)).revision)
        return await go_on(self._context, run_id, graph.workflow, wish, detach=detach)

    def _wish(
        self,
        *,
        steps: Sequence[str],
        again: bool,
        supplied: Sequence[c.Supply],
        attempts: int | None,
        delay: int,
        why: str = "",
        seen: int | None = None,
    ) -> c.Recover:
        return c.Recover(
            at=0,
            by=self._context.principal,
            steps=tuple(steps),
            again=again,
            supplied=tuple(supplied),
            why=why,
            attempts=attempts,
            delay=delay,
            seen=seen,
        )

    async def _resolved(self, ref: str) -> str:
        """The run, unless it is part of one that does not wait for it: then nothing would come of it."""
        run_id = await self._context.resolve(ref)
        row = await self._context.row(run_id)
        if row.parent and row.ended:
            parent = await self._context.row(row.parent)
            raise IllegalTransition(
                f"{row.label} was started by a step of {parent.label}, which has its outcome already.",
                f"Recover {parent.label}, `oyama recover {parent.id}`: its step starts a run anew.",
            )
        return run_id
