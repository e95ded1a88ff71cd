"""Terminals that take everything at once, for programs and for the screens of this process."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from oyama_tui.bench.measuring import environment

COLUMNS: Final = 120
ROWS: Final = 36
KIND: Final = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
"""What programs are told of the terminal."""


def terminal_environment(**given: str) -> dict[str, str]:
    """The environment of a program on such a terminal.

    Args:
        given: Variables to add.
    """
    return {name: value for name, value in environment(**KIND, **given).items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """A terminal of 120x36: the end that people have, and the end that a program has."""
    person, program = pty.openpty()
    try:
        fcntl.ioctl(program, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        yield person, program
    finally:
        os.close(person)
        os.close(program)


@contextmanager
def own_terminal() -> Iterator[None]:
    """Have this process stand on such a terminal, which another process reads, and what it had before given back at the end."""
    os.environ.clear()
    os.environ.update(terminal_environment())
    with terminal() as (person, program):
        before = [(number, os.dup(number)) for number in (0, 1)]
        reader = subprocess.Popen(["cat"], stdin=person, stdout=subprocess.DEVNULL)
        try:
            for number, _ in before:
                os.dup2(program, number)
            yield
        finally:
            for number, kept in before:
                os.dup2(kept, number)
                os.close(kept)
            reader.terminate()
            reader.wait()
