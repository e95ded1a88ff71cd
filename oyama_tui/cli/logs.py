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
from oyama_tui.core.views import StartedAttempt

if TYPE_CHECKING:
    from oyama_tui.studio.output import OutputFollower

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
                begun = [one for one in await studio.runs.attempts(view.row.id, step=step) if attempt in (None, one.attempt)]
                seen = [await studio.runs.attempt(view.row.id, one.node, one.attempt) for one in begun]
                if not begun:
                    _refuse_none(view.row.label, step, attempt)
                terminal.out.document([documents.attempt(one) for one in seen if one is not None])
                return Exit.OK
            follower = await studio.output.follow(view.row.id, step=step)
            reader = Reader(follower, terminal, several=not step, attempt=attempt)
            await reader.read()
            while follow and not follower.ended:
                await asyncio.sleep(PACE)
                await reader.read()
            reader.finish()
            if not reader.found:
                _refuse_none(view.row.label, step, attempt)
        return Exit.OK

    return work


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
        follower: Reads the attempts that are wanted, and perhaps others.
        terminal: Where to print.
        several: There may be more than one attempt to print, so that each has a header.
        attempt: Print only attempts of this number; all when none.
    """

    def __init__(self, follower: OutputFollower, terminal: Terminal, *, several: bool, attempt: int | None) -> None:
        self._follower = follower
        self._terminal = terminal
        self._several = several
        self._attempt = attempt
        self._offsets: dict[tuple[str, int], int] = {}
        self._lines: defaultdict[tuple[str, int], OutputLines] = defaultdict(OutputLines)
        self._unread: list[StartedAttempt] = []
        """Attempts of which there may be more."""
        self.found = 0
        """How many attempts are wanted that have begun."""
        self._shown: tuple[str, int] | None = None

    async def read(self) -> None:
        """Print what is there and was not printed yet, but for a line that has no end so far."""
        begun = [one for one in await self._follower.look() if self._attempt in (None, one.attempt)]
        self._unread += begun
        self.found += len(begun)
        self._several |= self.found > 1
        self._unread = [one for one in self._unread if not await self._read_attempt((one.node, one.attempt))]

    def finish(self) -> None:
        """Print the lines that have no end."""
        for place, lines in self._lines.items():
            self._print(place, lines.finish())

    async def _read_attempt(self, place: tuple[str, int]) -> bool:
        """Print what one attempt has written since the last look; tell whether that was all."""
        while True:
            chunk = await self._follower.read(*place, offset=self._offsets.get(place, 0), limit=PIECE)
            self._offsets[place] = chunk.offset
            if not chunk.text:
                break
            self._print(place, self._lines[place].feed(chunk.text))
        if chunk.ended:
            del self._offsets[place]
            self._follower.forget(*place)
            self._print(place, self._lines.pop(place, OutputLines()).finish())
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
