"""Use cases of what reaches a run from outside while it waits: events, and the wish that it goes on at once."""

from __future__ import annotations

from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core.definition.graph import Graph
from oyama_tui.core.definition.kinds.wait import awaited_event
from oyama_tui.core.events import RetryRequested
from oyama_tui.core.views import HurriedRun, SentEvent
from oyama_tui.engine.commanding import fold_run
from oyama_tui.studio.context import StudioContext


class Signals:
    """What can be sent to runs that wait; `ref` is a run as people name it."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context

    async def send(self, ref: str, name: str, payload: JsonValue = None, *, key: str = "") -> SentEvent:
        """Send a run an event; durable when it returns, whether or not an engine drives the run.

        Args:
            ref: The run.
            name: What steps wait for.
            payload: What the step that takes it has as its result, at most 64 KiB of JSON.
            key: The same key again is the same event, which counts once.

        Raises:
            IllegalTransition: The run is over, the key stands for another event, or too many events are kept.
            InvalidInput: The name, the key or the payload cannot be those of an event.
            NotAllowed: This process is a step of another run.
        """
        run_id, by = await self._context.resolve(ref), self._context.principal
        _, before, _ = await fold_run(self._context.store, run_id)
        events = await self._context.command(run_id, lambda at: c.DeliverEvent(at=at, by=by, name=name, payload=payload, key=key))
        return SentEvent(
            run=await self._context.row(run_id),
            event=name,
            already=not events,
            awaited=name in before.listening,
            known=_names(before.graph),
        )

    async def retry(self, ref: str, step: str = "") -> HurriedRun:
        """End the pause before another attempt, or before the next round of a repetition; works whether or not an engine drives the run.

        Args:
            ref: The run.
            step: A node, or a step, all of whose nodes are meant; all that pause when empty.

        Raises:
            IllegalTransition: The run is over, or what is meant does not pause.
            NotFound: The run has no such step.
            NotAllowed: This process is a step of another run.
        """
        run_id, by = await self._context.resolve(ref), self._context.principal
        events = await self._context.command(run_id, lambda at: c.RetryNow(at=at, by=by, node=step))
        nodes = tuple(event.node for event in events if isinstance(event, RetryRequested))
        return HurriedRun(run=await self._context.row(run_id), nodes=nodes)


def _names(graph: Graph) -> tuple[str, ...]:
    """The names of the events that steps wait for, in the order of the definition."""
    names = (awaited_event(spec.step) for spec in graph.specs.values())
    return tuple(dict.fromkeys(name for name in names if name))
