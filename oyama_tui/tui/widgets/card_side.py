"""The side of the approvals with the card: above it stands how much of it has been read, where all of it must be."""

from __future__ import annotations

from textual import on
from textual.content import Content
from textual.widgets import Static

from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.approval_parts import Card
from oyama_tui.tui.widgets.finding_pane import FindingPane
from oyama_tui.tui.widgets.pager import Pager


class CardSide(FindingPane):
    """The card, and how much of it has been read.

    Args:
        icons: How states are drawn.
    """

    def __init__(self, icons: StatusIcons) -> None:
        self.card = Card(icons)
        super().__init__(self.card, Static("", id="reading", markup=False), id="side")

    @on(Pager.ReadFurther)
    def note(self) -> None:
        """Say how much has been read of what must be read whole: at high risk, and a card that stands for several questions."""
        line, question = self.query_one("#reading", Static), self.card.question
        there = question is not None and question.can_decide and (question.row.risk == "high" or bool(self.card.members))
        line.set_class(there, "-there")
        if there:
            read, parts = self.card.parts
            words = "read to the end" if read == parts else f"read {read} of {parts}   ctrl+d reads on"
            line.update(Content.styled(words, "$text-muted" if read == parts else "$text-accent"), layout=False)
