"""Use cases of runs that are taken back: what steps had done is undone by what they say for that."""

from __future__ import annotations

from collections.abc import Sequence

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.errors import IllegalTransition
from oyama_tui.core.event_text import event_text
from oyama_tui.core.state import RunState
from oyama_tui.core.statuses import StepStatus
from oyama_tui.core.text import first_line
from oyama_tui.core.undo import BEGINNING, context_at, undo_plan
from oyama_tui.core.views import RunRow, UndoPlan
from oyama_tui.engine.commanding import fold_run
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.going_on import go_on
from oyama_tui.studio.moments import START, Moments

_LONGEST = 60


class Undoing:
    """What can be done with what runs have done; `ref` is a run as people name it."""

    def __init__(self, context: StudioContext, moments: Moments) -> None:
        self._context = context
        self._moments = moments

    async def plan(self, ref: str, *, to: str = START, force: Sequence[str] = ()) -> UndoPlan:
        """What `undo` with the same words would do now; nothing is changed.

        Args:
            ref: The run.
            to: The point after which everything is undone, as `Moments.resolve` takes it; the beginning when it is not said.
            force: Steps that cannot be undone and stay.

        Raises:
            NotFound: There is no such point.
            Refused: As `undo` does, but for steps that must be named: they stand in the plan.
        """
        state, wish = await self._wish(ref, to, force)
        return undo_plan(state, wish)

    async def undo(
        self, ref: str, *, to: str = START, force: Sequence[str] = (), why: str = "", seen: int | None = None, detach: bool = False
    ) -> RunRow:
        """Take a run back, and see to it that an engine drives it where this process has one.

        Args:
            ref: The run.
            to: The point after which everything is undone, as `Moments.resolve` takes it; the beginning when it is not said.
            force: Steps that cannot be undone and stay: each of them is named, or nothing is done.
            why: Kept in the journal.
            seen: `seq` of the plan that was shown; none when nobody looked.
            detach: Leave the run to another engine; a background one is started when none lives.

        Raises:
            IllegalTransition: Something runs, nothing has begun after that point, it is being undone, ends, or has moved on since the plan.
            NotAllowed: Somebody who is no person wants it.
            NotFound: There is no such point, or a step that is named can be undone.
            MissingSecret: A secret that it needs is not here.
        """
        state, wish = await self._wish(ref, to, force)
        # What it puts the variables back to was computed from the journal as it is now.
        wish = wish.model_copy(update={"why": self._context.said(why), "seen": state.seq if seen is None else seen})
        return await go_on(self._context, state.run_id, state.graph.workflow, wish, detach=detach)

    async def last_success(self, ref: str) -> str:
        """The point at which a step outside of blocks had completed last.

        Args:
            ref: The run.

        Raises:
            IllegalTransition: None has.
        """
        _, state, _ = await fold_run(self._context.store, await self._context.resolve(ref))
        ends = [node.settled for node in state.root.nodes if node.status is StepStatus.COMPLETED and node.spec.represents_step]
        if not ends:
            raise IllegalTransition(f"No step of run {state.run_id} has completed.", "Go back to its beginning instead.")
        return str(max(ends))

    async def steps_back(self, ref: str, steps: int) -> str:
        """The point before that at which the last steps outside of blocks were over; what has begun and is not over counts as last.

        Args:
            ref: The run.
            steps: How many of them, from 1.

        Raises:
            IllegalTransition: Fewer have begun.
        """
        _, state, _ = await fold_run(self._context.store, await self._context.resolve(ref))
        ends: dict[str, int] = {}
        for node in state.root.nodes:
            done_by_hand = node.status is StepStatus.COMPLETED and not node.reused
            if node.status is not StepStatus.SKIPPED and (node.attempt or node.openings or done_by_hand):
                # A step is as far as the last of it: its gate, or its action.
                step, end = node.spec.step.id, node.settled or state.seq + 1
                ends[step] = max(end, ends.get(step, 0))
        if steps > len(ends):
            raise IllegalTransition(f"Only {len(ends)} steps of run {state.run_id} have begun, and {steps} are to be undone.")
        kept = [end for end in sorted(ends.values(), reverse=True)[steps:] if end <= state.seq]
        return str(kept[0]) if kept else START

    async def _wish(self, ref: str, to: str, force: Sequence[str]) -> tuple[RunState, c.Undo]:
        """The run as it is, and what is wanted of it."""
        run_id = await self._context.resolve(ref)
        run, state, _ = await fold_run(self._context.store, run_id)
        # A step means its newest round: what it did before that stays, or is undone with it.
        newest = next((node.settled for node in state.root.nodes if node.spec.key == to and node.settled), 0)
        seq = newest or await self._moments.resolve(run_id, to)
        seq = 0 if seq == 1 else seq
        journal = [event for event, _ in await self._context.store.journal.read(run)]
        label = f"to {_point(journal[seq - 1], to)}" if seq else BEGINNING
        return state, c.Undo(
            at=max(self._context.clock(), state.at),
            by=self._context.principal,
            to=seq,
            label=label,
            context=context_at(journal[: state.seq], state, seq),
            force=tuple(force),
        )


def _point(event: e.Event, said: str) -> str:
    """A point in words for people: by the name that somebody has given it, by the step that was over then, or by what happened."""
    if isinstance(event, e.StepSucceeded | e.StepFailed | e.StepSkipped):
        return f"after {event.node}"
    what = said if not said.isdigit() else f"event {said}: {event_text(event)}"
    return first_line(what, _LONGEST)
