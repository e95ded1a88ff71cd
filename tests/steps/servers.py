"""Real servers on loopback, for tests of requests: each path behaves in its own way."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

PIECE = b"x" * 65536


@dataclass
class Site:
    """A server, and what it was asked."""

    url: str = ""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    """Method, path, headers in lower case, body."""
    elsewhere: str = ""
    """Where `/away` leads."""
    sent: int = 0
    """Bytes of endless answers."""
    waiting: threading.Event = field(default_factory=threading.Event)
    """Set while a slow answer waits."""
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when whoever had asked for a slow answer has gone."""
    broken: int = 0
    """How many of the next answers are 503."""


class Answers(http.server.BaseHTTPRequestHandler):
    """What a site answers."""

    site: Site
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def setup(self) -> None:
        """Give up when nobody speaks."""
        super().setup()
        self.connection.settimeout(20)

    def say(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def any(self) -> None:
        """Answer as the path says."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.site.asked.append((self.command, self.path, headers, body))
        name = self.path.split("?")[0].strip("/").split("/")[0] or "echo"
        with contextlib.suppress(OSError):
            getattr(self, f"_{name}", self._echo)()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = any

    def _echo(self) -> None:
        method, path, headers, body = self.site.asked[-1]
        said: dict[str, Any] = {"method": method, "path": path, "headers": headers, "body": body.decode("utf-8", "replace")}
        self.say(200, json.dumps(said).encode(), Content_Type="application/json", Set_Cookie="session=cookiesecret")

    def _status(self) -> None:
        self.say(int(self.path.split("/")[2]), b"sorry\nno luck\n")

    def _busy(self) -> None:
        self.say(429, b"later", Retry_After=self.path.split("/")[2].replace("%20", " "))

    def _date(self) -> None:
        self.say(503, b"later", Retry_After=formatdate(1_700_000_090, usegmt=True))

    def _flaky(self) -> None:
        self.site.broken -= 1
        if self.site.broken >= 0:
            self.say(503, b"not yet", Retry_After="1")
        else:
            self.say(200, b"at last")

    def _loop(self) -> None:
        self.say(302, Location="/loop")

    def _hop(self) -> None:
        self.say(307, Location="/echo")

    def _away(self) -> None:
        self.say(307, Location=self.site.elsewhere)

    def _latin(self) -> None:
        self.say(200, "Größe €".encode("cp1252"), Content_Type="text/plain; charset=windows-1252")

    def _bytes(self) -> None:
        self.say(200, b"a\xff\0b", Content_Type="text/plain")

    def _broken(self) -> None:
        self.say(200, b"short", Content_Length="100")
        self.close_connection = True

    def _nothing(self) -> None:
        self.close_connection = True

    def _big(self) -> None:
        self.say(200, b"", Content_Length=str(1024**3))

    def _endless(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while self.site.sent < 1024**3:
            self.wfile.write(b"10000\r\n" + PIECE + b"\r\n")
            self.site.sent += len(PIECE)

    def _slow(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"begun")
        self.site.waiting.set()
        if self.connection.recv(1) == b"":
            self.site.gone.set()
        self.close_connection = True


@contextlib.contextmanager
def site(context: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A server for as long as the block lasts."""
    made = Site()
    answers = type("SiteAnswers", (Answers,), {"site": made})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), answers)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    made.url = f"{'http' if context is None else 'https'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that nobody else trusts, and what a server needs to use it."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"),
            *("-keyout", str(key), "-out", str(cert), "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


def free_port() -> int:
    """A port of loopback where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
