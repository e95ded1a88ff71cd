"""From YAML text to a document.

Events of the parser are put together here, without recursion, under limits, and by the rules of YAML 1.2.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import yaml

from oyama_tui.core.definition.base import MAX_BYTES, MAX_DEPTH
from oyama_tui.core.definition.document import Document, Place
from oyama_tui.core.definition.functions import to_text
from oyama_tui.core.definition.syntax import INT_MAX, INT_MIN
from oyama_tui.core.definition.yaml_hints import QUOTE_IT, syntax_hint, syntax_message, tag_hint
from oyama_tui.core.errors import InvalidDefinition, Problem

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_NODES: Final = 300_000
MAX_KEY: Final = 1024
"""Characters of a key, quotes included; YAML's own limit."""

_SAVE_AS_UTF8: Final = "save it as UTF-8"
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMBER_START: Final = frozenset("+-.0123456789")
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def decoded(raw: bytes, file: str) -> str:
    """The text of a definition, which is UTF-8 and nothing else: other bytes would run with other characters.

    Args:
        raw: The content of a file.
        file: What messages call it.

    Raises:
        InvalidDefinition: It is no UTF-8, or so long that it may be cut.
    """
    if len(raw) > MAX_BYTES:
        raise InvalidDefinition([Problem(f"the file has more than {MAX_BYTES:,} bytes", file=file, hint="split the workflow")])
    marked = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    if marked or raw[:1000].count(0) * 4 > len(raw[:1000]):
        raise InvalidDefinition([Problem("not UTF-8: this looks like UTF-16", file=file, line=1, column=1, hint=_SAVE_AS_UTF8)])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = Document(raw[: error.start].decode("utf-8", "replace").removeprefix("\ufeff"), file)
        line, column = before.position(len(before.text))
        message = f"not UTF-8, line {line}: the byte 0x{raw[error.start]:02x} is no part of a character here"
        raise before.fail(message, line, column, _SAVE_AS_UTF8) from None


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
        raise _own_limit(document, error) or _syntax_error(document, error) from None
    except (RecursionError, yaml.YAMLError) as error:
        raise document.fail(f"this is not YAML: {str(error)[:200]}") from None
    return document


def _own_limit(document: Document, error: yaml.MarkedYAMLError) -> InvalidDefinition | None:
    """Which limit of ours the text breaks before the place where the library gave up; none when it keeps them all up to there.

    The library reads up to 1,024 characters ahead, in case a key stands there, and has limits of its own: it may give up
    before it has handed over what breaks ours. Read as far as that place only, it hands over all of it.
    """
    mark = error.problem_mark
    if mark is None:
        return None
    before = Document(document.text[: mark.index], document.file)
    try:
        _Builder(before).build(yaml.parse(before.text, Loader=Loader))
    except InvalidDefinition as refused:
        return refused
    except yaml.YAMLError:
        pass
    return None


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
    if _is_long_key(document, error):
        return document.fail(f"a key has at most {MAX_KEY:,} characters", line, column, "a long text belongs into a value")
    message = syntax_message("unclosed" if unclosed else problem, context)
    return document.fail(message, line, column, syntax_hint(problem, context, lines))


def _is_long_key(document: Document, error: yaml.MarkedYAMLError) -> bool:
    """Whether the library stumbled over the colon after a key that is longer than what it looks ahead for one."""
    mark = error.problem_mark
    if mark is None or document.text[mark.index : mark.index + 1] != ":":
        return False
    head = document.line(mark.line + 1)[: mark.column].rstrip(" ")
    if head.endswith(("'", '"')):
        return len(head) - max(head.rfind(head[-1], 0, -1), 0) > MAX_KEY
    start = max(head.rfind(opening) for opening in "{[,") + 1 if "flow" in (error.context or "") else 0
    key = head[start:].lstrip(" -")
    return len(key) > MAX_KEY and ": " not in key


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
                    raise self._fail(event, "a second document begins here", "put it into a file of its own")

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
            self._reject(place, "an alias (*) cannot be used here", f"write the value out; {QUOTE_IT}")
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
        self._document.problems.setdefault((*spot, False), Problem(message, "", self._document.file, *spot, hint))

    def _check_marks(self, event: Any, place: Place) -> None:
        if event.tag is not None and event.tag != "!":
            shown = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._reject(place, f"a tag ({shown[:40]}) cannot be used here", tag_hint(shown))
        elif event.tag == "!":
            self._reject(place, "a tag (!) cannot be used here", tag_hint("!"))
        if event.anchor is not None:
            self._reject(place, f"an anchor (&{event.anchor[:40]}) cannot be used here", QUOTE_IT)

    def _scalar(self, event: Any, place: Place) -> Any:
        self._check_marks(event, place)
        text: str = event.value
        if event.style or event.tag is not None:
            return text
        if text in _NULL:
            return None
        if text in _BOOLEANS:
            return _BOOLEANS[text]
        value = self._number(text, place) if text[0] in _NUMBER_START else text
        if not isinstance(value, str) and to_text(value) != text:
            place.number = text
        return value

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
            self._reject(place, "merging maps with << is not possible here", "write the keys out")
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
