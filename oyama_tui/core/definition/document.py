"""A definition that was read: plain data with a place for every key and value, and what is wrong with it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from typing import Any, Final

from oyama_tui.core.errors import InvalidDefinition, Problem

MAX_PROBLEMS: Final = 200
"""So many problems are shown."""
MAX_NOTED: Final = 500
"""So many problems are looked at closely; the rest is counted."""
Path = Sequence[str | int]
Spot = tuple[int, int, bool]
"""Line and column of a problem, and whether it may stand beside another one there."""

_BREAK: Final = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Finding:
    """What somebody else has found in a step."""

    place: tuple[str | int, ...]
    """Where, from the step on."""
    message: str
    """What, one sentence."""
    hint: str = ""
    """What to do about it."""
    fatal: bool = False
    """It cannot be run like this."""


@dataclass(slots=True)
class Place:
    """Where a value stands, and the places inside it."""

    line: int
    column: int
    start: int
    end: int
    style: str = ""
    """`|`, `>`, a quote, or empty for a plain one."""
    key: Place | None = None
    """The key that it belongs to."""
    number: str = ""
    """How a number is written whose value would be written otherwise."""
    inside: dict[str | int, Place] = field(default_factory=dict)

    def at(self, path: Path) -> Place:
        """The place of a path; the nearest one around it when the path is not written out."""
        place = self
        for name in path:
            following = place.inside.get(name)
            if following is None:
                break
            place = following
        return place


class Document:
    """A text that was read: its data, the places in it, and what is wrong.

    Args:
        text: YAML.
        file: What messages call it.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.data: Any = None
        self.root = Place(1, 1, 0, 0)
        self.problems: dict[Spot, Problem] = {}
        self.warnings: dict[Spot, Problem] = {}
        self._uncounted = 0
        self._breaks: list[int] | None = None

    def add(self, path: Path, message: str, hint: str = "", *, key: bool = False, offset: int | None = None, beside: bool = False) -> None:
        """Note a problem, unless its place has one already.

        Args:
            path: Keys and indices from the top.
            message: One sentence, without the place.
            hint: What to do about it.
            key: It is about the key, not about its value.
            offset: Where inside the value, counted in characters of the value.
            beside: It is about what is not there, so another problem of its place does not hide it.
        """
        self._note(self.problems, path, message, hint, key, offset, beside)

    def warn(self, path: Path, message: str, hint: str = "", *, offset: int | None = None) -> None:
        """Note something doubtful that does not stop the workflow."""
        self._note(self.warnings, path, message, hint, False, offset, False)

    def _note(self, where: dict[Spot, Problem], path: Path, message: str, hint: str, key: bool, offset: int | None, beside: bool) -> None:
        if len(where) >= MAX_NOTED:
            self._uncounted += where is self.problems
            return
        place = self.root.at(path)
        shown = place.key if key and place.key else place
        spot = (shown.line, shown.column)
        if offset is not None:
            spot = self._inside(place, path, offset)
        where.setdefault((*spot, beside), Problem(message, written(path), self.file, spot[0], spot[1], hint))

    def _inside(self, place: Place, path: Path, offset: int) -> tuple[int, int]:
        """The line and column of a character of a text value, found again in the file by what stands there."""
        value: Any = self.data
        for name in path:
            value = value[name]
        raw = self.text[place.start : place.end]
        back = 1 if offset >= len(value) and offset else 0
        offset = min(offset, len(value)) - back
        snippet = value[offset : offset + 16].split("\n")[0] or value[offset : offset + 1]
        at = value.find(snippet) if snippet else -1
        found = raw.find(snippet) if snippet else -1
        while 0 <= at < offset and found >= 0:
            at, found = value.find(snippet, at + 1), raw.find(snippet, found + 1)
        return self.position(place.start + found + back) if found >= 0 else (place.line, place.column)

    def nearest(self, word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
        """The known word that is most like another; empty when none is, or when there are too many problems to look for more."""
        if len(self.problems) > MAX_PROBLEMS:
            return ""
        close = get_close_matches(word[:60], list(islice(known, 2000)), n=1, cutoff=cutoff)
        return close[0] if close else ""

    def position(self, index: int) -> tuple[int, int]:
        """Line and column, from 1, of a character of the text."""
        if self._breaks is None:
            self._breaks = [0, *(match.end() for match in _BREAK.finditer(self.text))]
        line = bisect_right(self._breaks, index)
        return line, index - self._breaks[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1."""
        self.position(0)
        breaks = self._breaks or [0]
        if not 1 <= number <= len(breaks):
            return ""
        end = breaks[number] if number < len(breaks) else len(self.text)
        return self.text[breaks[number - 1] : end].rstrip("\r\n\x85\u2028\u2029")

    def fail(self, message: str, line: int = 0, column: int = 0, hint: str = "") -> InvalidDefinition:
        """A problem that stands alone."""
        return InvalidDefinition([Problem(message, "", self.file, line, column, hint)])

    def sorted_problems(self) -> list[Problem]:
        """All problems in the order of the file; after the first 200 only their number."""
        listed = [self.problems[spot] for spot in sorted(self.problems)]
        if len(listed) > MAX_PROBLEMS:
            more = Problem(f"and {len(listed) - MAX_PROBLEMS + self._uncounted:,} more problems", file=self.file)
            listed = [*listed[:MAX_PROBLEMS], more]
        return listed


def subject(path: Path) -> str:
    """What a message about a path begins with: `'title'`, or `item 2 of 'files'`."""
    name = path[-1] if path else ""
    if isinstance(name, int):
        return f"item {name + 1} of {path[-2]!r}" if len(path) > 1 else f"item {name + 1}"
    return repr(name) if name else "the definition"


def written(path: Path) -> str:
    """Write a path as people read it: `steps[2].gate.title`."""
    text = ""
    for name in path:
        text += f"[{name}]" if isinstance(name, int) else f".{name}" if text else name
    return text


def walk_texts(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Walk over all texts of a nested value, with the path of each; keys are left out."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from walk_texts(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk_texts(item, (*path, index))
