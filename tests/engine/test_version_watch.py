"""The database's version is watched in a thread, and the loop hears of it only when it is another one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from oyama_tui.core.errors import DatabaseProblem
from oyama_tui.engine import version_watch
from oyama_tui.engine.version_watch import VersionWatch


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_watch, "INTERVAL", 0.001)


class Versions:
    """Gives one version after another, then the last one for ever; notes the threads that ask."""

    def __init__(self, *versions: int | Exception) -> None:
        self.coming: Iterator[int | Exception] = iter(versions)
        self.last: int | Exception = 0
        self.threads: list[threading.Thread] = []

    def __call__(self) -> int:
        self.threads.append(threading.current_thread())
        self.last = next(self.coming, self.last)
        if isinstance(self.last, Exception):
            raise self.last
        return self.last


async def test_it_answers_at_once_or_when_the_version_is_another_one() -> None:
    look = Versions(5, *[5] * 20, 6)
    watch = VersionWatch(look)
    assert await watch.other_than(-1) == 5
    assert len(look.threads) == 1
    assert await watch.other_than(5) == 6
    assert len(look.threads) == 22
    assert {thread.name for thread in look.threads} == {"oyama-feed"}
    await watch.close()


async def test_what_goes_wrong_is_told_and_it_looks_on() -> None:
    look = Versions(DatabaseProblem("It is gone."), 7)
    watch = VersionWatch(look)
    with pytest.raises(DatabaseProblem, match="gone"):
        await watch.other_than(7)
    assert await watch.other_than(6) == 7
    await watch.close()


async def test_its_thread_ends_with_it_while_somebody_waits() -> None:
    look = Versions(5)
    watch = VersionWatch(look)
    waiting = asyncio.create_task(watch.other_than(5))
    while not look.threads:
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await watch.close()
    await asyncio.to_thread(look.threads[0].join, 20)
    assert not look.threads[0].is_alive()


async def test_without_room_for_a_thread_it_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = VersionWatch(Versions(1))

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            await watch.other_than(0)
    assert await watch.other_than(0) == 1
    await watch.close()
