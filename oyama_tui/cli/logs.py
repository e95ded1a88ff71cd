"""The command `logs`: output of steps, of the past and live."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from oyama_tui.cli import documents
from oyama_tui.cli.completing import complete_steps
from oyama_tui.cli.exits import Exit
from oyama_tui.cli.terminal import Terminal, Work
from oyama_tui.cli.words import AsJson, RunRef, examples
from oyama_tui.core.errors import NotFound
from oyama_tui.core.terminal_output import OutputLines
from oyama_tui.core.views import RunView, StartedAttempt

if TYPE_CHECKING:
    from oyama_tui.studio import Studio

app = typer.Typer()
PACE = 0.1
"""Seconds between two looks for more."""
PIECE = 256 * 1024
"""Bytes read at once."""


@app.command(epilog=examples("oyama logs release@latest", "oyama logs release#12 --step test --attempt 1", "oyama logs release@latest -f"))
def logs(
    ref: RunRef,
    step: Annotated[
        str,
        typer.Option(
            "--step",
            "--node",
            metavar="ID",
            help="Only this step, in every item and round; or all in a block, in an item such as fan[3], or in a round such as poll#2.",
            autocompletion=complete_steps,
        ),
    ] = "",
    attempt: Annotated[int | None, typer.Option(min=1, help="Only this attempt of the step; all of them unless said.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as output comes, until the run is over.")] = False,
    as_json: AsJson = False,
) -> Work:
    """Print the output of a run's steps."""
    if attempt is not None and not step:
        raise typer.BadParameter("--attempt needs --step, since every step has attempts of its own.")
    if follow and as_json:
        raise typer.BadParameter("--json prints what is there, so it does not go with --follow.")

    async def work(terminal: Terminal) -> int:
        async with terminal.studio() as studio:
            view = await studio.runs.get(ref)
            if as_json:
                begun = await _begun(studio, view.row.id, step, attempt)
                seen = [await studio.runs.attempt(view.row.id, one.node, one.attempt) for one in begun]
                if not begun:
                    _refuse_none(view.row.label, step, attempt)
                terminal.out.document([documents.attempt(one) for one in seen if one is not None])
                return Exit.OK
            reader = Reader(studio, terminal, view, step)
            await reader.read(attempt)
            while follow and not reader.done:
                await asyncio.sleep(PACE)
                await reader.read(attempt)
            if not reader.found:
                _refuse_none(view.row.label, step, attempt)
        return Exit.OK

    return work


async def _begun(studio: Studio, run_id: str, step: str, attempt: int | None, after: int = 0) -> list[StartedAttempt]:
    """The attempts whose output is wanted, in the order in which they began.

    Raises:
        NotFound: The run has no such step.
    """
    return [one for one in await studio.runs.attempts(run_id, step=step, after=after) if attempt in (None, one.attempt)]


def _refuse_none(label: str, step: str, attempt: int | None) -> None:
    """Say that what was named is not there; a step that has not begun yet has no output, and that is no mistake.

    Raises:
        NotFound: An attempt, an item or a round was named.
    """
    if attempt is not None:
        raise NotFound(f"{label} has no attempt {attempt} of {step!r}.")
    if "[" in step or "#" in step:
        raise NotFound(
            f"In {label} nothing of {step!r} has begun.", "Items are counted from 0, as in fan[0], and rounds from 1, as in poll#1."
        )


class Reader:
    """Prints the output of attempts one after the other, line by line, and remembers how far it came.

    Args:
        studio: The open studio.
        terminal: Where to print.
        view: The run.
        step: The only step wanted; all when empty.
    """

    def __init__(self, studio: Studio, terminal: Terminal, view: RunView, step: str) -> None:
        self._studio = studio
        self._terminal = terminal
        self._view = view
        self._step = step
        self._offsets: dict[tuple[str, int], int] = {}
        self._lines: defaultdict[tuple[str, int], OutputLines] = defaultdict(OutputLines)
        self._unread: list[StartedAttempt] = []
        """Attempts of which there may be more."""
        self._seq = 0
        self.found = 0
        """How many attempts are wanted that have begun."""
        self._shown: tuple[str, int] | None = None
        self._several = False
        """There is more than one attempt to print, so each has a header."""

    @property
    def done(self) -> bool:
        """Whether no more output can come."""
        return self._view.row.ended

    async def read(self, attempt: int | None) -> None:
        """Print what is there and was not printed yet.

        Args:
            attempt: The only attempt wanted; all when none.
        """
        run_id = self._view.row.id
        view = await self._studio.runs.get(run_id)
        begun = await _begun(self._studio, run_id, self._step, attempt, self._seq)
        self._unread += begun
        self._seq = begun[-1].seq if begun else self._seq
        self.found += len(begun)
        self._several |= not self._step or self.found > 1
        self._unread = [one for one in self._unread if not await self._read_attempt(run_id, one)]
        self._view = view

    async def _read_attempt(self, run_id: str, one: StartedAttempt) -> bool:
        """Print what one attempt has written since the last look; tell whether that was all."""
        place, more = (one.node, one.attempt), True
        while more:
            offset = self._offsets.get(place, 0)
            chunk = await self._studio.runs.log(run_id, one.node, attempt=one.attempt, offset=offset, limit=PIECE)
            more = chunk.offset > offset
            self._offsets[place] = chunk.offset
            self._print(place, self._lines[place].feed(chunk.text))
        if chunk.ended:
            del self._offsets[place]
            self._print(place, self._lines.pop(place).finish())
        return chunk.ended

    def _print(self, place: tuple[str, int], lines: Sequence[str]) -> None:
        """Print lines, under a header where they could be of several attempts."""
        if not lines:
            return
        node, attempt = place
        if self._shown != place and self._several:
            self._terminal.out.line((f"== {node}{f' (attempt {attempt})' if attempt > 1 else ''}", "title"))
        self._shown = place
        for line in lines:
            self._terminal.out.output_line(line)
