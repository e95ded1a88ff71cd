"""What ends the waiting of a step that is under the cursor: the event that it waits for, or the wish that its pause is over."""

from __future__ import annotations

from typing import Any

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import NodeView, RunRow, SentEvent
from oyama_tui.tui.dialogs.event import EventDialog
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.work import work


def can_hasten(node: NodeView | None, what: object) -> bool:
    """Whether this ends the waiting of a step.

    Args:
        node: The step.
        what: `event`, or `anew` to end a pause.
    """
    return node is not None and ((what == "event" and bool(node.waits_for)) or (what == "anew" and node.pauses))


def hasten(screen: StudioScreen[Any], run: RunRow, node: NodeView, what: str) -> None:
    """End the waiting of a step, after a dialog where there is something to say.

    Args:
        screen: What tells of it.
        run: The run.
        node: A step of it.
        what: `event`, or `anew` to end a pause.
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

    if what == "event":
        screen.app.push_screen(EventDialog(screen.context, run, node.waits_for), answered)
    else:
        work(screen, hurry, group="command")
