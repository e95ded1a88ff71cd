"""What people have done with a question: its earlier rounds, and its answers with what their givers had before their eyes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from textual.content import Content

from oyama_tui.core.answer_words import status_after
from oyama_tui.core.format import date_and_time, near_time
from oyama_tui.core.text import safe_text
from oyama_tui.core.views import ApprovalCard, RoundView, VoteView
from oyama_tui.tui.render.evidence import NOTE
from oyama_tui.tui.status_icons import NEEDS_YOU, StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, flowed, labelled, plain, wrapped
from oyama_tui.tui.wording import count_of, display_line

LABEL = 10
LINE_BY_LINE = "d line by line"


def round_lines(card: ApprovalCard, width: int) -> Iterator[Content]:
    """The round before in the same run: what was said to it, and what is different since.

    Args:
        card: What is shown.
        width: Cells.
    """
    if not card.rounds:
        return
    yield BLANK
    yield from _round(card.rounds[-1], width)
    since = [*map(plain, card.since_round), Content.styled(LINE_BY_LINE, NOTE)] if card.since_round else [plain("nothing is different")]
    yield from labelled("  Since", flowed(since, width - LABEL), width, LABEL)
    if len(card.rounds) > 1:
        yield from wrapped(Content.styled(f"{count_of(len(card.rounds) - 1, 'earlier round')}: further down", NOTE), width, 2)


def earlier_round_lines(card: ApprovalCard, width: int) -> Iterator[Content]:
    """The rounds before that one, the oldest first, each with what was said to it.

    Args:
        card: What is shown.
        width: Cells.
    """
    if len(card.rounds) < 2:
        return
    yield BLANK
    yield Content.styled("Earlier rounds", "bold $text-muted")
    for earlier in card.rounds[:-1]:
        yield from _round(earlier, width)


def _round(earlier: RoundView, width: int) -> Iterator[Content]:
    at = f", {date_and_time(earlier.at)}" if earlier.at else ""
    yield from wrapped(Content.assemble(plain(earlier.said, NEEDS_YOU), (at, "$text-muted")), width, 2, 0)
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
