"""Lets in who shows a token, and turns away what is no request of a program: before anything of it is read or done.

A page in a browser can reach a server on loopback, under a name that leads there, and send what a form can send. So the name that is asked
for must be the server's own, a request from a page of another origin is refused, and a body must be of a kind that no form sends.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oyama_tui.api.problems import Failure, explained, problem
from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import TokenView
from oyama_tui.studio import Studio

OPEN: Final = frozenset({"/api/health", "/openapi.json"})
"""What one may look at without a token: it says nothing of anybody's runs."""
MOST_OPEN: Final = 10_000
"""Bytes of a body that are read there; nothing is done with them."""
HEADER_BYTES: Final = 32 * 1024
"""Of the request line and all headers together."""
LOOKING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
JSON: Final = "application/json"
YAML: Final = frozenset({"application/yaml", "application/x-yaml", "text/yaml"})
HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""Sent with every response."""
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")
MOST_CALLERS: Final = 1000
"""Addresses that are remembered for having shown wrong tokens."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a request may take."""

    body: int = 2_000_000
    """Bytes of its body."""
    body_seconds: float = 10.0
    """Until all of the body is there."""
    first_delay: float = 0.25
    """Seconds until a wrong token is answered; each further one from the same address doubles them."""
    longest_delay: float = 4.0
    most_delayed: int = 64
    """Requests with wrong tokens that wait for their answer; further ones are turned away at once."""


class Reply:
    """What is sent for one request.

    Args:
        send: Takes it.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = self._whole = False

    async def __call__(self, message: Message) -> None:
        """Send one more part."""
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *HEADERS]
            self._begun = True
        self._whole = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)

    async def cut(self) -> None:
        """End it now: a stream simply ends, and where nothing was sent it is said that nobody knows what became of the request."""
        if not self._begun:
            body = problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                HTTPStatus.SERVICE_UNAVAILABLE.phrase,
                "The server ended before this was answered; whether it was carried out is not known.",
                hint="Look before you send it again, or send it again with the same Idempotency-Key.",
                headers={"Connection": "close"},
            )
            await self({"type": "http.response.start", "status": body.status_code, "headers": body.raw_headers})
            await self({"type": "http.response.body", "body": body.body})
        elif not self._whole:
            await self({"type": "http.response.body", "body": b""})


class Guard:
    """Stands before the application.

    Args:
        app: The application.
        studio: Knows the tokens, and acts for those who show one.
        hosts: The names and ports by which the server may be asked for, in small letters: `127.0.0.1:8787`.
        bounds: What a request may take.
    """

    def __init__(self, app: ASGIApp, studio: Studio, hosts: Collection[str], bounds: Bounds) -> None:
        self._app = app
        self._studio = studio
        self._hosts = frozenset(hosts)
        self._bounds = bounds
        self._acting: dict[str, Studio] = {}
        self._wrong: OrderedDict[str, int] = OrderedDict()
        self._delayed = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            return

        reply = Reply(send)
        try:
            await self._answer(scope, receive, reply)
        except asyncio.CancelledError:
            # Only a server that ends cancels what it carries out.
            await reply.cut()

    async def _answer(self, scope: Scope, receive: Receive, reply: Reply) -> None:
        """Pass a request on, or answer why not; what is left of a refused one's body is thrown away as it comes."""
        try:
            headers = Headers(scope=scope)
            self._check_size(scope)
            self._check_place(headers)
            studio, most = self._studio, MOST_OPEN
            if scope["path"] not in OPEN:
                studio, most = self._for(await self._holder(headers, scope)), self._bounds.body
                self._check_body(scope, headers)
            body = await read_body(receive, most, self._bounds.body_seconds)
            if kind_of(headers) == JSON:
                check_characters(body)
        except ClientDisconnect:
            return
        except Failure as failure:
            await failure.response()(scope, receive, reply)
            return
        except OyamaError as error:
            await explained(error)(scope, receive, reply)
            return
        scope.setdefault("state", {})["studio"] = studio
        with studio.reading():
            await self._app(scope, replayed(body, receive), reply)

    def _for(self, token: TokenView) -> Studio:
        """The use cases in the name of a token's person."""
        if token.person not in self._acting:
            self._acting[token.person] = self._studio.of(token.person)
        return self._acting[token.person]

    @staticmethod
    def _check_size(scope: Scope) -> None:
        """Make sure that all that came before the body is of a decent size; the parser looks only at what comes in several pieces."""
        fields = sum(len(name) + len(value) for name, value in scope["headers"])
        if fields + len(scope["raw_path"]) + len(scope["query_string"]) > HEADER_BYTES:
            raise too_many_headers()

    def _check_place(self, headers: Mapping[str, str]) -> None:
        """Make sure that it is this server that is meant, and no page of another one that asks."""
        host = headers.get("host", "").lower()
        if host not in self._hosts:
            raise Failure(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"This server is not known as {host[:100]!r}.",
                "Ask for it by the address that it listens on, or start it with --allow-host NAME.",
            )
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{host}":
            raise Failure(HTTPStatus.FORBIDDEN, f"Pages of {origin[:100]!r} may ask nothing here.", "Call it from a program.")

    async def _holder(self, headers: Headers, scope: Scope) -> TokenView:
        """Whose token is shown."""
        shown = headers.getlist("authorization")
        kind, _, text = shown[0].partition(" ") if len(shown) == 1 else ("", "", "")
        token = self._studio.tokens.holder(text.strip()) if kind.lower() == "bearer" else None
        caller = str((scope.get("client") or ("", 0))[0])
        if token is None:
            await self._slow_down(caller)
            raise Failure(
                HTTPStatus.UNAUTHORIZED,
                "A token that counts is needed." if shown else "A token is needed.",
                "Send `Authorization: Bearer TOKEN`; `oyama token create NAME` makes one.",
                {"WWW-Authenticate": 'Bearer realm="oyama"'},
            )
        self._wrong.pop(caller, None)
        if token.read_only and scope["method"] not in LOOKING:
            raise Failure(HTTPStatus.FORBIDDEN, "This token lets one look, and change nothing.", "Make one without --read-only.")
        return token

    async def _slow_down(self, caller: str) -> None:
        """Let whoever guesses wait."""
        if self._delayed >= self._bounds.most_delayed:
            raise Failure(HTTPStatus.TOO_MANY_REQUESTS, "Too many wrong tokens were shown.", "Try again in a moment.", {"Retry-After": "5"})
        times = self._wrong.pop(caller, 0)
        self._wrong[caller] = times + 1
        if len(self._wrong) > MOST_CALLERS:
            self._wrong.popitem(last=False)
        self._delayed += 1
        try:
            await asyncio.sleep(min(self._bounds.longest_delay, self._bounds.first_delay * 2 ** min(times, 16)))
        finally:
            self._delayed -= 1

    def _check_body(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Make sure that a body is of a kind and length that one takes."""
        length = headers.get("content-length")
        if length is not None and (not length.isdecimal() or int(length[:20]) > self._bounds.body):
            raise too_large(self._bounds.body)
        has_body = "transfer-encoding" in headers or length not in (None, "0")
        kind = kind_of(headers)
        if has_body and kind != JSON and not (kind in YAML and scope["path"].startswith("/api/workflows")):
            raise Failure(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A body of the kind {kind[:60]!r} is not read here.", f"Send {JSON}.")


async def read_body(receive: Receive, most: int, seconds: float) -> bytes:
    """All of a body, before anything is done with it.

    Args:
        receive: Where it comes from.
        most: Bytes that it may have.
        seconds: Until all of it is there.

    Raises:
        Failure: It is too long, or did not come in time.
        ClientDisconnect: The client has gone before all of it was there.
    """
    pieces: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                pieces.append(message.get("body", b""))
                length += len(pieces[-1])
                if length > most:
                    raise too_large(most)
                if not message.get("more_body", False):
                    return b"".join(pieces)
    except TimeoutError:
        raise Failure(HTTPStatus.REQUEST_TIMEOUT, "The body did not come in time.", headers={"Connection": "close"}) from None


def kind_of(headers: Mapping[str, str]) -> str:
    """The media type of a body, in small letters and without parameters.

    Args:
        headers: Of its request.
    """
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def check_characters(body: bytes) -> None:
    """Make sure that JSON has characters only that can be kept, and be sent back: the parser lets others through.

    Args:
        body: All of it.

    Raises:
        Failure: It is not UTF-8, or half of a character is written in it.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Failure(HTTPStatus.BAD_REQUEST, "The body is not UTF-8.", "JSON between programs is always UTF-8.")
    if _HALF.search(text) and has_half(text):
        raise Failure(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "A text in the body holds half of a character (a lone surrogate).",
            "Send such a character whole, or what it stands for.",
        )


def has_half(text: str) -> bool:
    """Whether the escapes of a JSON text write half of a character without its other half.

    Args:
        text: JSON, not known to be any.
    """
    expected = -1
    for found in _ESCAPE.finditer(text):
        code = int(found[1] or "0", 16)
        is_second = 0xDC00 <= code < 0xE000
        if is_second != (expected == found.start()) or (expected >= 0 and not is_second):
            return True
        expected = found.end() if 0xD800 <= code < 0xDC00 else -1
    return expected >= 0


def replayed(body: bytes, receive: Receive) -> Receive:
    """Hands a body on that is there already, and after it what else comes.

    Args:
        body: The whole of it.
        receive: Where word comes from that the client has gone.
    """
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message


def too_large(limit: int) -> Failure:
    """Refuse a body that is too long.

    Args:
        limit: Bytes that it may have.
    """
    return Failure(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than {limit // 1000} kB.", "Send less.")


def too_many_headers() -> Failure:
    """Refuse a request with too much before its body."""
    sentence = f"The request line and the headers have more than {HEADER_BYTES // 1024} kB."
    return Failure(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, sentence)
