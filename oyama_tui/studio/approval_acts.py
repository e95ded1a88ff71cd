"""Use cases of open questions besides answering them: comment, look again, hand on, put off, give more time, ask no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final, TypeAlias

from oyama_tui.core import commands as c
from oyama_tui.core.errors import IllegalTransition, Refused
from oyama_tui.core.views import ApprovalRow
from oyama_tui.studio.approvals import Approvals, zone
from oyama_tui.studio.context import StudioContext
from oyama_tui.studio.principal import Way

_Act: TypeAlias = c.CommentOn | c.LookAgain | c.Delegate | c.Snooze | c.Extend | c.Withdraw
PAGE: Final = 500
"""Open questions that are read at a time."""


class ApprovalActs:
    """What can be done with open questions besides answering them; `ref` is an approval as people name it.

    Args:
        context: What the studio works with.
        approvals: Finds them.
    """

    def __init__(self, context: StudioContext, approvals: Approvals) -> None:
        self._context = context
        self._approvals = approvals

    async def comment(self, ref: str, comment: str, *, how: Way | None = None) -> ApprovalRow:
        """Say something about an open question without answering it.

        Args:
            ref: The approval.
            comment: What; kept as it is seen.
            how: In which way, as for an answer.

        Raises:
            Refused: It is not open, nothing is said, or this process acts for no person.
        """
        return await self._act(c.CommentOn, ref, comment, how)

    async def look_again(self, ref: str, *, comment: str = "", how: Way | None = None) -> ApprovalRow:
        """Have the evidence of a question gathered anew: it is closed, and asked once more with what is found, until the same time.

        Args:
            ref: The approval.
            comment: Why.
            how: In which way, as for an answer.

        Raises:
            Refused: It is not open or has no evidence, whoever runs this process may not answer it, or nobody could look now.
        """
        owner = await self._context.row((await self._approvals.get(ref)).row.run_id)
        if owner.owner == "nobody" and self._context.background is None:
            raise IllegalTransition(f"Nobody drives {owner.label} now, so nobody would look.", f"First: oyama resume {owner.id}")
        return await self._act(c.LookAgain, ref, comment, how)

    async def delegate(self, ref: str, to: str, *, comment: str = "", how: Way | None = None) -> ApprovalRow:
        """Ask somebody else to answer; they may from then on, and so may whoever could before.

        Args:
            ref: The approval.
            to: An account, or `group:NAME`.
            comment: Why.
            how: In which way, as for an answer.

        Raises:
            Refused: It is not open, whoever runs this process may not answer it, or the other one may not be asked.
        """
        return await self._act(c.Delegate, ref, comment, how, to=to)

    async def snooze(self, ref: str, until: datetime, *, comment: str = "", how: Way | None = None) -> ApprovalRow:
        """Do not want to see a question for a while; others do, and its deadline stays.

        Args:
            ref: The approval.
            until: Until when; a time that is past brings it back.
            comment: Why.
            how: In which way, as for an answer.

        Raises:
            Refused: It is not open, or the time is out of reach.
        """
        return await self._act(c.Snooze, ref, comment, how, until=_milliseconds(until))

    async def extend(self, ref: str, deadline: datetime, *, comment: str = "", how: Way | None = None) -> ApprovalRow:
        """Give a question more time.

        Args:
            ref: The approval.
            deadline: Until when it can be answered from now on.
            comment: Why.
            how: In which way, as for an answer.

        Raises:
            Refused: It is not open, has no deadline or a later one, or whoever runs this process may not answer it.
        """
        return await self._act(c.Extend, ref, comment, how, deadline=_milliseconds(deadline))

    async def withdraw(self, ref: str, comment: str = "") -> ApprovalRow:
        """Ask a question no more: its run ends as cancelled, which is no rejection.

        Args:
            ref: The approval.
            comment: Why.

        Raises:
            Refused: It is not open, or this process is a step of another run.
        """
        return await self._act(c.Withdraw, ref, comment, None)

    async def clear(self, workflow_id: str, comment: str = "") -> tuple[tuple[ApprovalRow, ...], tuple[str, ...]]:
        """Withdraw all open questions of a workflow.

        Args:
            workflow_id: The workflow.
            comment: Why.

        Returns:
            Those that were withdrawn, and why each of the others was not.
        """
        cleared: tuple[ApprovalRow, ...] = ()
        kept: tuple[str, ...] = ()
        for row in [row async for row in self._pages(workflow_id)]:
            try:
                cleared += (await self.withdraw(row.id, comment),)
            except Refused as refused:
                kept += (f"{row.id}: {refused.sentence}",)
        return cleared, kept

    async def _pages(self, workflow_id: str) -> AsyncIterator[ApprovalRow]:
        """All open questions of a workflow as they are now."""
        rows = await self._approvals.list(workflow=workflow_id, limit=PAGE)
        more = [await self._approvals.list(workflow=workflow_id, limit=PAGE, offset=offset) for offset in range(PAGE, rows.total, PAGE)]
        for row in (row for page in (rows, *more) for row in page):
            yield row

    async def _act(self, kind: type[_Act], ref: str, comment: str, how: Way | None, **facts: str | int) -> ApprovalRow:
        """Do something with an open question besides answering it."""
        approval_id = await self._approvals.resolve(ref)
        run_id = (await self._approvals.get(approval_id)).row.run_id
        wanted = kind.model_validate(
            {
                "at": 0,
                "by": self._context.principal,
                "id": approval_id,
                "comment": self._context.said(comment),
                "origin": self._approvals.origin(how),
                "groups": self._context.caller.person.groups,
                **facts,
            }
        )
        await self._context.command(run_id, lambda at: wanted.model_copy(update={"at": at, "zone": zone()}))
        return (await self._approvals.get(approval_id)).row


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
