"""A run of the past: what an event was and changed, what differs between two moments, and the line of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import JsonValue
from textual.content import Content

from oyama_tui.core.format import date_and_time, time_of_day
from oyama_tui.core.views import ContextView, Difference, MarkKind, MarkView, MomentView
from oyama_tui.tui.status_icons import StatusIcon, StatusIcons
from oyama_tui.tui.widgets.layout import BLANK, cell, joined, labelled, plain, spread, wrapped
from oyama_tui.tui.wording import display_line, display_text

SOUGHT: Final[tuple[MarkKind, ...]] = ("failed", "asked")
"""The marks that one goes to by a key."""
ROOMY: Final = 80
"""Cells in which a whole date has its place."""
_STATES: Final[Mapping[MarkKind, str]] = {
    "ended": "completed",
    "failed": "failed",
    "asked": "needs you",
    "approved": "approved",
    "refused": "rejected",
}
_FIRST: Final[tuple[MarkKind, ...]] = ("failed", "asked", "refused", "approved", "ended")
"""Of several marks in one cell the first of these is drawn."""


def icon_of(mark: MarkView, icons: StatusIcons) -> StatusIcon:
    """How a mark is drawn.

    Args:
        mark: The mark.
        icons: How states are drawn.
    """
    return icons.of(_STATES[mark.kind])


def banner(moment: MomentView, marked: int | None, playing: bool, width: int) -> Content:
    """The line that says that this is the past, so that nobody takes it for the present.

    Args:
        moment: What is shown.
        marked: The event that is marked, if one is.
        playing: It moves by itself.
        width: Cells.
    """
    when = date_and_time(moment.event.at) if width >= ROOMY else time_of_day(moment.event.at)
    words = [f"event {moment.seq:,} of {moment.last:,}", when]
    words += [f"{marked:,} is marked: d elsewhere compares"] if marked is not None else []
    words += ["plays"] if playing else []
    left = Content.assemble(("  THE PAST  ", "bold"), "  ", joined([Content(part) for part in words]))
    return cell(spread(left, Content("esc: now  "), width), width)


def moment_lines(moment: MomentView, before: Sequence[Content], width: int) -> list[Content]:
    """What happened, and the variables with what that changed of them.

    Args:
        moment: What is shown.
        before: Lines to stand first.
        width: Cells.
    """
    event = moment.event
    head = Content.assemble((f"{time_of_day(event.at)}  ", "$text-muted"), plain(f"{event.node}  ", "bold") if event.node else "")
    lines = [*before, *wrapped(Content.assemble(head, plain(event.text)), width), BLANK]
    title = Content.styled("Context at this moment", "bold $text-muted")
    lines.append(spread(title, Content.styled("changed by this event" if moment.changed else "", "$text-muted"), width))
    if not moment.context and not moment.was:
        return [*lines, Content.styled("No variables are set.", "$text-muted")]
    column = min(max(len(one.name) for one in (*moment.context, *moment.was)) + 6, 26)
    was = {variable.name: variable for variable in moment.was}
    now = {variable.name: variable for variable in moment.context}
    for name in sorted(was.keys() | now.keys()):
        lines += _variable(name, was.get(name), now.get(name), width, column, changed=name in moment.changed)
    return lines


def _variable(name: str, was: ContextView | None, now: ContextView | None, width: int, column: int, *, changed: bool) -> Iterator[Content]:
    if not changed:
        value = display_text(now.value if now is not None else None)
        yield from labelled(f"  {name}"[: column - 1], Content(value), width, column)
        return
    for sign, side, style in (("-", was, "$text-error"), ("+", now, "$text-success")):
        if side is not None:
            text = Content.styled(display_text(side.value), style)
            for index, line in enumerate(labelled(f"{sign} {name}"[: column - 1], text, width, column)):
                yield line.stylize(style, 0, 1) if not index else line


def difference_lines(found: Sequence[Difference] | None, one: int, other: int, width: int, icons: StatusIcons) -> list[Content]:
    """What differs between two moments.

    Args:
        found: What does; none while no two moments are compared.
        one: The number of an event.
        other: That of another.
        width: Cells.
        icons: How states are drawn.
    """
    if found is None:
        words = "d marks this moment; go to another one and press d again to see what differs between the two."
        return wrapped(Content.styled(words, "$text-muted"), width)
    lines = [Content.styled(f"From event {one:,} to event {other:,}", "bold $text-muted"), BLANK]
    if not found:
        return [*lines, Content.styled("Nothing differs.", "$text-muted")]
    column = min(max(len(each.name) for each in found) + 4, 30)
    for kind, title in (("run", "Run"), ("step", "Steps"), ("variable", "Context")):
        some = [each for each in found if each.kind == kind]
        if some:
            lines.append(Content.styled(title, "bold $text-muted"))
        for each in some:
            sides = [_side(each, value, icons) for value in (each.before, each.after)]
            arrow = Content.styled(f" {icons.arrow} ", "$text-muted")
            lines += labelled(f"  {each.name}"[: column - 1], sides[0] + arrow + sides[1], width, column)
        lines += [BLANK] if some else []
    return lines


def _side(each: Difference, value: JsonValue, icons: StatusIcons) -> Content:
    """One side of a difference."""
    if value is None:
        return Content.styled("not yet" if each.kind == "step" else "none", "$text-disabled")
    if each.kind != "step":
        return Content(display_line(value))
    word, _, rest = str(value).partition(", ")
    icon = icons.of(word)
    return (icon.saying(f"{icon.word}, {rest}") if rest else icon).full


def cell_of(seq: int, last: int, width: int) -> int:
    """Where an event stands on the line of time: each has the same room, so that a long wait hides nothing.

    Args:
        seq: Its number.
        last: That of the newest one.
        width: Cells of the line.
    """
    return round((seq - 1) * (width - 1) / (last - 1)) if last > 1 else 0


def marked_cells(marks: Sequence[MarkView], last: int, width: int, icons: StatusIcons) -> dict[int, StatusIcon]:
    """What is drawn on the line of time, by its cell; ends of steps are left out where they would fill it.

    Args:
        marks: The events that people look for.
        last: The number of the newest event.
        width: Cells of the line.
        icons: How states are drawn.
    """
    found: dict[int, MarkView] = {}
    for mark in marks:
        place = cell_of(mark.seq, last, width)
        if place not in found or _FIRST.index(mark.kind) < _FIRST.index(found[place].kind):
            found[place] = mark
    ends = sum(mark.kind == "ended" for mark in found.values())
    return {place: icon_of(mark, icons) for place, mark in found.items() if mark.kind != "ended" or 2 * ends <= width}


def mark_words(marks: Sequence[MarkView], seq: int, icons: StatusIcons, width: int) -> Content:
    """What lies before and after an event: the nearest marks on both sides, and the one that it is.

    Args:
        marks: The events that people look for.
        seq: The number of the event.
        icons: How states are drawn.
        width: Cells.
    """
    before = next((mark for mark in reversed(marks) if mark.seq < seq), None)
    here = next((mark for mark in marks if mark.seq == seq), None)
    after = next((mark for mark in marks if mark.seq > seq), None)
    room = max((width - 6) // 3, 8)
    sides = [_said(mark, room, icons) if mark is not None else BLANK for mark in (before, here, after)]
    left = sides[0].pad_right(room - sides[0].cell_length)
    middle = sides[1].pad_right(room - sides[1].cell_length)
    return cell(Content.assemble(" ", left, "  ", middle, "  ", sides[2]), width)


def _said(mark: MarkView, room: int, icons: StatusIcons) -> Content:
    words = Content.assemble((f"{mark.seq:,} ", "$text-disabled"), icon_of(mark, icons).mark, " ", plain(mark.label, "$text-muted"))
    return words.truncate(room, ellipsis=True) if words.cell_length > room else words
