"""The side of the approvals with the card: above it stands how much of it has been read, where all of it must be."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.approval_parts import Card
from oyama_tui.tui.widgets.pager import Pager


class CardSide(Vertical):
    """The card, and how much of it has been read.

    Args:
        icons: How states are drawn.
    """

    def __init__(self, icons: StatusIcons) -> None:
        super().__init__(id="side")
        self.card = Card(icons)

    def compose(self) -> ComposeResult:
        """A line, and the card."""
        yield Static("", id="reading", markup=False)
        yield self.card

    @on(Pager.ReadFurther)
    def note(self) -> None:
        """Say how much has been read of what must be read whole: at high risk, and a card that stands for several questions."""
        line, question = self.query_one("#reading", Static), self.card.question
        there = question is not None and question.can_decide and (question.row.risk == "high" or bool(self.card.members))
        line.set_class(there, "-there")
        if there:
            read, parts = self.card.parts
            words = "read to the end" if read == parts else f"read {read} of {parts}   ctrl+d reads on"
            line.update(Content.styled(words, "$text-muted" if read == parts else "$text-accent"))
