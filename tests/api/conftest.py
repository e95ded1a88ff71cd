"""A real server on loopback, and a real HTTP client."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from oyama_tui.api import serving
from oyama_tui.api.guard import Bounds
from oyama_tui.api.streams import Pace, Streams
from oyama_tui.settings import Settings
from oyama_tui.studio import Studio, open_studio
from oyama_tui.studio.service import Drive

PERSON = "ana"


@dataclass
class Api:
    """A server under test."""

    client: httpx2.AsyncClient
    """Shows the token of `PERSON`."""
    studio: Studio
    """What the server acts with, as a person of this machine."""
    settings: Settings
    url: str
    token: str

    async def json(self, method: str, path: str, *, status: int = 200, **given: Any) -> Any:
        """What the server answers; the status must be this one."""
        response = await self.client.request(method, path, **given)
        assert response.status_code == status, (response.status_code, response.text)
        return response.json()

    async def until(self, path: str, wanted: Any, seconds: float = 20) -> Any:
        """What a GET answers once it is as wanted."""
        async with asyncio.timeout(seconds):
            while True:
                found = await self.json("GET", path)
                if wanted(found):
                    return found
                await asyncio.sleep(0.02)

    async def client_of(self, person: str, stack: AsyncExitStack, *, read_only: bool = False) -> httpx2.AsyncClient:
        """A client that shows another person's token."""
        _, token = await self.studio.tokens.create(person, read_only=read_only)
        client = httpx2.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=20)
        return await stack.enter_async_context(client)


@asynccontextmanager
async def served(settings: Settings, *, drive: Drive = "all", bounds: Bounds | None = None, pace: Pace | None = None) -> AsyncIterator[Api]:
    """Serve a database on a free port of loopback."""
    async with open_studio(settings, drive=drive, trigger="api") as studio:
        _, token = await studio.tokens.create(PERSON)
        bound = serving.listen("127.0.0.1", 0)
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        ready = asyncio.Event()
        names = serving.names_of(bound, "127.0.0.1", ())
        task = asyncio.create_task(serving.serve(studio, bound, names, ready.set, bounds, Streams(pace)))
        await ready.wait()
        try:
            async with httpx2.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=20) as client:
                yield Api(client, studio, settings, url, token)
        finally:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home of its own; its steps run in an empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Settings(home=tmp_path / "home", grace=0.2)


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[Api]:
    """A server that drives runs."""
    async with served(settings) as made:
        yield made


@pytest.fixture
def seed() -> int:
    """Chooses what is random; OYAMA_TEST_SEED plays a failure again."""
    chosen = int(os.environ.get("OYAMA_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"play it again with OYAMA_TEST_SEED={chosen}")
    return chosen
