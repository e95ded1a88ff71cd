"""What the guard lets in, and what it turns away: each with a status of its own, a problem document, and nothing done."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx2
import pytest

from oyama_tui.api import serving
from oyama_tui.api.guard import Bounds
from oyama_tui.settings import Settings
from oyama_tui.studio import open_studio
from tests.api.conftest import Api, served
from tests.api.raw import PROBLEM, Answer, ask, connected, request

WORKFLOW = b'{"id": "w", "stages": [{"id": "a", "run": "true"}]}'
POST = "POST /api/workflows HTTP/1.1"
JSON = "Content-Type: application/json"


@pytest.fixture
async def api(settings: Settings, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Api]:
    """A server that is quick to answer those it turns away, in whose log no mistake of the program may stand at the end."""
    async with served(settings, bounds=Bounds(first_delay=0.01, longest_delay=0.05, body_seconds=1)) as made:
        yield made
        assert (await made.json("GET", "/api/workflows"))["items"] == []
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info] == []


def refused(answer: Answer, status: int) -> str:
    """Why it was; the answer is as the page of problems says, and gives nothing of the program away."""
    assert (answer.status, answer.headers.get("content-type")) == (status, PROBLEM), answer
    document = answer.json()
    assert document["status"] == status
    assert not any(word in answer.body for word in (b"Traceback", b".py", b"sqlite", b"/home", b"oyama_tui"))
    return str(document["detail"])


async def test_only_a_token_that_counts_lets_one_in(api: Api) -> None:
    none = await ask(api, request(api, token=""))
    assert "needed" in refused(none, 401)
    assert none.headers["www-authenticate"] == 'Bearer realm="oyama"'
    kind, number, secret = api.token.split("_", 2)
    wrong = (secret[:-1] + ("A" if secret[-1] != "A" else "B"), "", "\xe4", secret + "x")
    for shown in [*(f"{kind}_{number}_{one}" for one in wrong), f"other_{number}_{secret}", f"{kind}_0000_{secret}", "x", "_" * 900]:
        assert "counts" in refused(await ask(api, request(api, token=shown)), 401)
    for header in (f"Authorization: Basic {api.token}", f"Authorization: {api.token}", "Authorization:"):
        refused(await ask(api, request(api, POST, header, JSON, f"Content-Length: {len(WORKFLOW)}", token="", body=WORKFLOW)), 401)
    assert (await ask(api, request(api))).status == 200
    assert (await ask(api, request(api, "GET /api/workflows HTTP/1.1", f"authorization: bearer   {api.token} ", token=""))).status == 200


async def test_two_authorization_headers_are_none(api: Api) -> None:
    for first in (api.token, "wrong"):
        refused(await ask(api, request(api, "GET /api/workflows HTTP/1.1", f"Authorization: Bearer {first}")), 401)


async def test_a_revoked_or_expired_token_counts_no_more_at_once_whoever_revoked_it(api: Api) -> None:
    view, _ = await api.studio.tokens.create("ben")
    async with AsyncExitStack() as stack:
        ben = await api.client_of("ben", stack)
        assert (await ben.get("/api/workflows")).status_code == 200
        async with open_studio(api.settings) as elsewhere:
            gone = await elsewhere.tokens.revoke("ben")
        assert view in gone
        assert (await ben.get("/api/workflows")).status_code == 401
    now = datetime.now(UTC)
    _, text = await api.studio.tokens.create("eve", expires=now + timedelta(seconds=1))
    assert (await ask(api, request(api, token=text))).status == 200
    while datetime.now(UTC) < now + timedelta(seconds=1):
        await asyncio.sleep(0.05)
    refused(await ask(api, request(api, token=text)), 401)


async def test_a_token_to_look_changes_nothing(api: Api) -> None:
    async with AsyncExitStack() as stack:
        looker = await api.client_of("eve", stack, read_only=True)
        assert (await looker.get("/api/workflows")).status_code == 200
        for method in ("POST", "PUT", "PATCH", "DELETE", "BREW"):
            answer = await looker.request(method, "/api/workflows/w", json={"id": "w", "stages": []})
            assert (answer.status_code, answer.headers["content-type"]) == (403, PROBLEM)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", "localhost:99999"])
async def test_the_server_answers_to_its_own_name_alone(api: Api, host: str) -> None:
    port = str(urlsplit(api.url).port)
    for path in ("/api/workflows", "/api/health", "/openapi.json"):
        answer = await ask(api, request(api, f"GET {path} HTTP/1.1", host=host.replace("{port}", port)))
        assert "not known" in refused(answer, 421)


async def test_its_own_names_do_and_no_name_or_two_are_refused(api: Api) -> None:
    port = urlsplit(api.url).port
    for host in (f"127.0.0.1:{port}", f"LocalHost:{port}", f"[::1]:{port}", "localhost"):
        assert (await ask(api, request(api, host=host))).status == 200
    refused(await ask(api, request(api, host="")), 400)
    refused(await ask(api, request(api, "GET /api/health HTTP/1.1", "Host: evil.example")), 400)
    refused(await ask(api, request(api, "GET /api/health HTTP/1.0", host="")), 421)
    old = await ask(api, request(api, "GET /api/health HTTP/1.0"))
    assert (old.status, old.json()["status"]) == (200, "ok")


async def test_pages_of_others_may_ask_nothing(api: Api) -> None:
    for origin in ("http://evil.example", "null", "https://" + urlsplit(api.url).netloc, "http://localhost:1", ""):
        answer = await ask(api, request(api, POST, f"Origin: {origin}", JSON, f"Content-Length: {len(WORKFLOW)}", body=WORKFLOW))
        assert "may ask nothing" in refused(answer, 403)
    own = await ask(api, request(api, "GET /api/workflows HTTP/1.1", f"Origin: {api.url}"))
    assert own.status == 200
    assert "access-control-allow-origin" not in own.headers
    preflight = await ask(api, request(api, "OPTIONS /api/workflows HTTP/1.1", "Origin: http://evil.example", token=""))
    refused(preflight, 403)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/jsonp", "text/json"]
)
async def test_a_body_that_a_form_could_send_is_not_read(api: Api, kind: str) -> None:
    headers = [f"Content-Type: {kind}"] if kind else []
    assert "is not read here" in refused(
        await ask(api, request(api, POST, *headers, f"Content-Length: {len(WORKFLOW)}", body=WORKFLOW)), 415
    )
    chunked = request(api, POST, *headers, "Transfer-Encoding: chunked", body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(WORKFLOW), WORKFLOW))
    refused(await ask(api, chunked), 415)


async def test_a_body_that_is_too_large_is_refused_before_it_is_there(api: Api) -> None:
    announced = await ask(api, request(api, POST, JSON, "Content-Length: 1000000000"))
    assert "2000 kB" in refused(announced, 413)
    for length in ("9" * 19, "2000001"):
        refused(await ask(api, request(api, POST, JSON, f"Content-Length: {length}")), 413)
    for length in ("-1", "1, 2", "\xb2", "0x10", "1_0"):
        refused(await ask(api, request(api, POST, JSON, f"Content-Length: {length}")), 400)
    both = request(api, POST, JSON, "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n")
    assert (await ask(api, both)).status in (400, 422)


async def test_nobody_without_a_token_sends_much(api: Api) -> None:
    body = b"x" * 20_000
    refused(await ask(api, request(api, "GET /api/health HTTP/1.1", f"Content-Length: {len(body)}", token="", body=body)), 413)


async def test_a_body_that_does_not_come_is_not_waited_for(api: Api) -> None:
    async with connected(api.url) as line:
        await line.send(request(api, POST, JSON, "Content-Length: 100", body=b'{"id"'))
        assert "in time" in refused(await line.answer(), 408)
        assert await line.rest() == b""


async def test_headers_that_do_not_come_are_not_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEADER_SECONDS", 0.3)
    beginning = request(api)[:-2]
    async with connected(api.url) as silent, connected(api.url) as slow, connected(api.url) as second:
        await second.send(request(api, "GET /api/health HTTP/1.1"))
        assert (await second.answer()).status == 200
        for one in (slow, second):
            await one.send(beginning)
        begun = time.monotonic()
        for one in (silent, slow, second):
            assert await one.rest() == b""
        assert time.monotonic() - begun < 3


async def test_a_connection_on_which_bytes_drip_is_closed_all_the_same(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEADER_SECONDS", 0.5)
    async with connected(api.url) as line:
        await line.send(b"GET /api/health HTTP/1.1\r\nX: ")
        closed = asyncio.ensure_future(line.rest())
        async with asyncio.timeout(10):
            while not closed.done():
                line.writer.write(b"x")
                await asyncio.wait([closed], timeout=0.05)


async def test_the_rest_of_a_refused_body_is_not_waited_for_for_ever(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEADER_SECONDS", 0.5)
    async with connected(api.url) as line:
        await line.send(request(api, POST, "Content-Length: 1000000", token="wrong"))
        refused(await line.answer(), 401)
        closed = asyncio.ensure_future(line.rest())
        async with asyncio.timeout(10):
            while not closed.done():
                line.writer.write(b"x")
                await asyncio.wait([closed], timeout=0.05)


async def test_a_connection_goes_on_after_a_refusal(api: Api) -> None:
    async with connected(api.url) as line:
        await line.send(request(api, POST, JSON, f"Content-Length: {len(WORKFLOW)}", token="wrong", body=WORKFLOW))
        refused(await line.answer(), 401)
        await line.send(request(api, POST, "Content-Type: text/plain", f"Content-Length: {len(WORKFLOW)}", body=WORKFLOW) + request(api))
        refused(await line.answer(), 415)
        assert (await line.answer()).status == 200


async def test_too_many_headers_and_what_is_no_request_are_refused(api: Api) -> None:
    many = [f"X-{number}: {number}" for number in range(10_000)]
    assert "32 kB" in refused(await ask(api, request(api, "GET /api/health HTTP/1.1", *many)), 431)
    refused(await ask(api, request(api, f"GET /api/health?{'x' * 40_000} HTTP/1.1")), 431)
    for line in ("GET /api/health", "GET  /api/health HTTP/1.1", "\x00\x01\x02", "GET /\xe4 HTTP/1.1", "G\rT / HTTP/1.1"):
        assert "no HTTP" in refused(await ask(api, request(api, line)), 400)
    refused(await ask(api, request(api, "GET /api/health HTTP/1.1", "Bad Header: x")), 400)
    refused(await ask(api, request(api, "GET /api/health HTTP/1.1", "X: a\x00b")), 400)
    refused(await ask(api, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 200 + b"\r\n\r\n"), 400)


async def test_a_broken_body_ends_the_connection_and_nothing_else(api: Api) -> None:
    chunked = [POST, JSON, "Transfer-Encoding: chunked"]
    refused(await ask(api, request(api, *chunked, body=b"zz\r\n")), 400)
    async with connected(api.url) as line:
        await line.send(request(api, *chunked, body=b"5\r\n{"))
    async with connected(api.url) as line:
        await line.send(request(api, *chunked, token="wrong"))
        refused(await line.answer(), 401)
        await line.send(b"zz\r\n")
        assert await line.rest() == b""
    async with connected(api.url) as line:
        await line.send(request(api, *chunked, token="wrong", body=b"zz\r\n"))
        assert (await line.answer()).status in (400, 401)
    assert (await api.json("GET", "/api/health"))["status"] == "ok"


async def test_wrong_tokens_are_slowed_down_and_right_ones_are_not(settings: Settings) -> None:
    async with served(settings, bounds=Bounds(first_delay=0.1, longest_delay=30, most_delayed=5)) as api:
        times = []
        for _ in range(3):
            begun = time.monotonic()
            refused(await ask(api, request(api, token="wrong")), 401)
            times.append(time.monotonic() - begun)
        assert times[0] >= 0.1
        assert times[1] >= 0.2
        assert times[2] >= 0.4
        async with AsyncExitStack() as stack:
            lines = [await stack.enter_async_context(connected(api.url)) for _ in range(9)]
            for line in lines:
                await line.send(request(api, token="wrong"))
            turned_away = [asyncio.ensure_future(line.answer()) for line in lines]
            done: set[asyncio.Future[Answer]] = set()
            async with asyncio.timeout(10):
                while len(done) < 4:
                    done, _ = await asyncio.wait(turned_away, return_when=asyncio.FIRST_COMPLETED, timeout=0.05)
            assert {one.result().status for one in done} == {429}
            assert all(one.result().headers["retry-after"] == "5" for one in done)
            begun = time.monotonic()
            assert (await ask(api, request(api))).status == 200
            assert time.monotonic() - begun < 2
            for waiting in turned_away:
                waiting.cancel()
            await asyncio.gather(*turned_away, return_exceptions=True)


async def test_head_options_and_other_methods(api: Api) -> None:
    for method in ("HEAD", "OPTIONS", "TRACE", "BREW", "PATCH"):
        answer = await ask(api, request(api, f"{method} /api/workflows HTTP/1.1"), bodiless=method == "HEAD")
        assert answer.status == 405
        assert answer.headers["content-type"] == PROBLEM
        assert answer.headers["allow"]
        assert (await ask(api, request(api, f"{method} /api/workflows HTTP/1.1", token=""), bodiless=method == "HEAD")).status == 401


@pytest.mark.parametrize(
    "path", ["//api/workflows", "/api//workflows", "/api/workflows/", "/api/../openapi.json", "/api/health/", "/api%2Fhealth/x",
             "/api/health/../workflows", "/api/health;x", "/API/HEALTH", "/openapi.json/", "/docs", "/", "*", "http://evil.example/api/health"],
)  # fmt: skip
async def test_no_way_of_writing_a_path_leads_past_the_token(api: Api, path: str) -> None:
    refused(await ask(api, request(api, f"GET {path} HTTP/1.1", token="")), 401)
    refused(await ask(api, request(api, f"GET {path} HTTP/1.1")), 404)


async def test_encoded_paths_mean_what_they_say(api: Api) -> None:
    assert (await ask(api, request(api, "GET /api/%68ealth HTTP/1.1", token=""))).status == 200
    assert (await ask(api, request(api, "GET /api%2fhealth HTTP/1.1", token=""))).status == 200
    for path in ("a%2Fb", "..%2F..%2Fetc%2Fpasswd", "%00", "%ff", "%ed%a0%80", "%22%3E", "x" * 3000):
        refused(await ask(api, request(api, f"GET /api/workflows/{path} HTTP/1.1")), 404)
        refused(await ask(api, request(api, f"DELETE /api/workflows/{path} HTTP/1.1")), 404)


async def test_an_upgrade_is_not_one(api: Api) -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13")
    assert (await ask(api, request(api, "GET /api/workflows HTTP/1.1", *upgrade))).status == 200
    refused(await ask(api, request(api, "GET /api/workflows HTTP/1.1", *upgrade, token="")), 401)


async def test_who_waits_to_be_told_to_go_on_is_refused_first(api: Api) -> None:
    expecting = (JSON, f"Content-Length: {len(WORKFLOW)}", "Expect: 100-continue")
    refused(await ask(api, request(api, POST, *expecting, token="wrong")), 401)
    async with connected(api.url) as line:
        await line.send(request(api, "POST /api/workflows/none HTTP/1.1", *expecting))
        assert (await line.answer(bodiless=True)).status == 100
        await line.send(WORKFLOW)
        refused(await line.answer(), 405)


async def test_every_answer_forbids_what_a_page_could_do_with_it(api: Api) -> None:
    for token in (api.token, ""):
        headers = (await ask(api, request(api, token=token))).headers
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers


async def test_bodies_that_are_no_json_or_hostile_are_refused(api: Api) -> None:
    deep = b"[" * 100_000
    for body in (b"", b"{", b"\xff\xfe", deep, b'{"id": ' + b"1" * 5000 + b"}", b'{"a":' * 5000, b"null", b'"x"'):
        answer = await ask(api, request(api, POST, JSON, f"Content-Length: {len(body)}", body=body))
        assert answer.status in (400, 422), (body[:20], answer)
        refused(answer, answer.status)
    for value in (b"NaN", b"Infinity", b"1e999", b'"\\ud800"', b'"\\u0000"', b"-0", b"9" * 400):
        body = b'{"id": "w", "stages": [{"id": "a", "run": "true", "retry": {"factor": %s}}], "description": %s}' % (value, value)
        answer = await ask(api, request(api, POST, JSON, f"Content-Length: {len(body)}", body=body))
        assert answer.status in (400, 422), (value, answer)


async def test_a_client_that_goes_is_forgotten(api: Api) -> None:
    for data in (b"", b"GET", request(api)[:-1], request(api, POST, JSON, "Content-Length: 100", body=b"{"), request(api, token="wrong")):
        async with connected(api.url) as line:
            await line.send(data)
            line.writer.transport.abort()
    assert (await api.json("GET", "/api/health"))["status"] == "ok"


async def test_others_are_served_while_many_connections_are_open(api: Api) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(200):
            line = await stack.enter_async_context(connected(api.url))
            await line.send(b"GET /api/health HTTP/1.1\r\n")
        begun = time.monotonic()
        async with httpx2.AsyncClient(base_url=api.url, headers={"Authorization": f"Bearer {api.token}"}) as client:
            assert (await client.get("/api/workflows")).status_code == 200
        assert time.monotonic() - begun < 2


async def test_a_body_of_other_characters_than_utf_8_has_is_refused(api: Api) -> None:
    named = b'{"id": "w", "stages": [{"id": "a", "run": "true"}], "description": "%s"}'
    for body in (WORKFLOW.decode().encode("utf-16"), WORKFLOW.decode().encode("utf-32"), named % b"\xed\xa0\x80", named % b"\xff"):
        told = refused(await ask(api, request(api, POST, JSON, f"Content-Length: {len(body)}", body=body)), 400)
        assert "UTF-8" in told
    for half in (rb"\ud800", rb"\uDFFF", rb"\ude00\ud83d", rb"\ud83d\n\ude00", rb"\\\ud83d", rb"\ud83d\ud83d\ude00"):
        for body in (named % half, b'{"%s": 1}' % half, b'["%s"]' % half):
            told = refused(await ask(api, request(api, POST, JSON, f"Content-Length: {len(body)}", body=body)), 422)
            assert "half of a character" in told
    for whole in (rb"\ud83d\ude00", rb"\\ud800"):
        assert (await ask(api, request(api, POST, JSON, f"Content-Length: {len(named % whole)}", body=named % whole))).status == 201
        await api.json("DELETE", "/api/workflows/w")
