"""What a command line reads from a file that it names, or from standard input."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final

from oyama_tui.core.definition.base import MAX_BYTES
from oyama_tui.core.errors import InvalidInput, NotFound
from oyama_tui.files import read_named

STANDARD_INPUT: Final = "-"


async def read_source(source: str, noun: str, option: str, instead: str) -> tuple[bytes, str]:
    """Read a file, or standard input, up to one byte more than a document may have.

    Args:
        source: A path, or `-`.
        noun: What is read: `payload`, `inputs`.
        option: How the command line names standard input: `--inputs -`.
        instead: What to write instead of piping it in.

    Returns:
        What it holds, and how to call it.

    Raises:
        NotFound: The file cannot be read.
        InvalidInput: Nothing can come on standard input.
    """
    if source == STANDARD_INPUT:
        if sys.stdin is not None and sys.stdin.isatty():
            raise InvalidInput(f"{option} reads standard input, and that is a terminal.", f"Pipe the {noun} in, or {instead}")
        return await asyncio.to_thread(standard_input), "<stdin>"
    try:
        return await asyncio.to_thread(lambda: read_named(Path(source).expanduser(), MAX_BYTES + 1)), source
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise NotFound(f"The {noun} in {source or repr(source)} cannot be read: {reason}.", "Check the path.") from None


def standard_input() -> bytes:
    """What comes on standard input, up to one byte more than a document may have.

    Raises:
        InvalidInput: It is closed.
    """
    if sys.stdin is None:
        raise InvalidInput("Standard input is closed, so nothing can be read from it.", "Pipe something in, or name a file.")
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def text_of(raw: bytes, noun: str, source: str, instead: str) -> str:
    """What was read, as text.

    Args:
        raw: It.
        noun: What was read.
        source: How to call where it came from.
        instead: What to do with something larger.

    Raises:
        InvalidInput: It is too large, or no text.
    """
    if len(raw) > MAX_BYTES:
        raise InvalidInput(f"The {noun} in {source} is larger than {MAX_BYTES // 1_000_000} MB.", instead)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"The {noun} in {source} is no UTF-8 text.") from None
