"""The answer to a gate."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

from pydantic import JsonValue
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from oyama_tui.core.answer_words import AnswerWords, answer_words
from oyama_tui.core.errors import AlreadyDecided, InvalidForm, NotFound, OyamaError, StaleDigest
from oyama_tui.core.events import Seen, Verdict
from oyama_tui.core.views import ApprovalCard, Decision, EditedView
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.question import QuestionDialog
from oyama_tui.tui.render.approval import button, sentence
from oyama_tui.tui.render.edits import edited_lines
from oyama_tui.tui.widgets.buttons import MOST, DialogButton
from oyama_tui.tui.widgets.fields import Field, show_problems, values_of
from oyama_tui.tui.widgets.layout import plain
from oyama_tui.tui.widgets.writing import NEW_LINE, OneLine, SeveralLines
from oyama_tui.tui.wording import count_of, line_of
from oyama_tui.tui.work import work

UNBROKEN = 10_000
"""Cells of a line that the dialog itself breaks."""


class DecisionDialog(QuestionDialog[Decision]):
    """Approve or reject one approval, bound to what was shown.

    Args:
        context: What all screens share.
        card: What was shown.
        verdict: The answer that is being given.
        looked: Tells what of the question has been before somebody's eyes by now.
        edited: What would be asked with other values, when it is a yes to that.
    """

    def __init__(
        self,
        context: AppContext,
        card: ApprovalCard,
        verdict: Verdict,
        looked: Callable[[], Seen | None],
        edited: EditedView | None = None,
    ) -> None:
        super().__init__(context, card)
        self._looked = looked
        self._edited = edited
        self.verdict: Verdict = verdict
        self._client_key = uuid.uuid4().hex
        self.set_class(card.row.risk == "high", "-high")

    @property
    def approves(self) -> bool:
        """Whether it is a yes."""
        return self.verdict == "approve"

    @property
    def _words(self) -> AnswerWords:
        return answer_words(self.card.row.kind)

    @property
    def typed_target(self) -> str:
        """What must be typed to approve; empty when nothing must."""
        content = self.card.content
        return content.target if self.approves and content.confirm and content.risk == "high" else ""

    def heading(self) -> str:
        """The question."""
        row = self.card.row
        if self.verdict == "send_back":
            return f"Send back: {row.title}"
        if not self._words.is_yes_or_no:
            return f"{self._words.yes if self.approves else self._words.no}: {row.title}"
        return sentence(row) if self.approves else f"Reject: {row.title}"

    def compose_fields(self) -> ComposeResult:
        """What happens, the form, the comment."""
        content = self.card.content
        outcome = {"approve": content.yes, "send_back": content.back}.get(self.verdict, content.no)
        yield Static(plain(f"{self.card.row.run_way} › {self.card.row.way}", "$text-muted"), markup=False)
        if self._edited is not None:
            yield Static(Content("\n").join(edited_lines(self._edited, UNBROKEN)), id="edited", markup=False)
        action = self._edited.action if self._edited is not None else content.action
        if self.approves and action:
            yield Static(plain(action, "$text-accent"), classes="action", markup=False)
        if outcome:
            yield Static(plain(outcome), classes="outcome", markup=False)
        yield from self._compose_unread()
        if self.approves:
            for name, spec in self.card.form.items():
                yield Field(name, spec)
        yield from self._compose_comment()
        if self.typed_target:
            words = Content.assemble("type ", (line_of(self.typed_target), "bold $text-accent"), " to confirm")
            yield Static(words, classes="label", markup=False)
            yield OneLine(id="confirmed", compact=True, classes="control")

    def _compose_unread(self) -> ComposeResult:
        """What of the card has not been before anybody's eyes here, before a yes to it."""
        seen = self._looked() if self.approves else None
        if seen is not None and seen.read < seen.parts:
            words = f"You have read {seen.read} of {count_of(seen.parts, 'part')} of the card; ctrl+d there reads on."
            yield Static(Content.styled(words, "$text-warning"), classes="unread", markup=False)

    def _compose_comment(self) -> ComposeResult:
        needed = "" if self.approves else "  needed"
        label = Content.assemble("comment", (needed, "$text-accent"), (f"  {NEW_LINE}", "$text-disabled"))
        yield Static(label, classes="label", markup=False)
        yield SeveralLines(id="comment", classes="control", placeholder="" if not self.approves else "nothing to add")

    def compose_buttons(self) -> ComposeResult:
        """A sentence, and not now."""
        if self.verdict == "send_back":
            words = "Send it back"
        elif not self._words.is_yes_or_no:
            words = self._words.yes if self.approves else self._words.no
        else:
            words = button(self.card.row, MOST) if self.approves else f"Reject {self.card.row.title}"
        yield DialogButton(words, id="yes", classes="-approve" if self.approves else "-reject")
        yield DialogButton("Not now", id="no")

    def first_focus(self) -> Widget | None:
        """At high risk what changes nothing; else what is still missing; else the answer."""
        if self.card.row.risk == "high" and self.approves:
            return self.query_one("#no")
        missing = next((field for field in self.query(Field) if field.spec.required and field.value is None), None)
        if missing is not None:
            return missing.control_widget
        return self.query_one("#yes") if self.approves else self.query_one("#comment")

    @on(Button.Pressed, "#no")
    def _not_now(self) -> None:
        self.action_close_dialog()

    @on(Button.Pressed, "#yes")
    def _answer(self) -> None:
        comment = self.query_one("#comment", SeveralLines).value.strip()
        confirmed = self.query_one("#confirmed", Input).value if self.typed_target else ""
        if not self.approves and not comment:
            back = "Sending back needs a comment: say what is to be different."
            no = f"{self._words.no_needs_comment}: the people who wait for it want to know why."
            self.complain(back if self.verdict == "send_back" else no)
            self.query_one("#comment").focus()
        elif self.typed_target and confirmed != self.typed_target:
            self.complain(f"Type {self.typed_target} to confirm.")
            self.query_one("#confirmed").focus()
        elif not self.busy:
            self.busy = True
            work(self, partial(self._decide, comment, values_of(list(self.query(Field))), confirmed), group="decide")

    async def _decide(self, comment: str, form: dict[str, JsonValue], confirmed: str) -> None:
        looked = self._looked()
        try:
            decision = await self.context.studio.approvals.decide(
                self.card.row.id,
                self.verdict,
                comment=comment,
                form=form,
                edits=self._edited.edits if self._edited is not None else {},
                digest=self.card.row.digest,
                confirmed=confirmed,
                client_key=self._client_key,
                seen=looked.model_copy(update={"typed": confirmed}) if looked is not None else None,
            )
        except (AlreadyDecided, NotFound) as closed:
            self.end_for_good(f"{closed.sentence} {closed.hint}".strip())
        except StaleDigest as changed:
            self.end_with(f"{changed.sentence} {changed.hint}".strip())
        except InvalidForm as error:
            others = show_problems(list(self.query(Field)), error.problems)
            self.complain("; ".join(problem.message for problem in others))
        except OyamaError as error:
            self.refuse(error)
        else:
            self.dismiss(decision)
        finally:
            self.be_free()
