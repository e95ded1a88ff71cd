"""Work under signals: the first one asks it to end, the second one ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

from oyama_tui.cli.terminal import Terminal, Work

PATIENCE = 4.5
"""Seconds that SIGTERM and a hang-up leave for an orderly end."""
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
            last_resort = threading.Timer(PATIENCE, end_at_once)
            last_resort.daemon = True
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
