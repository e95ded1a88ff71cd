"""The HTTP server: uvicorn, with the time limits that it does not have itself, and an end in good order."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

import h11
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from oyama_tui.api.app import make_app
from oyama_tui.api.guard import HEADER_BYTES, Bounds, too_many_headers
from oyama_tui.api.problems import Failure
from oyama_tui.api.streams import CUT, Streams
from oyama_tui.core.errors import InvalidInput
from oyama_tui.studio import Studio

HEADER_SECONDS: Final = 10.0
"""Until a request is there whose first byte has come, or the first one of a connection."""
MOST_CONNECTIONS: Final = 1000
"""At the same time; further ones are told that the server is busy."""
GOING_SECONDS: Final = 3
"""That requests under way have when the server ends."""
LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
NO_REQUEST: Final = Failure(HTTPStatus.BAD_REQUEST, "This is no HTTP request.").response()
NO_ROOM: Final = too_many_headers().response()


class HurriedProtocol(H11Protocol):
    """A connection that is closed when a request on it does not come in time; what is no HTTP is told so as every other failure is."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, CUT: transport.abort}
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take more of a request, or of the rest of one that was answered before all of it was there."""
        super().data_received(data)
        self._wait()

    def _wait(self) -> None:
        """Wait from the first byte on; while a request is carried out, its own limits count."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait_no_more()
        elif self._late is None:
            self._late = self.loop.call_later(HEADER_SECONDS, self.transport.abort)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, as long as nothing was answered."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            large = getattr(sys.exc_info()[1], "error_status_hint", 0) == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            refused = NO_ROOM if large else NO_REQUEST
            for event in (
                h11.Response(status_code=refused.status_code, headers=[*refused.raw_headers, (b"connection", b"close")]),
                h11.Data(data=bytes(refused.body)),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event))
        self.transport.close()


class HttpServer(Server):
    """A server whose signals are handled by whoever runs it.

    Args:
        config: As uvicorn takes it.
        ready: Called once it listens.
        streams: End before it does.
    """

    def __init__(self, config: Config, ready: Callable[[], None], streams: Streams) -> None:
        super().__init__(config)
        self._ready = ready
        self._streams = streams

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signals: the command that serves has them."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what would never end by itself, then the rest."""
        self._streams.end()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """Bind the server's address.

    Args:
        host: A name or an address.
        port: Its number; 0 for any that is free.

    Raises:
        InvalidInput: It cannot be bound; the sentence says why.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # Named, so that asyncio sees TCP and sends at once: otherwise each answer of two pieces waits 40 ms for the client's word.
        bound = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is no name"
        raise InvalidInput(f"The address {host[:100]!r} cannot be used: {why}.", "Try --host 127.0.0.1.") from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise InvalidInput(f"Port {port} of {host} cannot be used: {error.strerror or error}.", "Give another --port or --host.") from None
    return bound


def is_loopback(bound: socket.socket) -> bool:
    """Whether only this machine reaches an address.

    Args:
        bound: The server's socket.
    """
    return ipaddress.ip_address(bound.getsockname()[0].partition("%")[0]).is_loopback


def names_of(bound: socket.socket, host: str, more: Collection[str]) -> frozenset[str]:
    """By which names and ports a server may be asked for.

    Args:
        bound: Its socket.
        host: As it was said.
        more: Further names, with or without a port.
    """
    port = bound.getsockname()[1]
    named = f"[{host}]" if ":" in host else host
    names = {named, *more, *LOOPBACK}
    whole = {name.lower() for name in names}
    return frozenset(whole | {f"{name}:{port}" for name in whole})


async def serve(
    studio: Studio,
    bound: socket.socket,
    hosts: Collection[str],
    ready: Callable[[], None],
    bounds: Bounds | None = None,
    streams: Streams | None = None,
) -> None:
    """Answer requests until this task is cancelled; requests under way are then answered, as far as they take no longer than a few seconds.

    Args:
        studio: What it acts with.
        bound: The server's address.
        hosts: The names and ports by which it may be asked for.
        ready: Called once it listens.
        bounds: What a request may take.
        streams: Those who follow what happens.
    """
    streams = streams or Streams()
    config = Config(
        make_app(studio, hosts, bounds, streams),
        http=HurriedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_graceful_shutdown=GOING_SECONDS,
        backlog=256,
    )
    server = HttpServer(config, ready, streams)
    serving = asyncio.ensure_future(server.serve([bound]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving
        bound.close()
