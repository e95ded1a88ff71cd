"""The background engine: a process of its own that drives what nobody else drives."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from oyama_tui.core.errors import DatabaseProblem, OyamaError
from oyama_tui.engine.feed import Feed
from oyama_tui.engine.ownership import living
from oyama_tui.engine.trust import refuse_shared
from oyama_tui.files import open_plain
from oyama_tui.settings import Settings
from oyama_tui.steps.process_groups import without_attempt
from oyama_tui.store.queries.system import engines, undriven
from oyama_tui.store.store import Store

log = logging.getLogger("oyama.background")
IDLE_SECONDS: Final = 60
"""A background engine ends itself when there has been nothing to drive for so long."""
LOOK: Final = 1.0
"""Seconds between two looks at whether an engine is needed, when nothing else is known."""
SHORT_LIFE: Final = 10.0
"""Seconds; an engine that ends sooner has not been of use."""
MOST_SHORT_LIVES: Final = 3
"""Short lives in a row after which no further engine is started until somebody asks."""
LONGEST_REASON: Final = 300
LOG: Final = "worker.log"
"""What background engines say, in the data directory."""


@contextmanager
def sole_place(settings: Settings) -> Iterator[bool]:
    """Take the place of the one background engine, for as long as the context lasts; false when another process has it.

    Args:
        settings: Where the database is.

    Raises:
        DatabaseProblem: The files beside the database cannot be used.
    """
    place = settings.files_path / "engines" / "background"
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = open_plain(place, os.O_CREAT | os.O_RDWR)
    except OSError as error:
        raise DatabaseProblem(f"{place} cannot be used: {error.strerror}.", "Check the owner and mode of its folder.") from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(file)


async def refuse_undrivable(settings: Settings, store: Store) -> None:
    """Refuse what no engine would drive: none lives that drives every run, and none may be started.

    Raises:
        NotAllowed: Other accounts can change the database.
    """
    if not await _drives_all(store, await _living(settings)):
        refuse_shared(settings)


async def ensure_worker(settings: Settings, store: Store) -> None:
    """Start a background engine unless one lives that drives every run.

    Raises:
        DatabaseProblem: It cannot be started.
        NotAllowed: Other accounts can change the database.
    """
    if not await _drives_all(store, await _living(settings)):
        await asyncio.to_thread(_spawn, settings)


async def _living(settings: Settings) -> frozenset[str]:
    """The engine instances that live."""
    return await asyncio.to_thread(living, settings.files_path / "engines")


async def _drives_all(store: Store, alive: frozenset[str]) -> bool:
    """Whether an engine lives that drives every run."""
    return any(row.id in alive and row.kind == "all" for row in await store.database.read(engines))


def _spawn(settings: Settings) -> subprocess.Popen[bytes]:
    """Start the process in a session of its own, with this process's environment and its words in a log file.

    Called from a step it drives other runs besides, so it does not end with that step's attempt.
    """
    refuse_shared(settings)
    log_path = settings.home.expanduser() / LOG
    options = ("--exit-when-idle", str(IDLE_SECONDS), "--spare")
    command = (sys.executable, "-m", "oyama_tui", "--database", str(settings.database_path), "worker", *options)
    env = {**without_attempt(os.environ), "OYAMA_HOME": str(settings.home.expanduser().absolute())}
    try:
        log_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(open_plain(log_path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, in_plain_folder=False), "ab") as words:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True, cwd="/", env=env)
    except OSError as error:
        raise DatabaseProblem(
            f"A background engine could not be started: {error.strerror} ({error.filename}).", "Run `oyama worker` yourself."
        ) from error


class Background:
    """Sees to it, for a front end that drives nothing itself, that an engine lives while there is something to drive.

    Args:
        settings: For the engine, and where it writes what it says.
        store: The open store.
        feed: Told when an engine has come or gone, or cannot come.
    """

    def __init__(self, settings: Settings, store: Store, feed: Feed) -> None:
        self._settings, self._store, self._feed = settings, store, feed
        self._log = settings.home.expanduser() / LOG
        self._worker: subprocess.Popen[bytes] | None = None
        self._begun = 0.0
        self._log_end = 0
        """Where the log file ended before the engine was started."""
        self._short_lives = 0
        self._seen: tuple[object, ...] = ()
        self._try_all = True
        """The next engine is to try those runs too that another one could not drive: it may have what they lack."""
        self._asked = asyncio.Event()
        self._looking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.trouble = ""
        """Why no engine drives what there is to drive; empty while one does, or none is needed."""

    def open(self) -> None:
        """Begin to look after the engine."""
        self._task = asyncio.create_task(self._look_after(), name="oyama-background")

    async def close(self) -> None:
        """Look no more; the engine lives on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def ask(self) -> None:
        """Somebody wants something driven: look at once, and try again whatever has failed before."""
        self._short_lives, self.trouble, self._try_all = 0, "", True
        self._asked.set()

    async def attend(self) -> None:
        """The same, and wait until an engine lives or is on its way, or it is known why none can come."""
        self.ask()
        await self._look()

    async def _look_after(self) -> None:
        """Look again and again."""
        while True:
            self._asked.clear()
            try:
                await self._look()
            except DatabaseProblem as problem:
                log.debug("cannot look after the engine: %s", problem.sentence)
            except OyamaError as problem:
                self.trouble = problem.sentence
            try:
                async with asyncio.timeout(LOOK):
                    await self._asked.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        """Start an engine where one is needed and none lives or is on its way."""
        async with self._looking:
            await self._look_once()

    async def _look_once(self) -> None:
        ended = self._reap()
        alive, database = await _living(self._settings), self._store.database
        driven = await _drives_all(self._store, alive)
        every = self._try_all
        if driven or not database.writable or not await database.read(lambda c: undriven(c, alive, hindered=every)):
            self.trouble = ""
            self._try_all = self._try_all and not every
        elif ended:
            self.trouble = ended
        elif self._worker is None and not self.trouble:
            await self._start()
        if (seen := (alive, self.trouble)) != self._seen:
            self._seen = seen
            self._feed.tell_whole()

    async def _start(self) -> None:
        """Start an engine, and remember why it cannot be started."""
        self._log_end = self._log.stat().st_size if self._log.exists() else 0
        self._begun = time.monotonic()
        try:
            self._worker = await asyncio.to_thread(_spawn, self._settings)
        except OyamaError as error:
            log.error("%s", error.sentence)
            self.trouble = error.sentence

    def _reap(self) -> str:
        """Take note of the end of the engine that was started here; why no other one is started, when that is so."""
        worker = self._worker
        if worker is None or (code := worker.poll()) is None:
            return ""
        self._worker = None
        self._short_lives = self._short_lives + 1 if time.monotonic() - self._begun < SHORT_LIFE else 0
        if code != 0:
            log.warning("the background engine %d has ended with %d", worker.pid, code)
        if self._short_lives >= MOST_SHORT_LIVES or (code > 0 and self._short_lives):
            return self._reason(code)
        return ""

    def _reason(self, code: int) -> str:
        """Why the engine has ended, in its own words where it had some."""
        end = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        said = _words_after(self._log, self._log_end)
        return f"The background engine {end}{f': {said}' if said else '.'}"


def _words_after(path: Path, place: int) -> str:
    """What was written into a log file after a place, in one line."""
    try:
        with os.fdopen(open_plain(path, in_plain_folder=False), "rb") as file:
            file.seek(place)
            text = file.read(64 * 1024).decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("The engine runs on ")]
    return " ".join(lines)[-LONGEST_REASON:]
