"""What lets a step that is under the cursor begin sooner or later: its event, the end of its pause, a pause of the run before it."""

from __future__ import annotations

from typing import Any

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import NodeView, RunRow, SentEvent
from oyama_tui.tui.dialogs.event import EventDialog
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.screens.pausing import can_pause_here, pause_here
from oyama_tui.tui.work import work


def can_hasten(run: RunRow, node: NodeView | None, what: object) -> bool:
    """Whether this fits a step.

    Args:
        run: The run.
        node: The step.
        what: `event`, `anew` to end a pause, or `pause` to have the run pause before it.
    """
    if not run.live or node is None:
        return False
    fits = {"event": bool(node.waits_for), "anew": node.pauses, "pause": can_pause_here(node)}
    return fits.get(str(what), False)


def hasten(screen: StudioScreen[Any], run: RunRow, node: NodeView, what: str) -> None:
    """End the waiting of a step, after a dialog where there is something to say; or have the run pause before it.

    Args:
        screen: What tells of it.
        run: The run.
        node: A step of it.
        what: As for `can_hasten`.
    """

    def answered(sent: SentEvent | None) -> None:
        if sent is not None:
            screen.say(f"The event {sent.event} is delivered.")
            screen.reload()

    async def hurry() -> None:
        try:
            await screen.context.studio.signals.retry(run.id, node.key)
        except OyamaError as error:
            screen.report(error)
        else:
            screen.say(f"{node.key} goes on without a further pause.")
        screen.reload()

    if what == "pause":
        pause_here(screen, run, node)
    elif what == "event":
        screen.app.push_screen(EventDialog(screen.context, run, node.waits_for), answered)
    else:
        work(screen, hurry, group="command")
