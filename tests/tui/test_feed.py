"""Thousands of changes are few pieces of news."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from oyama_tui.core.views import Change
from oyama_tui.tui.feed import PACE, Coalescer


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
