"""Requests as bytes, for what no decent client sends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.api.conftest import Api

PROBLEM = "application/problem+json"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Line:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self, *, bodiless: bool = False) -> Answer:
        """Read one answer."""
        async with asyncio.timeout(20):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
            body = b"" if bodiless else await self.reader.readexactly(int(headers.get("content-length", "0")))
            return Answer(int(head[0].split()[1]), headers, body)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def rest(self) -> bytes:
        """What comes until the other end closes."""
        async with asyncio.timeout(20):
            with suppress(ConnectionResetError):
                return await self.reader.read()
        return b""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Line]:
    """Open a connection."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def request(
    api: Api, line: str = "GET /api/workflows HTTP/1.1", *more: str, host: str | None = None, token: str | None = None, body: bytes = b""
) -> bytes:
    """A request; the host is the server's own and the token one that counts, where none is said, and neither is sent where it is empty."""
    host = urlsplit(api.url).netloc if host is None else host
    token = api.token if token is None else token
    headers = [f"Host: {host}"] if host else []
    headers += [f"Authorization: Bearer {token}"] if token else []
    return "\r\n".join([line, *headers, *more, "", ""]).encode("latin-1") + body


async def ask(api: Api, data: bytes, *, bodiless: bool = False) -> Answer:
    """Send bytes on a connection of their own, and read one answer."""
    async with connected(api.url) as line:
        await line.send(data)
        return await line.answer(bodiless=bodiless)
