"""Work under signals: the first one asks it to end, the second one ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from oyama_tui.cli.terminal import Terminal, Work

PATIENCE = 4.5
"""Seconds that SIGTERM and a hang-up leave for an orderly end, besides the time that steps have to end."""
LAST_WAIT = 3.0
"""Seconds in which processes of steps are gone that were killed after the time of `grace`."""
LOOP_PATIENCE = 0.5
"""Seconds that the loop has for ending the program at once, before it is ended whatever the loop is doing."""
PACE = 0.05
"""Seconds between two looks at whether processes of steps still live."""
HUNG_UP = 255
"""What stands for a lost terminal among the numbers of signals."""
LAST_WORDS = 0.5
"""Seconds that whoever reads has for the last words of a command that was asked to end."""
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

    async def whole() -> int:
        code = await work(terminal)
        await terminal.drained()
        return code

    task = asyncio.ensure_future(whole())
    asked: list[int] = []

    def ask_to_end(number: int) -> None:
        asked.append(number)
        if terminal.after_signal is not None:
            terminal.after_signal()
        task.cancel()

    loop = asyncio.get_running_loop()

    def leave() -> None:
        if terminal.at_once is not None:
            terminal.at_once()
        os._exit(terminal.stop_code)

    def end_at_once() -> None:
        # In the loop no program has just been started of which the reaper is still to be told.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(leave)
        time.sleep(LOOP_PATIENCE)
        leave()

    def soon() -> None:
        last_resort = threading.Thread(target=_last_resort, args=(terminal, end_at_once), name="oyama-last-resort", daemon=True)
        # Where there is no room for a thread, a second signal is the last resort.
        with suppress(RuntimeError):
            last_resort.start()

    with Watch(loop, ask_to_end, soon, end_at_once) as watch:
        terminal.hang_up, terminal.lend_keys = watch.hang_up, watch.lend_keys
        try:
            return await task
        except asyncio.CancelledError:
            if not asked:
                raise
            await terminal.drained(LAST_WORDS)
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


class Watch:
    """Hears signals in a thread of its own, so that no write, lock or loop that never comes back can keep the program from ending.

    The system's own part of Python writes each signal's number into a pipe, whatever the program is doing; the thread reads it there.

    Args:
        loop: Told of the first signal; woken by every other one, for what else handles signals.
        ask: Called in the loop with the first signal that asks for the end.
        soon: Called in the thread when that one is SIGTERM or a hang-up, for which the end has to come soon.
        end: Called in the thread at the second one; it does not return.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, ask: Callable[[int], None], soon: Callable[[], None], end: Callable[[], None]
    ) -> None:
        self._loop, self._ask, self._soon, self._end = loop, ask, soon, end
        self._ears, self._mouth = socket.socketpair()
        self._mouth.setblocking(False)
        self._asked = self._limited = self._keys_are_lent = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Watch:
        self._wakeup = signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, lambda *_: None)
        threading.Thread(target=self._listen, name="oyama-signals", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None) -> None:
        """Let go of the loop; who was asked to end is still watched while the rest of the program ends."""
        if not self._asked:
            signal.set_wakeup_fd(self._wakeup)
            for number, handler in self._before.items():
                signal.signal(number, handler)  # type: ignore[arg-type]
            self._mouth.close()

    def hang_up(self) -> None:
        """Do as if the system had said that the terminal is gone; it may have said so to nobody, or to a parent that ignores it."""
        with suppress(OSError):
            self._mouth.send(bytes([HUNG_UP]))

    def lend_keys(self, lent: bool) -> None:
        """Do not hear the key that interrupts while another program has the terminal.

        Args:
            lent: Whether one has it now.
        """
        self._keys_are_lent = lent

    def _listen(self) -> None:
        """Wait for signals until the watch is over."""
        with self._ears:
            while numbers := self._ears.recv(64):
                for number in numbers:
                    self._hear(number)

    def _hear(self, number: int) -> None:
        """Do what a signal asks for."""
        gone = number in (HUNG_UP, signal.SIGHUP)
        if (number not in SIGNALS and not gone) or (number == signal.SIGINT and self._keys_are_lent):
            self._in_loop(lambda: None)
        elif self._asked and not gone:
            self._end()
        else:
            # One loss of a terminal is told several times, by the system and by what reads and writes: that is no second request.
            if number != signal.SIGINT and not self._limited:
                self._limited = True
                self._soon()
            if not self._asked:
                self._asked = True
                self._in_loop(lambda: self._ask(number))

    def _in_loop(self, call: Callable[[], None]) -> None:
        """Have the loop do something, while there is one."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)
