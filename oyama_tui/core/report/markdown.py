"""A report as Markdown in which nothing that comes from outside means anything but itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from oyama_tui.core.report.evidence import RunEvidence
from oyama_tui.core.report.parts import Facts, Heading, Note, Part, Said, Table, parts_of, title_of

_MEANS: Final = re.compile(r"([\\`*_{}\[\]()<>#|~&$@]|:(?=//)|(?<=www)\.)")
"""Punctuation that means something somewhere, addresses that become links among it."""
_FENCES: Final = re.compile(r"`{3,}")


def markdown_page(found: RunEvidence) -> str:
    """The whole page.

    Args:
        found: What is known of the run.
    """
    lines = [f"# {_plain(title_of(found))}", ""]
    for part in parts_of(found):
        lines += [*_shown(part), ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    return _MEANS.sub(r"\\\1", text.replace("\n", " "))


def _shown(part: Part) -> Iterator[str]:
    match part:
        case Heading(text, level):
            yield f"{'#' * level} {_plain(text)}"
        case Facts(rows):
            for name, value in rows:
                yield f"- **{_plain(name)}**: {_plain(value)}"
        case Table(titles, rows):
            yield f"| {' | '.join(map(_plain, titles))} |"
            yield f"| {' | '.join('---' for _ in titles)} |"
            for row in rows:
                yield f"| {' | '.join(_indented(cell) for cell in row)} |"
        case Said(title, text):
            fence = "`" * (1 + max([2, *(len(found) for found in _FENCES.findall(text))]))
            yield f"{_plain(title)}:"
            yield ""
            yield f"{fence}text"
            yield text
            yield fence
        case Note(text, good):
            mark = "" if good is None else "✓ " if good else "✗ "
            yield f"{mark}{_plain(text)}"


def _indented(cell: str) -> str:
    """A cell whose blanks at the beginning are seen."""
    inner = cell.lstrip(" ")
    return "&nbsp;" * (len(cell) - len(inner)) + _plain(inner)
