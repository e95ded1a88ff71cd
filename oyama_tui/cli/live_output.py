"""Live output of running steps, read piece by piece from where it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oyama_tui.core.errors import NotFound
from oyama_tui.core.terminal_output import OutputLines, from_line_begin

if TYPE_CHECKING:
    from oyama_tui.cli.printing import Printer
    from oyama_tui.studio import Studio
    from oyama_tui.studio.output import OutputFollower

LATE = 4096
"""Bytes of earlier output that are shown when a running step is joined."""

PIECE, PIECE_FOR_TERMINAL = 256 * 1024, 16 * 1024
"""Bytes of output that are read at once; a terminal may be behind after each."""
LONGEST_LINE = 16 * 1024
"""Characters of a line that are shown; the log has the rest."""
GOES_ON = " ... (the line goes on; `oyama logs` has all of it)"


@dataclass(slots=True)
class _Tail:
    """How far the output of one attempt has been read."""

    attempt: int
    offset: int | None
    lines: OutputLines = field(default_factory=lambda: OutputLines(LONGEST_LINE, GOES_ON))
    left_out: bool = False
    """Output came that the terminal was too slow for."""


class LiveOutput:
    """Reads the output of running attempts and hands out whole lines.

    Args:
        studio: The open studio.
        run_id: The run.
        printer: Where the lines go; a terminal that is behind gets the newest ones, a pipe gets all of them.
        show: Called with the node and each line.
    """

    def __init__(self, studio: Studio, run_id: str, printer: Printer, show: Callable[[str, str], None]) -> None:
        self._studio = studio
        self._run_id = run_id
        self._printer = printer
        self._show = show
        self._tails: dict[str, _Tail] = {}
        self._follower: OutputFollower | None = None

    @property
    def active(self) -> bool:
        """Whether any attempt is being read."""
        return bool(self._tails)

    def begin(self, node: str, attempt: int, *, late: bool = False) -> None:
        """Read an attempt from its start, or from near its end when it is joined late."""
        self._tails[node] = _Tail(attempt, None if late else 0)

    async def pump(self) -> None:
        """Hand out what is new."""
        if not self._tails:
            return
        follower = await self._following()
        await follower.look()
        for node, tail in tuple(self._tails.items()):
            if tail.left_out or follower.has_more(node, tail.attempt):
                await self._read(node, tail)

    async def finish(self, node: str) -> None:
        """Hand out the rest of an attempt that is over."""
        tail = self._tails.pop(node, None)
        if tail is not None:
            # Whoever says that it is over may know it before the follower does.
            follower = await self._following()
            follower.expire(node, tail.attempt)
            await self._read(node, tail)
            follower.forget(node, tail.attempt)
            if tail.left_out:
                self._show(node, "... (the terminal was too slow for all of it; `oyama logs` has it)")
            else:
                self._show_all(node, tail.lines.finish())

    async def _following(self) -> OutputFollower:
        if self._follower is None:
            self._follower = await self._studio.output.follow(self._run_id)
        return self._follower

    def _show_all(self, node: str, lines: Sequence[str]) -> None:
        for line in lines:
            self._show(node, line)

    async def _read(self, node: str, tail: _Tail) -> None:
        """Read on until nothing more is there now."""
        while True:
            await self._printer.room()
            if self._printer.behind:
                tail.left_out = True
                return
            try:
                text, found = await self._chunk(node, tail)
            except NotFound:
                return
            self._show_all(node, tail.lines.feed(text))
            if not found:
                return

    async def _chunk(self, node: str, tail: _Tail) -> tuple[str, bool]:
        """Read the next piece, and whether there was one; after a time in which the terminal was behind, the newest one."""
        place = None if tail.left_out else tail.offset
        limit = PIECE_FOR_TERMINAL if self._printer.is_terminal else PIECE
        limit = LATE if place is None else limit
        follower = await self._following()
        chunk = await follower.read(node, tail.attempt, offset=place, limit=limit)
        if tail.left_out:
            missed = chunk.skipped - (tail.offset or 0)
            if missed > 0:
                self._show(node, f"... {missed} bytes left out; `oyama logs` has them")
                tail.lines.clear()
            else:
                place = tail.offset
                chunk = await follower.read(node, tail.attempt, offset=place, limit=limit)
            tail.left_out = False
        tail.offset = chunk.offset
        return from_line_begin(chunk.text) if place is None and chunk.skipped else chunk.text, bool(chunk.text)
