"""Thousands of changes are few pieces of news."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

from oyama_tui.core.views import Change
from oyama_tui.tui.feed import LONGEST_REST, PACE, REST, Coalescer


async def test_a_storm_is_published_at_most_fifteen_times_a_second() -> None:
    news: list[Change] = []

    async def storm() -> AsyncIterator[Change]:
        for number in range(20_000):
            yield Change(runs=frozenset({f"run-{number % 7}"}))
            if number % 2_000 == 0:
                await asyncio.sleep(PACE / 2)
        await asyncio.sleep(2 * PACE)

    started = asyncio.get_running_loop().time()
    await Coalescer(news.append).drain(storm())
    took = asyncio.get_running_loop().time() - started
    assert 2 <= len(news) <= took / PACE + 2
    assert frozenset().union(*(change.runs for change in news)) == {f"run-{number}" for number in range(7)}


async def test_news_that_costs_much_comes_more_rarely_but_it_comes() -> None:
    loop, told, cost = asyncio.get_running_loop(), list[float](), 0.02
    used = 0.0

    def show(_news: Change) -> None:
        nonlocal used, cost
        told.append(loop.time())
        used += cost
        if len(told) == 4:
            cost = 60.0

    async def storm() -> AsyncIterator[Change]:
        while len(told) < 6:
            yield Change(workflows=True)
            await asyncio.sleep(PACE / 4)

    await asyncio.wait_for(Coalescer(show, lambda: used).drain(storm()), 30)
    gaps = [later - earlier for earlier, later in itertools.pairwise(told)]
    assert min(gaps[:4]) >= 0.02 * REST - 0.01
    assert min(gaps[4:]) >= LONGEST_REST - 0.01


async def test_nothing_is_published_while_nothing_changes() -> None:
    news: list[Change] = []

    async def quiet() -> AsyncIterator[Change]:
        await asyncio.sleep(3 * PACE)
        return
        yield Change()

    await Coalescer(news.append).drain(quiet())
    assert news == []


async def test_losing_the_database_and_having_it_again_are_both_told() -> None:
    news: list[Change] = []

    async def trouble() -> AsyncIterator[Change]:
        yield Change(lost="gone")
        await asyncio.sleep(2 * PACE)
        yield Change(runs=frozenset({"a"}))
        await asyncio.sleep(2 * PACE)

    await Coalescer(news.append).drain(trouble())
    assert [change.lost for change in news] == ["gone", ""]
