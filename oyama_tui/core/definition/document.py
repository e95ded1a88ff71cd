"""From YAML text to plain data with a place for every key and value.

Events of the parser are put together here, without recursion, under limits, and by the rules of YAML 1.2.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from typing import Any, Final

import yaml

from oyama_tui.core.definition.base import MAX_BYTES, MAX_DEPTH
from oyama_tui.core.definition.syntax import INT_MAX, INT_MIN
from oyama_tui.core.definition.traps import QUOTE_IT, syntax_hint, syntax_message, tag_hint
from oyama_tui.core.errors import InvalidDefinition, Problem

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_NODES: Final = 300_000
MAX_PROBLEMS: Final = 200
"""So many problems are shown."""
MAX_NOTED: Final = 500
"""So many problems are looked at closely; the rest is counted."""
Path = Sequence[str | int]

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMBER_START: Final = frozenset("+-.0123456789")
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_BREAK: Final = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")


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
        self.problems: dict[tuple[int, int], Problem] = {}
        self.warnings: dict[tuple[int, int], Problem] = {}
        self._uncounted = 0
        self._breaks: list[int] | None = None

    def add(self, path: Path, message: str, hint: str = "", *, key: bool = False, offset: int | None = None) -> None:
        """Note a problem, unless its place has one already.

        Args:
            path: Keys and indices from the top.
            message: One sentence, without the place.
            hint: What to do about it.
            key: It is about the key, not about its value.
            offset: Where inside the value, counted in characters of the value.
        """
        self._note(self.problems, path, message, hint, key, offset)

    def warn(self, path: Path, message: str, hint: str = "", *, offset: int | None = None) -> None:
        """Note something doubtful that does not stop the workflow."""
        self._note(self.warnings, path, message, hint, False, offset)

    def _note(self, where: dict[tuple[int, int], Problem], path: Path, message: str, hint: str, key: bool, offset: int | None) -> None:
        if len(where) >= MAX_NOTED:
            self._uncounted += where is self.problems
            return
        place = self.root.at(path)
        shown = place.key if key and place.key else place
        spot = (shown.line, shown.column)
        if offset is not None:
            spot = self._inside(place, path, offset)
        where.setdefault(spot, Problem(message, written(path), self.file, spot[0], spot[1], hint))

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


def read_document(text: str, file: str) -> Document:
    """Read YAML into plain data.

    Args:
        text: One document.
        file: What messages call it.

    Returns:
        The document; problems that do not keep the rest from being read are noted in it.

    Raises:
        InvalidDefinition: It is too large, too deep, or no YAML.
    """
    text = text.removeprefix("\ufeff")
    document = Document(text, file)
    try:
        size = len(text) if text.isascii() or len(text) > MAX_BYTES else len(text.encode())
    except UnicodeEncodeError as error:
        raise document.fail("this character is half of a pair (a lone surrogate)", *document.position(error.start)) from None
    if size > MAX_BYTES:
        raise document.fail(f"the file has {size:,} bytes, and at most {MAX_BYTES:,} are allowed")
    try:
        _Builder(document).build(yaml.parse(text, Loader=Loader))
    except yaml.reader.ReaderError as error:
        position = document.position(min(error.position, len(text)))
        raise document.fail("this character cannot stand in YAML", *position, "it is a control character; leave it out") from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(document, error) from None
    except (RecursionError, yaml.YAMLError) as error:
        raise document.fail(f"this is not YAML: {str(error)[:200]}") from None
    return document


def _syntax_error(document: Document, error: yaml.MarkedYAMLError) -> InvalidDefinition:
    problem, context = error.problem or "", error.context or ""
    at_end = error.problem_mark is not None and error.problem_mark.index >= len(document.text.rstrip())
    unclosed = (at_end and "flow" in context) or "end of stream" in problem
    mark = (error.context_mark if unclosed else None) or error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    first = error.context_mark.line + 1 if error.context_mark else line
    lines = [document.line(number) for number in dict.fromkeys((line, first, line - 1))]
    if problem.startswith("found character") and mark and mark.index < len(document.text):
        problem = f"found character {document.text[mark.index]!r} that cannot start any token"
    message = syntax_message("unclosed" if unclosed else problem, context)
    return document.fail(message, line, column, syntax_hint(problem, context, lines))


@dataclass(slots=True)
class _Open:
    """A list or a map whose end has not been read."""

    value: Any
    place: Place
    key: Any = None
    key_place: Place | None = None
    mapping: bool = False


class _Builder:
    """Puts events together."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._stack: list[_Open] = []
        self._nodes = 0

    def build(self, events: Iterable[Any]) -> None:
        documents = 0
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._fail(event, "a second document begins here", "put each workflow into a file of its own")

    def _fail(self, event: Any, message: str, hint: str = "") -> InvalidDefinition:
        return self._document.fail(message, event.start_mark.line + 1, event.start_mark.column + 1, hint)

    def _node(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._fail(event, f"the file holds more than {MAX_NODES:,} values")
        mark = event.start_mark
        place = Place(mark.line + 1, mark.column + 1, mark.index, event.end_mark.index)
        if isinstance(event, yaml.ScalarEvent):
            place.style = event.style or ""
            self._put(self._scalar(event, place), place, event)
        elif isinstance(event, yaml.AliasEvent):
            self._reject(place, "an alias (*) cannot be used in a definition", f"write the value out; {QUOTE_IT}")
            self._put(None, place, event)
        else:
            if len(self._stack) >= MAX_DEPTH:
                raise self._fail(event, f"lists and maps are nested more than {MAX_DEPTH} deep")
            mapping = isinstance(event, yaml.MappingStartEvent)
            self._check_marks(event, place)
            value: Any = {} if mapping else []
            self._put(value, place, event)
            self._stack.append(_Open(value, place, mapping=mapping))

    def _reject(self, place: Place, message: str, hint: str = "") -> None:
        spot = (place.line, place.column)
        self._document.problems.setdefault(spot, Problem(message, "", self._document.file, *spot, hint))

    def _check_marks(self, event: Any, place: Place) -> None:
        if event.tag is not None and event.tag != "!":
            shown = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._reject(place, f"a tag ({shown[:40]}) cannot be used in a definition", tag_hint(shown))
        elif event.tag == "!":
            self._reject(place, "a tag (!) cannot be used in a definition", tag_hint("!"))
        if event.anchor is not None:
            self._reject(place, f"an anchor (&{event.anchor[:40]}) cannot be used in a definition", QUOTE_IT)

    def _scalar(self, event: Any, place: Place) -> Any:
        self._check_marks(event, place)
        text: str = event.value
        if event.style or event.tag is not None:
            return text
        if text in _NULL:
            return None
        if text in _BOOLEANS:
            return _BOOLEANS[text]
        return self._number(text, place) if text[0] in _NUMBER_START else text

    def _number(self, text: str, place: Place) -> Any:
        if _INTEGER.fullmatch(text):
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            value = int(text, base) if len(text) < 100 else INT_MAX + 1
            if not INT_MIN <= value <= INT_MAX:
                self._reject(place, "this number does not fit into 64 bits", "put it in quotes if it is a text")
                return 0
            return value
        if _FLOAT.fullmatch(text) or _NOT_FINITE.fullmatch(text):
            number = math.inf if _NOT_FINITE.fullmatch(text) else float(text)
            if not math.isfinite(number):
                self._reject(place, "this number is not finite", "put it in quotes if it is a text")
                return 0.0
            return number
        return text

    def _put(self, value: Any, place: Place, event: Any) -> None:
        """Put a value where it belongs: on top, into a list, or as a key or a value into a map."""
        if not self._stack:
            self._document.data, self._document.root = value, place
            return
        top = self._stack[-1]
        if not top.mapping:
            top.place.inside[len(top.value)] = place
            top.value.append(value)
        elif top.key_place is None:
            top.key_place = place
            top.key = self._key(value, place, event, top)
        else:
            place.key = top.key_place
            if top.key is not None:
                top.value[top.key] = value
                top.place.inside[top.key] = place
            top.key = top.key_place = None

    def _key(self, value: Any, place: Place, event: Any, top: _Open) -> str | None:
        """The text of a key; none for one that cannot be used."""
        if not isinstance(value, str):
            hint = "an expression ${{ ... }} must be put in quotes" if isinstance(value, dict | list) else "put it in quotes"
            self._reject(place, "a key must be text", hint)
            return None
        if value == "<<" and not event.style:
            self._reject(place, "merging maps with << is not possible in a definition", "write the keys out")
            return None
        if value in top.value or value in top.place.inside:
            first = top.place.inside[value]
            line = first.key.line if first.key else first.line
            self._reject(place, f"the key {value[:60]!r} stands twice in this map", f"the first one is in line {line}")
            return None
        return value

    def _close(self, event: Any) -> None:
        closed = self._stack.pop()
        closed.place.end = event.end_mark.index


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
