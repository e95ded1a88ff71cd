"""Reads what a step gives back: JSON documents, and the file of outputs."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

from pydantic import JsonValue

RESULT_LIMIT = 4 * 1024 * 1024
"""The most bytes of a result."""
OUTPUTS_LIMIT = 1024 * 1024
"""The most bytes of the file that OYAMA_OUTPUT names."""
DEPTH_LIMIT = 64
"""The deepest that lists and maps may be nested."""
KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class BadResult(ValueError):
    """What a step gave back cannot be read; the text is a sentence."""


def parse_json(raw: bytes) -> JsonValue:
    """Read one JSON document.

    Args:
        raw: UTF-8, at most `RESULT_LIMIT` bytes.

    Raises:
        BadResult: It is no JSON; the sentence names the place.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise BadResult(f"byte {wrong.start + 1} is no UTF-8") from None
    if not text.strip():
        raise BadResult("it is empty")
    try:
        return checked(json.loads(text, parse_constant=refuse_constant))
    except json.JSONDecodeError as wrong:
        raise BadResult(f"line {wrong.lineno}, column {wrong.colno}: {wrong.msg}") from None
    except RecursionError:
        raise BadResult(f"it is nested deeper than {DEPTH_LIMIT}") from None
    except BadResult:
        raise
    except ValueError as wrong:
        raise BadResult(str(wrong)) from None


def refuse_constant(name: str) -> JsonValue:
    """Refuse NaN and Infinity, which are no JSON.

    Args:
        name: Which one was met.

    Raises:
        BadResult: Always.
    """
    raise BadResult(f"{name} is no JSON number")


def checked(value: JsonValue, depth: int = 0) -> JsonValue:
    """Give the value back with characters that no text may hold replaced.

    Args:
        value: Any JSON value.
        depth: How deep it lies.

    Raises:
        BadResult: It is nested too deeply.
    """
    if depth > DEPTH_LIMIT:
        raise BadResult(f"it is nested deeper than {DEPTH_LIMIT}")
    if isinstance(value, str):
        return whole_characters(value)
    if isinstance(value, dict):
        return {whole_characters(key): checked(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [checked(item, depth + 1) for item in value]
    return value


def whole_characters(text: str) -> str:
    """Replace halves of characters, which JSON can write and UTF-8 cannot.

    Args:
        text: Any text.
    """
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def read_bounded(path: Path, limit: int) -> bytes:
    """Read a file that a step has written.

    Args:
        path: The file; links are not followed.
        limit: The most bytes.

    Raises:
        BadResult: It is gone, is no plain file, or is too long.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError as wrong:
        raise BadResult(f"it cannot be read: {wrong.strerror}") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BadResult("it is no plain file")
        pieces = []
        size = 0
        while piece := os.read(descriptor, limit + 1 - size):
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise BadResult(f"it is longer than {limit // 1024} KiB")
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def read_outputs(path: Path) -> dict[str, JsonValue]:
    """Read the file that OYAMA_OUTPUT names: each line is `key=value` or a JSON object; a later value replaces an earlier one.

    Args:
        path: The file; a missing one holds nothing.

    Raises:
        BadResult: A line cannot be read, or the file is too long; the sentence names the line.
    """
    found: dict[str, JsonValue] = {}
    if not os.path.lexists(path):
        return found
    # Only these two end a line: other separators may stand in a value.
    for number, raw in enumerate(read_bounded(path, OUTPUTS_LIMIT).replace(b"\r\n", b"\n").split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            found.update(output_line(raw))
        except BadResult as wrong:
            raise BadResult(f"line {number}: {wrong}") from None
    return found


def output_line(raw: bytes) -> dict[str, JsonValue]:
    """Read one line of outputs.

    Args:
        raw: Not empty.

    Raises:
        BadResult: It is neither `key=value` nor a JSON object.
    """
    if raw.lstrip().startswith(b"{"):
        try:
            value = parse_json(raw)
        except BadResult as wrong:
            raise BadResult(str(wrong).removeprefix("line 1, ")) from None
        named = value if isinstance(value, dict) else {}
    else:
        try:
            key, equals, text = raw.decode("utf-8").partition("=")
        except UnicodeDecodeError as wrong:
            raise BadResult(f"byte {wrong.start + 1} is no UTF-8") from None
        if not equals:
            raise BadResult("write key=value or a JSON object")
        named = {key.strip(): text}
    for key in named:
        if not KEY.fullmatch(key):
            raise BadResult(f"{key[:64]!r} is no name; use letters, digits and underscores")
    return named
