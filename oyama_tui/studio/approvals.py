"""Use cases of approvals."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core.errors import NotAllowed, NotFound
from oyama_tui.core.events import Verdict
from oyama_tui.core.rows import Rows
from oyama_tui.core.views import ApprovalCard, ApprovalRow, Decision
from oyama_tui.store.queries.approvals import card, list_approvals, resolve_approvals
from oyama_tui.studio.base import Parts


class Approvals:
    """What can be done with approvals; `ref` is an approval's id or a unique prefix of one."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def list(
        self,
        *,
        status: Literal["pending", "approved", "rejected", "expired", "cancelled", "all"] = "pending",
        workflow: str = "",
        limit: int = 500,
    ) -> Rows[ApprovalRow]:
        """The queue: by workflow, workflows ordered by their earliest deadline, then by age."""
        return await self._parts.store.database.read(lambda connection: list_approvals(connection, status, workflow, limit))

    async def _resolve(self, ref: str) -> str:
        found = await self._parts.store.database.read(lambda connection: resolve_approvals(connection, ref.strip()))
        if len(found) == 1:
            return found[0]
        if not found:
            raise NotFound(f"No approval fits {ref!r}.", "See `oyama approvals`.")
        raise NotFound(f"Several approvals fit {ref!r}: {', '.join(found)}.", "Give more of the id.")

    async def get(self, ref: str) -> ApprovalCard:
        """Everything needed to decide.

        Raises:
            NotFound: None or several fit.
        """
        approval_id, now = await self._resolve(ref), self._parts.clock()
        found = await self._parts.store.database.read(lambda connection: card(connection, approval_id, now))
        if found is None:
            raise NotFound(f"There is no approval {approval_id!r}.", "See `oyama approvals`.")
        return found

    async def decide(
        self,
        ref: str,
        verdict: Verdict,
        *,
        comment: str = "",
        form: Mapping[str, JsonValue] | None = None,
        digest: str = "",
        confirmed: str = "",
        client_key: str = "",
        metadata: Mapping[str, JsonValue] | None = None,
    ) -> Decision:
        """Answer a gate, as the person who runs this process; durable when it returns, whether or not an engine runs.

        Args:
            ref: The approval.
            verdict: The answer.
            comment: Required with a rejection.
            form: Values of the gate's form.
            digest: What was shown; an answer without it is refused at high risk.
            confirmed: The target as typed, where the gate asks for that.
            client_key: The same key twice is the same answer.
            metadata: Kept with the vote.

        Raises:
            AlreadyDecided: Somebody was first; the sentence says who and when.
            StaleDigest: What is asked has changed since it was shown.
            InvalidForm: The comment or the form's values do not fit.
            NotAllowed: This person may not, or not yet.
            NotFound: None or several fit.
        """
        if "OYAMA_RUN_ID" in os.environ:
            raise NotAllowed("A step of a run cannot answer a gate.", "Answer from a terminal of your own.")
        approval_id = await self._resolve(ref)
        shown = await self.get(approval_id)
        wanted = c.Decide(
            at=0,
            by=self._parts.principal,
            id=approval_id,
            verdict=verdict,
            comment=comment,
            form=dict(form or {}),
            metadata=dict(metadata or {}),
            digest=digest,
            confirmed=confirmed,
            client_key=client_key,
        )
        events = await self._parts.command(shown.row.run_id, lambda at: wanted.model_copy(update={"at": at}))
        return _decision((await self.get(approval_id)).row, already=not events)


def _decision(row: ApprovalRow, *, already: bool) -> Decision:
    """What became of an answer, in words."""
    when = f" at {row.decided_at:%Y-%m-%d %H:%M:%S} UTC" if row.decided_at else ""
    return Decision(approval=row, already=already, message=f"{'already ' if already else ''}{row.status} by {row.decided_by}{when}")
