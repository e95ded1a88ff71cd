"""Sends requests with hostile texts in them, notes where they stood, and looks at every answer."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from jsonschema import Draft202012Validator

from oyama_tui.api.paging import cursor_text
from tests.api.conftest import Api
from tests.api.raw import PROBLEM, ask, request
from tests.api.text_places import JSON, TextPlaces

FULL: Final = os.environ.get("OYAMA_TEST_HOSTILE") == "full"
WORKFLOWS: Final = "/api/workflows"
STATE: Final = "/api/workflows/state"
ROLLBACK: Final = "/api/workflows/rollback"
APPROVALS: Final = "/api/workflows/approvals"
EXECUTE: Final = "/api/workflows/execute"
EXECUTIONS: Final = "/api/workflows/executions"
MANY: Final = 4
"""One text of so many goes to a place where it is looked up or refused, as long as not all are sent through all."""
FEW: Final = 50
"""One of so many goes to a place that takes a run of its own."""
RESERVED: Final = frozenset({"state", "approvals", "rollback", "execute", "executions", "stats"})
"""Never ids of workflows: these paths are others."""
LONGEST_URL: Final = 60_000
"""That the client sends."""
_DOTS: Final = re.compile(r"/\.{1,2}(?:[/?]|$)")
"""Parts of a path that the client would leave out."""
KIND: Final = {"Content-Type": JSON}


@dataclass(frozen=True)
class Reply:
    """What a request was answered with."""

    status: int
    body: Any

    @property
    def refused(self) -> bool:
        return self.status >= 400


class HostileSender:
    """Sends requests.

    Args:
        api: The server.
        document: Its OpenAPI document.
        texts: The hostile ones.
    """

    def __init__(self, api: Api, document: dict[str, Any], texts: Sequence[str]) -> None:
        self.api = api
        self.texts = texts
        self.places = TextPlaces(document, texts)
        schema = {**document["components"]["schemas"]["Problem"], "components": document["components"]}
        self._problem = Draft202012Validator(schema)
        self._rows = sqlite3.connect(f"file:{api.settings.database_path}?mode=ro", uri=True)
        self.requests = 0

    async def send(
        self,
        operation: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        ways: Mapping[str, str] | None = None,
        key: bytes | None = None,
    ) -> Reply:
        """Send a request.

        Args:
            operation: Such as `GET /api/workflows/{workflow_id}`.
            body: As JSON; halves of characters are written as JSON writes them.
            query: By name.
            ways: Parts of the path, by name.
            key: An Idempotency-Key, byte for byte.
        """
        method, path = operation.split(" ")
        for name, text in (ways or {}).items():
            path = path.replace(f"{{{name}}}", quoted(text))
            self.places.note(operation, f"path:{name}", text)
        for name, text in (query or {}).items():
            path += f"{'&' if '?' in path else '?'}{name}={quoted(text)}"
            self.places.note(operation, f"query:{name}", text)
        if body is not None:
            self.places.note_body(operation, body)
        content = b"" if body is None else json.dumps(body).encode()
        return await self.ask(method, path, content, JSON if content else "", key)

    async def ask(self, method: str, path: str, content: bytes, kind: str, key: bytes | None = None) -> Reply:
        """Send a request whose parts are made already, and look at the answer: it is one, and no failure of the server."""
        self.requests += 1
        if key is None and len(path) < LONGEST_URL and not _DOTS.search(path):
            answer = await self.api.client.request(method, path, content=content, headers={"Content-Type": kind} if kind else {})
            status, kind, data = answer.status_code, answer.headers.get("content-type", ""), answer.content
        else:
            more = [f"Content-Type: {kind}", f"Content-Length: {len(content)}"] if content else []
            head = request(self.api, f"{method} {path} HTTP/1.1", *more)
            if key is not None:
                head = head[:-2] + b"Idempotency-Key: " + key + b"\r\n\r\n"
            plain = await ask(self.api, head + content)
            status, kind, data = plain.status, plain.headers.get("content-type", ""), plain.body
        told = f"{method} {path[:200]} {content[:300]!r}: {status} {data[:500]!r}"
        assert 200 <= status < 300 or 400 <= status < 500, told
        assert b"Traceback" not in data, told
        reply = Reply(status, json.loads(data) if "json" in kind else None)
        if reply.refused:
            assert kind == PROBLEM, told
            self._problem.validate(reply.body)
            assert reply.body["status"] == status, told
        return reply

    async def each(
        self, send: Callable[[Any], Awaitable[Reply]], base: Any, spots: Sequence[Spot], text: str, *, at_rest: bool = True
    ) -> AsyncIterator[tuple[Any, Any]]:
        """Send a text at all of these places at once, or, where that is refused, at each alone; refused, it changes nothing.

        Args:
            send: Sends a body.
            base: The body without the text.
            spots: The places.
            text: It.
            at_rest: No run goes on meanwhile, so that any change is one of the request.

        Yields:
            Each body that was taken, and what was answered.
        """
        groups = [list(spots)]
        while groups:
            group = groups.pop()
            body = json.loads(json.dumps(base))
            for spot in group:
                spot.put(body, text)
            before = self.rows()
            reply = await send(body)
            if not reply.refused:
                yield body, reply.body
                continue
            assert not at_rest or self.rows() == before, f"refused, and something is changed: {group} {text[:80]!r}"
            if len(group) > 1:
                groups += [[spot] for spot in group]

    def rows(self) -> Any:
        """How much there is in the database: events, and workflows with what they are."""
        return self._rows.execute(
            "SELECT (SELECT max(position) FROM workflow_events), (SELECT group_concat(id || revision) FROM workflows),"
            " (SELECT count(*) FROM workflow_states), (SELECT count(*) FROM approval_votes)"
        ).fetchone()

    def row(self, statement: str, *values: Any) -> Any:
        """The first row of a query of the database."""
        return self._rows.execute(statement, values).fetchone()

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Make sure that nothing is changed meanwhile."""
        before = self.rows()
        yield
        assert self.rows() == before

    async def refused(self, operation: str, body: Any = None, **given: Any) -> None:
        """Send what must be refused, and must change nothing."""
        with self.unchanged():
            reply = await self.send(operation, body, **given)
        assert reply.refused, (operation, str(body)[:200], given, reply)

    async def events(self, run_id: str, after: int = 0) -> list[dict[str, Any]]:
        """The journal of a run from a place on."""
        found: list[dict[str, Any]] = []
        cursor: str | None = cursor_text(after)
        while cursor is not None:
            page = await self.api.json("GET", f"/api/workflows/executions/{run_id}/events", params={"limit": 500, "cursor": cursor})
            found += page["items"]
            cursor = page["next"]
        return found

    def seq(self, run_id: str) -> int:
        """The number of a run's newest event."""
        return int(self.row("SELECT seq FROM workflow_states WHERE id = ?", run_id)[0])

    async def rests(self, run_id: str, *shown: str) -> dict[str, Any]:
        """The state of a run once it is like this."""
        found = await self.api.until(f"/api/workflows/state?stateId={run_id}", lambda page: page["items"][0]["shown"] in shown)
        state: dict[str, Any] = found["items"][0]
        return state

    def close(self) -> None:
        self._rows.close()


def quoted(text: str) -> str:
    """A text as a part of a URL; half of a character as three bytes, which are no UTF-8."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@dataclass(frozen=True)
class Spot:
    """A place within a value.

    Args:
        way: Names and indices that lead to it.
        is_name: The text is a name there, and not the value.
    """

    way: tuple[str | int, ...]
    is_name: bool = False

    def put(self, value: Any, text: str) -> None:
        """Put a text there; what is on the way is made."""
        if self.is_name:
            inside(value, self.way)[text] = "x"
        else:
            inside(value, self.way[:-1])[self.way[-1]] = text

    def holds(self, value: Any, text: str) -> bool:
        """Whether just that text is there."""
        if self.is_name:
            return text in inside(value, self.way)
        return bool(inside(value, self.way[:-1])[self.way[-1]] == text)


def at(*way: str | int) -> Spot:
    """The value at a place."""
    return Spot(way)


def name_in(*way: str | int) -> Spot:
    """A name in the map at a place."""
    return Spot(way, is_name=True)


def inside(value: Any, way: Sequence[str | int]) -> Any:
    """What is at a place; maps on the way are made where there are none."""
    for part in way:
        value = value.setdefault(part, {}) if isinstance(value, dict) else value[part]
    return value


def share(texts: Sequence[str], turn: int, parts: int = MANY) -> Iterator[str]:
    """The texts whose turn it is at a place, or all of them."""
    return (text for place, text in enumerate(texts) if FULL or (place + turn) % parts == 0)
