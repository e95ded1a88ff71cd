"""What is different between a question and an earlier one, in two columns or in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from textual.content import Content

from oyama_tui.core.approval_difference import ComparedPart
from oyama_tui.core.line_difference import Stretch
from oyama_tui.core.text import safe_text
from oyama_tui.tui.status_icons import NEEDS_YOU
from oyama_tui.tui.widgets.layout import BLANK, plain, wrapped
from oyama_tui.tui.wording import count_of

GONE, CAME = "$text-error", "$text-success"
LEAST_COLUMN = 24
"""Cells of a column below which there is only one."""


@dataclass(slots=True)
class DrawnDifference:
    """The lines of a difference, and where its parts begin."""

    lines: list[Content] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)


def draw_difference(parts: Sequence[ComparedPart], width: int, then: str, *, both: bool) -> DrawnDifference:
    """Draw every part under a heading.

    Args:
        parts: What is different.
        width: Cells.
        then: What the former side is called.
        both: In two columns, where there is room for them and both sides have something.
    """
    drawn = DrawnDifference()
    for part in parts:
        drawn.starts.append(len(drawn.lines))
        drawn.lines += _part(part, width, then, both=both and width >= 2 * LEAST_COLUMN)
        drawn.lines.append(BLANK)
    return drawn


def _part(part: ComparedPart, width: int, then: str, *, both: bool) -> Iterator[Content]:
    head = Content.assemble(plain(part.part.name, "bold $text-accent"), "  ", plain(part.counts, "$text-muted"))
    yield from wrapped(head, width)
    if part.part.note:
        yield from wrapped(plain(part.part.note, NEEDS_YOU), width)
    digits = len(str(max(len(part.before), len(part.now), 1)))
    if both and part.before and part.now:
        half = (width - 3) // 2
        yield _beside([plain(then, "$text-muted")], [Content.styled("now", "$text-muted")], half)[0]
        for piece in part.pieces:
            yield from [_left_out(piece)] if isinstance(piece, int) else _two_columns(part, piece, half, digits)
        return
    for piece in part.pieces:
        yield from [_left_out(piece)] if isinstance(piece, int) else _one_column(part, piece, width, digits)


def _left_out(count: int) -> Content:
    return Content.styled(f"   ⋯ {count_of(count, 'line')} the same", "$text-disabled")


def _two_columns(part: ComparedPart, piece: Stretch, half: int, digits: int) -> Iterator[Content]:
    for old, new in zip_longest(piece.before, piece.now):
        left = part.before[old] if old is not None else None
        right = part.now[new] if new is not None else None
        sides = (left, right) if not piece.same and left is not None and right is not None else (None, None)
        yield from _beside(
            _line(left, old, " " if piece.same else "-", sides[1], half, digits),
            _line(right, new, " " if piece.same else "+", sides[0], half, digits),
            half,
        )


def _one_column(part: ComparedPart, piece: Stretch, width: int, digits: int) -> Iterator[Content]:
    if piece.same:
        for at in piece.now:
            yield from _line(part.now[at], at, " ", None, width, digits)
        return
    pairs = list(zip_longest(piece.before, piece.now))
    for old, new in pairs:
        if old is not None:
            yield from _line(part.before[old], old, "-", part.now[new] if new is not None else None, width, digits)
    for old, new in pairs:
        if new is not None:
            yield from _line(part.now[new], new, "+", part.before[old] if old is not None else None, width, digits)


def _beside(left: Sequence[Content], right: Sequence[Content], half: int) -> list[Content]:
    rows = zip_longest(left, right, fillvalue=BLANK)
    return [Content.assemble(one.pad_right(max(half - one.cell_length, 0)), (" │ ", "$text-disabled"), other) for one, other in rows]


def _line(text: str | None, at: int | None, sign: str, other: str | None, width: int, digits: int) -> list[Content]:
    """One line with its number and its sign, broken where it is too long; what is not in its counterpart stands out."""
    if text is None or at is None:
        return [BLANK]
    style = {"-": GONE, "+": CAME}.get(sign, "$text-muted")
    shown = Content.styled(safe_text(text, keep_newlines=False), style)
    if other is not None:
        start, end = _different(text, other)
        before, middle, after = (safe_text(piece, keep_newlines=False) for piece in (text[:start], text[start:end], text[end:]))
        shown = Content.assemble((before, style), (middle, f"bold underline {style}"), (after, style))
    number = Content.assemble((f"{at + 1:>{digits}} ", "$text-disabled"), (sign, style), " ")
    room = width - number.cell_length
    fits = shown.cell_length <= room and "\t" not in shown.plain
    first, *more = [shown] if fits else shown.wrap(max(room, 8))
    return [number + first, *(line.pad_left(number.cell_length) for line in more)]


def _different(text: str, other: str) -> tuple[int, int]:
    """Where a line is not as its counterpart: what both begin and end with is the same."""
    most = min(len(text), len(other))
    start = next((at for at in range(most) if text[at] != other[at]), most)
    end = next((at for at in range(most - start) if text[-1 - at] != other[-1 - at]), most - start)
    # Nothing stands out where all of it is different.
    return (start, len(text) - end) if start or end else (0, 0)
