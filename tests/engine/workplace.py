"""A workplace for tests of the engine: a real database, a real studio, and executors that do as the test says."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from oyama_tui.core.commands import Outcome
from oyama_tui.core.views import RunRow
from oyama_tui.settings import Settings
from oyama_tui.steps.protocol import StepContext, StepOrder
from oyama_tui.studio import Studio, open_studio
from oyama_tui.studio.service import Drive


class Script:
    """An executor for every kind that notes what it is told and holds the steps that the test names."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int]] = []
        self.ended: list[tuple[str, int]] = []
        """Attempts that were cancelled."""
        self.held: set[str] = set()
        self.failing: dict[str, int] = {}
        """How many attempts of a node fail before one succeeds."""
        self.evidence: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._moved = asyncio.Event()

    async def execute(self, order: StepOrder, context: StepContext) -> Outcome:
        """Carry out one attempt."""
        self.begun.append((order.node, order.attempt))
        self._moved.set()
        try:
            while order.node in self.held:
                self._moved.clear()
                await self._moved.wait()
        except asyncio.CancelledError:
            self.ended.append((order.node, order.attempt))
            self._moved.set()
            raise
        if self.failing.get(order.node, 0) > 0:
            self.failing[order.node] -= 1
            return Outcome(node=order.node, attempt=order.attempt, status="failed", kind="exit", message="exit code 1", exit_code=1)
        result = self.evidence[order.node].pop(0) if self.evidence.get(order.node) else ({} if order.kind == "gate" else None)
        context_set = order.input.get("set", {})
        return Outcome(
            node=order.node,
            attempt=order.attempt,
            status="succeeded",
            output=f"out of {order.node}",
            result=result,
            context=dict(context_set) if isinstance(context_set, Mapping) else {},
        )

    def let_go(self, node: str) -> None:
        """Let a held node finish."""
        self.held.discard(node)
        self._moved.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that this script notes has come true."""
        async with asyncio.timeout(20):
            while not condition():
                self._moved.clear()
                await self._moved.wait()

    def kinds(self) -> dict[str, Script]:
        """Executors by kind."""
        return dict.fromkeys(("run", "python", "set", "gate"), self)


@asynccontextmanager
async def workplace(folder: Path, script: Script, drive: Drive = "all", **settings: Any) -> AsyncIterator[Studio]:
    """An open studio on the folder's database."""
    async with open_studio(Settings(home=folder, **settings), drive=drive, trigger="test", executors=script.kinds()) as studio:
        yield studio


def write(folder: Path, **definition: Any) -> str:
    """Write a definition; returns its path."""
    path = folder / "play.yaml"
    path.write_text(json.dumps({"id": "play", **definition}))
    return str(path)


async def until_status(studio: Studio, ref: str, *phases: str) -> RunRow:
    """Wait until a run is in one of these phases."""
    async with asyncio.timeout(30):
        changes = studio.changes()
        try:
            while True:
                row = (await studio.runs.get(ref)).row
                if row.status in phases:
                    return row
                await anext(changes)
        finally:
            await changes.aclose()


@contextmanager
def statements(studio: Studio) -> Iterator[list[str]]:
    """The statements that readers execute meanwhile."""
    executed: list[str] = []

    def note(*given: Any) -> None:
        executed.append(given[2])

    engine = studio._context.store.database.reader._engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
