"""Time that jumps: it passes when everything waits, and never while anything is under way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from tests.realistic.virtual_loop import VirtualLoop
from tests.realistic.world import World

T = TypeVar("T")
START = 1_700_000_000_000
HOUR = 3_600_000


def lived(life: Callable[[World], Awaitable[T]]) -> T:
    """Live in a world of its own."""

    async def live() -> T:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        return await life(World(loop, START))

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(START)) as runner:
        return runner.run(live())


def test_hours_pass_at_once_and_in_order() -> None:
    async def life(world: World) -> list[int]:
        seen: list[int] = []

        async def wake(at: int) -> None:
            await world.until(at)
            seen.append(world.now - START)

        for hours in (9, 3, 6, 3):
            world.spawn(wake(START + hours * HOUR))
        await world.until(START + 10 * HOUR)
        world.check()
        return seen

    began = time.monotonic()
    # Nobody shares a moment with anybody.
    assert lived(life) == [3 * HOUR, 3 * HOUR + 1, 6 * HOUR, 9 * HOUR]
    assert time.monotonic() - began < 5


def test_time_stands_still_while_a_thread_works() -> None:
    async def life(world: World) -> int:
        late = asyncio.ensure_future(world.until(START + HOUR))
        await asyncio.to_thread(time.sleep, 0.05)
        now = world.now
        await late
        return now

    assert lived(life) == START


def test_what_goes_wrong_in_a_life_is_told() -> None:
    async def life(world: World) -> None:
        async def fall() -> None:
            await world.until(START + 5)
            raise ValueError("fell")

        world.spawn(fall())
        await world.until(START + HOUR)
        world.check()

    with pytest.raises(ValueError, match="fell"):
        lived(life)
