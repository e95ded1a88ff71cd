"""The approval card."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime

from textual.content import Content

from oyama_tui.core.answer_words import answer_words
from oyama_tui.core.definition.base import format_duration
from oyama_tui.core.format import ago, between, date_and_time, spoken
from oyama_tui.core.order_text import from_answer_names, order_lines, said_by_action
from oyama_tui.core.terminal_output import without_colours
from oyama_tui.core.text import one_line, width_of
from oyama_tui.core.views import ApprovalCard, ApprovalRow
from oyama_tui.tui.render.answers import LINE_BY_LINE, answer_lines, earlier_round_lines, round_lines
from oyama_tui.tui.render.asker import asked_lines, asker_words
from oyama_tui.tui.render.edits import editable_lines
from oyama_tui.tui.render.evidence import FROM_ANSWER, NOTE, evidence_lines, look_lines, taken, value_lines
from oyama_tui.tui.render.receipt import NOTHING, Then, receipt_lines
from oyama_tui.tui.render.ways import way_down
from oyama_tui.tui.status_icons import NEEDS_YOU, StatusIcon, StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, flowed, labelled, markdown_lines, plain, spread, text_lines, wrapped
from oyama_tui.tui.wording import line_of

HIGH_BADGE = "bold $background on $foreground"
TIMEOUT_WORDS = {
    "reject": "then rejected",
    "fail": "then the run fails",
    "approve": "then approved by silence",
    "goto": "then the run goes back",
}
LABEL = 10
LEAST_OF_TITLE = 12
"""Cells of a title on a button, below which its target is left to the heading."""


def _is_name(target: str) -> bool:
    """Whether a target is a plain word or a few, not a path or an address."""
    return re.fullmatch(r"[A-Za-z][\w -]*", line_of(target)) is not None


def sentence(row: ApprovalRow) -> str:
    """What a yes does: `Publish v2.4.0 to production`."""
    title = line_of(row.title)
    return title if not row.target or row.target.casefold() in title.casefold() else f"{title} to {line_of(row.target)}"


def button(row: ApprovalRow, cells: int) -> str:
    """What a yes does, as its button says it: a path stands in the heading alone, a long title is cut, the target is not.

    Args:
        row: What is asked.
        cells: The most that it may take.
    """
    title, whole = line_of(row.title), sentence(row)
    target = whole.removeprefix(title) if _is_name(row.target) else ""
    room = cells - width_of(target)
    return one_line(title, room) + target if room >= LEAST_OF_TITLE else one_line(title, cells)


def time_left(row: ApprovalRow, now: datetime) -> str:
    """Until when it waits: `3 h 57 m`; empty without a deadline."""
    if row.deadline is None:
        return ""
    rest = between(now, row.deadline)
    return spoken(rest) if rest > 0 else "overdue"


def question_icon(row: ApprovalRow, icons: StatusIcons) -> StatusIcon:
    """How a question stands: it needs whoever looks, waits for others, or is over.

    Args:
        row: The question.
        icons: How states are drawn.
    """
    return icons.of(row.word if row.asks_others else "needs you" if row.status == "pending" else row.status)


def card_lines(card: ApprovalCard, width: int, now: datetime, icons: StatusIcons, then: Then = NOTHING) -> list[Content]:
    """The whole card.

    Args:
        card: What to show.
        width: Cells.
        now: The present.
        icons: How states are drawn.
        then: What goes on, where it is over.
    """
    lines = [*_head(card, width, now, icons), BLANK, *receipt_lines(card, then, width, now, icons)]
    lines += [*_action(card, width), BLANK, *_facts(card, width, now, icons)]
    lines += evidence_lines(card.content.evidence, width)
    lines += _words(card, width)
    lines += earlier_round_lines(card, width)
    lines += answer_lines(card, width, now, icons)
    return lines


def _head(card: ApprovalCard, width: int, now: datetime, icons: StatusIcons) -> Iterator[Content]:
    row = card.row
    icon = question_icon(row, icons)
    target = f" {icons.arrow} {line_of(row.target)}" if row.target else ""
    title = Content.assemble(icon.mark, " ", plain(row.title, "bold"), (target, "bold $text-accent"))
    by_hand = Content.styled("by hand", "$text-muted") if row.kind == "task" else BLANK
    risk = Content.styled(" HIGH RISK ", HIGH_BADGE) if row.risk == "high" else by_hand
    if title.cell_length + risk.cell_length + 2 <= width:
        yield spread(title, risk, width)
    else:
        yield from wrapped(title, width, indent=2, first=0)
        if risk:
            # Its ground begins where the words above do.
            yield risk.pad_left(1 if row.risk == "high" else 2)
    asks = plain(f"{row.run_label} {icons.chevron} {row.way}", "$text-muted")
    place = Content.assemble("  ", way_down(row.path, asks, width - 2, icons))
    if row.status == "pending":
        rest = time_left(row, now)
        then = "then it fails" if row.kind == "task" else TIMEOUT_WORDS[row.on_timeout]
        until = f"{rest} left, {then}" if row.deadline else "waits as long as it takes"
        if place.cell_length + len(until) + 2 <= width:
            yield spread(place, plain(until, "$text-muted"), width)
        else:
            yield from wrapped(place, width, 2, 0)
            yield from wrapped(plain(until, "$text-muted"), width, 2)
    else:
        yield place
        said = row.said if row.decided_by else row.word
        yield Content.assemble("  ", icon.saying(f"{said}, {date_and_time(row.decided_at)}").full)


def place_of(card: ApprovalCard) -> str:
    """The folder in which the action runs."""
    return os.path.normpath(os.path.join(card.content.directory or card.directory, card.content.cwd))


def _action(card: ApprovalCard, width: int) -> Iterator[Content]:
    content = card.content
    if content.action:
        yield from text_lines(content.action, width, "$foreground")
        yield from wrapped(Content.assemble(("in ", "$text-muted"), plain(place_of(card))), width)
        yield from _gets(card, width)
        yield BLANK
    yield from asked_lines(card, width)
    said = answer_words(card.row.kind)
    yes, no = ("YES", "NO") if said.is_yes_or_no else (said.yes.upper(), said.no.upper())
    column = max(5, len(no) + 2, 6 if content.back else 0)
    for word, text in ((yes, content.yes), (no, content.no), ("BACK", content.back)):
        if text:
            lines = wrapped(plain(text), width - column)
            yield Content.styled(word.ljust(column), "bold") + lines[0]
            yield from (line.pad_left(column) for line in lines[1:])
    if card.row.status == "pending" and not card.can_approve and card.obstacle:
        yield BLANK
        yield from wrapped(Content.assemble(("! ", "bold $text-error"), plain(card.obstacle, "$text-error")), width, 2, 0)
    who = [part for part in (plain(card.who_may), plain(card.row.votes_so_far, "bold")) if part]
    if who:
        yield BLANK
        yield from labelled("Who may", flowed(who, width - LABEL), width, LABEL)
    if card.form and card.row.status == "pending":
        yield BLANK
        fields = [
            Content.assemble(plain(name), ("  needed" if field.required and field.default is None else "", "$text-muted"))
            for name, field in card.form.items()
        ]
        yield from labelled("Asks for", flowed(fields, width - LABEL), width, LABEL)
    yield from editable_lines(card, width)
    yield from round_lines(card, width)
    if card.reopened:
        yield BLANK
        yield Content.styled("Asked again: this has changed since", NEEDS_YOU)
        for change in card.reopened:
            yield from wrapped(plain(change), width, 2)


def _gets(card: ApprovalCard, width: int) -> Iterator[Content]:
    """What the action gets besides its own words, and what the answer fills in."""
    content = card.content
    lines = [*order_lines(content.order, said=said_by_action(content))]
    if content.timeout is not None:
        lines.append(("timeout", format_duration(content.timeout)))
    filled = from_answer_names(content)
    if filled - {name for name, _ in lines}:
        yield from wrapped(Content.styled(f"What stands in ${{{{ }}}} is {FROM_ANSWER}.", NOTE), width)
    yield from value_lines(lines, width, filled)


def _facts(card: ApprovalCard, width: int, now: datetime, icons: StatusIcons) -> Iterator[Content]:
    yield Content.styled("Checked by Oyama", "bold $text-muted")
    last = card.last_yes
    if last is not None:
        words = f"{last.run_label}, {last.by}, {ago(last.at, now)}"
        changes = [*map(plain, last.changes), Content.styled(LINE_BY_LINE, NOTE)] if last.changes else [plain("nothing is different")]
        yield from labelled("Last yes", flowed([plain(words, "$text-muted"), *changes], width - LABEL), width, LABEL)
    else:
        yield from labelled("Last yes", Content.styled("none: the first time that this is asked", "$text-muted"), width, LABEL)
    if card.checked:
        steps = [
            Content.assemble(
                icons.of(step.status).mark, " ", plain(step.name or step.step_id), (f" {spoken(step.duration_ms)}", "$text-muted")
            )
            for step in card.checked
        ]
        yield from labelled("Steps", flowed(steps, width - LABEL), width, LABEL)
    evidence = card.content.evidence
    if evidence.problem:
        yield from labelled("Evidence", plain(evidence.problem, "bold $text-error"), width, LABEL)
    yield from look_lines(card, width, now)


def ages(card: ApprovalCard, now: datetime) -> tuple[str, ...]:
    """The words of a card that change by themselves."""
    yes = card.last_yes
    return time_left(card.row, now), ago(taken(card.content.evidence), now), ago(yes.at, now) if yes else ""


def _words(card: ApprovalCard, width: int) -> Iterator[Content]:
    yield from asker_words(card, width)
    if not card.content.prompt:
        return
    title = f"── says the workflow (asked by {line_of(card.asked_by)}) "
    yield BLANK
    yield Content.styled(title.ljust(width, "─")[:width] if len(title) < width else line_of(title)[:width], "$text-disabled")
    yield from markdown_lines(without_colours(card.content.prompt), width)
