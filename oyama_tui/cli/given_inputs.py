"""The inputs of a run as the command line gives them: from a file, and one by one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from oyama_tui.core.definition.base import MAX_BYTES
from oyama_tui.core.errors import InvalidInput, NotFound
from oyama_tui.core.input_text import inputs_of_text
from oyama_tui.files import read_named

STANDARD_INPUT: Final = "-"


async def given_inputs(file: str | None, single: Mapping[str, str]) -> dict[str, JsonValue]:
    """Read the inputs of a run.

    Args:
        file: Of `--inputs`: a path, or `-` for standard input; none without it.
        single: Of `--input`, which win.

    Raises:
        NotFound: The file cannot be read.
        InvalidInput: What it holds is no map of names and values, or nothing comes on standard input.
    """
    if file is None:
        return dict(single)
    if file == STANDARD_INPUT:
        raw, name = await asyncio.to_thread(_from_standard_input), "<stdin>"
    else:
        raw, name = await asyncio.to_thread(_from_file, file), file
    return {**inputs_of_text(raw, name), **single}


def standard_input() -> bytes:
    """What comes on standard input, up to one byte more than a document may have.

    Raises:
        InvalidInput: It is closed.
    """
    if sys.stdin is None:
        raise InvalidInput("Standard input is closed, so nothing can be read from it.", "Pipe something in, or name a file.")
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def _from_standard_input() -> bytes:
    if sys.stdin is not None and sys.stdin.isatty():
        raise InvalidInput(
            "--inputs - reads standard input, and that is a terminal.", "Pipe the inputs in, or name a file: --inputs values.yaml"
        )
    return standard_input()


def _from_file(file: str) -> bytes:
    try:
        return read_named(Path(file).expanduser(), MAX_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise NotFound(f"The inputs in {file or repr(file)} cannot be read: {reason}.", "Check the path.") from None
