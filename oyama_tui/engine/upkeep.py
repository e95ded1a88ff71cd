"""Cleanup by itself: once an hour, by one engine at a time, where the settings or a definition say what is kept."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from oyama_tui.core.errors import DatabaseLost, OyamaError
from oyama_tui.core.events import SYSTEM
from oyama_tui.core.limits import at_limit
from oyama_tui.core.views import KeepRules
from oyama_tui.engine.clock import Clock
from oyama_tui.files import NotPlain, open_plain
from oyama_tui.store.cleaning import Cleaner
from oyama_tui.store.cleanup import Removal
from oyama_tui.store.store import Store

log = logging.getLogger("oyama.engine")
FIRST_LOOK: Final = 10.0
"""Seconds after its start when an engine looks for the first time: what it was started for comes first."""
LOOK_EVERY: Final = 60.0
"""Seconds between two looks whether an hour is over."""
HOUR: Final = 3_600_000
"""Milliseconds between two cleanups, whichever engines do them."""


class Upkeep:
    """Cleans up while an engine drives; no run waits for it.

    Args:
        store: The open store.
        rules: Those of the settings; a definition's own win for its workflow.
        clock: Both clocks.
    """

    def __init__(self, store: Store, rules: KeepRules, clock: Clock) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock
        self._cleaner = Cleaner(store)
        self._note = store.files / "cleanup.lock"
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._watch(), name="oyama-upkeep")

    async def close(self) -> None:
        """Look no more; what is being removed goes on with the next cleanup."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        await asyncio.sleep(FIRST_LOOK)
        while True:
            try:
                await self._look()
            except DatabaseLost as trouble:
                log.error("nothing is cleaned up here any more: %s", trouble.sentence)
                return
            except OyamaError as trouble:
                log.warning("no cleanup now: %s", trouble.sentence)
            except Exception as trouble:
                # Whatever it is, a mistake of ours too: runs go on without a cleanup.
                log.warning("no cleanup now: %s", at_limit(trouble) or trouble, exc_info=not at_limit(trouble))
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> None:
        """Clean up when there are rules, an hour is over since the last time, and no other engine does it."""
        if not (self._rules.given or await self._cleaner.any_rules()):
            return
        with _alone(self._note) as note:
            now = self._clock.wall()
            if note is None or abs(now - _read(note)) < HOUR:
                return
            keys, pinned = await self._cleaner.keys(self._rules, now)
            removed = await self._cleaner.remove(keys, Removal(now, SYSTEM.name, "cleanup"))
            await asyncio.to_thread(partial(_write, note, now))
        if removed.runs:
            freed = removed.database_bytes + removed.file_bytes
            log.info("cleanup: %d runs are removed, %d bytes are free, %d pinned runs stay", removed.runs, freed, pinned)


@contextmanager
def _alone(path: Path) -> Iterator[int | None]:
    """The open note of the last cleanup, for as long as nobody else has it; none when somebody does, or it is no plain file."""
    try:
        note = open_plain(path, os.O_CREAT | os.O_RDWR)
    except NotPlain as odd:
        log.warning("no cleanup: %s is %s", path, odd.kind)
        yield None
        return
    try:
        fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield None
    else:
        yield note
    finally:
        os.close(note)


def _read(note: int) -> int:
    """When the last cleanup was, in milliseconds since 1970 UTC; 0 when there was none."""
    text = os.pread(note, 32, 0).strip()
    return int(text) if text.isdigit() else 0


def _write(note: int, at: int) -> None:
    os.ftruncate(note, 0)
    os.pwrite(note, f"{at}\n".encode(), 0)
