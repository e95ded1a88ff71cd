"""Output of a step, read from where it is kept as it grows."""

from __future__ import annotations

from oyama_tui.core.errors import OyamaError
from oyama_tui.core.terminal_output import from_line_begin
from oyama_tui.core.views import LogChunk
from oyama_tui.studio import Studio
from oyama_tui.studio.output import OutputFollower
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.log_survey import PIECE
from oyama_tui.tui.widgets.log_pager import LogPager
from oyama_tui.tui.wording import line_of
from oyama_tui.tui.work import work

PACE = 0.15
"""Seconds between two looks at the file."""
FIRST = 2 * 1024 * 1024
"""Bytes of earlier output to begin with: of progress bars they make few lines. Where a whole piece is there again after them, the end is
too far away to be followed byte by byte."""


class LogTail(LogPager):
    """The live output of one node's newest attempt.

    Args:
        studio: Where output is read from.
    """

    BINDINGS = bindings(c.CopyPath)

    def __init__(self, studio: Studio, *, id: str) -> None:
        super().__init__(id=id, classes="right")
        self._studio = studio
        self._run, self._node = "", ""
        self.attempt = 0
        """The attempt whose output this is; 0 for none."""
        self._follower: OutputFollower | None = None
        """Reads the output of the run that was shown last."""
        self._offset: int | None = None
        self._behind = False
        """The last piece was a whole one: there is more than can be shown as it comes."""
        self._ended = True
        self._reading = False
        self.away = False
        """Another part of the log than its end is shown."""
        self.path = ""
        """The file that is read; empty while it is not known or when there is none."""
        self.note = ""
        """Why nothing can be read; empty otherwise."""

    def action_copy_path(self) -> None:
        """Copy the path of the file that is read."""
        if self.path:
            self.app.copy_to_clipboard(self.path)
        words = f"Copied: {self.path}" if self.path else "There is no file with this output."
        self.notify(line_of(words), timeout=4, markup=False)

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
        if (run, node, attempt) != (self._run, self._node, self.attempt):
            if self._follower is not None:
                self._follower.forget(self._node, self.attempt)
            self._run, self._node, self.attempt = run, node, attempt
            self._offset, self._behind, self.path, self.note = None, False, "", ""
            self.clear()
        self._ended = not node or attempt < 1
        self._look()

    def read_anew(self) -> None:
        """Read the end of the log as at first; what is shown stays until then."""
        self._offset, self._behind = None, False
        self._ended = not self._node or self.attempt < 1
        self._look()

    def _look(self) -> None:
        if self._ended or self._reading or self.away or not (self.is_on_screen and self.screen.is_current):
            return
        follower = self._follower
        if follower is None or follower.run_id != self._run or self._offset is None or follower.stirs(self._node, self.attempt):
            self._reading = True
            work(self, self._read, group="log")

    async def _read(self) -> None:
        wanted = (self._run, self._node, self.attempt)
        try:
            chunk = await self._next(*wanted)
        except OyamaError as error:
            self.note, self._ended = line_of(error.sentence), True
        else:
            if wanted == (self._run, self._node, self.attempt) and not self.away:
                self._take(chunk)
        finally:
            self._reading = False

    async def _next(self, run: str, node: str, attempt: int) -> LogChunk:
        """The next piece; the newest one instead while the end is followed and too much comes to show it all."""
        follower = self._follower
        if follower is None or follower.run_id != run:
            follower = self._follower = await self._studio.output.follow(run)
        await follower.look()
        log, offset = follower.read, self._offset
        if offset is None:
            view = await self._studio.runs.attempt(run, node, attempt)
            if view is not None and (run, node, attempt) == (self._run, self._node, self.attempt):
                self.path = view.log
            return await log(node, attempt, limit=FIRST)
        if self._behind and self.follow:
            newest = await log(node, attempt, limit=PIECE)
            if newest.skipped > offset:
                return newest
        return await log(node, attempt, offset=offset, limit=PIECE)

    def _take(self, chunk: LogChunk) -> None:
        before = self._offset or 0
        if self._offset is None:
            # Who is on the way to another place by now is not taken back to the end.
            followed = self.follow
            self.begin_anew()
            self.follow = followed
        if chunk.skipped > before:
            text = from_line_begin(chunk.text)
            missed = chunk.skipped - before + len(chunk.text.encode()) - len(text.encode())
            words = "were passed over; they are in the log file" if before else "before this are read when you scroll further up"
            self.pass_over(f"... {missed:,} bytes {words}")
            self.append(text)
        else:
            self.append(chunk.text)
        self._behind = chunk.offset - max(before, chunk.skipped) > PIECE - 4
        self._offset = chunk.offset
        self._ended = chunk.ended and not chunk.text
