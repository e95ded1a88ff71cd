"""What people have done with a question: its earlier rounds, and its answers with what their givers had before their eyes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from textual.content import Content

from oyama_tui.core.answer_words import status_after
from oyama_tui.core.format import date_and_time, near_time
from oyama_tui.core.text import safe_text
from oyama_tui.core.views import ApprovalCard, VoteView
from oyama_tui.tui.status_icons import NEEDS_YOU, StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, labelled, plain, wrapped
from oyama_tui.tui.wording import display_line

LABEL = 10


def round_lines(card: ApprovalCard, width: int) -> Iterator[Content]:
    """Earlier openings of the gate in the same run, each with what was said to it.

    Args:
        card: What is shown.
        width: Cells.
    """
    for earlier in card.rounds:
        yield BLANK
        at = f", {date_and_time(earlier.at)}" if earlier.at else ""
        yield from wrapped(Content.assemble((earlier.said, NEEDS_YOU), (at, "$text-muted")), width, 2, 0)
        yield from wrapped(Content(safe_text(earlier.comment)), width, 2)


def answer_lines(card: ApprovalCard, width: int, now: datetime, icons: StatusIcons) -> Iterator[Content]:
    """What people have answered so far, and what else they have done with it.

    Args:
        card: What is shown.
        width: Cells.
        now: The present.
        icons: How states are drawn.
    """
    if not card.votes and not card.row.comment:
        return
    yield BLANK
    yield Content.styled("Answers", "bold $text-muted")
    for vote in card.votes:
        yield from _vote(vote, card.row.kind, width, now, icons)


def _vote(vote: VoteView, kind: str, width: int, now: datetime, icons: StatusIcons) -> Iterator[Content]:
    icon = icons.of(status_after(vote.verdict)) if vote.is_answer else icons.of("said")
    did = icon.saying(vote.did(kind)).full
    yield from wrapped(Content.assemble(did, plain(f" by {vote.by}, {near_time(vote.at, now)}", "$text-muted")), width)
    if vote.comment:
        yield from wrapped(Content(safe_text(vote.comment)), width, 2)
    for name, value in vote.form.items():
        text = Content(safe_text(value)) if isinstance(value, str) else plain(display_line(value))
        yield from labelled(f"  {name}", text, width, max(LABEL, len(name) + 4))
    if vote.looked:
        yield from wrapped(plain(vote.looked, "$text-muted"), width, 2)
