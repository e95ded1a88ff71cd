"""The lines of the queue: a question, a group of questions, and how long there is still time for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from textual.content import Content

from oyama_tui.core.format import between, spoken
from oyama_tui.core.text import one_line
from oyama_tui.core.views import AlikeGroup, AlikeQuestion, ApprovalRow
from oyama_tui.tui.render.approval import question_icon
from oyama_tui.tui.render.ways import way_down
from oyama_tui.tui.status_icons import StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, cell, joined, plain, spread, wrapped
from oyama_tui.tui.wording import line_of

HIGH: Final = "bold"
SOON: Final = 600_000
"""Milliseconds before its deadline from which on a question shows that it is urgent."""
LAST: Final = 60_000
"""And from which on it shows that it is about to expire."""
LEAST_OF_WAY: Final = 12
"""Cells from which on the queue has the way to the run that asks."""
LEAST_OF_OTHERS: Final = 13
"""Cells for the names of those whom a question waits for."""
INDENT: Final = 2


def left_words(deadline: datetime | None, now: datetime) -> Content:
    """How long a question can still be answered, in the colour of its urgency; nothing without a deadline.

    Args:
        deadline: Until when it can be answered.
        now: The present.
    """
    if deadline is None:
        return BLANK
    rest = between(now, deadline)
    if rest <= 0:
        return Content.styled("expired", "bold $text-error")
    words = f"{int(rest) // 1000} s" if rest < LAST else spoken(rest)
    return Content.styled(words, "bold $text-error" if rest < LAST else "bold $text-warning" if rest < SOON else "$text-muted")


def queue_line(
    row: ApprovalRow | AlikeGroup, width: int, now: datetime, icons: StatusIcons, *, marked: bool = False, within: bool = False
) -> Content:
    """One line of the queue.

    Args:
        row: A question, or a group.
        width: Cells.
        now: The present.
        icons: How states are drawn.
        marked: It is marked; of a group, all of it is.
        within: It stands in a group, whose line says everything but its target.
    """
    if isinstance(row, AlikeGroup):
        return _group(row, width, now, icons, marked=marked)
    mark = Content.styled(icons.marked, "bold $text-accent") if marked else question_icon(row, icons).mark
    left = left_words(row.deadline, now) if row.status == "pending" else plain(row.word, "$text-muted")
    risk = plain("high", HIGH) if row.risk == "high" else plain("by hand", "$text-muted") if row.kind == "task" else BLANK
    title = plain(row.target if within and row.target else row.title)
    if row.asks_others:
        risk, title = BLANK, title.stylize("$text-muted")
    others = plain(one_line(row.asks_others, max(width // 3, LEAST_OF_OTHERS)), "$text-muted")
    right = joined([risk, others, left], "  ")
    head = Content.assemble(" ", " " * INDENT if within else "", mark, " ", title)
    room = width - head.cell_length - right.cell_length - 5
    if row.path and room >= LEAST_OF_WAY:
        head = Content.assemble(head, "  ", way_down(row.path, plain(row.run_label, "$text-muted"), room, icons))
    return cell(spread(head, right, width - 1), width)


def _group(group: AlikeGroup, width: int, now: datetime, icons: StatusIcons, *, marked: bool) -> Content:
    first = group.first
    sign = icons.folded if group.folded else icons.opened
    risk = plain("high", HIGH) if first.risk == "high" else BLANK
    right = joined([risk, left_words(group.deadline, now)], "  ")
    mark = Content.styled(f" {icons.marked}", "bold $text-accent") if marked else BLANK
    front = Content.assemble(" ", (sign, "$text-muted"), mark, f" {group.size:,} x ")
    title = common_title(group)
    room = width - 1 - front.cell_length - right.cell_length - 1
    why = ", same but for the target" if group.targets > 1 else ", all the same"
    whole = plain(title).cell_length + len(why) <= room
    words = Content.assemble(plain(title), (why, "$text-muted")) if whole else plain(title)
    return cell(spread(Content.assemble(front, words), right, width - 1), width)


def common_title(group: AlikeGroup) -> str:
    """What the titles of a group have in common: that of its first question, without the target where they have several."""
    title, target = line_of(group.first.title), line_of(group.first.target)
    return re.sub(rf"(?<!\w){re.escape(target)}(?!\w)", "…", title) if target and group.targets > 1 else title


def queue_title(marked: int) -> Content:
    """The title above the queue.

    Args:
        marked: How many questions are marked.
    """
    return Content.styled(f" {marked:,} marked", "bold $text-accent") if marked else Content.styled(" need you", "$text-disabled")


def queue_heading(row: ApprovalRow | AlikeGroup, *, put_off: bool) -> Content:
    """The heading of a workflow's questions, of those that wait for others, or of those that somebody does not want to see now.

    Args:
        row: The first of them.
        put_off: Whether it is one of the latter.
    """
    question = row.first if isinstance(row, AlikeGroup) else row
    if question.asks_others:
        return plain(" Waiting for others", "$text-muted")
    if put_off:
        return plain(" Put off", "$text-muted")
    return plain(f" {question.workflow_name or question.workflow_id}", "$text-muted")


def targets_lines(members: Sequence[AlikeQuestion], width: int) -> Iterator[Content]:
    """All targets of questions that one card stands for, above the card; nothing for a question by itself.

    Args:
        members: The questions, first the one whose card it is.
        width: Cells.
    """
    if len(members) < 2:
        return
    first, *others = (line_of(member.target) or "no target" for member in members)
    if {first} == set(others):
        rest = Content.assemble("all the same, for ", (first, "bold"))
    else:
        rest = Content.assemble((first, "bold"), f" and {len(others):,} more, the same but for the target: ", ", ".join(others))
    yield from wrapped(Content.assemble((f"{len(members):,} questions, one card: ", "bold $text-accent"), rest), width)
    yield BLANK
