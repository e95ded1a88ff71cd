"""Workflows as lines or as cards; the cursor is on the same one in both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from oyama_tui.tui.commands import bindings
from oyama_tui.tui.commands import workflow_commands as w
from oyama_tui.tui.messages import WorkflowOpened
from oyama_tui.tui.render.lists import CARD_LINES, workflow_card
from oyama_tui.tui.render.workflow_lines import WorkflowLine, about, workflow_line, workflow_titles
from oyama_tui.tui.source_editing import edit_source
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets import card_grid
from oyama_tui.tui.widgets.card_keys import Cards
from oyama_tui.tui.widgets.column_titles import ColumnTitles
from oyama_tui.tui.widgets.layout import BLANK
from oyama_tui.tui.widgets.panes import Stacked
from oyama_tui.tui.widgets.row_keys import Rows
from oyama_tui.tui.widgets.row_list import let_time_pass
from oyama_tui.tui.wording import utc_now


class WorkflowShapes(Stacked):
    """Workflows.

    Args:
        icons: How states are drawn.
    """

    BINDINGS = bindings(w.OpenWorkflow, w.EditSource, w.TurnCards)

    @dataclass
    class Moved(Message):
        """Another workflow is under the cursor."""

    @dataclass
    class Chosen(Message):
        """Somebody wants to look into a workflow."""

    def __init__(self, icons: StatusIcons) -> None:
        super().__init__()
        self.lines: Rows[WorkflowLine] = Rows(
            lambda line: line.id, lambda line, width: workflow_line(line, width, utc_now(), icons), id="lines", classes="left"
        )
        self.cards: Cards[WorkflowLine] = Cards(
            lambda line: line.id,
            lambda line, width: workflow_card(line.row, width, utc_now(), icons),
            CARD_LINES,
            id="cards",
            classes="left",
            mark=icons.cursor,
        )
        self._standing: dict[str, int] = {}
        """Where each workflow stands, for as long as nobody wants another order."""
        self._order: object = None

    def compose(self) -> ComposeResult:
        """Titles and lines, or cards; below, what is known of the one under the cursor."""
        yield ColumnTitles(workflow_titles)
        yield self.lines
        yield self.cards
        yield Static("", id="about", markup=False)

    @property
    def _shown(self) -> Rows[WorkflowLine] | Cards[WorkflowLine]:
        return self.cards if self.has_class("-cards") else self.lines

    @property
    def selected(self) -> WorkflowLine | None:
        """The workflow under the cursor."""
        return self._shown.selected

    def show(self, lines: Sequence[WorkflowLine], order: object, sorts: Callable[[WorkflowLine], Any]) -> None:
        """Show workflows; where they stand changes with the order alone, and new ones come first.

        Args:
            lines: Those that fit the filter, those with the newest activity first.
            order: What somebody has asked for: when it is another one than before, all are sorted.
            sorts: Tells what comes first then.
        """
        if order != self._order:
            self._order, self._standing = order, {}
        if not self._standing:
            self._standing = {line.id: place for place, line in enumerate(sorted(lines, key=sorts))}
        ordered = sorted(lines, key=lambda line: self._standing.get(line.id, -1))
        self.lines.show_rows(ordered)
        self.cards.show_rows(ordered)
        self._tell()

    def forget_order(self) -> None:
        """Sort all of them when they are shown next."""
        self._standing = {}

    def select_key(self, workflow_id: str) -> bool:
        """Put the cursor on a workflow; false when it is not there."""
        return self.lines.select_key(workflow_id) | self.cards.select_key(workflow_id)

    def let_time_pass(self) -> None:
        """A second has passed."""
        if self.has_class("-cards"):
            card_grid.let_time_pass(self.cards)
        else:
            let_time_pass(self.lines)

    def _tell(self) -> None:
        """Say what is known of the workflow under the cursor."""
        line, words = self.query_one("#about", Static), about(self.selected, self.size.width) if self.selected else BLANK
        if not (isinstance(line.content, Content) and words.is_same(line.content)):
            line.update(words, layout=False)

    def on_resize(self) -> None:
        """Fit the line below."""
        self._tell()

    @on(Rows.Moved)
    @on(Cards.Moved)
    def _moved(self, event: Rows.Moved | Cards.Moved) -> None:
        event.stop()
        if event.rows is self._shown:
            self._tell()
            self.post_message(self.Moved())

    @on(Rows.Chosen)
    @on(Cards.Chosen)
    def _chosen(self, event: Rows.Chosen | Cards.Chosen) -> None:
        event.stop()
        self.post_message(self.Chosen())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a workflow can be looked into and changed."""
        return self.selected is not None if action in ("open_workflow", "edit_source") else True

    def action_open_workflow(self) -> None:
        """Look into the workflow under the cursor."""
        if self.selected is not None:
            self.post_message(WorkflowOpened(self.selected.id))

    def action_edit_source(self) -> None:
        """Change its text."""
        if self.selected is not None:
            edit_source(self.screen, self.selected.row)

    def action_turn_cards(self) -> None:
        """Lines or cards."""
        here, had_focus = self.selected, self._shown.has_focus
        self.toggle_class("-cards")
        if here is not None:
            self._shown.select_key(here.id)
        if had_focus:
            self.screen.set_focus(self._shown)
