"""Requests with an Idempotency-Key: carried out once, answered in the same way however often they are sent."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing, suppress
from typing import Any

import httpx2
import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oyama_tui.api.replay import Replay
from oyama_tui.core.errors import InvalidInput, Refused
from oyama_tui.core.views import KeptAnswer
from oyama_tui.engine.clock import Clock
from oyama_tui.settings import Settings
from oyama_tui.store.requests import MOST_FORGOTTEN
from oyama_tui.store.store import Store
from oyama_tui.studio import Studio, open_studio
from oyama_tui.studio.requests import KEPT, LARGEST
from tests.api.conftest import PERSON, Api, served

WORKFLOW: dict[str, Any] = {"id": "release", "stages": [{"id": "build", "run": "echo built"}]}


def rows(settings: Settings, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(settings.database_path, isolation_level=None)) as connection:
        return connection.execute(query, values).fetchall()


async def create(client: httpx2.AsyncClient, key: str, **changed: Any) -> httpx2.Response:
    return await client.post("/api/workflows", json={**WORKFLOW, **changed}, headers={"Idempotency-Key": key})


async def test_a_request_that_is_sent_again_is_answered_as_it_was_and_done_once(api: Api) -> None:
    first = await create(api.client, "one")
    assert (first.status_code, first.headers.get("idempotency-replayed")) == (201, None)
    await api.json("DELETE", "/api/workflows/release")
    again = await create(api.client, "one")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.content == first.content
    assert {name: again.headers[name] for name in ("location", "etag", "content-type")} == {
        name: first.headers[name] for name in ("location", "etag", "content-type")
    }
    await api.json("GET", "/api/workflows/release", status=404)


async def test_a_refusal_is_kept_too(api: Api) -> None:
    refused = await create(api.client, "bad", colour="red")
    again = await create(api.client, "bad", colour="red")
    assert (refused.status_code, again.status_code, again.headers["content-type"]) == (422, 422, "application/problem+json")
    assert again.content == refused.content


async def test_a_key_belongs_to_one_request_of_one_person(api: Api) -> None:
    await create(api.client, "one")
    other = await create(api.client, "one", name="Other")
    assert (other.status_code, other.headers["content-type"]) == (422, "application/problem+json")
    assert "another request" in other.json()["detail"]
    elsewhere = await api.client.post("/api/workflows?x=1", json=WORKFLOW, headers={"Idempotency-Key": "one"})
    assert elsewhere.status_code == 422
    async with AsyncExitStack() as stack:
        ben = await api.client_of("ben", stack)
        assert (await create(ben, "one", id="bens")).status_code == 201
    assert [one["id"] for one in (await api.json("GET", "/api/workflows"))["items"]] == ["bens", "release"]


async def test_the_same_key_counts_with_another_token_of_the_same_person(api: Api) -> None:
    await create(api.client, "one")
    async with AsyncExitStack() as stack:
        again = await create(await api.client_of(PERSON, stack), "one")
    assert again.headers["idempotency-replayed"] == "true"


async def test_many_at_once_are_carried_out_once(api: Api) -> None:
    answers = await asyncio.gather(*(create(api.client, "same") for _ in range(20)))
    made = [one for one in answers if one.status_code == 201]
    waiting = [one for one in answers if one.status_code == 409]
    assert len(made) + len(waiting) == 20
    assert sum("idempotency-replayed" not in one.headers for one in made) == 1
    assert all("under way" in one.json()["detail"] for one in waiting)
    assert (await create(api.client, "same")).headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "tab\tbed", "bl\u00e4h"])
async def test_what_is_no_key_is_refused(api: Api, key: str) -> None:
    refused = await api.client.post("/api/workflows", json=WORKFLOW, headers=[(b"Idempotency-Key", key.encode("latin-1"))])
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
    await api.json("GET", "/api/workflows/release", status=404)


async def test_two_keys_are_refused(api: Api) -> None:
    refused = await api.client.post("/api/workflows", json=WORKFLOW, headers=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")])
    assert refused.status_code == 400
    assert rows(api.settings, "SELECT * FROM api_requests") == []


async def test_a_key_says_nothing_where_nothing_is_posted_or_no_token_was_shown(api: Api) -> None:
    await api.json("GET", "/api/workflows", headers={"Idempotency-Key": "looking"})
    async with httpx2.AsyncClient(base_url=api.url) as stranger:
        assert (await stranger.post("/api/health", json={}, headers={"Idempotency-Key": "open"})).status_code == 405
        assert (await create(stranger, "stranger")).status_code == 401
    assert rows(api.settings, "SELECT * FROM api_requests") == []


async def test_answers_outlive_the_server(settings: Settings) -> None:
    async with served(settings) as api:
        first = await create(api.client, "one")
    async with served(settings) as api:
        again = await create(api.client, "one")
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")


async def test_of_a_request_whose_server_was_killed_nobody_knows_the_outcome(api: Api) -> None:
    gone = await asyncio.create_subprocess_exec("true")
    await gone.wait()
    await create(api.client, "cut")
    await api.json("DELETE", "/api/workflows/release")
    rows(api.settings, "UPDATE api_requests SET status = NULL, headers = NULL, body = NULL, server = ?", (f"{gone.pid}-1",))
    refused = await create(api.client, "cut")
    assert refused.status_code == 409
    assert "outcome is unknown" in refused.json()["detail"]
    assert "/api/workflows" in refused.json()["hint"]
    await api.json("GET", "/api/workflows/release", status=404)


async def test_what_was_not_carried_out_for_lack_of_time_may_be_sent_again(settings: Settings) -> None:
    async with served(Settings(home=settings.home, grace=0.2, busy_timeout=1)) as api:
        with closing(sqlite3.connect(api.settings.database_path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            busy = await create(api.client, "busy")
            other.execute("ROLLBACK")
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "2")
        assert (await create(api.client, "busy")).status_code == 201


async def test_after_a_day_a_key_is_free_and_old_ones_go_a_few_at_a_time(settings: Settings) -> None:
    now = [1_800_000_000_000]
    async with open_studio(settings, clock=Clock(wall=lambda: now[0])) as studio:
        requests = studio.of(PERSON).requests
        answer = KeptAnswer(status=200, headers={}, body=b"{}")
        for number in range(MOST_FORGOTTEN + 5):
            assert await requests.begin(f"old{number}", "f") is None
            await requests.finish(f"old{number}", answer)
        now[0] += KEPT
        assert await requests.begin("old7", "f") == answer
        now[0] += 1
        assert await requests.begin("old7", "other") is None
        assert len(rows(settings, "SELECT key FROM api_requests")) == 5
        assert await requests.begin("new", "f") is None
        assert sorted(rows(settings, "SELECT key FROM api_requests")) == [("new",), ("old7",)]


async def test_one_that_was_given_back_may_be_begun_again_and_one_under_way_may_not(settings: Settings) -> None:
    async with open_studio(settings) as studio:
        requests = studio.of(PERSON).requests
        assert await requests.begin("one", "f") is None
        with pytest.raises(Refused, match="still under way"):
            await requests.begin("one", "f")
        with pytest.raises(InvalidInput, match="another request"):
            await requests.begin("one", "g")
        await requests.forget("one")
        assert await requests.begin("one", "g") is None
        await requests.finish("one", KeptAnswer(status=200, headers={}, body=b"x" * (LARGEST + 1)))
        await requests.forget("one")
        assert await requests.begin("one", "g") == KeptAnswer(status=200, headers={}, body=None)


async def test_an_answer_that_was_too_large_to_keep_is_named(api: Api) -> None:
    first = await create(api.client, "large")
    rows(api.settings, "UPDATE api_requests SET body = NULL")
    again = await create(api.client, "large")
    assert (first.status_code, again.status_code) == (201, 409)
    assert "201" in again.json()["detail"]
    assert again.json()["hint"] == "Look at /api/workflows/release."


async def test_what_nobody_looks_at_wakes_nobody(settings: Settings) -> None:
    settings.home.mkdir()
    store = Store(settings.database_path, settings.files_path)
    told: list[tuple[frozenset[str], bool]] = []
    store.writer.committed = lambda runs, definitions: told.append((runs, definitions))
    await store.writer.run(lambda connection: connection.execute("DELETE FROM api_requests"), touched=None)
    assert told == []
    await store.writer.run(lambda connection: connection.execute("DELETE FROM workflows"))
    assert told == [(frozenset(), True)]
    store.close()


async def through(studio: Studio, app: ASGIApp, key: str) -> tuple[int, bytes]:
    """What a program is answered that posts to these endpoints."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "POST", "path": "/x", "query_string": b"", "headers": [(b"idempotency-key", key.encode())]}
    with suppress(ZeroDivisionError):
        await Replay(app)({**scope, "state": {"studio": studio}}, receive, send)
    return sent[0]["status"], sent[1]["body"]


async def test_only_what_was_carried_out_is_kept(settings: Settings) -> None:
    answers = iter((503, 429, 201, 500))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        status = next(answers)
        await Response(str(status), status)(scope, receive, send)
        if status == 500:
            raise ZeroDivisionError

    async with open_studio(settings) as studio:
        ana = studio.of(PERSON)
        assert [(await through(ana, app, "a"))[0] for _ in range(4)] == [503, 429, 201, 201]
        # A mistake of the program is told again too: what it has done before nobody knows.
        assert [(await through(ana, app, "b"))[0] for _ in range(2)] == [500, 500]
        assert rows(settings, "SELECT key, status FROM api_requests ORDER BY key") == [("a", 201), ("b", 500)]


async def test_what_was_done_is_answered_also_where_that_cannot_be_kept(settings: Settings) -> None:
    settings = Settings(home=settings.home, busy_timeout=0.2)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        other.execute("BEGIN IMMEDIATE")
        await Response(b"done", 201)(scope, receive, send)

    async with open_studio(settings) as studio:
        with closing(sqlite3.connect(settings.database_path, isolation_level=None)) as other:
            assert await through(studio.of(PERSON), app, "a") == (201, b"done")
        status, body = await through(studio.of(PERSON), app, "a")
        assert (status, b"under way" in body) == (409, True)


async def test_the_document_of_the_api_names_the_key_where_it_counts(api: Api) -> None:
    paths = (await api.json("GET", "/openapi.json"))["paths"]
    found = {
        (path, method): any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ()))
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    assert ("/api/workflows", "post") in found
    assert all(named == (method == "post") for (_, method), named in found.items())
