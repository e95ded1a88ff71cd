"""Plans: what taking something up anew or back would do, shown before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from oyama_tui.core.events.base import Frozen

Recovery = Literal["again", "asks", "goes_on", "done", "skipped"]
"""What becomes of a step: it begins once more, asks a person, goes on with what failed in it, counts as done, or is left out."""


class RecoverStep(Frozen):
    """What recovering would do with one step."""

    node: str
    """Its node as it is now."""
    label: str
    """The step in words for people."""
    was: str
    """What had become of it, in the word that people see."""
    does: Recovery


class RecoverPlan(Frozen):
    """What recovering would do."""

    resumes: bool
    """The run only rests because a step was cut off again and again; it goes on with that."""
    steps: tuple[RecoverStep, ...]
    """In the order of the definition; those that have not begun are not among them."""
    seq: int
    """The number of the newest event when it was made: what is done by it is refused when the run has moved on."""


RECOVERY_WORDS: Final[Mapping[Recovery, str]] = {
    "again": "begins once more",
    "asks": "asks once more",
    "goes_on": "goes on",
    "done": "counts as done",
    "skipped": "is left out",
}
"""What becomes of a step, as the rest of a sentence."""
