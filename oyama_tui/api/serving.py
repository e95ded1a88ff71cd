"""The HTTP server: uvicorn, with the time limits that it does not have itself, and an end in good order."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final

from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from oyama_tui.api.app import make_app
from oyama_tui.api.guard import Bounds
from oyama_tui.api.streams import CUT, Streams
from oyama_tui.core.errors import InvalidInput
from oyama_tui.studio import Studio

HEADER_BYTES: Final = 32 * 1024
"""Of the request line and all headers together."""
HEADER_SECONDS: Final = 10.0
"""From the beginning of a connection until its first request is there."""
MOST_CONNECTIONS: Final = 1000
"""At the same time; further ones are told that the server is busy."""
GOING_SECONDS: Final = 3
"""That requests under way have when the server ends."""
LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")

log = logging.getLogger("oyama.api")


class HurriedProtocol(H11Protocol):
    """A connection that is closed when its first request does not come in time."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, CUT: transport.abort}
        self._late = self.loop.call_later(HEADER_SECONDS, self._close_late)

    def _close_late(self) -> None:
        if self.scope is None and not self.transport.is_closing():
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        if self._late is not None:
            self._late.cancel()
        super().connection_lost(exc)


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
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        bound = socket.socket(family, kind)
    except OSError as error:
        raise InvalidInput(f"The address {host!r} cannot be used: {error.strerror or error}.", "Try --host 127.0.0.1.") from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise InvalidInput(f"Port {port} of {host} cannot be used: {error.strerror or error}.", "Give another one with --port.") from None
    return bound


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
