"""The questions that wait for a person: the queue, and the card with everything needed to decide."""

from __future__ import annotations

from time import monotonic

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

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
from oyama_tui.tui.pages.approval import card_lines, queue_group, queue_row
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


IN_SIGHT = 0.3
"""Seconds that a card has been in sight before a key can mean it."""


class Queue(Rows[ApprovalRow], inherit_bindings=False):
    """The questions; paging keys read on in the card instead."""

    class MovedOn(Message):
        """Somebody has moved the cursor, or would have."""

    BINDINGS = bindings(every.MoveDown, every.MoveUp, every.MoveTop, every.MoveBottom, every.Choose)

    def __init__(self, signs: Signs) -> None:
        super().__init__(
            lambda row: row.id, lambda row, width: queue_row(row, width, utc_now(), signs), queue_group, id="queue", classes="left"
        )

    def move_to(self, line: int, step: int = 1) -> None:
        """Put the cursor on a line."""
        super().move_to(line, step)
        self.post_message(self.MovedOn())


class Card(Pager, inherit_bindings=False):
    """Everything needed to decide one question; the screen's keys read on in it, from the queue too."""

    BINDINGS = bindings(every.MoveDown, every.MoveUp, every.MoveTop, every.MoveBottom)

    def __init__(self, signs: Signs) -> None:
        super().__init__(id="card", classes="right")
        self._signs = signs
        self._seen = ""
        self.in_sight_since = float("inf")
        self._shown: tuple[ApprovalCard | None, int] = (None, 0)

    def show_card(self, card: ApprovalCard | None) -> None:
        """Show a card; another content starts from the top and counts as unread."""
        second = int(utc_now().timestamp())
        if (card, second) == self._shown:
            return
        self._shown = (card, second)
        if card is None:
            self._seen, self.in_sight_since = "", float("inf")
            self.show(nothing)
            return
        seen = f"{card.row.id} {card.row.digest}"
        now = utc_now()
        fresh = seen != self._seen
        self.show(lambda width: card_lines(card, width, now, self._signs), from_top=fresh)
        self._seen = seen
        if fresh:
            self.leave_sight()
            self.come_into_sight()

    def come_into_sight(self) -> None:
        """From the next picture on it is in sight, where there is room for it."""
        self.call_after_refresh(self._is_painted, self._seen)

    def _is_painted(self, seen: str) -> None:
        if seen and seen == self._seen and self.is_on_screen and self.in_sight_since == float("inf"):
            self.in_sight_since = monotonic()

    def leave_sight(self) -> None:
        """Nobody sees it any more."""
        self.in_sight_since = float("inf")

    def on_show(self) -> None:
        """It has got room."""
        self.come_into_sight()

    def on_hide(self) -> None:
        """It has no room any more."""
        self.leave_sight()


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
        self._let_go = ""
        """A question that is over, and that somebody has moved on from."""
        self._returns = False
        """Somebody has been elsewhere: what was under the cursor then is no matter any more."""

    def compose_body(self) -> ComposeResult:
        """Queue and card."""
        with Horizontal():
            yield Queue(self.desk.signs)
            with Vertical(id="side"):
                yield Static("", id="reading", markup=False)
                yield Card(self.desk.signs)

    async def read(self) -> ApprovalsView:
        """The queue, and the card of the selected question."""
        rows = await self.desk.studio.approvals.list()
        queue = self.query_one(Queue)
        chosen, keep = self._wanted or queue.cursor_key, bool(self._wanted) or not self._returns
        self._returns = False
        card = await self._card(chosen)
        if all(row.id != chosen for row in rows):
            place = min(queue.place, len(rows))
            if card is not None and keep and chosen != self._let_go:
                # What is over stays where it is: nothing else may slide under the cursor.
                rows = (*rows[:place], card.row, *rows[place:])
            else:
                card = await self._card(rows[min(place, len(rows) - 1)].id if rows else "")
        return ApprovalsView(rows=rows, card=card)

    async def _card(self, approval_id: str) -> ApprovalCard | None:
        try:
            return await self.desk.studio.approvals.get(approval_id) if approval_id else None
        except NotFound:
            return None

    def empty_words(self, view: ApprovalsView) -> Content | None:
        """Nothing waits."""
        if view.rows:
            return None
        return notices.empty(
            "Nothing needs you. When a run comes to a gate, its question waits here until somebody answers.",
            "1 workflows   2 what is going on   4 what was answered",
            "oyama approvals",
        )

    def paint(self, view: ApprovalsView) -> None:
        """Patch the queue and show the card."""
        self.query_one(Queue).show_rows(view.rows)
        if self._wanted and self.query_one(Queue).select_key(self._wanted):
            self._wanted = ""
        self.query_one(Card).show_card(self.card)
        self._note_reading()

    def _note_reading(self) -> None:
        """How much has been read of what must be read whole."""
        line, card = self.query_one("#reading", Static), self.card
        there = card is not None and card.can_decide and card.row.risk == "high"
        line.set_class(there, "-there")
        if there:
            read, parts = self.query_one(Card).parts
            words = "read to the end" if read == parts else f"read {read} of {parts}   ctrl+d reads on"
            line.update(Content.styled(words, "$text-muted" if read == parts else "$text-accent"))

    @on(Pager.ReadFurther)
    def _read_further(self) -> None:
        self._note_reading()

    def tick(self) -> None:
        """Deadlines come nearer."""
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
        self._wanted = approval_id
        self._way_back = (approval_id, come_from)
        self.go_in()
        self.reload()

    @on(Queue.Moved)
    def _moved(self) -> None:
        if self.card is None:
            self.reload()
        self.refresh_bindings()

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

    def on_screen_suspend(self) -> None:
        """Under a dialog the card stays in sight, under another place it does not."""
        if not isinstance(self.app.screen, ModalScreen):
            self._returns = True
            self.query_one(Card).leave_sight()

    def on_screen_resume(self) -> None:
        """It is in sight again."""
        super().on_screen_resume()
        self.query_one(Card).come_into_sight()

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

    def subject_command(self) -> str:
        """How to answer from a shell."""
        return f"oyama approve {self.query_one(Queue).cursor_key}" if self.query_one(Queue).cursor_key else "oyama approvals"

    def action_approve(self) -> None:
        """Ask once more, then say yes."""
        card, pager = self.card, self.query_one(Card)
        if card is None or not self._is_meant():
            return
        if not card.can_approve:
            self.say(card.obstacle)
        elif card.row.risk == "high" and not pager.read_whole:
            read, parts = pager.parts
            self.say(f"Read it to the end first, half a second for each part: {read} of {parts} read. ctrl+d reads on.")
            pager.to_unread()
            self.go_in()
        else:
            self.app.push_screen(DecisionDialog(self.desk, card, "approve"), self._decided)

    def action_reject(self) -> None:
        """Ask why, then say no."""
        if self.card is not None and self._is_meant():
            self.app.push_screen(DecisionDialog(self.desk, self.card, "reject"), self._decided)

    def _is_meant(self) -> bool:
        """Whether a key can have meant this card: it was in sight when the key was typed."""
        if self.desk.typed_at() - self.query_one(Card).in_sight_since >= IN_SIGHT:
            return True
        self.say("It has only just come into sight: look at it, then press again.")
        self.go_in()
        return False

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
