"""Carries out `http` steps: one request, redirects followed when that is wanted, the answer read piece by piece within bounds."""

from __future__ import annotations

import asyncio
import codecs
import json
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from pydantic import JsonValue

from oyama_tui import __version__
from oyama_tui.core.commands import Outcome
from oyama_tui.core.definition.base import format_duration
from oyama_tui.core.definition.functions import to_text
from oyama_tui.core.definition.retrying import bounds_of
from oyama_tui.core.definition.step import KINDS
from oyama_tui.core.format import as_text
from oyama_tui.core.limits import at_limit
from oyama_tui.core.text import one_line
from oyama_tui.steps.attempt import Failure, StepAttempt, StepLimits
from oyama_tui.steps.lacking import lacking_for
from oyama_tui.steps.output import Collected, last_line
from oyama_tui.steps.protocol import StepContext, StepOrder
from oyama_tui.steps.results import RESULT_LIMIT, BadResult, parse_json

if TYPE_CHECKING:
    import httpx2

MOST_REDIRECTS: Final = 10
LONGEST_PAUSE: Final = 86_400_000
"""Milliseconds: no server makes a step wait longer than a day."""
BUSY: Final = frozenset({429, 503})
"""Statuses with which `Retry-After` says when to come back."""
EMPTY: Final = frozenset({204, 205, 304})
"""Statuses of answers that have no body."""


class HttpExecutor:
    """Sends requests.

    Args:
        limits: Bounds for every attempt.
    """

    def __init__(self, limits: StepLimits) -> None:
        self.limits = limits

    async def execute(self, order: StepOrder, context: StepContext) -> Outcome:
        """Send the request once.

        Args:
            order: Input as `core.definition.kinds.http` makes it.
            context: The way to the rest.
        """
        attempt = StepAttempt(order, context, self.limits)
        try:
            lacking = lacking_for(KINDS["http"])
            if lacking is not None:
                raise Failure("start", f"{lacking.sentence} {lacking.hint}")
            exchange = Exchange(attempt, attempt.resolved())
            await exchange.run()
            return attempt.succeeded(exchange.result())
        except Failure as failure:
            return attempt.failed(failure)


def executor(limits: StepLimits) -> HttpExecutor:
    """The executor of `http` steps.

    Args:
        limits: Bounds for every attempt.
    """
    return HttpExecutor(limits)


class Exchange:
    """One request and its answer.

    Args:
        attempt: Keeps what comes.
        given: The resolved input.
    """

    def __init__(self, attempt: StepAttempt, given: Mapping[str, JsonValue]) -> None:
        self._attempt = attempt
        self._order = attempt.order
        self._given = given
        self._library: Any = import_module("httpx2")
        self._headers: dict[str, JsonValue] = {}
        self._status = 0
        self._json = Collected(RESULT_LIMIT) if given.get("parse") == "json" else None
        silence, idle = given.get("silence"), given.get("idle")
        self._silence = min(limit for limit in (silence, idle) if isinstance(limit, int))

    async def run(self) -> None:
        """Send, and read the answer.

        Raises:
            Failure: There was no answer, or not the one that is wanted.
        """
        limit = self._order.timeout
        try:
            async with asyncio.timeout(None if limit is None else limit / 1000) as whole:
                async with self._client() as client:
                    with self._attempt.capturing() as feed:
                        response = await self._converse(client, feed)
        except TimeoutError:
            if not whole.expired():
                raise
            raise Failure("timeout", f"It took longer than {format_duration(limit or 0)} and was ended.") from None
        self._judge(response, last_line(self._attempt.captured.text))

    def result(self) -> JsonValue:
        """What expressions see of the answer.

        Raises:
            Failure: Its body is no JSON, where that is wanted.
        """
        seen: dict[str, JsonValue] = {"status": self._status, "headers": self._headers}
        if self._json is None:
            return {**seen, "text": self._attempt.captured.text}
        if self._json.is_too_long:
            raise Failure("parse", f"The answer's body is longer than {RESULT_LIMIT // 1024 // 1024} MiB, too long for a result.")
        if not self._json.raw and (self._status in EMPTY or self._given["method"] == "HEAD"):
            return {**seen, "json": None}
        try:
            return {**seen, "json": parse_json(bytes(self._json.raw), self._attempt.masker)}
        except BadResult as wrong:
            raise Failure("parse", f"The answer's body is no JSON: {wrong}.") from None

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx2.AsyncClient]:
        verify = await asyncio.to_thread(trusted, self._given, self._order.directory)
        timeout = self._library.Timeout(self._silence / 1000)
        try:
            async with self._library.AsyncClient(verify=verify, timeout=timeout) as client:
                yield client
        except (self._library.HTTPError, self._library.InvalidURL, self._library.StreamError) as wrong:
            raise self._failure_of(wrong) from None

    def _failure_of(self, wrong: Exception) -> Failure:
        """Say why there was no answer."""
        library = self._library
        cause = root_of(wrong)
        if at_limit(cause):
            raise cause
        if isinstance(wrong, library.TimeoutException):
            return Failure("timeout", f"The server was silent for {format_duration(self._silence)}.")
        if isinstance(wrong, library.InvalidURL | library.UnsupportedProtocol | library.LocalProtocolError):
            return Failure("start", f"This request cannot be made: {one_line(str(wrong), 300)}.")
        if isinstance(cause, ssl.SSLError):
            why = getattr(cause, "verify_message", "") or (cause.reason or str(cause)).replace("_", " ").lower()
            return Failure("network", f"No TLS connection could be made: {one_line(why, 300)}.")
        said = str(cause) or str(wrong) or type(wrong).__name__
        if isinstance(cause, OSError) and cause.errno is not None:
            said = (cause.strerror or said) if isinstance(cause, socket.gaierror) else os.strerror(cause.errno)
        if isinstance(wrong, library.ConnectError):
            return Failure("network", f"The server cannot be reached: {one_line(said, 300)}.")
        if isinstance(wrong, library.DecodingError):
            return Failure("network", f"The answer's body cannot be unpacked: {one_line(said, 300)}.")
        return Failure("network", f"The connection broke before the answer was whole: {one_line(said, 300)}.")

    def _request(self, client: httpx2.AsyncClient) -> httpx2.Request:
        """The request as it is sent.

        Raises:
            Failure: A part of it cannot be sent.
        """
        given = self._given
        headers = {"User-Agent": f"oyama/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
        names = {name.lower(): name for name in headers}
        content: bytes | None = None
        try:
            if "body" in given or "json" in given:
                text = as_text(given["body"]) if "body" in given else json.dumps(given["json"], ensure_ascii=False, separators=(",", ":"))
                content = text.encode()
                headers["Content-Type"] = "text/plain; charset=utf-8" if "body" in given else "application/json"
                names["content-type"] = "Content-Type"
            if isinstance(key := given.get("idempotency_key"), str):
                headers[key] = self._order.idempotency_key
                names[key.lower()] = key
            written = given.get("headers")
            for name, value in written.items() if isinstance(written, dict) else ():
                headers.pop(names.get(name.lower(), ""), None)
                headers[name] = as_text(value)
            raw = [(name.encode("ascii"), checked(name, value).encode()) for name, value in headers.items()]
        except UnicodeEncodeError:
            raise Failure("start", "This request cannot be made: a text in it holds half of a character.") from None
        url = self._library.URL(as_text(given["url"]))
        if not url.host or url.scheme not in ("http", "https") or not 0 < (url.port or 80) < 65536:
            raise Failure("start", "This request cannot be made: its URL needs http:// or https://, and a server that there can be.")
        # What the URL itself asks stays as it is written; only these are added.
        added = urlencode(parameters(given.get("query")), quote_via=quote).encode()
        if added:
            url = url.copy_with(query=b"&".join(part for part in (url.query, added) if part))
        return client.build_request(as_text(given["method"]), url, headers=raw, content=content)

    async def _converse(self, client: httpx2.AsyncClient, feed: Callable[[bytes], None]) -> httpx2.Response:
        """Send the request and those that redirects ask for, and read the last answer."""
        request = self._request(client)
        first = origin(request.url)
        for _ in range(MOST_REDIRECTS + 1):
            response = await client.send(request, stream=True)
            try:
                following = response.next_request if self._given.get("follow_redirects") is True else None
                if following is None:
                    await self._take(response, feed)
                    return response
            finally:
                await response.aclose()
            request = self._elsewhere(following) if origin(following.url) != first else following
        raise Failure("network", f"It redirects more than {MOST_REDIRECTS} times.")

    def _elsewhere(self, request: httpx2.Request) -> httpx2.Request:
        """A request to another server than the one that the secrets were written for.

        Raises:
            Failure: Its body has secrets in it.
        """
        order = self._order.input
        headers = order.get("headers")
        for name, value in headers.items() if isinstance(headers, dict) else ():
            if isinstance(value, dict) and name in request.headers:
                del request.headers[name]
        if (isinstance(order.get("body"), dict) or "json_secrets" in order) and "content-length" in request.headers:
            raise Failure("network", f"It redirects to {request.url.host}, and the body with its secrets is for another server.")
        return request

    async def _take(self, response: httpx2.Response, feed: Callable[[bytes], None]) -> None:
        """Read an answer.

        Raises:
            Failure: It is too large.
        """
        self._status = response.status_code
        self._headers = {
            name: "***" if name == "set-cookie" else self._attempt.masker.text(text) for name, text in response.headers.items()
        }
        self._attempt.outputs = {"status": self._status}
        most = self._given.get("max_bytes")
        assert isinstance(most, int)
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > most and self._given["method"] != "HEAD":
            raise Failure("network", f"The answer's body has {int(announced):,} bytes, and at most {most:,} are allowed (max_bytes).")
        recode = recoder(response.charset_encoding)
        size = 0
        async for piece in response.aiter_bytes():
            size += len(piece)
            if size > most:
                raise Failure("network", f"The answer's body has more than {most:,} bytes (max_bytes); the rest was not read.")
            plain = recode(piece)
            feed(plain)
            if self._json is not None:
                self._json.feed(plain)

    def _judge(self, response: httpx2.Response, line: str) -> None:
        """Refuse an answer whose status is not expected.

        Args:
            response: The answer.
            line: The last line of its body.

        Raises:
            Failure: It is another one.
        """
        expected = self._given.get("expect")
        ranges = [bounds_of(code) for code in (expected if isinstance(expected, list) else []) if isinstance(code, int | str)]
        if any(least <= self._status <= most for least, most in ranges):
            return
        reason = f" {one_line(response.reason_phrase, 60)}" if response.reason_phrase else ""
        said = f": {line}" if line else "."
        if response.next_request is not None:
            to = one_line(response.headers.get("location", ""), 200)
            said = f". It redirects to {to}; follow_redirects: true goes there."
        pause = self._pause(response.headers.get("retry-after", "")) if self._status in BUSY else None
        raise Failure("http", f"The server answered {self._status}{reason}{said}", retry_after=pause)

    def _pause(self, text: str) -> int | None:
        """The milliseconds that `Retry-After` asks for, a day at the most; none when it says nothing that can be read."""
        text = text.strip()
        if text.isascii() and text.isdecimal():
            return min(int(text[:12]) * 1000, LONGEST_PAUSE)
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, IndexError):
            return None
        at = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp() * 1000
        return min(max(0, round(at) - self._attempt.context.now()), LONGEST_PAUSE)


def trusted(given: Mapping[str, JsonValue], directory: Path) -> ssl.SSLContext | bool:
    """Which certificates count.

    Args:
        given: May have `verify` and `ca`.
        directory: Where the path of `ca` begins.

    Raises:
        Failure: The file of certificates cannot be used.
    """
    if given.get("verify") is False:
        return False
    if "ca" not in given:
        return True
    path = directory / as_text(given["ca"])
    try:
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ValueError) as wrong:
        why = wrong.strerror if isinstance(wrong, OSError) and not isinstance(wrong, ssl.SSLError) and wrong.strerror else "it holds none"
        raise Failure("start", f"The certificates in {str(path)!r} cannot be used: {why}.") from None


def checked(name: str, value: str) -> str:
    """The value of a header.

    Args:
        name: Its name.
        value: With secrets in it.

    Raises:
        Failure: It holds what would end the header.
    """
    if any(character in value for character in "\r\n\0"):
        raise Failure("start", f"This request cannot be made: the header {name} would hold a line break or a NUL.")
    return value.strip(" \t")


def parameters(query: JsonValue) -> list[tuple[str, str]]:
    """Names and texts of what is added to a URL.

    Args:
        query: A map of texts, numbers, truth values, nulls, and lists of them.
    """
    found: list[tuple[str, str]] = []
    for name, value in query.items() if isinstance(query, dict) else ():
        found += [(name, to_text(item)) for item in (value if isinstance(value, list) else [value]) if item is not None]
    return found


def origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    """What makes a server the same: scheme, host and port.

    Args:
        url: Any URL.
    """
    return url.scheme, url.host, url.port


def recoder(charset: str | None) -> Callable[[bytes], bytes]:
    """Turns pieces of a body into UTF-8, when its server has named another encoding that is known.

    Args:
        charset: The name.
    """
    try:
        found = codecs.lookup(charset or "utf-8")
        if found.name in ("utf-8", "ascii") or not getattr(found, "_is_text_encoding", True):
            return bytes
        decoder = codecs.getincrementaldecoder(found.name)("replace")
    except (LookupError, ValueError):
        return bytes
    return lambda piece: decoder.decode(piece).encode("utf-8", "replace")


def root_of(error: BaseException) -> BaseException:
    """What the system said at the bottom of a chain of errors; the lowest error when it said nothing.

    Args:
        error: The one at the top.
    """
    lowest: BaseException = error
    said: BaseException | None = None
    below: BaseException | None = error
    seen: set[int] = set()
    while below is not None and id(below) not in seen:
        seen.add(id(below))
        lowest = below
        if isinstance(below, OSError) and below.errno is not None:
            said = below
        below = below.exceptions[0] if isinstance(below, BaseExceptionGroup) else below.__cause__ or below.__context__
    return said or lowest
