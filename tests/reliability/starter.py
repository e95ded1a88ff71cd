"""A process that starts runs and drives them until its input ends.

Usage: python -m tests.reliability.starter HOME FILE COUNT DRIVE [BREAK]...

It waits for a line, starts the runs in one moment, and prints the id of each that was acknowledged. DRIVE is `own` or `all`.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path

from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio
from oyama_tui.studio.service import Drive

PRIORITIES = (0, 0, 5, -5)


async def serve(home: Path, file: str, count: int, drive: Drive) -> None:
    """Start the runs and drive."""
    async with open_studio(Settings(home=home, grace=0.3), drive=drive, trigger="test") as studio:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)

        async def start(number: int) -> None:
            row = await studio.runs.start(file, {}, priority=PRIORITIES[number % len(PRIORITIES)])
            print(row.id, flush=True)

        await asyncio.gather(*(start(number) for number in range(count)))
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    for name in sys.argv[5:]:
        importlib.import_module("tests.reliability.broken").BREAKS[name]()
    chosen: Drive = "all" if sys.argv[4] == "all" else "own"
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), chosen))
