"""Use cases of requests that come with a key: each is carried out once, and answered in the same way however often it is sent.

The key is the program's. That a request is carried out is durable before anything of it is done, so that a server that is killed in between
leaves a trace: nobody can say then whether it was done, and nobody does.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any, Final

from oyama_tui.core.errors import InvalidInput, Refused
from oyama_tui.core.views import KeptAnswer
from oyama_tui.steps.process_groups import start_time
from oyama_tui.store.requests import begin_request, finish_request, forget_request
from oyama_tui.studio.context import StudioContext

KEPT: Final = 24 * 3600 * 1000
"""Milliseconds for which a request is known."""
LARGEST: Final = 1_000_000
"""Bytes of an answer's body that are kept."""


class Requests:
    """What is known of the requests of one person's programs."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context

    @cached_property
    def _server(self) -> str:
        """This process, so that another one can tell whether it lives."""
        return f"{os.getpid()}-{start_time(os.getpid())}"

    async def begin(self, key: str, fingerprint: str) -> KeptAnswer | None:
        """Carry a request out, unless it was.

        Args:
            key: What the program calls it.
            fingerprint: A hash of all of it.

        Returns:
            How it was answered before; none when it is to be carried out now.

        Raises:
            InvalidInput: The key was used for another request.
            Refused: It is under way, or nobody knows whether it was carried out.
            DatabaseProblem: It could not be noted; nothing was done.
        """
        now = self._context.clock()
        row = {**self._name(key), "fingerprint": fingerprint, "begun_at": now}
        found = await self._context.store.writer.run(partial(begin_request, row=row, until=now - KEPT), touched=None)
        if found is None:
            return None
        if found["fingerprint"] != fingerprint:
            raise InvalidInput("This Idempotency-Key was used for another request.", "Send every request with a key of its own.")
        if found["status"] is not None:
            return KeptAnswer(status=found["status"], headers=json.loads(found["headers"]), body=found["body"])
        if self._is_under_way(found["server"]):
            raise Refused("The first request with this Idempotency-Key is still under way.", "Send it again in a moment.")
        begun = datetime.fromtimestamp(found["begun_at"] / 1000, UTC).isoformat(timespec="seconds")
        raise Refused(
            f"The server ended while it carried out the first request with this Idempotency-Key, begun at {begun}: its outcome is unknown.",
            "Look at /api/workflows/state, /api/workflows/approvals or /api/workflows; if it was not carried out, send it with a new key.",
        )

    async def finish(self, key: str, answer: KeptAnswer) -> None:
        """Keep how a request was answered; of a body that is too large only that there was one.

        Args:
            key: What the program calls it.
            answer: The answer.

        Raises:
            DatabaseProblem: It could not be kept.
        """
        body = answer.body if answer.body is not None and len(answer.body) <= LARGEST else None
        row = {**self._name(key), "status": answer.status, "headers": json.dumps(dict(answer.headers)), "body": body}
        await self._context.store.writer.run(partial(finish_request, row=row), touched=None)

    async def forget(self, key: str) -> None:
        """Forget a request that was not carried out, so that it may be sent again.

        Args:
            key: What the program calls it.

        Raises:
            DatabaseProblem: It could not be forgotten.
        """
        await self._context.store.writer.run(partial(forget_request, row=self._name(key)), touched=None)

    def _name(self, key: str) -> dict[str, Any]:
        return {"person": self._context.caller.account, "key": key, "server": self._server}

    def _is_under_way(self, server: str) -> bool:
        """Whether the process that carries a request out lives."""
        pid, _, start = server.partition("-")
        return bool(start) and start == start_time(int(pid))
