"""Five hundred readers of one server, half of which take nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import statistics
import sys
from contextlib import AsyncExitStack, closing
from pathlib import Path

import httpx2
import psutil
import pytest

from oyama_tui.core.views import HistoryFilter
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio

HALF = 250
RUNS = 25
LARGE = "id: large\nsteps:\n  - {id: put, set: {text: '%s'}}\n"
MOST_BYTES = 150_000_000
"""That the server may grow by: what 250 connections hold back, and what is kept for all."""


class Reader:
    """A connection that follows what happens.

    Args:
        address: Of the server.
        token: To show.
    """

    def __init__(self, address: tuple[str, int], token: str) -> None:
        self._address, self._token = address, token
        self._connection = socket.socket()
        self.completed = 0
        """Runs of whose end it was told."""

    async def open(self, query: str) -> None:
        """Ask, and take the answer's beginning."""
        loop = asyncio.get_running_loop()
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._connection.setblocking(False)
        await loop.sock_connect(self._connection, self._address)
        host = f"{self._address[0]}:{self._address[1]}"
        request = f"GET /api/events?{query} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {self._token}\r\n\r\n"
        await loop.sock_sendall(self._connection, request.encode())
        found = b""
        while b"retry: " not in found:
            piece = await loop.sock_recv(self._connection, 4096)
            assert piece, found
            found += piece

    async def take_all(self) -> None:
        """Take what comes until all runs are over."""
        kept = b""
        while self.completed < RUNS:
            piece = await asyncio.get_running_loop().sock_recv(self._connection, 65536)
            assert piece, "it was cut off"
            *lines, kept = (kept + piece).split(b"\n")
            self.completed += sum(line == b"event: run_completed" for line in lines)

    def close(self) -> None:
        """Go."""
        self._connection.close()


async def run_all(studio: Studio) -> None:
    """Let the server drive some runs, one after the other."""
    for _ in range(RUNS):
        row = await studio.runs.start("large", {})
        async for _event in studio.runs.follow(row.id):
            continue


async def readers(client: httpx2.AsyncClient) -> int:
    """How many the server counts."""
    lines = (await client.get("/metrics")).text.splitlines()
    return int(next(line for line in lines if line.startswith("oyama_sse_readers ")).split()[1])


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_stuck_readers_are_cut_off_while_the_others_are_told_everything(settings: Settings, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        studio = await stack.enter_async_context(open_studio(settings))
        _, token = await studio.tokens.create("ana")
        await studio.workflows.store(LARGE % ("x" * 60_000), file="large")
        environment = {**os.environ, "OYAMA_HOME": str(settings.home)}
        command = (sys.executable, "-m", "oyama_tui", "serve", "--port", "0", "--json")
        server = await asyncio.create_subprocess_exec(
            *command, cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        assert server.stdout is not None
        try:
            url = json.loads(await server.stdout.readuntil(b"}\n"))["url"]
            headers = {"Authorization": f"Bearer {token}"}
            client = await stack.enter_async_context(httpx2.AsyncClient(base_url=url, headers=headers, timeout=60))
            host, port = url.removeprefix("http://").split(":")
            await run_all(studio)
            before = psutil.Process(server.pid).memory_info().rss
            made = [stack.enter_context(closing(Reader((host, int(port)), token))) for _ in range(2 * HALF)]
            going, stuck = made[:HALF], made[HALF:]
            for number in range(HALF):
                await asyncio.gather(going[number].open(""), stuck[number].open("payload=true"))
            assert await readers(client) == 2 * HALF
            taking = asyncio.gather(*(reader.take_all() for reader in going))
            await run_all(studio)
            await taking
            most = psutil.Process(server.pid).memory_info().rss
            async with asyncio.timeout(60):
                while await readers(client) > HALF:
                    await asyncio.sleep(0.2)
            assert [reader.completed for reader in going] == [RUNS] * HALF
            rows = (await studio.history.page(HistoryFilter(), limit=2 * RUNS)).rows
            crowded, alone = (statistics.median(row.duration_ms or 0 for row in part) for part in (rows[:RUNS], rows[RUNS:]))
            assert crowded < 2 * alone + 250, f"a run took {alone:.0f} ms alone, and {crowded:.0f} ms among readers"
            print(f"a run took {alone:.0f} ms alone, {crowded:.0f} ms among readers; grown by {(most - before) / 1e6:.0f} MB")
            assert most - before < MOST_BYTES
        finally:
            server.send_signal(signal.SIGTERM)
            _, told = await server.communicate()
        assert (server.returncode, told) == (0, b"")
