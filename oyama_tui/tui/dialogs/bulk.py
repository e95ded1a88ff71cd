"""One answer to several questions: each gets its own record, bound to what it asked when it was marked."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from oyama_tui.core.bulk import CHANGED, GONE, left_out, outcome_words, what_became, what_had_become
from oyama_tui.core.errors import NotFound, OyamaError, StaleDigest
from oyama_tui.core.events import Verdict
from oyama_tui.core.views import ApprovalRow, Change
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.base import Dialog
from oyama_tui.tui.marks import Look
from oyama_tui.tui.render.approval import sentence
from oyama_tui.tui.widgets.buttons import ButtonRow, DialogButton
from oyama_tui.tui.widgets.layout import plain
from oyama_tui.tui.widgets.writing import NEW_LINE, SeveralLines
from oyama_tui.tui.work import work


class BulkDialog(Dialog[str]):
    """Approve or reject what is marked, as far as that can be done together.

    Args:
        context: What all screens share.
        verdict: The answer.
        questions: By question: the digest of what it asked when it was marked.
        looked_at: By question: what somebody has had before their eyes.
    """

    def __init__(self, context: AppContext, verdict: Verdict, questions: Mapping[str, str], looked_at: Mapping[str, Look]) -> None:
        super().__init__(context)
        self._verdict: Verdict = verdict
        self._questions, self._looked_at = dict(questions), dict(looked_at)
        self._keys = {each: uuid.uuid4().hex for each in questions}
        self.taking_part: tuple[ApprovalRow, ...] = ()
        """The questions that are answered."""
        self._others: tuple[tuple[str, str], ...] = ()
        """Of each other one its title, and why it stays out."""
        self._begun = False
        self._done, self._missed = 0, list[str]()

    async def look(self) -> None:
        """See which of the questions can be answered together now.

        Raises:
            OyamaError: They cannot be read.
        """
        places = {approval_id: place for place, approval_id in enumerate(self._questions)}
        found = sorted(await self.context.studio.queue.together(list(places)), key=lambda question: places[question.row.id])
        taking_part, others = [], []
        seen_before = {row.id for row in self.taking_part} if self._begun else set(self._questions)
        for question in found:
            look = self._looked_at.get(question.row.id)
            why = left_out(question, self._verdict, self._questions[question.row.id], look.digest if look is not None else "")
            if not why and question.row.id not in seen_before:
                # It could be answered only since: whoever reads the list has not read it as a part of that.
                why = "left out before"
            others.append((sentence(question.row), why)) if why else taking_part.append(question.row)
        self._begun = True
        self.taking_part, self._others = tuple(taking_part), tuple(others)

    @property
    def none_words(self) -> str:
        """Why none of them is answered."""
        counted = ", ".join(f"{count} {why}" for why, count in Counter(why for _, why in self._others).items())
        return f"None of these can be answered together: {counted or 'they are gone'}."

    @property
    def _does(self) -> str:
        return "Approve" if self._verdict == "approve" else "Reject"

    def heading(self) -> str:
        """What it does with how many."""
        return f"{self._does} {len(self.taking_part):,} marked"

    def compose_fields(self) -> ComposeResult:
        """All that take part, those that do not and why, the comment."""
        yield Static(self._listed(), id="listed", markup=False)
        needed = "" if self._verdict == "approve" else "  needed, for all of them"
        label = Content.assemble("comment", (needed, "$text-accent"), (f"  {NEW_LINE}", "$text-disabled"))
        yield Static(label, classes="label", markup=False)
        yield SeveralLines(id="comment", classes="control", placeholder="nothing to add" if self._verdict == "approve" else "")

    def _listed(self) -> Content:
        mark = self.context.icons.of("approved" if self._verdict == "approve" else "rejected").mark
        lines = [Content.assemble(mark, " ", plain(sentence(row)), "  ", plain(row.run_label, "$text-muted")) for row in self.taking_part]
        if self._others:
            lines += [Content(""), Content.styled(f"Left out: {len(self._others):,}", "bold $text-muted")]
        lines += [Content.assemble("  ", plain(title, "$text-muted"), ": ", plain(why)) for title, why in self._others]
        return Content("\n").join(lines)

    def compose_buttons(self) -> ComposeResult:
        """Do it, or not now."""
        yield DialogButton(self._button(), id="yes", classes="-approve" if self._verdict == "approve" else "-reject")
        yield DialogButton("Not now", id="no")

    def _button(self) -> str:
        return f"{self._does} {len(self.taking_part):,}"

    def first_focus(self) -> Widget | None:
        """What is still missing; else the answer."""
        return self.query_one("#yes" if self._verdict == "approve" else "#comment")

    def on_mount(self) -> None:
        """Follow the news about the questions, and the time: some may expire. What came since they were read is no news: look at once."""
        self.context.changed.subscribe(self, self._on_change)
        if any(row.deadline is not None for row in self.taking_part):
            self.set_interval(1.0, self._look_again)
        self._look_again()

    def _on_change(self, change: Change) -> None:
        if any(row.run_id in change.runs for row in self.taking_part):
            self._look_again()

    def _look_again(self) -> None:
        if not self.busy and not self.over and not self.is_dismissed:
            work(self, self._renew, group="check", exclusive=True)

    async def _renew(self) -> None:
        before = self.taking_part, self._others
        try:
            await self.look()
        except OyamaError as error:
            self.refuse(error)
            return
        if self.busy or self.over or self.is_dismissed or before == (self.taking_part, self._others):
            return
        self.query_one("#heading", Static).update(Content.styled(self.heading(), self.TITLE_STYLE))
        self.query_one("#listed", Static).update(self._listed())
        if self.taking_part:
            self.query_one("#yes", DialogButton).say(self._button())
            self.query_one(ButtonRow).line_up()
        else:
            self.end_with(f"{self.none_words} Nothing was sent.")

    @on(Button.Pressed, "#no")
    def _not_now(self) -> None:
        self.action_close_dialog()

    @on(Button.Pressed, "#yes")
    def _answer(self) -> None:
        comment = self.query_one("#comment", SeveralLines).value.strip()
        if self._verdict != "approve" and not comment:
            self.complain("A rejection needs a comment: the people who wait for it want to know why.")
            self.query_one("#comment").focus()
        elif not self.busy:
            self.busy = True
            work(self, partial(self._decide, comment), group="decide")

    async def _decide(self, comment: str) -> None:
        rows = self.taking_part
        try:
            for number, row in enumerate(rows, 1):
                await self._decide_one(row.id, comment)
                if number % 10 == 0:
                    self.complain(f"{number:,} of {len(rows):,} answered", "$text-muted")
        finally:
            self.busy = False
        self.dismiss(outcome_words(self._verdict, self._done, self._missed))

    async def _decide_one(self, approval_id: str, comment: str) -> None:
        """Answer one, and note what became of it; what is refused for one is no reason to leave the others."""
        approvals, digest = self.context.studio.approvals, self._questions[approval_id]
        try:
            key, look = self._keys[approval_id], self._looked_at.get(approval_id)
            seen = look.seen if look is not None and look.digest == digest else None
            decision = await approvals.decide(approval_id, self._verdict, comment=comment, digest=digest, client_key=key, seen=seen)
        except StaleDigest:
            became = CHANGED
        except NotFound:
            became = GONE
        except OyamaError as error:
            became = await self._why_not(approval_id, error)
        else:
            became = what_became(decision)
        if became:
            self._missed.append(became)
        else:
            self._done += 1

    async def _why_not(self, approval_id: str, error: OyamaError) -> str:
        try:
            row = (await self.context.studio.approvals.get(approval_id)).row
        except OyamaError:
            return f"could not be answered ({error.sentence.rstrip('.')})"
        late = row.status != "pending"
        return what_had_become(row) if late else f"could not be answered ({error.sentence.rstrip('.')})"
