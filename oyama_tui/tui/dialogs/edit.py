"""Editing values of earlier steps before a yes."""

from __future__ import annotations

from functools import partial

from pydantic import JsonValue
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from oyama_tui.core.edits import from_text
from oyama_tui.core.errors import AlreadyDecided, InvalidForm, OyamaError, Problem
from oyama_tui.core.format import as_text
from oyama_tui.core.text import written
from oyama_tui.core.views import ApprovalCard, EditedView
from oyama_tui.tui.context import AppContext
from oyama_tui.tui.dialogs.question import QuestionDialog
from oyama_tui.tui.widgets.buttons import DialogButton
from oyama_tui.tui.widgets.layout import plain
from oyama_tui.tui.widgets.writing import NEW_LINE, SeveralLines
from oyama_tui.tui.wording import count_of, line_of
from oyama_tui.tui.work import work

LEAST_LINES = 4
"""Lines of a field in the lowest window."""
AROUND = 4
"""Lines of the dialog that belong to no field: the title and what it says, with their air."""
LABEL = 2
"""Lines above each field."""
LONG = 200
"""Characters from which on a value is read from its beginning."""


class EditDialog(QuestionDialog[EditedView]):
    """Takes other values and hands out what would be asked with them; nothing is answered here.

    Args:
        context: What all screens share.
        card: What was shown.
    """

    def __init__(self, context: AppContext, card: ApprovalCard) -> None:
        super().__init__(context, card)
        self._values = card.content.values_now
        self._shown: list[str] = []

    def heading(self) -> str:
        """Of which question."""
        return f"Edit, then approve: {self.card.row.title}"

    def compose_fields(self) -> ComposeResult:
        """A field for each value."""
        yield Static(plain("Nothing is answered yet: what is different is shown first.", "$text-muted"), markup=False)
        for place, (name, value) in enumerate(self._values.items()):
            text = written(as_text(value, indent=2))
            kind = "" if isinstance(value, str) else "  JSON"
            lines = text.count("\n") + 1
            length = f"  {count_of(lines, 'line')}" if lines > LEAST_LINES else ""
            label = Content.assemble(line_of(name), (f"{kind}{length}  {NEW_LINE}", "$text-disabled"))
            yield Static(label, classes="label", markup=False)
            yield SeveralLines(text, id=f"value{place}", classes="control")

    def compose_buttons(self) -> ComposeResult:
        """Go on, or leave all as it is."""
        yield DialogButton("See what is different", id="yes", classes="-approve")
        yield DialogButton("Leave it", id="no")

    def on_mount(self) -> None:
        """Remember what the fields show: control characters are pictures there, and a field that nobody changes changes nothing."""
        fields = [self._field(place) for place in range(len(self._values))]
        self._shown = [field.text for field in fields]
        for field in fields:
            if field.document.line_count > 1 or len(field.text) > LONG:
                field.move_cursor((0, 0))

    def fit(self) -> None:
        """Share out the room among the fields too: as much of a long text as can be is in sight."""
        super().fit()
        room = self.query_one("#fields").styles.max_height
        assert room is not None
        each = (int(room.value) - AROUND) // max(len(self._values), 1) - LABEL
        for field in self.query(SeveralLines):
            field.styles.max_height = max(each, LEAST_LINES)

    def _field(self, place: int) -> SeveralLines:
        return self.query_one(f"#value{place}", SeveralLines)

    def first_focus(self) -> Widget | None:
        """The first value."""
        return self.query(SeveralLines).first()

    @on(Button.Pressed, "#no")
    def _leave(self) -> None:
        self.action_close_dialog()

    @on(Button.Pressed, "#yes")
    def _look(self) -> None:
        if self.busy:
            return
        try:
            edits = self._edits()
        except InvalidForm as error:
            self.complain("; ".join(problem.message for problem in error.problems))
            return
        if not edits:
            self.complain("Nothing is different. Change a value, or leave it.")
            return
        self.busy = True
        work(self, partial(self._see, edits), group="decide")

    def _edits(self) -> dict[str, JsonValue]:
        """The values that were changed.

        Raises:
            InvalidForm: Some can be none.
        """
        edits: dict[str, JsonValue] = {}
        problems = []
        for place, (name, value) in enumerate(self._values.items()):
            text = self._field(place).text
            if text == self._shown[place]:
                continue
            try:
                edits[name] = from_text(value, text)
            except ValueError as wrong:
                problems.append(Problem(f"{name} {wrong}", name))
        if problems:
            raise InvalidForm(problems)
        return edits

    async def _see(self, edits: dict[str, JsonValue]) -> None:
        try:
            view = await self.context.studio.approvals.edited(self.card.row.id, edits, digest=self.card.row.digest)
        except InvalidForm as error:
            self.complain("; ".join(f"{problem.where} {problem.message}" for problem in error.problems))
        except AlreadyDecided as closed:
            self.end_for_good(f"{closed.sentence} {closed.hint}".strip())
        except OyamaError as error:
            self.refuse(error)
        else:
            self.dismiss(view)
        finally:
            self.be_free()
