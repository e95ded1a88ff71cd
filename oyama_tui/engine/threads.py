"""Threads that an engine needs are there before steps take the room for them."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Executor
from typing import Final

from oyama_tui.core.errors import NoRoom
from oyama_tui.core.limits import at_limit

SPARE: Final = 8
"""Threads for work that would hold up the loop."""


async def start_threads(readers: Executor, count: int) -> None:
    """Start the threads of a pool, and some of the loop's own.

    Args:
        readers: The pool that reads the database.
        count: How many threads that has at most.

    Raises:
        NoRoom: The machine has no room for them.
    """
    loop = asyncio.get_running_loop()
    go = threading.Event()
    try:
        # Each waits until all are there: a pool starts another thread only while none of its own is idle.
        waiting = [loop.run_in_executor(readers, go.wait) for _ in range(count)]
        waiting += [loop.run_in_executor(None, go.wait) for _ in range(SPARE)]
    except RuntimeError as error:
        if not at_limit(error):
            raise
        raise NoRoom(f"No engine can be started here: {at_limit(error)}.", "Raise `ulimit -u`, or end something else.") from None
    finally:
        go.set()
    await asyncio.gather(*waiting)
