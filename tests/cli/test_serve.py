"""`oyama serve` as a process: how it begins, what it says, and how it ends."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pexpect
import psutil
import pytest

from tests.cli.json_reference import fields_of
from tests.cli.program import GATED, Oyama, finish, hiding, read_until, until
from tests.cli.test_terminal import on_terminal
from tests.cli.test_tokens import TOKEN, file_of

STAGES = [{"id": "build", "run": "echo built"}]
WORKFLOW = json.dumps({"id": "w", "stages": STAGES}).encode()


@dataclass
class Server:
    """A server under test."""

    process: subprocess.Popen[str]
    url: str
    token: str

    @property
    def address(self) -> tuple[str, int]:
        url = httpx2.URL(self.url)
        assert url.port is not None
        return url.host, url.port

    @contextmanager
    def client(self) -> Iterator[httpx2.Client]:
        with httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=20) as client:
            yield client

    def head(self, line: str, *more: str) -> bytes:
        host, port = self.address
        return "\r\n".join([line, f"Host: {host}:{port}", f"Authorization: Bearer {self.token}", *more, "", ""]).encode()


def serving(oyama: Oyama, *words: str) -> Server:
    """Start a server on a free port, with a token of ana's."""
    token = oyama("token", "create", "ana", code=0).out.strip()
    process = oyama.start("serve", "--port", "0", *words)
    return Server(process, read_until(process, r"The API is on (\S+);")[1], token)


def log(oyama: Oyama) -> str:
    path = oyama.home / "oyama.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def ended(oyama: Oyama, server: Server, number: signal.Signals = signal.SIGTERM) -> str:
    """Ask a server to end: it ends with 0, and no mistake is in its log."""
    server.process.send_signal(number)
    left = finish(server.process)
    assert left.code == 0, left.told
    assert "Traceback" not in log(oyama), log(oyama)
    return left.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_serves_until_a_signal_ends_it(oyama: Oyama, number: signal.Signals) -> None:
    server = serving(oyama)
    with server.client() as client:
        assert client.get("/api/health").json()["status"] == "ok"
        assert client.get("/api/workflows").json()["items"] == []
        assert ended(oyama, server, number) == ""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address)


def test_the_first_start_makes_a_token_for_who_starts_it(oyama: Oyama) -> None:
    process = oyama.start("serve", "--port", "0", "--json")
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert set(ready) == set(fields_of("Server"))
    assert (ready["id"], ready["status"], ready["engine"]) == ("serve", "ready", True)
    assert stat.S_IMODE(file_of(oyama).stat().st_mode) == 0o600
    process.send_signal(signal.SIGTERM)
    told = finish(process).err
    [token] = re.findall(rf"^{TOKEN}$", told, re.MULTILINE)
    assert told.startswith("The first token, for ")
    again = serving(oyama)
    assert httpx2.get(f"{again.url}/api/workflows", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert ended(oyama, again) == ""


def test_an_agent_that_starts_it_gets_no_token(oyama: Oyama) -> None:
    oyama.env["AI_AGENT"] = "made-up"
    process = oyama.start("serve", "--port", "0")
    url = read_until(process, r"The API is on (\S+);")[1]
    assert httpx2.get(f"{url}/api/workflows").status_code == 401
    assert not file_of(oyama).exists()
    process.send_signal(signal.SIGTERM)
    told = finish(process)
    assert "nobody is let in" in told.err
    assert not re.search(TOKEN, told.out + told.err)


def test_requests_under_way_are_answered_or_cut_cleanly(oyama: Oyama) -> None:
    server = serving(oyama)
    with socket.create_connection(server.address) as slow, socket.create_connection(server.address) as waiting:
        slow.sendall(server.head("POST /api/workflows HTTP/1.1", "Content-Type: application/json", f"Content-Length: {len(WORKFLOW)}"))
        waiting.sendall(b"GET /api/hea")
        with server.client() as client:
            client.get("/api/workflows")
            server.process.send_signal(signal.SIGTERM)
            until(lambda: refuses(server), "the server takes no more connections")
            slow.sendall(WORKFLOW)
            slow.settimeout(20)
            answer = b"".join(iter(lambda: slow.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 201 ")
        assert waiting.recv(100) == b""
    assert finish(server.process).code == 0
    assert [one["id"] for one in oyama("list", "--json", code=0).json()] == ["w"]
    assert "Traceback" not in log(oyama)


def test_a_request_that_does_not_get_on_is_cut_with_a_word(oyama: Oyama) -> None:
    server = serving(oyama)
    with socket.create_connection(server.address) as slow:
        slow.sendall(server.head("POST /api/workflows HTTP/1.1", "Content-Type: application/json", "Content-Length: 100"))
        begun = time.monotonic()
        ended(oyama, server)
        assert time.monotonic() - begun < 8
        slow.settimeout(20)
        answer = b"".join(iter(lambda: slow.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"not known" in answer


def refuses(server: Server) -> bool:
    try:
        socket.create_connection(server.address).close()
    except ConnectionRefusedError:
        return True
    return False


def test_it_is_killed_and_nothing_that_was_answered_is_lost(oyama: Oyama) -> None:
    server = serving(oyama)
    made: list[str] = []

    def create() -> None:
        with server.client() as client:
            for number in range(10_000):
                try:
                    answer = client.post(
                        "/api/workflows", json={"id": f"w{number}", "stages": STAGES}, headers={"Idempotency-Key": f"k{number}"}
                    )
                except httpx2.TransportError:
                    return
                made.append(answer.json()["id"])

    caller = threading.Thread(target=create)
    caller.start()
    until(lambda: len(made) > 20, "some were made")
    server.process.kill()
    caller.join(timeout=30)
    assert set(made) <= {one["id"] for one in oyama("list", "--json", code=0).json()}
    again = serving(oyama)
    with again.client() as client:
        last = {"id": made[-1], "stages": STAGES}
        answer = client.post("/api/workflows", json=last, headers={"Idempotency-Key": f"k{len(made) - 1}"})
        assert (answer.status_code, answer.headers["idempotency-replayed"]) == (201, "true")
        cut = client.post("/api/workflows", json={"id": f"w{len(made)}", "stages": STAGES}, headers={"Idempotency-Key": f"k{len(made)}"})
        assert cut.status_code in (201, 409)
    ended(oyama, again)


def test_a_gigabyte_fits_through_no_door(oyama: Oyama) -> None:
    server = serving(oyama)
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    head = server.head("POST /api/workflows HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: chunked")
    piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    largest, answer = before, b""
    with socket.create_connection(server.address) as line:
        line.settimeout(30)
        line.sendall(head)
        try:
            for _ in range(1024):
                line.sendall(piece)
                if not answer and select.select([line], [], [], 0)[0]:
                    answer = line.recv(65536)
                largest = max(largest, process.memory_info().rss)
        except ConnectionError:
            # It was closed while it was sent: nobody need take all of it.
            assert answer
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert largest - before < 64 * 1024 * 1024
    with server.client() as client:
        assert client.get("/api/workflows").json()["items"] == []
    ended(oyama, server)


def test_a_port_in_use_or_an_address_that_is_none_is_told(oyama: Oyama) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = oyama("serve", "--port", port, code=2)
        assert f"Port {port} of 127.0.0.1 cannot be used: Address already in use." in told.err
    for host in ("nowhere.invalid", "", "x" * 70 + ".invalid", "203.0.113.9"):
        told = oyama("serve", f"--host={host}", code=2)
        assert "cannot be used" in told.err
    assert "--port" in oyama("serve", "--port", "65536", code=2).err


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may take every port")
def test_a_port_that_one_may_not_have_is_told(oyama: Oyama) -> None:
    assert "Permission denied" in oyama("serve", "--port", "1", code=2).err


@pytest.mark.parametrize("package", ["fastapi", "uvicorn"])
def test_without_its_packages_it_says_what_to_install(oyama: Oyama, package: str) -> None:
    told = oyama.fresh("serve", env=hiding(oyama.folder, package), code=78)
    assert "pip install 'oyama-tui[api]'" in told.err


def test_beyond_loopback_it_says_what_that_means(oyama: Oyama) -> None:
    oyama("token", "create", "ana", code=0)
    process = oyama.start("serve", "--host", "0.0.0.0", "--port", "0", "--allow-host", "runs.example")
    port = httpx2.URL(read_until(process, r"The API is on (\S+);")[1]).port
    for host, status in ((f"runs.example:{port}", 200), ("runs.example", 200), ("other.example", 421)):
        assert httpx2.get(f"http://127.0.0.1:{port}/api/health", headers={"Host": host}).status_code == status
    process.send_signal(signal.SIGTERM)
    told = finish(process)
    assert "nothing is encrypted" in told.err
    assert told.code == 0


def test_on_the_loopback_of_version_6_too(oyama: Oyama) -> None:
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has none")
    oyama("token", "create", "ana", code=0)
    process = oyama.start("serve", "--host", "::1", "--port", "0")
    url = read_until(process, r"The API is on (\S+);")[1]
    assert url.startswith("http://[::1]:")
    assert httpx2.get(f"{url}/api/health").status_code == 200
    process.send_signal(signal.SIGTERM)
    assert finish(process).err == ""


@pytest.mark.parametrize("spoil", ["damage", "link", "folder"])
def test_while_its_tokens_cannot_be_read_it_lets_nobody_in(oyama: Oyama, spoil: str) -> None:
    server = serving(oyama)
    kept = file_of(oyama)
    whole = kept.read_bytes()
    with server.client() as client:
        assert client.get("/api/workflows").status_code == 200
        kept.unlink()
        if spoil == "damage":
            kept.write_bytes(whole[:-20])
        elif spoil == "link":
            (oyama.folder / "theirs.json").write_bytes(whole)
            kept.symlink_to(oyama.folder / "theirs.json")
        else:
            kept.mkdir()
        answer = client.get("/api/workflows")
        assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
        assert "tokens.json" not in answer.text
        assert "tokens.json cannot be used" in log(oyama)
        assert client.get("/api/health").status_code == 200
        if spoil == "folder":
            kept.rmdir()
        else:
            kept.unlink()
        assert client.get("/api/workflows").status_code == 401
        kept.write_bytes(whole)
        assert client.get("/api/workflows").status_code == 200
    ended(oyama, server)
    kept.write_bytes(b"{")
    assert "tokens.json cannot be used" in oyama("serve", "--port", "0", code=74).err


def test_beside_a_worker_each_run_is_driven_once_and_answers_reach_it(oyama: Oyama) -> None:
    worker = oyama.start("worker")
    read_until(worker, "The engine runs on")
    server, second = serving(oyama), serving(oyama, "--no-engine")
    oyama("run", oyama.file("gated.yaml", GATED), "--detach", code=0)
    [asked] = until(lambda: oyama("approvals", "--json", code=0).json(), "the gate opens")
    oyama("approve", asked["id"], "--yes", code=0)
    until(lambda: oyama("runs", "--json", code=0).json()[0]["status"] == "completed", "the run completes")
    for one in (server, second):
        with one.client() as client:
            [found] = client.get("/api/workflows").json()["items"]
            assert (found["id"], found["status"]) == ("gated", "completed")
    ended(oyama, server)
    ended(oyama, second)
    worker.send_signal(signal.SIGTERM)
    assert finish(worker).code == 0
    oyama("verify", code=0)


def test_beside_screens_they_show_what_a_program_has_made(oyama: Oyama) -> None:
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    screens = on_terminal(oyama)
    screens.expect("gated")
    screens.send("1")
    screens.expect("last 16 runs")
    server = serving(oyama, "--no-engine")
    with server.client() as client:
        made = client.post("/api/workflows", json={"id": "frombeyond", "stages": STAGES}, headers={"Idempotency-Key": "one"})
        assert made.status_code == 201
        screens.expect("frombeyond")
        ended(oyama, server)
    screens.kill(signal.SIGTERM)
    screens.expect(pexpect.EOF)
    screens.close()
    assert "Traceback" not in log(oyama)
