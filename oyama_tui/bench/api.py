"""How long the REST API takes, beside a server that answers with the same bytes and does nothing."""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from oyama_tui.bench.figures import Figures
from oyama_tui.bench.measuring import environment
from oyama_tui.bench.one import Measurement

TIMES: Final = 200
"""Requests of each kind, one after another."""
RATE: Final = 200
"""Requests a second beside a running engine."""
RUNS_OF: Final = 40
"""One request of so many starts a run of 20 steps."""
CLIENTS: Final = 8
"""Connections that share that rate."""
STAGES: Final = [{"id": "a", "run": "true"}]
WAITING: Final = 20
"""Open questions."""
GATED: Final = {"id": "gated", "stages": [{"id": "a", "run": "true"}, {"id": "g", "gate": "Go?"}]}
BUSY: Final = {"id": "busy", "stages": [{"id": f"s{number}", "set": {"k": number}} for number in range(20)]}
PATHS: Final = {"list": "/api/workflows", "states": "/api/workflows/state", "approvals": "/api/workflows/approvals"}
BARE: Final = """
import socket, sys, uvicorn
body = sys.stdin.buffer.read()
bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
bound.bind(("127.0.0.1", 0))
bound.listen(100)
async def app(scope, receive, send):
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})
print(f"http://127.0.0.1:{bound.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, http="h11", lifespan="off", access_log=False, log_config=None)).run([bound])
"""
"""Answers every request with what it was given."""


class Caller:
    """One connection that is kept open.

    Args:
        url: The server's.
        token: Is shown with each request.
    """

    def __init__(self, url: str, token: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)

    def __call__(self, path: str, given: Any = None, method: str = "") -> tuple[int, bytes]:
        """Ask, and take the whole answer."""
        body = None if given is None else json.dumps(given)
        self._connection.request(method or ("GET" if given is None else "POST"), path, body, self._headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


@contextmanager
def server(home: Path) -> Iterator[tuple[str, str]]:
    """`oyama serve` with an engine on a free port: its address, and a token."""
    env = environment(OYAMA_HOME=str(home))
    oyama = [sys.executable, "-m", "oyama_tui"]
    token = subprocess.run([*oyama, "token", "create", "bench"], env=env, capture_output=True, text=True, check=True).stdout.split()[-1]
    with subprocess.Popen([*oyama, "serve", "--port", "0", "--json"], env=env, cwd=home, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"], token
        finally:
            process.terminate()


def median_ms(ask: Callable[[int], tuple[int, bytes]]) -> tuple[float, bytes]:
    """How long a request takes, and the last answer.

    Args:
        ask: Makes the request of this number.

    Raises:
        RuntimeError: It was refused.
    """
    took = []
    answer = b""
    for number in range(TIMES):
        began = time.perf_counter()
        status, answer = ask(number)
        took.append((time.perf_counter() - began) * 1000)
        if status >= 400:
            raise RuntimeError(f"{status}: {answer[:500]!r}")
    return statistics.median(took), answer


def bare_ms(body: bytes) -> float:
    """How long the same bytes take from a server that does nothing.

    Args:
        body: What it answers.
    """
    with subprocess.Popen([sys.executable, "-c", BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(body)
            process.stdin.close()
            url = process.stdout.readline().decode().strip()
            ask = Caller(url, "")
            return median_ms(lambda _: ask("/"))[0]
        finally:
            process.terminate()


def requests(folder: Path, size: int) -> Figures:
    """Each kind of request, one after another, with so many workflows stored; and the same bytes from a server that does nothing."""
    with server(folder) as (url, token):
        ask = Caller(url, token)
        for number in range(size - 1):
            ask("/api/workflows", {"id": f"w{number}", "stages": STAGES})
        ask("/api/workflows", GATED)
        for _ in range(WAITING):
            ask("/api/workflows/execute", {"workflowId": "gated"})
        made = {name: median_ms(lambda _, path=path: ask(path)) for name, path in PATHS.items()}  # type: ignore[misc]
        made["create"] = median_ms(lambda number: ask("/api/workflows", {"id": f"n{number}", "stages": STAGES}))
    figures = {name: median for name, (median, _) in made.items()}
    return {**figures, **{f"bare-{name}": bare_ms(answer) for name, (_, answer) in made.items()}}


def load(folder: Path, size: int) -> Figures:
    """Many requests a second for so many seconds, while an engine runs workflows."""
    with server(folder) as (url, token):
        return _under_load(url, token, size)


def _under_load(url: str, token: str, seconds: int) -> Figures:
    Caller(url, token)("/api/workflows", BUSY)
    began = time.perf_counter()
    took: list[float] = []
    errors = 0
    lock = threading.Lock()

    def call(client: int) -> None:
        nonlocal errors
        ask = Caller(url, token)
        for number in range(client, RATE * seconds, CLIENTS):
            time.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            since = time.perf_counter()
            if number % RUNS_OF == 0:
                status, _ = ask("/api/workflows/execute", {"workflowId": "busy"})
            else:
                status, _ = ask([*PATHS.values()][number % len(PATHS)])
            with lock:
                took.append((time.perf_counter() - since) * 1000)
                errors += status >= 400

    threads = [threading.Thread(target=call, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took.sort()
    return {"errors": errors, "p99": took[len(took) * 99 // 100]}


MEASUREMENTS: Final[Mapping[str, Measurement]] = {"requests": requests, "load": load}
