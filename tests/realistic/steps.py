"""What carries out the steps of this world: by a table, in its time, and without a single program."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from pydantic import JsonValue

from oyama_tui.core.commands import Outcome
from oyama_tui.core.events import ErrorKind, Evidence
from oyama_tui.steps.attempt import StepLimits
from oyama_tui.steps.gate import GateExecutor
from oyama_tui.steps.masking import Masker
from oyama_tui.steps.output import Capture, LiveLog, last_line
from oyama_tui.steps.protocol import StepContext, StepOrder
from oyama_tui.steps.set import SetExecutor
from tests.realistic.world import World

QUOTA = 1 << 20
PREVIEW_TAKES = 1_800


@dataclass(frozen=True)
class Fails:
    """How an attempt fails."""

    message: str
    """What it writes last."""
    exit_code: int | None = 1
    kind: ErrorKind = "exit"
    retry_after: int | None = None
    """The pause that the other side asks for, in milliseconds."""


@dataclass(frozen=True)
class Does:
    """What a step does."""

    seconds: float = 6
    """How long it takes; it varies from run to run."""
    writes: str | Callable[[Told], str] = ""
    """What it writes, evenly over its time."""
    result: JsonValue = None
    outputs: Mapping[str, JsonValue] = field(default_factory=dict)
    fails: Mapping[int, Fails] = field(default_factory=dict)
    """By the number of the attempt; 0 for every one."""
    varies: float = 0.12
    """By what part of its time."""


@dataclass(frozen=True)
class Told:
    """What one attempt knows while it writes."""

    order: StepOrder
    random: Random
    day: str
    """The day on which it is made, such as `2026-11-27`."""

    @property
    def script(self) -> str:
        """What it would run."""
        argv = self.order.input.get("argv")
        return str(self.order.input.get("script") or " ".join(map(str, argv if isinstance(argv, list) else [])))

    def env(self, name: str) -> str:
        """One of its variables."""
        env = self.order.input.get("env")
        return str(env.get(name, "")) if isinstance(env, dict) else ""


Table = Mapping[str, Does]
"""What steps do, by `workflow.step`."""


class Hands:
    """Carries out everything.

    Args:
        world: In whose time.
        table: What each step does.
        special: What some steps of a run do otherwise, by its state id.
        previews: What the previews of gates write, by `workflow.step`.
    """

    def __init__(self, world: World, table: Table, special: Mapping[str, Table], previews: Mapping[str, str]) -> None:
        self._world = world
        self._table = table
        self._special = special
        self._previews = previews
        self._files = GateExecutor(StepLimits())

    @property
    def by_kind(self) -> Mapping[str, Any]:
        """Executors by kind of step."""
        return {"run": self, "python": self, "http": self, "use": self, "set": SetExecutor(), "gate": self}

    async def execute(self, order: StepOrder, context: StepContext) -> Outcome:
        """Carry out one attempt."""
        if order.kind == "gate":
            return await self._look(order, context)
        began, does = self._world.now, self._of(order)
        told = self._told(order)
        takes = max(20, round(does.seconds * 1000 * max(0.3, told.random.gauss(1, does.varies))))
        fails = does.fails.get(order.attempt, does.fails.get(0))
        text = does.writes(told) if callable(does.writes) else does.writes
        if fails is not None:
            text = f"{text}{fails.message}\n"
        capture = Capture(Masker(), LiveLog(context.log_path(), QUOTA))
        try:
            await self._write(capture, text.encode(), began, takes)
        except asyncio.CancelledError:
            capture.finish()
            raise
        kept = capture.finish()
        done = Outcome(
            node=order.node,
            attempt=order.attempt,
            status="succeeded",
            output=kept.text.removesuffix("\n"),
            truncated=kept.truncated,
            result=does.result,
            outputs=dict(does.outputs),
            exit_code=0 if order.kind in ("run", "python") else None,
            started_at=began,
            duration=self._world.now - began,
        )
        if fails is None:
            return done
        said = f"Exit code {fails.exit_code}: {last_line(kept.text)}" if fails.kind == "exit" else fails.message
        code = fails.exit_code if fails.kind == "exit" else None
        return done.model_copy(
            update={
                "status": "failed",
                "exit_code": code,
                "kind": fails.kind,
                "message": said,
                "retry_after": fails.retry_after,
                "result": None,
            }
        )

    def _of(self, order: StepOrder) -> Does:
        named = f"{order.workflow_id}.{order.step_id}"
        found = self._special.get(order.run_id, {}).get(order.step_id) or self._table.get(named)
        return found or Does(seconds=2 + Random(named).expovariate(1 / 12), writes=in_general)

    def _told(self, order: StepOrder) -> Told:
        """Chance depends on how long before the present a run was started, never on the present itself."""
        number = order.run_id.rpartition("-")[2]
        ago = self._world.present - int(number) if number.isdigit() else 0
        return Told(order, Random(f"{order.workflow_id} {ago} {order.node} {order.attempt}"), f"{ago}")

    async def _write(self, capture: Capture, raw: bytes, began: int, takes: int) -> None:
        """Write evenly over the time; all at once where nobody will ever have looked in between."""
        if began + takes <= self._world.present:
            await self._world.until(began + takes)
            capture.feed(raw)
            return
        lines = raw.splitlines(keepends=True)
        for place, line in enumerate(lines):
            await self._world.until(began + takes * place // len(lines))
            capture.feed(line)
        await self._world.until(began + takes)

    async def _look(self, order: StepOrder, context: StepContext) -> Outcome:
        """Gather the evidence of a gate: files as they are, and what its preview would write."""
        began, given = self._world.now, dict(order.input)
        previewed = given.pop("preview", None) is not None
        found = await self._files.execute(replace(order, input=given), context)
        if previewed:
            await self._world.until(began + PREVIEW_TAKES)
            text = self._previews.get(f"{order.workflow_id}.{order.step_id}", "nothing would be changed\n")
            assert isinstance(found.result, dict)
            evidence = Evidence.model_validate(found.result).model_copy(
                update={
                    "preview": text.removesuffix("\n"),
                    "preview_size": len(text.encode()),
                    "preview_digest": hashlib.sha256(text.encode()).hexdigest(),
                    "exit_code": 0,
                    "at": self._world.now,
                }
            )
            found = found.model_copy(update={"result": evidence.model_dump(mode="json"), "exit_code": 0})
        return found.model_copy(update={"started_at": began, "duration": self._world.now - began})


def in_general(told: Told) -> str:
    """What a step writes of which nothing else is said: what it does, and that it is done."""
    lines = [f"+ {line.strip()}" for line in told.script.splitlines() if line.strip() and not line.strip().startswith("#")]
    return "\n".join([*lines, f"done, {told.random.randint(2, 900)} ms of processor time"]) + "\n"


def files_of(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files that can be executed.

    Args:
        folder: Where; made when it is not there.
        texts: By name.
    """
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
