"""Laying out styled text in a given number of cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from textual.content import Content

from oyama_tui.core.text import safe_text
from oyama_tui.tui.wording import line_of

BLANK = Content("")
_HEADING = re.compile(r"#{1,6}\s+(.+)")
_ITEM = re.compile(r"(\s*)[-*+]\s+(.+)")
_EMPHASIS = re.compile(r"\*\*([^*]+)\*\*|`([^`]+)`")


def plain(text: str, style: str = "") -> Content:
    """Text from outside in one line, made harmless."""
    return Content.styled(line_of(text), style)


def wrapped(content: Content, width: int, indent: int = 0, first: int | None = None) -> list[Content]:
    """Break content into lines.

    Args:
        content: May have line breaks.
        width: Cells, indents included.
        indent: Cells before each line.
        first: Cells before the first line instead.
    """
    lines: list[Content] = []
    room = max(width - indent, 8)
    for paragraph in content.split(allow_blank=True):
        lines.extend(paragraph.wrap(room) if paragraph else [BLANK])
    start = indent if first is None else first
    return [line.pad_left(indent if index else start) if line else line for index, line in enumerate(lines)]


def labelled(label: str, content: Content, width: int, column: int = 10) -> list[Content]:
    """A muted label with content beside it, broken into lines in its own column."""
    lines = wrapped(content, width - column)
    head = Content.styled(label.ljust(column), "$text-muted")
    return [(head if not index else Content(" " * column)) + line for index, line in enumerate(lines)]


def spread(left: Content, right: Content, width: int) -> Content:
    """Two pieces at both ends of a line; the left one is cut when they do not fit."""
    room = width - right.cell_length - (1 if right else 0)
    if room < 4:
        return left.truncate(max(width, 0), ellipsis=True)
    cut = left if left.cell_length <= room else left.truncate(room, ellipsis=True)
    return cut.pad_right(width - cut.cell_length - right.cell_length) + right


def cell(content: Content, width: int, *, right: bool = False) -> Content:
    """Content in exactly so many cells, cut with an ellipsis or padded."""
    if width <= 0:
        return BLANK
    if content.cell_length > width:
        content = content.truncate(width, ellipsis=True)
    missing = width - content.cell_length
    return content.pad_left(missing) if right else content.pad_right(missing)


def columns(cells: Iterable[tuple[Content, int]], gap: int = 2) -> Content:
    """Cells side by side; a negative width aligns to the right, zero leaves the cell out."""
    shown = [cell(content, abs(width), right=width < 0) for content, width in cells if width]
    return Content(" " * gap).join(shown)


def joined(parts: Sequence[Content], separator: str = "   ") -> Content:
    """The parts that are not empty, in one line."""
    return Content(separator).join([part for part in parts if part])


def annotated(head: Content, note: Content, end: Content, width: int) -> Content:
    """A name, and a note and something short at the end of its line; the note is cut first, or left out where there is no room."""
    room = width - head.cell_length - end.cell_length - 3
    shown = note.truncate(room, ellipsis=True) if room >= 6 else BLANK
    return spread(head, joined([shown, end], "  "), width)


def flowed(parts: Sequence[Content], width: int, separator: str = "   ") -> Content:
    """The parts in as many lines as they need; a part is broken only when it is wider than a line."""
    lines: list[Content] = []
    for part in parts:
        if lines and lines[-1].cell_length + len(separator) + part.cell_length <= width:
            lines[-1] = Content.assemble(lines[-1], separator, part)
        else:
            lines.append(part)
    return Content("\n").join(lines)


def text_lines(text: str, width: int, style: str = "", indent: int = 0) -> list[Content]:
    """Text from outside with its line breaks, made harmless."""
    return wrapped(Content.styled(safe_text(text), style), width, indent)


def markdown_lines(text: str, width: int) -> list[Content]:
    """Markdown from outside with its headings, lists, bold words and code made visible; everything else stands as it is written."""
    lines: list[Content] = []
    fenced = False
    for line in safe_text(text).split("\n"):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced:
            lines += wrapped(Content.styled(line, "$text-accent"), width, 2)
        elif heading := _HEADING.match(line):
            lines += wrapped(Content.styled(heading[1], "bold"), width)
        elif item := _ITEM.match(line):
            indent = len(item[1]) + 2
            lines += wrapped(Content.assemble("• ", _inline(item[2])), width, indent, first=indent - 2)
        else:
            lines += wrapped(_inline(line), width)
    return lines


def _inline(text: str) -> Content:
    parts: list[Content] = []
    end = 0
    for found in _EMPHASIS.finditer(text):
        parts.append(Content(text[end : found.start()]))
        parts.append(Content.styled(found[1] or found[2], "bold" if found[1] else "$text-accent"))
        end = found.end()
    return Content("").join([*parts, Content(text[end:])])
