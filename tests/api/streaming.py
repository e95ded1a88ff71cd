"""A reader of server-sent events, for tests."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2


@dataclass(frozen=True)
class Sent:
    """One block of a stream."""

    id: int | None
    event: str
    data: Any
    comment: str


async def blocks(response: httpx2.Response) -> AsyncIterator[Sent]:
    """The blocks of a stream, as they come."""
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            assert name in ("", "id", "event", "data", "retry"), line
            assert name not in fields, (fields, line)
            fields[name] = value.removeprefix(" ")
        elif fields:
            data = json.loads(fields["data"]) if "data" in fields else None
            yield Sent(int(fields["id"]) if "id" in fields else None, fields.get("event", ""), data, fields.get("", ""))
            fields = {}


@asynccontextmanager
async def following(client: httpx2.AsyncClient, *, last: int | None = None, **params: Any) -> AsyncIterator[AsyncIterator[Sent]]:
    """The events of a stream, without what is said of the stream itself."""
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    async with client.stream("GET", "/api/events", params=params, headers=headers) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield (sent async for sent in blocks(response) if sent.event)


async def some(events: AsyncIterator[Sent], count: int) -> list[Sent]:
    """The next events of a stream."""
    return [await anext(events) for _ in range(count)]
