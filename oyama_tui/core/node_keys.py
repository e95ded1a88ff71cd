"""The keys of nodes as texts: ids of steps, with the numbers of items and rounds between them."""

from __future__ import annotations

import re
from typing import Final

GATE_SUFFIX: Final = ".gate"
"""Ends the key of a gate before a step's action."""
MARKS: Final = re.compile(r"\[\d+\]|#\d+|~undo")
"""What stands in a key after an id: the number of an item, that of a round, or that it undoes the node before it."""


def step_of(node: str) -> str:
    """The id of the step that a node belongs to; in blocks no step is called `gate`."""
    *way, last = MARKS.sub("", node).split(".")
    return way[-1] if way and last == "gate" else last
