"""Requests that come with an Idempotency-Key: what was carried out once is answered again, and not done again."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oyama_tui.api.guard import OPEN, replayed
from oyama_tui.api.problems import Failure, explained
from oyama_tui.core.errors import OyamaError
from oyama_tui.core.views import KeptAnswer
from oyama_tui.studio import Studio

log = logging.getLogger("oyama.api")
HEADER: Final = "idempotency-key"
PATTERN: Final = "^[!-~]{1,255}$"
KEY_PARAMETER: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "Any text that no other request has, such as a UUID. The same request with the same key is carried out once: within 24 hours it is"
        " answered as it was, with the header `Idempotency-Replayed: true`."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": PATTERN},
    "example": "4f9d2c6e-release-v1.4.0",
}
"""As the OpenAPI document has it."""
KEPT_HEADERS: Final = ("content-type", "location", "etag")
NOT_CARRIED_OUT: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""Statuses after which a request is to be sent again."""


class Replay:
    """Stands between the guard, which has read the body and knows whose request it is, and the endpoints.

    Args:
        app: The endpoints.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry a request out, or answer as it was answered before."""
        keys = Headers(scope=scope).getlist(HEADER)
        if scope["method"] != "POST" or not keys or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        studio: Studio = scope["state"]["studio"]
        try:
            key = one_key(keys)
            body: bytes = (await receive())["body"]
            kept = await studio.requests.begin(key, fingerprint(scope, body))
            answer = None if kept is None else again(kept)
        except Failure as failure:
            answer = failure.response()
        except OyamaError as error:
            answer = explained(error)
        if answer is not None:
            await answer(scope, receive, send)
            return
        await self._carry_out(studio, key, scope, replayed(body, receive), send)

    async def _carry_out(self, studio: Studio, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry a request out, and keep the answer before it is sent."""
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        try:
            await self._app(scope, receive, collect)
        except Exception:
            # The endpoints have answered that they made a mistake; the server tells its log.
            await _keep(studio, key, messages)
            await _send_all(messages, send)
            raise
        await _keep(studio, key, messages)
        await _send_all(messages, send)


def one_key(keys: Sequence[str]) -> str:
    """The key that was sent.

    Args:
        keys: All headers of that name.

    Raises:
        Failure: There are several, or it is none.
    """
    if len(keys) != 1 or not re.fullmatch(PATTERN, keys[0]):
        raise Failure(
            HTTPStatus.BAD_REQUEST, "The Idempotency-Key cannot be used.", "Send one, of 1 to 255 visible ASCII characters without blanks."
        )
    return keys[0]


def fingerprint(scope: Scope, body: bytes) -> str:
    """A hash of all that a request asks for.

    Args:
        scope: With its method and path.
        body: The whole of it.
    """
    path = scope.get("raw_path") or scope["path"].encode()
    return hashlib.sha256(b"\n".join((scope["method"].encode(), path, scope["query_string"], body))).hexdigest()


def again(kept: KeptAnswer) -> Response:
    """The answer that was given before.

    Args:
        kept: As it was.

    Raises:
        Failure: It was too large to keep.
    """
    if kept.body is None:
        place = kept.headers.get("location", "")
        raise Failure(
            HTTPStatus.CONFLICT,
            f"This request was carried out before and answered with {kept.status}; that answer was too large to keep.",
            f"Look at {place}." if place else "Look at what it was about.",
        )
    return Response(kept.body, kept.status, {**kept.headers, "Idempotency-Replayed": "true"})


async def _keep(studio: Studio, key: str, messages: Sequence[Message]) -> None:
    """Keep an answer; what was done is answered also when that fails, and is then never done again."""
    if not messages:
        return
    status: int = messages[0]["status"]
    sent = Headers(raw=list(messages[0].get("headers", ())))
    body = b"".join(message.get("body", b"") for message in messages[1:])
    headers = {name: sent[name] for name in KEPT_HEADERS if name in sent}
    try:
        if status in NOT_CARRIED_OUT:
            await studio.requests.forget(key)
        else:
            await studio.requests.finish(key, KeptAnswer(status=status, headers=headers, body=body))
    except OyamaError as error:
        log.error("the answer to a request with a key could not be kept: %s", error.sentence)


async def _send_all(messages: Sequence[Message], send: Send) -> None:
    for message in messages:
        await send(message)
