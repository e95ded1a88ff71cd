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
from oyama_tui.core.views import AttemptView, NodeView, RunView

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
    step: Annotated[str, typer.Option("--step", "--node", metavar="ID", help="Only this step.", autocompletion=complete_steps)] = "",
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
                terminal.out.document([documents.attempt(found) for found in await _attempts(studio, view, step, attempt)])
                return Exit.OK
            reader = Reader(studio, terminal, view, step)
            await reader.read(attempt)
            while follow and not reader.done:
                await asyncio.sleep(PACE)
                await reader.read(attempt)
        return Exit.OK

    return work


def _chosen(view: RunView, step: str) -> tuple[NodeView, ...]:
    """The nodes whose output is wanted, in the order in which they started.

    Raises:
        NotFound: The run has no such step.
    """
    found = [node for node in view.nodes if not step or step in (node.key, node.step_id)]
    if not found:
        steps = ", ".join(node.key for node in view.nodes[:20])
        raise NotFound(f"{view.row.label} has no step {step!r}.", f"Its steps: {steps}")
    exact = [node for node in found if node.key == step] if step else found
    return tuple(node for node in exact or found if node.attempt)


async def _attempts(studio: Studio, view: RunView, step: str, attempt: int | None) -> list[AttemptView]:
    """The attempts whose output is wanted."""
    found: list[AttemptView] = []
    for node in _chosen(view, step):
        numbers = [attempt] if attempt is not None else range(1, node.attempt + 1)
        seen = [await studio.runs.attempt(view.row.id, node.key, number) for number in numbers]
        found += [one for one in seen if one is not None]
    if attempt is not None and not found:
        raise NotFound(f"{view.row.label} has no attempt {attempt} of {step!r}.")
    return sorted(found, key=lambda one: (one.started_at is None, one.started_at.timestamp() if one.started_at else 0.0))


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
        self._finished: set[tuple[str, int]] = set()
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
        view = await self._studio.runs.get(self._view.row.id)
        wanted = await _attempts(self._studio, view, self._step, attempt)
        self._several |= not self._step or len(wanted) > 1
        for one in wanted:
            if (one.node, one.attempt) not in self._finished:
                await self._read_attempt(one)
        self._view = view

    async def _read_attempt(self, one: AttemptView) -> None:
        """Print what one attempt has written since the last look."""
        place, more = (one.node, one.attempt), True
        while more:
            offset = self._offsets.get(place, 0)
            chunk = await self._studio.runs.log(one.run_id, one.node, attempt=one.attempt, offset=offset, limit=PIECE)
            more = chunk.offset > offset
            self._offsets[place] = chunk.offset
            self._print(place, self._lines[place].feed(chunk.text))
        if chunk.ended:
            self._finished.add(place)
            self._print(place, self._lines.pop(place).finish())

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
