"""Http steps: what is sent, what is kept of the answer, and how each failure is told. The servers are real, on loopback."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from oyama_tui.core.commands import Outcome
from oyama_tui.core.definition.step import KINDS
from oyama_tui.steps.lacking import lacking_for
from tests.steps.attempts import Bench, until
from tests.steps.servers import Site, certificate, free_port, site

WANTED: dict[str, JsonValue] = {
    "method": "GET",
    "expect": ["200-299"],
    "silence": 20_000,
    "follow_redirects": False,
    "verify": True,
    "max_bytes": 1_000_000,
}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[Site]:
    with site() as made:
        yield made


async def send(bench: Bench, url: JsonValue, timeout: int | None = None, secrets: tuple[str, ...] = (), **given: Any) -> Outcome:
    return await bench.order("http", timeout, secrets, **{**WANTED, "url": url, **given})


def result(outcome: Outcome) -> Any:
    assert outcome.status == "succeeded", outcome.message
    return outcome.result


async def test_the_answer_is_output_and_result(bench: Bench, server: Site) -> None:
    outcome = await send(bench, f"{server.url}/status/201")
    assert (result(outcome)["status"], outcome.output, outcome.result["text"]) == (201, "sorry\nno luck", "sorry\nno luck")  # type: ignore[index, call-overload]
    assert result(outcome)["headers"]["content-length"] == "14"
    assert outcome.outputs == {"status": 201}
    assert bench.context.log_path().read_text() == "sorry\nno luck\n"


async def test_a_request_has_its_method_headers_query_and_body(bench: Bench, server: Site) -> None:
    outcome = await send(
        bench,
        f"{server.url}/echo?a=1",
        method="POST",
        headers={"X-One": "1", "user-agent": "mine"},
        query={"q": "a b&c", "many": [1, True, "x"], "none": None},
        json={"größe": [1, None]},
        idempotency_key="Idempotency-Key",
        parse="json",
    )
    said = result(outcome)["json"]
    assert said["path"] == "/echo?a=1&q=a%20b%26c&many=1&many=true&many=x"
    assert said["method"] == "POST"
    assert json.loads(said["body"]) == {"größe": [1, None]}
    headers = said["headers"]
    assert (headers["x-one"], headers["user-agent"], headers["content-type"]) == ("1", "mine", "application/json")
    assert headers["idempotency-key"] == "release-1/build#1"


async def test_a_text_is_sent_as_it_is(bench: Bench, server: Site) -> None:
    outcome = await send(bench, server.url, method="PUT", body="zwei\nZeilen ü", headers={"Content-Type": "text/markdown"}, parse="json")
    said = result(outcome)["json"]
    assert (said["body"], said["headers"]["content-type"]) == ("zwei\nZeilen ü", "text/markdown")
    assert "idempotency-key" not in said["headers"]


async def test_secrets_are_filled_in_where_they_may_stand_and_masked_in_the_answer(bench: Bench, server: Site) -> None:
    bench.set_secret("TOKEN", "top/secret+1")
    secret: JsonValue = {"$secret": ["Bearer ", {"name": "TOKEN"}]}
    fake: JsonValue = {"$secret": [{"name": "TOKEN"}]}
    outcome = await send(
        bench,
        {"$secret": [f"{server.url}/echo/", {"name": "TOKEN"}]},
        secrets=("TOKEN",),
        method="POST",
        headers={"Authorization": secret},
        json={"password": secret, "data": fake},
        json_secrets=[["password"]],
        parse="json",
    )
    _, path, headers, body = server.asked[0]
    assert path == "/echo/top%2Fsecret%2B1"
    assert headers["authorization"] == "Bearer top/secret+1"
    assert json.loads(body) == {"password": "Bearer top/secret+1", "data": fake}
    kept = outcome.model_dump_json() + bench.context.log_path().read_text()
    assert "secret+1" not in kept
    assert "secret%2B1" not in kept
    assert "cookiesecret" not in kept
    assert result(outcome)["headers"]["set-cookie"] == "***"


async def test_a_body_may_be_text_with_secrets(bench: Bench, server: Site) -> None:
    bench.set_secret("TOKEN", "topsecret")
    await send(bench, server.url, secrets=("TOKEN",), method="POST", body={"$secret": ["t=", {"name": "TOKEN"}]})
    assert server.asked[0][3] == b"t=topsecret"


async def test_a_missing_secret_is_told_and_nothing_is_sent(bench: Bench, server: Site) -> None:
    outcome = await send(bench, server.url, secrets=("NONE",), headers={"A": {"$secret": [{"name": "NONE"}]}})
    assert (outcome.status, outcome.kind, server.asked) == ("failed", "secret", [])


async def test_another_status_is_a_failure_with_what_the_server_said(bench: Bench, server: Site) -> None:
    outcome = await send(bench, f"{server.url}/status/404")
    assert (outcome.status, outcome.kind, outcome.message) == ("failed", "http", "The server answered 404 Not Found: no luck")
    assert (outcome.output, outcome.outputs, outcome.retry_after) == ("sorry\nno luck", {"status": 404}, None)
    assert (await send(bench, f"{server.url}/status/404", expect=[200, "400-410"])).status == "succeeded"


@pytest.mark.parametrize(
    ("path", "pause"),
    [("busy/7", 7_000), ("busy/0", 0), ("busy/999999999999999", 86_400_000), ("busy/soon", None), ("busy/-1", None), ("date", 90_000)],
)
async def test_a_busy_server_says_when_to_come_back(bench: Bench, server: Site, path: str, pause: int | None) -> None:
    outcome = await send(bench, f"{server.url}/{path}")
    assert (outcome.kind, outcome.retry_after) == ("http", pause)


async def test_json_that_is_none_is_a_failure_of_parsing(bench: Bench, server: Site) -> None:
    outcome = await send(bench, f"{server.url}/status/200", parse="json")
    assert (outcome.kind, outcome.message) == ("parse", "The answer's body is no JSON: line 1, column 1: Expecting value.")
    assert (await send(bench, f"{server.url}/bytes", parse="json")).message == "The answer's body is no JSON: byte 2 is no UTF-8."
    assert result(await send(bench, f"{server.url}/status/204", parse="json"))["json"] is None
    assert result(await send(bench, f"{server.url}/status/200", method="HEAD", parse="json"))["json"] is None


async def test_texts_of_other_encodings_are_read_and_odd_bytes_are_made_visible(bench: Bench, server: Site) -> None:
    assert (await send(bench, f"{server.url}/latin")).output == "Größe €"
    assert (await send(bench, f"{server.url}/bytes")).output == "a\ufffd␀b"


async def test_a_redirect_is_followed_when_that_is_wanted(bench: Bench, server: Site) -> None:
    refused = await send(bench, f"{server.url}/hop", method="POST", body="x")
    assert refused.kind == "http"
    assert "follow_redirects: true" in refused.message
    outcome = await send(bench, f"{server.url}/hop", method="POST", body="x", follow_redirects=True, parse="json")
    assert result(outcome)["json"]["body"] == "x"
    loop = await send(bench, f"{server.url}/loop", follow_redirects=True)
    assert (loop.kind, loop.message) == ("network", "It redirects more than 10 times.")


async def test_secrets_are_not_carried_to_another_server(bench: Bench, server: Site) -> None:
    bench.set_secret("TOKEN", "topsecret")
    secret: JsonValue = {"$secret": [{"name": "TOKEN"}]}
    with site() as other:
        server.elsewhere = f"{other.url}/echo"
        given: dict[str, Any] = {"headers": {"X-Token": secret, "X-Plain": "1"}, "follow_redirects": True, "method": "POST"}
        outcome = await send(bench, f"{server.url}/away", secrets=("TOKEN",), body="x", **given)
        assert outcome.status == "succeeded"
        assert server.asked[0][2]["x-token"] == "topsecret"
        assert "x-token" not in other.asked[0][2]
        assert other.asked[0][2]["x-plain"] == "1"
        stopped = await send(bench, f"{server.url}/away", secrets=("TOKEN",), body=secret, **given)
        assert (stopped.kind, len(other.asked)) == ("network", 1)
        assert "body with its secrets" in stopped.message


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(bench: Bench, server: Site) -> None:
    announced = await send(bench, f"{server.url}/big")
    assert announced.kind == "network"
    assert announced.message == "The answer's body has 1,073,741,824 bytes, and at most 1,000,000 are allowed (max_bytes)."
    endless = await send(bench, f"{server.url}/endless")
    assert (endless.kind, endless.truncated) == ("network", True)
    assert "more than 1,000,000 bytes" in endless.message
    assert server.sent < 100_000_000


async def test_what_is_too_long_for_the_journal_is_in_the_log(bench: Bench, server: Site) -> None:
    outcome = await send(bench, f"{server.url}/endless", max_bytes=200_000)
    assert len(outcome.output) < 66_000
    assert "bytes left out" in outcome.output
    assert bench.context.log_path().stat().st_size >= 131_072


async def test_a_silent_server_and_one_that_takes_too_long_are_timeouts(bench: Bench, server: Site) -> None:
    silent = await send(bench, f"{server.url}/slow", silence=200)
    assert (silent.kind, silent.message, silent.output) == ("timeout", "The server was silent for 200ms.", "begun")
    idle = await send(bench, f"{server.url}/slow", idle=100)
    assert idle.message == "The server was silent for 100ms."
    whole = await send(bench, f"{server.url}/slow", timeout=300)
    assert (whole.kind, whole.message) == ("timeout", "It took longer than 300ms and was ended.")


async def test_a_request_that_is_cancelled_hangs_up(bench: Bench, server: Site) -> None:
    task = asyncio.create_task(send(bench, f"{server.url}/slow"))
    await until(server.waiting.is_set)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(server.gone.is_set)


async def test_a_server_that_cannot_be_reached_or_hangs_up_is_told(bench: Bench, server: Site) -> None:
    refused = await send(bench, f"http://127.0.0.1:{free_port()}/")
    assert (refused.kind, refused.message) == ("network", "The server cannot be reached: Connection refused.")
    unknown = await send(bench, "http://no-such-host.invalid/")
    assert unknown.kind == "network"
    assert unknown.message.startswith("The server cannot be reached: ")
    for path in ("broken", "nothing"):
        cut = await send(bench, f"{server.url}/{path}")
        assert cut.kind == "network"
        assert cut.message.startswith("The connection broke before the answer was whole: ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": "ftp://127.0.0.1/"}, "its URL needs http:// or https://, and a server that there can be"),
        ({"url": "http:///x"}, "its URL needs http:// or https://, and a server that there can be"),
        ({"url": "http://a\0b/"}, "This request cannot be made"),
        ({"url": "http://127.0.0.1:99999/"}, "a server that there can be"),
        ({"headers": {"A": "x\r\nB: y"}}, "the header A would hold a line break or a NUL"),
        ({"headers": {"A": "x\0"}}, "the header A would hold a line break or a NUL"),
        ({"method": "POST", "body": "\ud800"}, "a text in it holds half of a character"),
    ],
)
async def test_a_request_that_cannot_be_made_fails_before_anything_is_sent(
    bench: Bench, server: Site, given: dict[str, Any], said: str
) -> None:
    outcome = await send(bench, given.pop("url", server.url), **given)
    assert (outcome.status, outcome.kind, server.asked) == ("failed", "start", [])
    assert said in outcome.message


async def test_certificates_are_checked_as_the_step_says(bench: Bench, tmp_path: Path) -> None:
    assert shutil.which("openssl"), "the test makes a certificate with openssl"
    cert, context = certificate(tmp_path)
    shutil.copy(cert, bench.directory / "ours.pem")
    with site(context) as secure:
        unknown = await send(bench, secure.url)
        assert unknown.kind == "network"
        assert unknown.message.startswith("No TLS connection could be made: ")
        assert "certificate" in unknown.message
        assert (await send(bench, secure.url, ca="ours.pem")).status == "succeeded"
        assert (await send(bench, secure.url, verify=False)).status == "succeeded"
        other_name = await send(bench, secure.url.replace("127.0.0.1", "localhost"), ca="ours.pem")
        assert other_name.message.startswith("No TLS connection could be made: ")
    missing = await send(bench, "https://127.0.0.1/", ca="none.pem")
    assert (missing.kind, missing.message.endswith("No such file or directory.")) == ("start", True)
    bench.write("empty.pem", "nothing")
    assert "it holds none" in (await send(bench, "https://127.0.0.1/", ca="empty.pem")).message
    with site() as plain:
        spoken = await send(bench, plain.url.replace("http:", "https:"))
        assert (spoken.kind, spoken.message.startswith("No TLS connection could be made: ")) == ("network", True)


async def test_without_the_extra_it_is_said_what_to_install(bench: Bench, server: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oyama_tui.steps.lacking.find_spec", lambda name: None)
    outcome = await send(bench, server.url)
    assert (outcome.kind, server.asked) == ("start", [])
    assert outcome.message == "Steps of kind http need httpx2, which is not installed. Run: pip install 'oyama-tui[http]'"
    assert lacking_for(KINDS["run"]) is None
