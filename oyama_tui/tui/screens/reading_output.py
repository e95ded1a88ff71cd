"""What keys do with the output of a step."""

from __future__ import annotations

from functools import partial
from typing import Any

from oyama_tui.core.errors import OyamaError
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.widgets.output_pane import OutputPane, next_problem
from oyama_tui.tui.work import work


def read_output(screen: StudioScreen[Any], log: OutputPane, how: str) -> None:
    """Follow its end or stay, break lines or not, go to a problem, or read an earlier attempt's.

    Args:
        screen: What tells of it.
        log: The output.
        how: `follow`, `wrap`, `next` or `previous` for a problem, or `earlier`.
    """
    if how == "wrap":
        log.set_wrap(not log.wrap)
        screen.say("Long lines are broken." if log.wrap else "Long lines run on: ← → move sideways.")
    elif how == "earlier":
        if not log.turn_to_earlier():
            screen.say("There is only one attempt." if log.newest else "It has not started.")
    elif how == "follow":
        if log.follow:
            log.follow = False
        else:
            log.to_end()
        screen.say("Following the output." if log.follow else "Not following; f or end follows again.")
    else:
        work(screen, partial(_to_problem, screen, log, 1 if how == "next" else -1), group="problem")


async def _to_problem(screen: StudioScreen[Any], log: OutputPane, step: int) -> None:
    try:
        if not await next_problem(log, step):
            screen.say("No line tells of an error or a warning.")
    except OyamaError as error:
        screen.report(error)
