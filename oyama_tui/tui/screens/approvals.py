"""The questions that wait for a person: the queue, and the card with everything needed to decide."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from oyama_tui.core.errors import NotFound
from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views import ApprovalCard, ApprovalRow, Decision
from oyama_tui.resources import styles_path
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import everywhere as every
from oyama_tui.tui.commands import places as c
from oyama_tui.tui.desk import Desk
from oyama_tui.tui.dialogs.decision import DecisionDialog
from oyama_tui.tui.messages import RunOpened
from oyama_tui.tui.pages.approval import ages, card_lines, queue_group, queue_row
from oyama_tui.tui.screens.base import StudioScreen
from oyama_tui.tui.signs import Signs
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.pager import Pager, nothing
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.wording import utc_now


class ApprovalsView(Frozen):
    """What the screen shows."""

    rows: tuple[ApprovalRow, ...]
    card: ApprovalCard | None


class Queue(Rows[ApprovalRow], inherit_bindings=False):
    """The questions; paging keys read on in the card instead."""

    BINDINGS = bindings(every.MoveDown, every.MoveUp, every.MoveTop, every.MoveBottom, every.Choose)

    def __init__(self, signs: Signs) -> None:
        super().__init__(
            lambda row: row.id, lambda row, width: queue_row(row, width, utc_now(), signs), queue_group, id="queue", classes="left"
        )


class Card(Pager, inherit_bindings=False):
    """Everything needed to decide one question; the screen's keys read on in it, from the queue too."""

    BINDINGS = bindings(every.MoveDown, every.MoveUp, every.MoveTop, every.MoveBottom)

    def __init__(self, signs: Signs) -> None:
        super().__init__(id="card", classes="right")
        self._signs = signs
        self._seen = ""
        self._shown: tuple[ApprovalCard | None, tuple[str, ...]] = (None, ("",))

    def show_card(self, card: ApprovalCard | None) -> None:
        """Show a card; another content starts from the top and counts as unread."""
        words = () if card is None else ages(card, utc_now())
        if (card, words) == self._shown:
            return
        self._shown = (card, words)
        if card is None:
            self.show(nothing)
            return
        seen = f"{card.row.id} {card.row.digest}"
        now = utc_now()
        self.show(lambda width: card_lines(card, width, now, self._signs), from_top=seen != self._seen)
        self._seen = seen


class ApprovalsScreen(StudioScreen[ApprovalsView]):
    """Questions on the left, the selected one on the right."""

    CSS_PATH = styles_path() / "screens" / "approvals.tcss"
    DEFAULT_CLASSES = "approvals-screen"
    PLACE = "approvals"
    questions_of = "*"
    BINDINGS = bindings(c.Approve, c.Reject, c.ReadOn, c.ReadBack, c.OpenRun)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._wanted = ""
        self._way_back = ("", "")
        """A question, and the run from which somebody has come to it."""

    def compose_body(self) -> ComposeResult:
        """Queue and card."""
        with Horizontal():
            yield Queue(self.desk.signs)
            yield Card(self.desk.signs)

    async def read(self) -> ApprovalsView:
        """The queue, and the card of the selected question."""
        rows = await self.desk.studio.approvals.list()
        self.damaged = rows.damaged
        chosen = self._wanted or self.query_one(Queue).cursor_key
        if all(row.id != chosen for row in rows):
            after = self.query_one(Queue).place
            chosen = rows[min(after, len(rows) - 1)].id if rows else ""
        try:
            card = await self.desk.studio.approvals.get(chosen) if chosen else None
        except NotFound:
            card = None
        return ApprovalsView(rows=rows, card=card)

    def empty_words(self, view: ApprovalsView) -> Content | None:
        """Nothing waits."""
        if view.rows:
            return None
        return notices.empty(
            "Nothing needs you. When a run comes to a gate, its question waits here until somebody answers.",
            "1 workflows   2 what is going on   4 what was answered",
            self.desk.command("approvals"),
        )

    def paint(self, view: ApprovalsView) -> None:
        """Patch the queue and show the card."""
        self.query_one(Queue).show_rows(view.rows)
        if self._wanted and self.query_one(Queue).select_key(self._wanted):
            self._wanted = ""
        self.query_one(Card).show_card(self.card)

    def tick(self) -> None:
        """Deadlines come nearer, and evidence gets older."""
        self.query_one(Queue).forget_drawn()
        if self.view is not None and self.view.card is not None:
            self.query_one(Card).show_card(self.card)

    @property
    def card(self) -> ApprovalCard | None:
        """The card of the selected question, once it is read."""
        card = self.view.card if self.view is not None else None
        return card if card is not None and card.row.id == (self.query_one(Queue).cursor_key or card.row.id) else None

    def select(self, approval_id: str, come_from: str = "") -> None:
        """Go to a question as soon as it is in the queue; once it is answered, go back to the run that somebody has come from."""
        self._wanted = approval_id
        self._way_back = (approval_id, come_from)
        self.go_in()
        self.reload()

    @on(Queue.Moved)
    def _moved(self) -> None:
        if self.card is None:
            self.reload()
        self.refresh_bindings()

    @on(Queue.Chosen)
    def _chosen(self) -> None:
        self.go_in()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only an open question can be answered."""
        if action in ("approve", "reject"):
            return self.card is not None and self.card.can_decide
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

    def action_approve(self) -> None:
        """Ask once more, then say yes."""
        card, pager = self.card, self.query_one(Card)
        if card is None:
            return
        if not card.can_approve:
            self.say(card.obstacle)
        elif card.row.risk == "high" and not pager.read_whole:
            read, parts = pager.parts
            self.say(f"Read it to the end first: {read} of {parts} parts read. ctrl+d reads on.")
            self.go_in()
        else:
            self.app.push_screen(DecisionDialog(self.desk, card, "approve"), self._decided)

    def action_reject(self) -> None:
        """Ask why, then say no."""
        if self.card is not None:
            self.app.push_screen(DecisionDialog(self.desk, self.card, "reject"), self._decided)

    def _decided(self, decision: Decision | None) -> None:
        self.reload()
        if decision is None:
            return
        self.say(decision.message)
        asked, run_id = self._way_back
        if run_id and decision.approval.id == asked:
            self.post_message(RunOpened(run_id))

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
