"""A process that drives runs and answers their gates itself, all at once, until it is killed.

Usage: python -m tests.reliability.answerer HOME FILE RUNS [BREAK]...

It starts so many runs of the file unless there are some, answers whatever they ask, all that is asked at once, and prints the id of each
question whose yes was acknowledged, and at last `over`.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path

from oyama_tui.core.errors import AlreadyDecided
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio


async def serve(home: Path, file: str, count: int) -> None:
    """Drive and answer."""
    async with open_studio(Settings(home=home, grace=0.3), drive="all", trigger="test") as studio:
        if not await studio.runs.list(limit=1):
            await asyncio.gather(*(studio.runs.start(file, {}) for _ in range(count)))
        while await studio.runs.list(live=True, limit=1):
            rows = await studio.approvals.list(limit=count)
            await asyncio.gather(*(answer(studio, row.id, row.digest) for row in rows))
            await asyncio.sleep(0.02)
        print("over", flush=True)


async def answer(studio: Studio, approval_id: str, digest: str) -> None:
    """Say yes."""
    try:
        await studio.approvals.decide(approval_id, "approve", digest=digest)
    except AlreadyDecided:
        return
    print(approval_id, flush=True)


if __name__ == "__main__":
    for name in sys.argv[4:]:
        importlib.import_module("tests.reliability.broken").BREAKS[name]()
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
