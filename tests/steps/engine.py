"""A program that drives steps as an engine does, to be killed by tests: `python engine.py FOLDER GRACE SCRIPT...`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from oyama_tui.steps.executors import default_executors
from oyama_tui.steps.process_groups import ProcessGroups
from oyama_tui.steps.protocol import StepOrder
from oyama_tui.steps.secrets import SecretSource


class Context:
    def __init__(self, folder: Path, name: str, groups: ProcessGroups) -> None:
        self.path = folder / f"{name}.log"
        self.groups = groups
        self.secret = SecretSource(folder).secret
        self.started = groups.started
        self.finished = groups.finished

    def log_path(self) -> Path:
        return self.path

    def now(self) -> int:
        return 0


async def drive(folder: Path, grace: float, scripts: list[str]) -> None:
    groups = ProcessGroups(folder / "engine.groups", grace)
    executor = default_executors(grace=grace)["run"]

    async def carry_out(number: int, script: str) -> None:
        order = StepOrder("run-1", "run", f"n{number}", f"n{number}", "run", 1, {"script": script, "cwd": str(folder)}, folder, None, ())
        outcome = await executor.execute(order, Context(folder, f"n{number}", groups))
        print(number, outcome.status, groups.reaper_pid, flush=True)

    await asyncio.gather(*(carry_out(number, script) for number, script in enumerate(scripts)))
    await groups.close()


if __name__ == "__main__":
    asyncio.run(drive(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
