"""Use cases of approvals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue

from oyama_tui.core.events import Verdict
from oyama_tui.core.views import ApprovalCard, ApprovalRow, Decision


class Approvals:
    """What can be done with approvals; `ref` is an approval's id or a unique prefix of one."""

    async def list(
        self,
        *,
        status: Literal["pending", "approved", "rejected", "expired", "cancelled", "all"] = "pending",
        workflow: str = "",
        limit: int = 500,
    ) -> tuple[ApprovalRow, ...]:
        """The queue: by workflow, workflows ordered by their earliest deadline, then by age."""
        raise NotImplementedError

    async def get(self, ref: str) -> ApprovalCard:
        """Everything needed to decide.

        Raises:
            NotFound: None or several fit.
        """
        raise NotImplementedError

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
            digest: What was shown; the current one is used when empty.
            confirmed: The target as typed, where the gate asks for that.
            client_key: The same key twice is the same answer.
            metadata: Kept with the vote.

        Raises:
            AlreadyDecided, StaleDigest, InvalidForm, NotAllowed, NotFound.
        """
        raise NotImplementedError
