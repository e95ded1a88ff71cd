"""Reading the queue as far as it is looked at, and the card of what is under the cursor."""

from __future__ import annotations

from collections.abc import Mapping

from oyama_tui.core.errors import NotFound
from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views import AlikeGroup, AlikeQuestion, ApprovalCard, ApprovalOrder, ApprovalRow, QueuePage, RunRow
from oyama_tui.studio import Studio
from oyama_tui.tui.marks import Marks
from oyama_tui.tui.widgets.approval_parts import Queue, QueueRow
from oyama_tui.tui.widgets.row_list import Heading

ORDERS: Mapping[ApprovalOrder, str] = {"workflow": "by workflow", "deadline": "by deadline", "risk": "by risk", "age": "by age"}
PAGE = 40
"""Lines that are read before those in sight, and as many behind them."""


class ApprovalsView(Frozen):
    """What the screen shows."""

    rows: tuple[ApprovalRow | AlikeGroup, ...]
    """The lines that have been read."""
    chosen: str = ""
    """The line whose card it is."""
    wanted: str = ""
    """The question that somebody goes to, whether it was found or not; empty when nobody does."""
    card: ApprovalCard | None
    card_is_due: bool = False
    """The lines alone have been read yet; the card that is shown stays until that of the chosen line is there."""
    members: tuple[AlikeQuestion, ...] = ()
    """The questions that the card stands for, where the line is a group."""
    run: RunRow | None = None
    """The run that has asked, as it is now, where the question is over."""
    gaps: Mapping[int, int] = {}
    """Lines that have not been read: by how many of the rows stand before them, in their order, how many."""
    total: int = 0
    """How many questions fit the filter."""
    hidden: int = 0
    """How many wait that do not."""
    damaged: tuple[str, ...] = ()
    """A sentence about each row that is damaged and so not shown."""

    def has_lines_of(self, other: ApprovalsView | None) -> bool:
        """Whether the lines and what is chosen among them are those of another reading, whatever the cards are.

        Args:
            other: What is shown; none when nothing is yet.
        """
        if other is None:
            return False
        beside = {name: getattr(self, name) for name in ("card", "card_is_due", "members", "run")}
        return self == other.model_copy(update=beside)

    @property
    def following(self) -> ApprovalRow | None:
        """The question that comes after the one that is chosen, or the first that waits; none when no other one does."""
        places = [place for place, row in enumerate(self.rows) if _key(row) == self.chosen]
        behind = self.rows[places[0] + 1 :] if places else ()
        others = (row.first if isinstance(row, AlikeGroup) else row for row in (*behind, *self.rows) if _key(row) != self.chosen)
        return next((row for row in others if row.status == "pending" and not row.asks_others), None)


class QueueReading:
    """Reads for one list of questions.

    Args:
        studio: Where to read.
        queue: The list.
        marks: Which questions are marked.
    """

    def __init__(self, studio: Studio, queue: Queue, marks: Marks) -> None:
        self._studio, self._queue, self._marks = studio, queue, marks
        self.wanted = ""
        """A question that somebody goes to."""
        self.let_go = ""
        """A question that is over, and that somebody has moved on from."""
        self.folds: dict[str, bool] = {}
        """By what a group has in common: whether somebody has folded it, or unfolded it."""

    async def read(self, order: ApprovalOrder, words: str, *, anew: bool, shown: ApprovalsView | None) -> ApprovalsView:
        """Read the lines; the card of the selected one is what was shown with it last, if it was, and due.

        Args:
            order: What comes first.
            words: The filter.
            anew: Somebody has been elsewhere: what was under the cursor then is no matter any more.
            shown: What is shown.
        """
        wanted = self.wanted
        chosen, keep = wanted or self._queue.cursor_key, bool(wanted) or not anew
        page = await self._page(order, words, chosen)
        if page.within and (wanted or not self._is_folded(page.within)):
            self.folds[page.within] = False
            page = await self._page(order, words, chosen)
        self._marks.keep(page.marked)
        rows, gaps = page.rows, page.gaps
        if all(_key(row) != chosen for row in rows):
            place = self._index(page)
            over = await self._card(chosen) if chosen != self.let_go and keep and not page.waits else None
            if again := await self._asked_again(over):
                self.wanted = again
                return await self.read(order, words, anew=anew, shown=shown)
            if over is not None and over.row.status != "pending":
                # What is over stays where it is: nothing else may slide under the cursor.
                rows = (*rows[:place], over.row, *rows[place:])
                gaps = {at + (place < at): lines for at, lines in gaps.items()}
            else:
                chosen = f"={page.within}" if page.within else _key(rows[min(place, len(rows) - 1)]) if rows else ""
        same = shown is not None and shown.chosen == chosen
        return ApprovalsView(
            rows=rows,
            chosen=chosen,
            wanted=wanted,
            card=shown.card if shown is not None and same else None,
            card_is_due=True,
            members=shown.members if shown is not None and same else (),
            run=shown.run if shown is not None and same else None,
            gaps=gaps,
            total=page.total,
            hidden=page.every - page.total,
            damaged=page.damaged,
        )

    async def turn_to(self, view: ApprovalsView, words: str) -> ApprovalsView:
        """The same lines with the card, as it is now, of the one that is selected now.

        Args:
            view: As it was read last.
            words: The filter.
        """
        chosen = self._queue.cursor_key
        card, members = await self._looked_at(view.rows, chosen, words)
        run = await self._studio.approvals.run_of(card.row) if card is not None and card.row.status != "pending" else None
        turned = {"chosen": chosen, "wanted": "", "card": card, "card_is_due": False, "members": members, "run": run}
        return view.model_copy(update=turned)

    async def _page(self, order: ApprovalOrder, words: str, chosen: str) -> QueuePage:
        # A screenful at each end is always at hand for whoever goes there.
        ends = self._queue.room.height
        return await self._studio.queue.page(
            order=order,
            words=words,
            folds=self.folds,
            head=ends,
            tail=ends,
            sight=in_sight(self._queue),
            wanted=chosen,
            marked=tuple(self._marks),
        )

    def _is_folded(self, alike: str) -> bool:
        return self.folds.get(alike, False)

    async def _looked_at(
        self, rows: tuple[QueueRow, ...], chosen: str, words: str
    ) -> tuple[ApprovalCard | None, tuple[AlikeQuestion, ...]]:
        group = next((row for row in rows if isinstance(row, AlikeGroup) and row.key == chosen), None)
        if group is None:
            return await self._card(chosen), ()
        card = await self._card(group.first.id)
        return card, await self._studio.queue.questions(words=words, alike=group.alike)

    async def _asked_again(self, over: ApprovalCard | None) -> str:
        """The question that stands for one whose evidence somebody wanted anew; none before it is asked."""
        if over is None or not any(act.verdict == "look" for act in over.votes):
            return ""
        rows = await self._studio.approvals.of_run(over.row.run_id, pending=True)
        return next((row.id for row in rows if row.node == over.row.node), "")

    async def _card(self, approval_id: str) -> ApprovalCard | None:
        try:
            return await self._studio.approvals.get(approval_id) if approval_id and not approval_id.startswith("=") else None
        except NotFound:
            return None

    def _index(self, page: QueuePage) -> int:
        """Among the lines that have been read: where the cursor stands."""
        place, unread = self._queue.place, 0
        for at, lines in page.gaps.items():
            if place <= at + unread:
                break
            unread += min(lines, place - at - unread)
        return min(place - unread, len(page.rows))


def _key(row: QueueRow) -> str:
    return row.key if isinstance(row, AlikeGroup) else row.id


def in_sight(queue: Queue) -> tuple[int, int]:
    """Which rows of a list are in sight, and some beyond: the first of them, and the one behind the last.

    Args:
        queue: The list.
    """
    lines, top = queue._lines, queue.top
    first = sum(not isinstance(row, Heading) for row in lines[:top])
    return first - PAGE, first + sum(not isinstance(row, Heading) for row in lines[top : top + queue.room.height]) + PAGE
