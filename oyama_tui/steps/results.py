"""Reads what a step gives back: JSON documents, and the file of outputs."""

from __future__ import annotations

import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue

from oyama_tui.core.definition.base import NAME
from oyama_tui.core.storable import MAX_DIGITS
from oyama_tui.core.text import shorten
from oyama_tui.files import NotPlain, read_plain
from oyama_tui.steps.masking import Masker

RESULT_LIMIT = 4 * 1024 * 1024
"""The most bytes of a result."""
OUTPUTS_LIMIT = 1024 * 1024
"""The most bytes of the file that OYAMA_OUTPUT names."""
DEPTH_LIMIT = 64
"""The deepest that lists and maps may be nested."""
LONGEST_SHOWN = 64
"""The most characters of a text from a step within a sentence about it."""
KEY = re.compile(NAME)
NO_SECRETS = Masker()
_HERE = re.compile(rb"(?P<key>[^=<{]*)<<[ \t]*(?P<mark>\S(?:.*\S)?)[ \t]*", re.DOTALL)
"""A line that begins a value of several lines."""
_TEXT_OR_MASK = re.compile(rb'"(?:[^"\\]|\\.)*"|[^\s",:\[\]{}]*\*\*\*[^\s",:\[\]{}]*', re.DOTALL)


class BadResult(ValueError):
    """What a step gave back cannot be read; the text is a sentence."""


def parse_json(raw: bytes, masker: Masker = NO_SECRETS) -> JsonValue:
    """Read one JSON document, without secrets.

    Args:
        raw: UTF-8, at most `RESULT_LIMIT` bytes.
        masker: Hides secrets, in the bytes before they are read and in the texts that escapes stand for.

    Raises:
        BadResult: It is no JSON, or holds what no value may hold; the sentence names the place and holds no secret.
    """
    masked = masker.data(raw)
    hides = masked != raw
    try:
        text = (whole_texts(masked) if hides else masked).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadResult(f"byte {error.start + 1} is no UTF-8") from None
    if not text.strip():
        raise BadResult("it is empty")
    reader = _Reader(masker)
    try:
        value = json.loads(
            text, parse_constant=reader.constant, parse_float=reader.number, parse_int=reader.whole_number, object_pairs_hook=reader.map
        )
    except json.JSONDecodeError as error:
        known = " once the secrets in it are masked" if hides else ""
        raise BadResult(f"line {error.lineno}, column {error.colno}: {error.msg}{known}") from None
    except RecursionError:
        raise BadResult(f"it is nested deeper than {DEPTH_LIMIT}") from None
    except BadResult:
        raise
    except ValueError as error:
        raise BadResult(str(error)) from None
    check(value)
    return masker.value(value) if "\\" in text else value


def whole_texts(masked: bytes) -> bytes:
    """Make a text of each mask that stands in the place of a number or of a whole part of a document.

    Args:
        masked: JSON in which secrets are masked.
    """
    return _TEXT_OR_MASK.sub(lambda found: found.group() if found.group().startswith(b'"') else b'"***"', masked)


class _Reader:
    """Makes values of parts of a document, and refuses those that cannot be kept.

    Args:
        masker: Hides secrets in what is told.
    """

    def __init__(self, masker: Masker) -> None:
        self._masker = masker

    def constant(self, name: str) -> JsonValue:
        """Refuse NaN and Infinity."""
        raise BadResult(f"{name} is no JSON number")

    def number(self, text: str) -> float:
        """Read a number that is not whole, unless it is too large to be kept."""
        found = float(text)
        if math.isinf(found):
            raise BadResult(f"the number {shown(text)} is too large")
        return found

    def whole_number(self, text: str) -> int:
        """Read a whole number, unless it is too long to be kept."""
        if len(text.removeprefix("-")) > MAX_DIGITS:
            raise BadResult(f"the whole number {shown(text)} has more than {MAX_DIGITS:,} digits")
        return int(text)

    def map(self, pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        """Make a map, unless a key stands in it twice."""
        found = dict(pairs)
        if len(found) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            twice = next(key for key, count in counts.items() if count > 1)
            raise BadResult(f"the key {shown(self._masker.text(twice))} stands twice in one map")
        return found


def shown(text: str) -> str:
    """A text from a step within a sentence, in quotes and not too long.

    Args:
        text: Masked.
    """
    return repr(shorten(text, LONGEST_SHOWN))


def check(value: JsonValue, depth: int = 0) -> None:
    """Make sure that a value can be kept.

    Args:
        value: Any JSON value.
        depth: How deep it lies.

    Raises:
        BadResult: It is nested too deeply, or a text holds half of a character.
    """
    if depth > DEPTH_LIMIT:
        raise BadResult(f"it is nested deeper than {DEPTH_LIMIT}")
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            check_text(key)
            check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check(item, depth + 1)


def check_text(text: str) -> None:
    """Make sure that a text can be written as UTF-8: JSON can write halves of characters.

    Args:
        text: Any text.

    Raises:
        BadResult: It cannot.
    """
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadResult(f"a text holds half of a character (\\u{ord(text[error.start]):04x}) without its other half") from None


def read_bounded(path: Path, limit: int) -> bytes:
    """Read a file that a step has written.

    Args:
        path: The file; links are not followed.
        limit: The most bytes.

    Raises:
        BadResult: It is gone, is no plain file, or is too long.
    """
    try:
        raw = read_plain(path, limit + 1)
    except NotPlain as error:
        raise BadResult(f"it is {error.kind}") from None
    except OSError as error:
        raise BadResult(f"it cannot be read: {error.strerror}") from None
    if len(raw) > limit:
        raise BadResult(f"it is longer than {limit // 1024} KiB")
    return raw


def read_outputs(path: Path, masker: Masker = NO_SECRETS) -> tuple[dict[str, JsonValue], BadResult | None]:
    """Read the file that OYAMA_OUTPUT names; a later value replaces an earlier one.

    A line is `key=value`, a JSON object, or `key<<MARK`: then the value is what follows, up to a line that is MARK.

    Args:
        path: The file; a missing one holds nothing.
        masker: Hides secrets in the whole of it, before anything is read from it.

    Returns:
        What the lines say that can be read, and what is wrong with the first one that cannot, or with the file.
    """
    found: dict[str, JsonValue] = {}
    wrong: BadResult | None = None
    if not os.path.lexists(path):
        return found, None
    try:
        raw = masker.data(read_bounded(path, OUTPUTS_LIMIT))
    except BadResult as unreadable:
        return found, unreadable
    # Only these two end a line: other separators may stand in a value.
    rest = iter(raw.replace(b"\r\n", b"\n").split(b"\n"))
    number = 0
    for line in rest:
        number += 1
        here = _HERE.fullmatch(line)
        # The lines of a value are no outputs of their own, whatever is wrong with where it begins.
        body = list(_body(rest, here["mark"])) if here else []
        try:
            found.update(_here_document(here["key"], here["mark"], body) if here else output_line(line, masker) if line.strip() else {})
        except BadResult as unreadable:
            wrong = wrong or BadResult(f"line {number}: {unreadable}")
        number += len(body)
    return found, wrong


def _body(rest: Iterator[bytes], mark: bytes) -> Iterator[bytes]:
    """The lines of a value, with the mark that ends it, where there is one."""
    for line in rest:
        yield line
        if line == mark:
            return


def _here_document(key: bytes, mark: bytes, body: list[bytes]) -> dict[str, JsonValue]:
    """The value that lines give.

    Raises:
        BadResult: The key is no name, the lines have no end, or are no UTF-8.
    """
    named = _name(_decoded(key))
    if not body or body[-1] != mark:
        raise BadResult(f"the value of {named} has no end: no line after it is {shown(_decoded(mark))} and nothing else")
    return {named: _decoded(b"\n".join(body[:-1]))}


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadResult(f"byte {error.start + 1} is no UTF-8") from None


def _name(key: str) -> str:
    if not KEY.fullmatch(key.strip()):
        raise BadResult(f"{shown(key.strip())} is no name; use letters, digits and underscores")
    return key.strip()


def output_line(raw: bytes, masker: Masker = NO_SECRETS) -> dict[str, JsonValue]:
    """Read one line of outputs.

    Args:
        raw: Not empty, masked.
        masker: Hides secrets in the texts that escapes stand for.

    Raises:
        BadResult: It is neither `key=value` nor a JSON object.
    """
    if not raw.lstrip().startswith(b"{"):
        key, equals, text = _decoded(raw).partition("=")
        if not equals:
            raise BadResult("write key=value, a JSON object, or key<<MARK and lines up to MARK")
        return {_name(key): text}
    try:
        value = parse_json(raw, masker)
    except BadResult as error:
        raise BadResult(str(error).removeprefix("line 1, ")) from None
    named = value if isinstance(value, dict) else {}
    for key in named:
        if not KEY.fullmatch(key):
            raise BadResult(f"{shown(key)} is no name; use letters, digits and underscores")
    return named
