"""Output of a step, read from where it is kept as it grows."""

from __future__ import annotations

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.terminal_output import from_line_begin
from oyama_tui.core.views import LogChunk
from oyama_tui.studio import Studio
from oyama_tui.tui.widgets.log_pager import LogPager
from oyama_tui.tui.wording import line_of
from oyama_tui.tui.work import work

PACE = 0.15
"""Seconds between two looks at the file."""


class LogTail(LogPager):
    """The live output of one node's newest attempt.

    Args:
        studio: Where output is read from.
    """

    def __init__(self, studio: Studio, *, id: str) -> None:
        super().__init__(id=id, classes="right")
        self._studio = studio
        self._run, self._node, self._attempt = "", "", 0
        self._offset: int | None = None
        self._ended = True
        self._reading = False
        self.note = ""
        """Why nothing can be read; empty otherwise."""

    def on_mount(self) -> None:
        """Look at the file again and again while it is in sight."""
        self.set_interval(PACE, self._look)

    def show_node(self, run: str, node: str, attempt: int) -> None:
        """Show a node's output from its last lines on; the same attempt again only wakes it.

        Args:
            run: The run's id.
            node: The node's key; empty for none.
            attempt: The attempt; 0 when it has not started.
        """
        if (run, node, attempt) != (self._run, self._node, self._attempt):
            self._run, self._node, self._attempt = run, node, attempt
            self._offset, self.note = None, ""
            self.clear()
        self._ended = not node or attempt < 1
        self._look()

    def _look(self) -> None:
        if not self._ended and not self._reading and self.is_on_screen and self.screen.is_current:
            self._reading = True
            work(self, self._read, group="log")

    async def _read(self) -> None:
        wanted = (self._run, self._node, self._attempt)
        try:
            chunk = await self._studio.runs.log(wanted[0], wanted[1], attempt=wanted[2], offset=self._offset)
        except OyamaError as error:
            self.note, self._ended = line_of(error.sentence), True
        else:
            if wanted == (self._run, self._node, self._attempt):
                self._take(chunk)
        finally:
            self._reading = False

    def _take(self, chunk: LogChunk) -> None:
        if chunk.skipped:
            self.append(f"… {chunk.skipped:,} bytes before this are in the log file\n")
        self.append(from_line_begin(chunk.text) if chunk.skipped else chunk.text)
        self._offset = chunk.offset
        self._ended = chunk.ended and not chunk.text
