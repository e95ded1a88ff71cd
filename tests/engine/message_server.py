"""A server on this machine that takes messages as Apprise's `json://` sends them, or behaves badly."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "made-up-token-77"


class MessageServer:
    """Keeps what it was sent."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.status = 200
        self.release = threading.Event()
        """While it is not set, nobody gets an answer."""
        self.release.set()
        self.arrived = threading.Condition()
        self.port = 0

    @property
    def url(self) -> str:
        """What the settings say."""
        return f"json://127.0.0.1:{self.port}/{TOKEN}"

    def until(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many messages have come."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.messages) >= count, 60), f"only {len(self.messages)} messages came"
        return self.messages

    @property
    def words(self) -> str:
        """All that was sent."""
        return json.dumps(self.messages)


@contextmanager
def message_server() -> Iterator[MessageServer]:
    """The server, until the end of the block."""
    kept = MessageServer()

    class Answering(BaseHTTPRequestHandler):
        def answer(self) -> None:
            found = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with kept.arrived:
                kept.messages.append(found)
                kept.arrived.notify_all()
            kept.release.wait(60)
            self.send_response(kept.status)
            self.end_headers()

        do_POST = answer

        def log_message(self, *_words: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield kept
    finally:
        kept.release.set()
        server.shutdown()
        thread.join()
        server.server_close()
