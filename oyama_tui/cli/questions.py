"""Questions to a person on the terminal: nothing that was typed before a question stands there answers it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from oyama_tui.cli.printing import Part, Printer
from oyama_tui.cli.terminal import Terminal
from oyama_tui.core.errors import InvalidInput
from oyama_tui.core.text import safe_text, width_of

JOB_CONTROL = (signal.SIGTTIN, signal.SIGTTOU)
"""What the system stops a background process with that reads from its terminal or changes it."""
PATIENCE = 0.5
"""Seconds between two looks at whether a process that was sent to the background is back."""


class Sheet:
    """Lines to be read by a person, page by page where they are more than a screen.

    Args:
        printer: Where they will be printed.
    """

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._lines: list[tuple[str, int]] = []
        """Each line as it is printed, and how many cells it takes."""

    def line(self, *parts: Part) -> None:
        """Add one line, or several where the text has line breaks; what comes from outside is made safe."""
        pairs = [(part, "") if isinstance(part, str) else part for part in parts]
        shown = "".join(self._printer.styled(text, style) for text, style in pairs).split("\n")
        plain = "".join(safe_text(text) for text, _ in pairs).split("\n")
        self._lines += [(line, width_of(bare.expandtabs())) for line, bare in zip(shown, plain, strict=True)]

    def print(self) -> None:
        """Print all of it."""
        self._write(self._lines)

    async def read(self, terminal: Terminal) -> bool:
        """Print it page by page and wait for the reader after each; whether it was read to its end.

        Raises:
            EOFError: The input has ended.
        """
        columns, rows = os.get_terminal_size(terminal.out.stream.fileno()) if terminal.out.stream else (80, 24)
        done = 0
        while done < len(self._lines):
            page = done + self._fitting(done, max(1, columns), max(4, rows) - 2)
            self._write(self._lines[done:page])
            done = page
            if done < len(self._lines):
                answer = await question(terminal, f"-- {done} of {len(self._lines)} lines; Enter reads on, a prints all, q leaves -- ")
                if answer.lower() in ("q", "quit"):
                    return False
                if answer.lower() in ("a", "all"):
                    self._write(self._lines[done:])
                    done = len(self._lines)
        return True

    def _fitting(self, first: int, columns: int, rows: int) -> int:
        """How many lines from the first one on fit on a screen; at least one."""
        count = 0
        for _, cells in self._lines[first:]:
            rows -= max(1, -(-cells // columns))
            if rows < 0 and count:
                break
            count += 1
        return count

    def _write(self, lines: Sequence[tuple[str, int]]) -> None:
        self._printer.write("".join(f"{line}\n" for line, _ in lines))


def in_foreground() -> bool:
    """Whether the terminal gives this process what is typed."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        # No terminal that controls this session: then nobody else gets what is typed.
        return True


async def question(terminal: Terminal, text: str) -> str:
    """Ask on the terminal.

    Args:
        terminal: A terminal with a person.
        text: The question.

    Raises:
        EOFError: The input has ended.
    """
    forget_typed()
    shown = safe_text(text, keep_newlines=False)
    terminal.out.write(shown)
    terminal.out.question = shown
    try:
        line = await _read_line(sys.stdin.fileno())
    finally:
        terminal.out.question = ""
    if not line.endswith("\n"):
        terminal.out.write("\n")
        raise EOFError
    return line.strip()


async def says_yes(terminal: Terminal, text: str) -> bool:
    """Whether the person says yes; anything else is a no.

    Args:
        terminal: A terminal with a person.
        text: The question.

    Raises:
        EOFError: The input has ended.
    """
    return (await question(terminal, f"{text} [y/N] ")).lower() in ("y", "yes")


def forget_typed() -> None:
    """Drop what was typed and not read."""
    if in_foreground():
        with _no_stop(), suppress(termios.error, OSError):
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


@contextmanager
def _no_stop() -> Iterator[None]:
    """Let the terminal refuse this thread instead of stopping the whole process, engine included."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, JOB_CONTROL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


async def _read_line(descriptor: int) -> str:
    """Read one line of a terminal without holding up signals; without its line break at the end of the input."""
    line = b""
    while not line.endswith(b"\n"):
        await _readable(descriptor)
        if not in_foreground():
            await asyncio.sleep(PATIENCE)
            continue
        try:
            with _no_stop():
                piece = os.read(descriptor, 4096)
        except OSError:
            # The terminal is gone, or became another job's in this very moment.
            piece = b""
            if not in_foreground():
                continue
        if not piece:
            break
        line += piece
    return line.decode("utf-8", "replace")


async def _readable(descriptor: int) -> None:
    """Wait until something can be read."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)


async def agrees(terminal: Terminal, tell: Callable[[], None], question: str, *, look: str = "with --plan") -> bool:
    """Show a plan and ask whether it is to be done; that nothing was done is said here.

    Args:
        terminal: Where a person is.
        tell: Prints the plan.
        question: What is asked then.
        look: How to look at what would be done without being asked.

    Raises:
        InvalidInput: Nobody can be asked here.
    """
    if not terminal.interactive:
        raise InvalidInput("Nobody can be asked here.", f"Look at what would be done {look}, then say --yes.")
    tell()
    if await says_yes(terminal, question):
        return True
    terminal.err.line("Nothing was done.")
    return False
