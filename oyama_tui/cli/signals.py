"""Work under signals: the first one asks it to end, the second one ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from oyama_tui.cli.terminal import Terminal, Work

PATIENCE = 4.5
"""Seconds that SIGTERM and a hang-up leave for an orderly end, besides the time that steps have to end."""
LAST_WAIT = 3.0
"""Seconds in which processes of steps are gone that were killed after the time of `grace`."""
PACE = 0.05
"""Seconds between two looks at whether processes of steps still live."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_work(work: Work, terminal: Terminal) -> int:
    """Run a command's work to its end.

    Args:
        work: What the command does.
        terminal: Where it runs.

    Returns:
        Its exit code, or the terminal's `stop_code` when a signal ended it.
    """
    with asyncio.Runner() as runner:
        return runner.run(_supervised(work, terminal))


async def _supervised(work: Work, terminal: Terminal) -> int:
    """Run the work in a task that signals cancel."""
    task = asyncio.ensure_future(work(terminal))
    asked: list[signal.Signals] = []

    def end_at_once() -> None:
        if terminal.at_once is not None:
            terminal.at_once()
        os._exit(terminal.stop_code)

    def ask_to_end(received: signal.Signals) -> None:
        if asked:
            end_at_once()
        asked.append(received)
        if received is not signal.SIGINT:
            last_resort = threading.Thread(target=_last_resort, args=(terminal, end_at_once), name="oyama-last-resort", daemon=True)
            # Where there is no room for a thread, a second signal is the last resort.
            with suppress(RuntimeError):
                last_resort.start()
        if terminal.after_signal is not None:
            terminal.after_signal()
        task.cancel()

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, ask_to_end, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not asked:
            raise
        return terminal.stop_code


def _last_resort(terminal: Terminal, end_at_once: Callable[[], None]) -> None:
    """End the program when it does not end by itself; steps that were asked to end have the time of `grace` before that counts."""
    limit = time.monotonic() + terminal.settings.grace + LAST_WAIT
    deadline = time.monotonic() + PATIENCE
    while (now := time.monotonic()) < deadline:
        if now < limit and terminal.steps_live():
            deadline = now + PATIENCE
        time.sleep(PACE)
    end_at_once()
