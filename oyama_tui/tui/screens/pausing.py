"""A pause of a run before the step that is under the cursor."""

from __future__ import annotations

from typing import Any, Final

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import NodeView, RunRow
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.work import work

_NO_STEPS: Final = ("item", "round", "earlier", "handler")
"""Kinds of rows that are no step of their own."""


def can_pause_here(node: NodeView) -> bool:
    """Whether a run may pause before what a row of its tree stands for.

    Args:
        node: The row.
    """
    return node.kind not in _NO_STEPS


def pause_here(screen: StudioScreen[Any], run: RunRow, node: NodeView) -> None:
    """Have a run pause before a step; where it is to do so already, no more.

    Args:
        screen: What tells of it.
        run: The run.
        node: A step of it.
    """
    step, studio = node.step_id, screen.context.studio

    async def turn() -> None:
        try:
            if step in (await studio.runs.get(run.id)).breakpoints:
                await studio.breakpoints.clear(run.id, (step,))
                words = f"{run.label} pauses at {step} no more."
            else:
                await studio.breakpoints.set(run.id, (step,))
                words = f"{run.label} pauses when {step} is about to begin."
        except OyamaError as error:
            screen.report(error)
        else:
            screen.say(words)
        screen.reload()

    work(screen, turn, group="command")
