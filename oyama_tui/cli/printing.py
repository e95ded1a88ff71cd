"""Printing for terminals and for pipes: plain text made safe, a little colour, JSON."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO

from oyama_tui.cli.outlet import Outlet, outlets
from oyama_tui.core.format import near_time
from oyama_tui.core.terminal_output import spans
from oyama_tui.core.text import INVISIBLE, first_line, one_line, safe_text, width_of

Part = str | tuple[str, str]
"""Text, or text and the name of its style."""

_STYLES: Mapping[str, str] = {"bold": "1", "dim": "2", "good": "32", "bad": "31", "ask": "33", "title": "1;36", "danger": "1;31"}


def beside_and_below(comment: str) -> tuple[str, str]:
    """A comment as the end of a line; one of several lines stands below that line instead."""
    if "\n" in comment.strip():
        return ":", comment.strip("\n")
    return (f": {comment}" if comment else ""), ""


CLEAR_LINE = "\r\x1b[K"
_UNSAFE = re.compile(f"[\x7f{INVISIBLE}]+")


TERMINAL_ROOM = 8 * 1024
"""Bytes that may wait for a terminal before live lines are left out."""
PIPE_ROOM = 256 * 1024
"""Bytes that may wait for a pipe or a file before no more is told for now."""
PACE = 0.02
"""Seconds between two looks at how much has been taken."""


class OutputClosed(Exception):
    """Nobody reads what is printed any more."""


class OutputFailed(Exception):
    """What is printed cannot be written, as when a disk is full."""


def to_json(value: Any, *, indent: int | None = 2) -> str:
    """Write a value as JSON that no terminal can be tricked with: control, direction and invisible characters are escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_plain)
    return _UNSAFE.sub(lambda found: json.dumps(found.group())[1:-1].replace("\x7f", "\\u007f"), text)


def _plain(value: Any) -> Any:
    """Turn what JSON does not know into what it knows."""
    if isinstance(value, datetime):
        return timestamp(value)
    return str(value)


def timestamp(moment: datetime) -> str:
    """Write a moment as ISO 8601 in UTC with a Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def clock(moment: datetime | None) -> str:
    """A point of time on this machine's clock, without the day when that is today; empty when there is none."""
    return near_time(moment, datetime.now(UTC))


def _cell_text(text: str) -> str:
    """A text as a table shows it: its first line, safe, with the indentation that it came with."""
    indent = len(text) - len(text.lstrip(" "))
    return " " * indent + safe_text(first_line(text), keep_newlines=False)


class Printer:
    """One stream, for people or for programs.

    Args:
        stream: Where to print; none when it is closed.
        persistent: Go on in silence when nobody reads any more, instead of raising `OutputClosed`.
        last: Go on in silence whatever happens: there is nowhere else to tell it.
    """

    def __init__(self, stream: TextIO | None, *, persistent: bool = False, last: bool = False) -> None:
        self.stream = stream
        self.last = last
        self.persistent = persistent
        self.question = ""
        """A question that stands at the end and waits for its answer: what is printed meanwhile goes before it."""
        self.is_terminal = stream is not None and stream.isatty()
        self._outlet: Outlet | None = None
        self.colour = self.is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    @property
    def width(self) -> int:
        """Columns of the terminal; very many when it is none."""
        return shutil.get_terminal_size().columns if self.is_terminal else 10_000

    def line(self, *parts: Part) -> None:
        """Print one line, or several where the text has line breaks; what comes from outside is made safe."""
        self.write("".join(self.styled(*((part, "") if isinstance(part, str) else part)) for part in parts) + "\n")

    def styled(self, text: str, style: str) -> str:
        """Text made safe, in a style where colours are wanted."""
        return self._in_codes(safe_text(text), _STYLES[style] if style else "")

    def _in_codes(self, text: str, codes: str) -> str:
        return f"\x1b[{codes}m{text}\x1b[0m" if codes and self.colour and text else text

    def output_line(self, line: str, *before: Part) -> None:
        """Print one line that a program wrote, in its own colours where colours are wanted.

        Args:
            line: As it was written, without its line break; only colours are taken from its sequences.
            before: What stands before it.
        """
        head = "".join(self.styled(*((part, "") if isinstance(part, str) else part)) for part in before)
        self.write(head + "".join(self._in_codes(text, look.codes) for text, look in spans(line)) + "\n")

    def document(self, value: Any) -> None:
        """Print one JSON document."""
        self.write(to_json(value) + "\n")

    def json_line(self, value: Any) -> None:
        """Print one JSON document on one line, at once."""
        self.write(to_json(value, indent=None) + "\n")

    def table(self, header: Sequence[str], rows: Iterable[Sequence[Part]]) -> None:
        """Print aligned columns: the first line of each text, with its indentation; on a terminal the last column is cut to fit."""
        listed = [[(cell, "") if isinstance(cell, str) else cell for cell in row] for row in rows]
        texts = [[_cell_text(text) for text, _ in row] for row in listed]
        widths = [max(width_of(text) for text in column) for column in zip(header, *texts, strict=True)]
        room = max(10, self.width - sum(widths[:-1]) - 2 * (len(widths) - 1))
        self.line(*self._cells([(title, "dim") for title in header], widths))
        for row, safe in zip(listed, texts, strict=True):
            cells = [(text, style) for text, (_, style) in zip(safe, row, strict=True)]
            if width_of(cells[-1][0]) > room:
                cells[-1] = (one_line(cells[-1][0], room), cells[-1][1])
            self.line(*self._cells(cells, widths))

    def _cells(self, cells: Sequence[tuple[str, str]], widths: Sequence[int]) -> list[Part]:
        """The parts of one row of a table."""
        parts: list[Part] = []
        for (text, style), width in zip(cells[:-1], widths, strict=False):
            parts += [(text, style), " " * (width - width_of(text) + 2)]
        parts.append(cells[-1])
        while parts and not (parts[-1] if isinstance(parts[-1], str) else parts[-1][0]).strip():
            parts.pop()
        return parts

    def write(self, text: str) -> None:
        """Print text that is known to be safe, at once.

        Raises:
            OutputClosed: Nobody reads any more, and the printer is not persistent.
            OutputFailed: It cannot be written.
        """
        if self.stream is None:
            return
        if self.question:
            text = f"{CLEAR_LINE if self.colour else os.linesep}{text}{self.question}"
        try:
            if self._outlet is not None:
                self._outlet.put(self.stream, text)
            else:
                self.stream.write(text)
                self.stream.flush()
        except (OSError, ValueError) as error:
            self._give_up(error)

    def _give_up(self, wrong: OSError | ValueError) -> None:
        """Print nothing more, and say why when somebody has to know."""
        if self.stream is not None:
            silence(self.stream)
        self.stream = None
        if self.last:
            return
        if isinstance(wrong, OSError) and wrong.errno not in (errno.EPIPE, errno.EIO, errno.EBADF):
            raise OutputFailed(wrong.strerror) from None
        if not self.persistent:
            raise OutputClosed from None

    @property
    def behind(self) -> bool:
        """Whether a terminal is so slow that what can be looked up later should not be printed."""
        return self.is_terminal and self._outlet is not None and self._outlet.waiting > TERMINAL_ROOM

    async def room(self) -> None:
        """Wait until a pipe or a file that is slow has taken most of what was printed; for a terminal nobody waits."""
        while not self.is_terminal and self._outlet is not None and self.stream is not None and self._outlet.waiting > PIPE_ROOM:
            await asyncio.sleep(PACE)

    async def drained(self, patience: float | None = None) -> None:
        """Wait until everything printed was taken.

        Args:
            patience: Seconds at the most; for as long as it takes when none are given.

        Raises:
            OutputClosed: Nobody reads any more, and the printer is not persistent.
            OutputFailed: It could not be written.
        """
        if self._outlet is None or self.stream is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self._outlet.waiting:
                    await asyncio.sleep(PACE)
        try:
            self._outlet.check(self.stream)
        except OSError as error:
            self._give_up(error)


def print_after(*printers: Printer) -> None:
    """Wait until everything printed was taken, and let printers write by themselves again: what drove runs is over."""
    for printer in printers:
        outlet, printer._outlet = printer._outlet, None
        if outlet is not None:
            outlet.finish()


def print_beside(*printers: Printer) -> None:
    """Let printers print in a thread, so that nobody waits for who reads; results are awaited with `drained`."""
    ready = [printer for printer in printers if printer.stream is not None and printer._outlet is None]
    for printer, outlet in zip(ready, outlets([printer.stream for printer in ready if printer.stream is not None]), strict=True):
        printer._outlet = outlet


def silence(stream: TextIO) -> None:
    """Send what is still buffered for a stream into nothing, so that the end of the program stays quiet."""
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
    except (OSError, ValueError):
        return


def harden_streams() -> None:
    """Let characters that a stream cannot show be replaced instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
