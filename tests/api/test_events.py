"""What happens, told as it happens."""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest

from oyama_tui.api.streams import Pace
from oyama_tui.settings import Settings
from oyama_tui.studio import journals
from oyama_tui.studio.service import Studio
from tests.api.conftest import Api, served
from tests.api.streaming import Sent, blocks, following, some

STAGES = [{"id": "build", "run": "echo built"}, {"id": "ship", "set": {"shipped": True}}]


async def made(api: Api, workflow_id: str = "release", stages: list[dict[str, Any]] | None = None) -> str:
    """A stored workflow."""
    await api.json("POST", "/api/workflows", json={"id": workflow_id, "stages": stages or STAGES}, status=201)
    return workflow_id


async def ran(studio: Studio, workflow_id: str) -> str:
    """A run that is over."""
    row = await studio.runs.start(workflow_id, {})
    async for _ in studio.runs.follow(row.id):
        continue
    return row.id


async def journal(api: Api) -> list[tuple[str, int, str, int]]:
    """All events that there are, read from the file itself."""
    query = "SELECT s.id, e.seq, e.type, e.position FROM workflow_events e JOIN workflow_states s ON s.key = e.run ORDER BY e.position"
    rows = api.studio._context.store.database.read_now(lambda connection: connection.exec_driver_sql(query).all())
    return [(row[0], row[1], row[2], row[3]) for row in rows]


async def test_each_event_comes_after_its_commit_with_its_place(api: Api) -> None:
    await made(api)
    async with following(api.client) as events:
        first = await ran(api.studio, "release")
        rows = await journal(api)
        found = await some(events, len(rows))
    assert [(one.data["stateId"], one.data["seq"], one.event, one.id) for one in found] == rows
    assert {one.data["workflowId"] for one in found} == {"release"}
    done = next(one.data for one in found if one.event == "step_succeeded" and one.data["node"] == "build")
    assert (done["type"], done["text"], done["stateId"]) == ("step_succeeded", done["text"], first)
    assert done["text"]
    assert "payload" not in done
    assert done["at"].endswith("Z")
    async with following(api.client, after=0, payload=True) as events:
        again = await some(events, len(rows))
    assert [one.id for one in again] == [one.id for one in found]
    assert again[0].data["payload"]
    assert "built" in str([one.data["payload"] for one in again if one.event == "step_succeeded"])


async def test_whoever_comes_back_misses_nothing_and_gets_nothing_twice(api: Api) -> None:
    await made(api)
    seed = random.Random(7)

    async def busy() -> None:
        while len(await journal(api)) < 200:
            await asyncio.gather(*(ran(api.studio, "release") for _ in range(5)))

    working = asyncio.create_task(busy())
    seen: list[Sent] = []
    last = 0
    while len(seen) < 200:
        # By the header and by the parameter in turn; the header counts where both are there.
        given: dict[str, Any] = {"after": last} if seed.random() < 0.5 else {"last": last, "after": 0}
        async with following(api.client, **given) as events:
            for one in await some(events, min(seed.randint(1, 40), 200 - len(seen))):
                seen.append(one)
                last = one.id or 0
    await working
    assert [(one.data["stateId"], one.data["seq"], one.event, one.id) for one in seen] == (await journal(api))[:200]


async def test_filters_let_through_what_is_wanted_alone(api: Api) -> None:
    await made(api)
    await made(api, "other")
    wanted, another = await ran(api.studio, "release"), await ran(api.studio, "other")
    later = await ran(api.studio, "release")
    rows = await journal(api)

    async def told(**params: Any) -> list[tuple[str, int, str, int]]:
        fitting: dict[str, Callable[[Any], bool]] = {
            "workflowId": lambda row: bool(row[0].startswith(params["workflowId"] + "-")),
            "stateId": lambda row: bool(row[0] == params["stateId"]),
            "types": lambda row: row[2] in params["types"].split(","),
        }
        expected = [row for row in rows if all(fits(row) for name, fits in fitting.items() if name in params)]
        assert expected
        async with following(api.client, after=0, **params) as events:
            found = await some(events, len(expected))
        assert [(one.data["stateId"], one.data["seq"], one.event, one.id) for one in found] == expected
        return expected

    assert {row[0] for row in await told(workflowId="release")} == {wanted, later}
    assert {row[0] for row in await told(stateId=another)} == {another}
    assert {row[2] for row in await told(types="run_started,run_completed")} == {"run_started", "run_completed"}
    await told(workflowId="release", stateId=later, types="step_succeeded")
    # What comes later is sorted out likewise.
    async with following(api.client, workflowId="other", types="run_completed") as events:
        await ran(api.studio, "release")
        newest = await ran(api.studio, "other")
        assert (await anext(events)).data["stateId"] == newest


@pytest.mark.parametrize(
    ("given", "status", "where"),
    [
        ({"types": "run_begun"}, 422, "run_begun"),
        ({"stateId": "nothing-1"}, 404, "nothing-1"),
        ({"after": -1}, 422, "after"),
        ({"after": 2**63}, 422, "after"),
        ({"after": "x"}, 422, "after"),
        ({"after": 1_000_000}, 422, "1000000"),
        ({"workflowId": "x" * 201}, 422, "workflowId"),
        ({"payload": "perhaps"}, 422, "payload"),
    ],
)
async def test_what_cannot_be_followed_is_refused(api: Api, given: dict[str, Any], status: int, where: str) -> None:
    assert where in (await api.json("GET", "/api/events", params=given, status=status))["detail"]


async def test_a_place_that_is_none_is_refused(api: Api) -> None:
    refused = await api.json("GET", "/api/events", headers={"Last-Event-ID": "x"}, status=422)
    assert refused["problems"][0]["where"] == "Last-Event-ID"
    assert (await api.client.get("/api/events", headers={"Authorization": "Bearer none"})).status_code == 401


@pytest.fixture
async def quick(settings: Settings) -> AsyncIterator[Api]:
    """A server with a short patience."""
    async with served(settings, pace=Pace(heartbeat=0.05, patience=0.3, most=3)) as made:
        yield made


async def test_a_reader_that_is_told_of_nothing_gets_a_heartbeat_and_a_place_to_come_back_to(quick: Api) -> None:
    await made(quick)
    await ran(quick.studio, "release")
    newest = (await journal(quick))[-1][3]
    async with quick.client.stream("GET", "/api/events", params={"types": "run_failed"}) as response:
        stream = blocks(response)
        assert (await anext(stream)).id == newest
        assert await anext(stream) == Sent(None, "", None, "ping")
        await ran(quick.studio, "release")
        newest = (await journal(quick))[-1][3]
        while (beat := await anext(stream)).id != newest:
            assert (beat.event, beat.comment) == ("", "ping")


async def test_a_reader_whose_token_is_revoked_is_told_nothing_more(quick: Api) -> None:
    await made(quick)
    async with AsyncExitStack() as stack:
        client = await quick.client_of("ben", stack)
        async with following(client) as events:
            await quick.studio.tokens.revoke("ben")
            assert [one async for one in events] == []


async def test_readers_are_counted_and_bounded(quick: Api) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(following(quick.client))
        refused = await quick.client.get("/api/events")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.json()["title"] == "Service Unavailable"
    async with asyncio.timeout(10):
        while (await quick.client.get("/api/events", params={"after": 10**9})).status_code == 503:
            await asyncio.sleep(0.02)
        async with following(quick.client):
            pass


async def test_the_end_of_the_server_ends_streams_at_once(settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        server = AsyncExitStack()
        api = await server.enter_async_context(served(settings))
        client = httpx2.AsyncClient(base_url=api.url, headers={"Authorization": f"Bearer {api.token}"}, timeout=20)
        await stack.enter_async_context(client)
        events = await stack.enter_async_context(following(client))
        began = loop.time()
        await server.aclose()
        assert loop.time() - began < 2
        assert [one async for one in events] == []


async def stuck(api: Api, **params: Any) -> socket.socket:
    """A connection whose reader takes nothing."""
    host, port = api.url.removeprefix("http://").split(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, (host, int(port)))
    query = "&".join(f"{name}={value}" for name, value in params.items())
    request = f"GET /api/events?{query} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {api.token}\r\n\r\n"
    await loop.sock_sendall(connection, request.encode())
    return connection


async def all_of(connection: socket.socket) -> bytes:
    """What comes until the connection ends, however it does."""
    loop = asyncio.get_running_loop()
    found = b""
    try:
        while piece := await loop.sock_recv(connection, 65536):
            found += piece
    except ConnectionResetError:
        pass
    return found


async def test_a_reader_that_takes_nothing_is_cut_off_and_the_others_go_on(quick: Api) -> None:
    await made(quick, stages=[{"id": "long", "set": {"text": "x" * 60_000}}])
    silent = await stuck(quick, payload="true")
    try:
        async with following(quick.client) as events:
            async with asyncio.timeout(60):
                while (await quick.client.get("/metrics")).text.find("oyama_sse_readers 1\n") < 0:
                    for _ in range(10):
                        await ran(quick.studio, "release")
            rows = await journal(quick)
            assert [one.id for one in await some(events, len(rows))] == [row[3] for row in rows]
        async with asyncio.timeout(10):
            assert len(await all_of(silent)) < 60_000 * len(rows)
    finally:
        silent.close()


async def test_a_reader_that_falls_far_behind_is_told_where_to_go_on(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "KEPT_LINES", 10)
    await made(api, stages=[{"id": "long", "set": {"text": "x" * 60_000}}])
    slow = await stuck(api, payload="true")
    try:
        for _ in range(60):
            await ran(api.studio, "release")
        # It is well within the server's patience, so it goes on with what it had not been sent yet.
        async with asyncio.timeout(20):
            text = (await all_of(slow)).decode()
    finally:
        slow.close()
    ids = [int(found) for found in re.findall(r"^id: (\d+)$", text, re.MULTILINE)]
    last = json.loads(re.findall(r"^event: lost\ndata: (.*)$", text.replace("\r\n", "\n"), re.MULTILINE)[0])
    assert last == {"after": ids[-1], "reason": "The events came faster than they were taken."}
    rows = await journal(api)
    assert 0 < ids[-1] < rows[-1][3]
    async with following(api.client, last=last["after"]) as events:
        rest = [row[3] for row in rows if row[3] > ids[-1]]
        assert [one.id for one in await some(events, len(rest))] == rest
