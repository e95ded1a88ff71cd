"""Streams of events: what those who follow are sent, and an end for those who do not take it.

Nothing waits in memory for a reader: each has a place in what was read for all, and the next part is made when the one before has been
taken. What the connection itself holds back is bounded by its flow control, and how long it may do so by `patience`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.types import Message, Receive, Scope, Send

from oyama_tui.api.models.events import LostPlace, RunEvent
from oyama_tui.api.problems import Failure
from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import JournalLine
from oyama_tui.studio.journals import Follower, Lost

log = logging.getLogger("oyama.api")
CUT: Final = "cut"
"""In the state of a request's scope: what closes its connection at once, whatever has not been taken of what was sent."""
CACHED_BYTES: Final = 8_000_000
"""Of events as they are sent, which many readers share."""
PIECE_BYTES: Final = 32_000
"""After so many a connection is asked whether it takes more."""
RETRY: Final = 2000
"""Milliseconds after which a reader whose connection has ended is to come back."""
LOST: Final = "lost"
"""The name of the last event, where more would have come."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How readers are dealt with."""

    heartbeat: float = 15.0
    """Seconds without an event after which a reader is told that all is well."""
    patience: float = 10.0
    """Seconds after which a reader that takes nothing is cut off."""
    most: int = 500
    """Readers at the same time."""


class Streams:
    """The streams of a server.

    Args:
        pace: How readers are dealt with.
    """

    def __init__(self, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self._open: set[EventStream] = set()
        self._ended = False
        self._sent: OrderedDict[tuple[int, bool], bytes] = OrderedDict()
        self._bytes = 0

    @property
    def readers(self) -> int:
        """How many there are."""
        return len(self._open)

    @contextmanager
    def counted(self, stream: EventStream) -> Iterator[None]:
        """Count one more for as long as it goes on.

        Args:
            stream: It is about to begin.

        Raises:
            Failure: There are too many, or the server ends.
        """
        if self._ended or len(self._open) >= self.pace.most:
            why = "The server ends." if self._ended else f"{len(self._open)} readers follow already."
            raise Failure(HTTPStatus.SERVICE_UNAVAILABLE, why, "Try again in a moment.", {"Retry-After": "5"})
        self._open.add(stream)
        try:
            yield
        finally:
            self._open.discard(stream)

    def end(self) -> None:
        """End all streams at once, and begin none any more."""
        self._ended = True
        for stream in self._open:
            stream.end()

    def encoded(self, line: JournalLine, payload: bool) -> bytes:
        """An event as it is sent.

        Args:
            line: The event.
            payload: With its payload.
        """
        key = (line.position, payload)
        found = self._sent.get(key)
        if found is None:
            found = self._sent[key] = encoded(line, payload)
            self._bytes += len(found)
            while self._bytes > CACHED_BYTES:
                self._bytes -= len(self._sent.popitem(last=False)[1])
        return found


class EventStream(EventSourceResponse):
    """What one reader is sent.

    Args:
        pace: How it is dealt with.
        follower: Its place in what happens.
        encode: Makes an event as it is sent.
        let_in: Whether the token that was shown still counts.
    """

    def __init__(self, pace: Pace, follower: Follower, encode: Callable[[JournalLine], bytes], let_in: Callable[[], bool]) -> None:
        super().__init__((), headers={"X-Accel-Buffering": "no"})
        self._pace = pace
        self._follower = follower
        self._encode = encode
        self._let_in = let_in
        self._is_sending = False
        self._cut: Callable[[], None] | None = None

    def end(self) -> None:
        """End it at once, also when its reader takes nothing."""
        self._follower.end()
        if self._is_sending and self._cut is not None:
            self._cut()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, until one side has had enough."""
        self._cut = scope["state"].get(CUT)
        loop = asyncio.get_running_loop()

        async def watched(message: Message) -> None:
            late = loop.call_later(self._pace.patience, self._cut) if self._cut is not None else None
            self._is_sending = True
            try:
                await send(message)
            finally:
                self._is_sending = False
                if late is not None:
                    late.cancel()

        await super().__call__(scope, receive, watched)

    async def stream_response(self, send: Send) -> None:
        """Send what happens, as it happens."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._pieces()) as pieces:
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        clock = asyncio.get_running_loop().time
        told, checked = self._follower.position, clock()
        # A reader that is told of nothing for long has a place to come back to as well.
        yield format_sse_event(retry=RETRY, id=str(told))
        while True:
            try:
                part = await self._follower.next(self._pace.heartbeat)
                if clock() - checked >= self._pace.heartbeat:
                    checked = clock()
                    part = part if self._let_in() else None
            except OyamaError as error:
                yield _lost(told, error)
                return
            if part is None:
                return
            for piece in self._parts(part.lines):
                yield piece
            if part.lines:
                told = part.lines[-1].position
            else:
                yield KEEPALIVE_COMMENT if part.upto == told else KEEPALIVE_COMMENT[:-1] + format_sse_event(id=str(part.upto))
                told = part.upto

    def _parts(self, lines: Sequence[JournalLine]) -> Iterator[bytes]:
        """Events as they are sent, several together but not too many."""
        piece = bytearray()
        for line in lines:
            piece += self._encode(line)
            if len(piece) >= PIECE_BYTES:
                yield bytes(piece)
                piece.clear()
        if piece:
            yield bytes(piece)


def encoded(line: JournalLine, payload: bool) -> bytes:
    """An event as it is sent.

    Args:
        line: The event.
        payload: With its payload.
    """
    event = line.event
    known = {name: getattr(event, name) for name in ("seq", "at", "type", "node", "text")}
    data = RunEvent(state_id=line.run_id, workflow_id=line.workflow_id, **known)
    plain = data.model_dump(by_alias=True, exclude={"payload"}) | {"at": event.at.isoformat().replace("+00:00", "Z")}
    # As ASCII, so that a damaged text with half a character in it can be sent too.
    text = json.dumps(plain | ({"payload": event.payload} if payload else {}), separators=(",", ":"))
    return format_sse_event(data_str=text, event=event.type, id=str(line.position))


def _lost(told: int, error: OyamaError) -> bytes:
    if not isinstance(error, Lost):
        log.error("%s: %s", error.title, error.sentence)
    reason = error.sentence if isinstance(error, Lost) else "The server cannot read its journals now; its log says why."
    return format_sse_event(data_str=LostPlace(after=told, reason=reason).model_dump_json(by_alias=True), event=LOST, id=str(told))
