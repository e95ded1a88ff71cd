"""Use cases of the queue as it is looked at: its lines, and what is answered together."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import TypedDict

from oyama_tui.core.approvers import Person
from oyama_tui.core.text import folded
from oyama_tui.core.views import AlikeQuestion, ApprovalOrder, BulkQuestion, QueuePage
from oyama_tui.store.open_questions import OpenQuestions
from oyama_tui.store.queries.alike import bulk_questions, open_questions, queue_page
from oyama_tui.studio.context import StudioContext


class _Among(TypedDict):
    """Of which questions something is asked, for whom and when."""

    order: ApprovalOrder
    words: list[str]
    person: Person
    now: int


class Queue:
    """What can be asked of the queue."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._known = OpenQuestions()
        self._turn = asyncio.Lock()

    async def page(
        self,
        *,
        order: ApprovalOrder = "workflow",
        words: str = "",
        folds: Mapping[str, bool] | None = None,
        head: int = 500,
        tail: int = 0,
        sight: tuple[int, int] = (0, 0),
        wanted: str = "",
        marked: Collection[str] = (),
    ) -> QueuePage:
        """Parts of the queue by lines; sorted by workflow, questions that are the same but for their target are grouped.

        Args:
            order: What comes first; what waits for others, and what was put off, comes last in any order.
            words: Only what has each of them in its id, title, target, workflow, run, step, risk or kind.
            folds: By what a group has in common: whether somebody has folded it, or unfolded it.
            head: How many of the first lines are read.
            tail: How many of the last ones.
            sight: From which line on, and up to before which one, more are read.
            wanted: An approval whose line is read wherever it stands; where nothing else is read, with those around it.
            marked: Approvals of which it is asked whether they are still open, and fit.
        """
        database, among = self._context.store.database, self._among(order, words)
        # One page after the other, so that none is read from an older state of the database than what is known.
        async with self._turn:
            return await database.read(
                lambda connection: queue_page(
                    connection, self._known, folds=folds, head=head, tail=tail, sight=sight, wanted=wanted, marked=marked, **among
                )
            )

    async def questions(self, *, order: ApprovalOrder = "workflow", words: str = "", alike: str = "") -> tuple[AlikeQuestion, ...]:
        """All open questions that fit a filter, each with the digest of what it asks now.

        Args:
            order: What comes first.
            words: As for a page.
            alike: What they have in common: then only those that the person may answer now; any when empty.
        """
        database, among = self._context.store.database, self._among(order, words)
        return await database.read(lambda connection: open_questions(connection, self._known, alike=alike, **among))

    def _among(self, order: ApprovalOrder, words: str) -> _Among:
        """Which questions are meant, in which order, and who asks when."""
        person = self._context.store.database.reads_for()
        return {"order": order, "words": folded(words).split(), "person": person, "now": self._context.clock()}

    async def together(self, ids: Sequence[str]) -> tuple[BulkQuestion, ...]:
        """Questions that are to be answered together, as they are now; what there is no more is left out.

        Args:
            ids: Whole ids of approvals.
        """
        return await self._context.store.database.read(lambda connection: bulk_questions(connection, ids))
