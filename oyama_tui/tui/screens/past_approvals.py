"""Approvals that are over, and open ones beside them: any number of them, filtered; and the card of one, with its answers."""

from __future__ import annotations

from typing import Literal

from textual.app import ComposeResult
from textual.content import Content

from oyama_tui.core.errors import NotFound, OyamaError
from oyama_tui.core.views import ApprovalFilter, PastApproval
from oyama_tui.studio.approval_history import ApprovalHistory
from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import screen_commands as c
from oyama_tui.tui.messages import RunOpened
from oyama_tui.tui.render.approval import card_lines
from oyama_tui.tui.render.past_approvals import past_approval_row, past_approval_titles
from oyama_tui.tui.screens.difference import DifferenceScreen
from oyama_tui.tui.screens.paged import PagedScreen, PagedView
from oyama_tui.tui.widgets import notices
from oyama_tui.tui.widgets.column_titles import ColumnTitles
from oyama_tui.tui.widgets.paged_rows import PagedRows
from oyama_tui.tui.widgets.pager import Pager, nothing
from oyama_tui.tui.widgets.panes import Beside, Stacked
from oyama_tui.tui.wording import utc_now

HINT = "status:rejected  by:ana  workflow:release  kind:task  risk:high  since:7d  words"


class PastApprovalsScreen(PagedScreen[PastApproval, ApprovalFilter]):
    """Approvals on the left, the card of the selected one on the right, to be read only."""

    DEFAULT_CLASSES = "past-approvals-screen"
    MODE = "past_approvals"
    NOUN = "approval"
    FILTER_HINT = HINT
    BINDINGS = bindings(c.ShowPastRuns, c.OpenAskingRun, c.Compare)
    wanted = ApprovalFilter()

    def compose_body(self) -> ComposeResult:
        """Titles, list, card."""
        icons = self.context.icons
        with Beside():
            with Stacked(id="past"):
                yield ColumnTitles(past_approval_titles)
                self.listed = PagedRows(
                    self.fetch, lambda row, width: past_approval_row(row, width, utc_now(), icons), id="answered", classes="left"
                )
                yield self.listed
            yield Pager(id="detail", classes="right")

    @property
    def past(self) -> ApprovalHistory:
        """The history of approvals."""
        return self.context.studio.approval_history

    def empty_words(self, view: PagedView) -> Content | None:
        """Nothing was ever asked, or nothing fits."""
        if view.total:
            return None
        command = self.context.command("approvals", "--status", "all")
        if view.filtered:
            return notices.empty("No approval fits the filter.", f"/ another filter: {HINT}   esc all approvals", command)
        return notices.empty(
            "No question yet. Every question that a run asks is kept here: what was shown, who answered what, when, and how.",
            "3 what waits for an answer   [ past runs",
            command,
        )

    async def look_at(self, row: PastApproval) -> None:
        """Read the card of an approval."""
        pager, icons = self.query_one(Pager), self.context.icons
        try:
            card = await self.context.studio.approvals.get(row.id)
        except NotFound:
            pager.show(nothing)
        except OyamaError as error:
            words = notices.trouble(error).split()
            pager.show(lambda _width: words)
        else:
            pager.show(lambda width: card_lines(card, width, utc_now(), icons))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only with an approval selected."""
        if action == "act":
            return self.view is not None and self.listed.selected is not None
        return super().check_action(action, parameters)

    def subject_id(self) -> str:
        """The approval's id."""
        row = self.listed.selected
        return row.id if row is not None else ""

    def subject_command(self) -> tuple[str, ...]:
        """How to look at it from a shell."""
        row = self.listed.selected
        return ("approvals", "--show", row.id) if row is not None else ("approvals", "--status", "all")

    def action_act(self, act: Literal["difference", "run"]) -> None:
        """Show what was different from what had been asked before, or the run that asked."""
        row = self.listed.selected
        if row is not None and act == "difference":
            self.app.push_screen(DifferenceScreen(self.context, row.id))
        elif row is not None:
            self.post_message(RunOpened(row.run_id))
