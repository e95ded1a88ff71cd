"""The inputs of a run as the command line gives them: from a file, and one by one."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from oyama_tui.cli.sources import read_source
from oyama_tui.core.input_text import inputs_of_text


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
    raw, name = await read_source(file, "inputs", "--inputs -", "name a file: --inputs values.yaml")
    return {**inputs_of_text(raw, name), **single}
