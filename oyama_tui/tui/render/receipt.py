"""The receipt of an answer, below the title of what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textual.content import Content

from oyama_tui.core.format import between, spoken
from oyama_tui.core.receipt import receipt
from oyama_tui.core.text import safe_text
from oyama_tui.core.views import ApprovalCard, ApprovalRow, RunRow
from oyama_tui.core.waiting import in_line
from oyama_tui.tui.render.answers import LABEL
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, flowed, labelled, plain
from oyama_tui.tui.wording import count_of, line_of


@dataclass(frozen=True)
class Then:
    """What goes on after an answer."""

    run: RunRow | None = None
    """The run that had asked, as it is now."""
    following: ApprovalRow | None = None
    """The question that waits next."""


NOTHING: Final = Then()


def receipt_lines(card: ApprovalCard, then: Then, width: int, now: datetime, icons: StatusIcons) -> Iterator[Content]:
    """What was read, how long it waited, what the answer is bound to, where the journal has it, and what goes on; nothing while it is open.

    Args:
        card: The question.
        then: What goes on.
        width: Cells.
        now: The present.
        icons: How states are drawn.
    """
    for title, words in receipt(card):
        if title == "Said":
            yield from labelled(title, Content(safe_text(words)), width, LABEL)
        else:
            yield from labelled(title, flowed([plain(part) for part in words.split("   ")], width - LABEL), width, LABEL)
    if card.row.decided_at is None:
        return
    if then.run is not None:
        yield from labelled("Now", flowed([*_now(then.run, now, icons)], width - LABEL), width, LABEL)
    if then.following is not None:
        yield from labelled("Next", flowed([*_next(then.following, now, icons)], width - LABEL), width, LABEL)
    yield BLANK


def _now(run: RunRow, now: datetime, icons: StatusIcons) -> Iterator[Content]:
    """The state of a run, where it stands and how far it is."""
    yield icons.moving(run.word, now).full
    words = run.current_step if run.status == "running" else run.why
    if words:
        yield plain(in_line(words))
    yield plain(f"{run.completed} of {count_of(run.total, 'step')}", "$text-muted")


def _next(row: ApprovalRow, now: datetime, icons: StatusIcons) -> Iterator[Content]:
    """A question that waits, and until when."""
    target = f" {icons.arrow} {line_of(row.target)}" if row.target else ""
    yield Content.assemble(icons.of("needs you").mark, " ", plain(row.title), plain(target, "$text-accent"))
    if row.deadline is not None:
        yield plain(f"{spoken(max(between(now, row.deadline), 0))} left", "$text-muted")
