"""`python -m oyama_tui.bench.one`: one measurement in the process that was made for it, which loads what that one needs and no more."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
from collections.abc import Callable, Coroutine, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from oyama_tui.bench.figures import Figures
from oyama_tui.core.errors import OyamaError
from oyama_tui.descriptors import keep_descriptors

Measurement: TypeAlias = "Callable[[Path, int], Figures | Coroutine[Any, Any, Figures]]"
"""Takes a folder of its own and a size."""


def keep_loaded() -> None:
    """Look no more through what is there, as the program itself does: it stays."""
    gc.collect()
    gc.freeze()


def _named(text: str) -> Measurement:
    """The measurement of a name."""
    module, _, name = text.partition(".")
    known: Mapping[str, Measurement] = {}
    if name and find_spec(f"{__package__}.{module}"):
        known = import_module(f"{__package__}.{module}").MEASUREMENTS
    if name not in known:
        raise argparse.ArgumentTypeError(f"there is no measurement {text!r}")
    return known[name]


def main() -> int:
    """Take one measurement and print its figures as one line of JSON.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m oyama_tui.bench.one", description="Takes one measurement of the benchmark.")
    parser.add_argument("name", type=_named, help="its module and its name there, such as writing.sequential")
    parser.add_argument("size", type=int, help="how many steps, runs or rows it is about")
    parser.add_argument("folder", type=Path, help="where to write; what the measurements before it have left there is found")
    given = parser.parse_args()
    # It passes on as little as the program itself.
    keep_descriptors()
    try:
        found = given.name(given.folder, given.size)
        print(json.dumps(asyncio.run(found) if isinstance(found, Coroutine) else found))
    except OyamaError as error:
        # One sentence is enough: it says what is to be done.
        print(f"{error.title}: {error.sentence} {error.hint}".rstrip(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
