"""The questions that wait for a person: the queue, and the card with everything needed to decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from oyama_tui.core.errors import NotFound
from oyama_tui.core.rows import Rows
from oyama_tui.core.views import ApprovalCard, ApprovalOrder, ApprovalRow
from oyama_tui.resources import styles_path
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.messages import RunOpened
from oyama_tui.tui.screens.answering import AnsweringScreen, ApprovalsView
from oyama_tui.tui.screens.sorted_rows import SortedScreen
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.approval_parts import Card, Queue
from oyama_tui.tui.widgets.column_titles import ColumnTitles
from oyama_tui.tui.widgets.filter_bar import FilterBar
from oyama_tui.tui.widgets.finding_pane import FindingPane
from oyama_tui.tui.wording import count_of, utc_now

ORDERS: Mapping[ApprovalOrder, str] = {"workflow": "by workflow", "deadline": "by deadline", "risk": "by risk", "age": "by age"}
PAGE = 200
"""Questions that are read beyond those in sight."""


def is_possible(card: ApprovalCard, act: str) -> bool:
    """Whether something besides a yes can be done with a question.

    Args:
        card: The question.
        act: What.
    """
    if act == "send_back":
        return card.can_decide and card.can_send_back
    if act == "extend":
        return card.can_decide and card.row.deadline is not None
    if act == "difference":
        return True
    return card.can_decide or (card.row.status == "pending" and act in ("comment", "snooze", "withdraw"))


def _in_order(rows: Sequence[ApprovalRow], me: str) -> tuple[ApprovalRow, ...]:
    """What somebody has put off comes last."""
    now = utc_now()
    return tuple(sorted(rows, key=lambda row: row.is_snoozed(me, now)))


class ApprovalsScreen(AnsweringScreen, SortedScreen[ApprovalsView]):
    """Questions on the left, the selected one on the right."""

    CSS_PATH = styles_path() / "screens" / "approvals.tcss"
    DEFAULT_CLASSES = "approvals-screen"
    PLACE = "approvals"
    questions_of = "*"
    FILTER_HINT = "words that a question must have"
    BINDINGS = bindings(c.ReadOn, c.ReadBack, c.OpenRun, c.SortRows)
    ORDER_WORDS = tuple(ORDERS.values())

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._wanted = ""
        self._let_go = ""
        """A question that is over, and that somebody has moved on from."""

    def compose_body(self) -> ComposeResult:
        """Queue and card."""
        with Horizontal():
            with Vertical(id="asked"):
                yield ColumnTitles(lambda _width: Content.styled(" need you", "$text-disabled"))
                yield Queue(self.context.icons, self.context.studio.principal.name)
            yield FindingPane(Card(self.context.icons), Static("", id="reading", markup=False), id="side")

    async def read(self) -> ApprovalsView:
        """The queue, and the card of the selected question."""
        queue = self.query_one(Queue)
        listed, me = await _list(self, queue.reach + PAGE), self.context.studio.principal.name
        words = self.query_one(FilterBar).value.strip()
        every = (await self.context.studio.approvals.list(limit=1)).total if words else listed.total
        self.damaged, rows = listed.damaged, _in_order(listed, me)
        chosen, keep = self._wanted or queue.cursor_key, bool(self._wanted) or not self._returns
        self._returns = False
        card = await self._card(chosen)
        if all(row.id != chosen for row in rows):
            place = min(queue.place, len(rows))
            if card is not None and card.row.status == "pending" and words and not self._wanted:
                # The filter hides it.
                card = await self._card(rows[min(place, len(rows) - 1)].id if rows else "")
            elif card is not None and card.row.status == "pending" and listed.behind:
                listed = await _list(self, listed.total)
                rows = _in_order(listed, me)
            elif card is not None and keep and chosen != self._let_go:
                # What is over stays where it is: nothing else may slide under the cursor.
                rows = (*rows[:place], card.row, *rows[place:])
            else:
                card = await self._card(rows[min(place, len(rows) - 1)].id if rows else "")
        return ApprovalsView(rows=rows, card=card, unread=listed.behind, hidden=max(every - listed.total, 0))

    async def _card(self, approval_id: str) -> ApprovalCard | None:
        try:
            return await self.context.studio.approvals.get(approval_id) if approval_id else None
        except NotFound:
            return None

    def empty_words(self, view: ApprovalsView) -> Content | None:
        """Nothing waits."""
        if view.rows:
            return None
        if view.hidden:
            return notices.empty(
                f"None of {count_of(view.hidden, 'question')} has these words.",
                "/ other words   esc all questions",
                self.context.command("approvals"),
            )
        return notices.empty(
            "Nothing needs you. When a run comes to a gate, its question waits here until somebody answers.",
            "1 workflows   2 what is going on   4 what was answered",
            self.context.command("approvals"),
        )

    def paint(self, view: ApprovalsView) -> None:
        """Patch the queue and show the card."""
        order = tuple(ORDERS)[self._order]
        hidden = f"{view.hidden:,} hidden" if view.hidden else ORDERS[order]
        self.query_one(ColumnTitles).note(Content.styled(hidden, "$text-accent" if view.hidden else "$text-disabled"), urgent=True)
        self.query_one(Queue).grouped = order == "workflow"
        self.query_one(Queue).show_rows(view.rows, view.unread)
        if self._wanted and self.query_one(Queue).select_key(self._wanted):
            self._wanted = ""
        self.query_one(Card).show_card(self.card)
        self.note_reading()

    def tick(self) -> None:
        """Deadlines come nearer, and evidence gets older."""
        self.query_one(Queue).forget_drawn()
        if self.view is not None:
            self.query_one(Card).show_card(self.card)

    @property
    def card(self) -> ApprovalCard | None:
        """The card of the selected question, once it is read."""
        card = self.view.card if self.view is not None else None
        return card if card is not None and card.row.id == (self.query_one(Queue).cursor_key or card.row.id) else None

    def select(self, approval_id: str, come_from: str = "") -> None:
        """Go to a question as soon as it is in the queue; once it is answered, go back to the run that somebody has come from."""
        self.query_one(FilterBar).clear_words()
        self._wanted = approval_id
        self._way_back = (approval_id, come_from)
        self.go_in()
        self.reload()

    @on(Queue.Moved)
    def _moved(self) -> None:
        if self.card is None:
            self.reload()
        self.refresh_bindings()

    @on(Queue.Lacking)
    def _lacking(self) -> None:
        self.reload()

    @on(Queue.MovedOn)
    def _moved_on(self) -> None:
        """Let go of a question that is over."""
        over = next((row.id for row in self.view.rows if row.status != "pending"), "") if self.view is not None else ""
        if over:
            self._let_go = over
            self.reload()

    @on(Queue.Chosen)
    def _chosen(self) -> None:
        self.go_in()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only an open question can be answered."""
        if action == "approve":
            return self.card is not None and self.card.can_decide
        if action == "edit_then_approve":
            return self.card is not None and self.card.can_decide and bool(self.card.content.editable)
        if action == "act":
            return self.card is not None and is_possible(self.card, str(parameters[0]))
        if action in ("read_on", "read_back", "open_run"):
            return self.card is not None
        return super().check_action(action, parameters)

    def subject_id(self) -> str:
        """The approval's id."""
        return self.query_one(Queue).cursor_key

    def subject_command(self) -> tuple[str, ...]:
        """How to answer from a shell."""
        key = self.query_one(Queue).cursor_key
        return ("approve", key) if key else ("approvals",)

    def action_read_on(self) -> None:
        """Half a page on in the card."""
        self.query_one(Card).action_page_down()

    def action_read_back(self) -> None:
        """Half a page back in the card."""
        self.query_one(Card).action_page_up()

    def action_open_run(self) -> None:
        """Look at the run that asks."""
        if self.card is not None:
            self.post_message(RunOpened(self.card.row.run_id))


async def _list(screen: ApprovalsScreen, limit: int) -> Rows[ApprovalRow]:
    """Read so many questions, in the screen's order and as its filter wants them."""
    words = screen.query_one(FilterBar).value
    return await screen.context.studio.approvals.list(limit=limit, order=tuple(ORDERS)[screen._order], words=words)
