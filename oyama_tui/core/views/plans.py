"""Plans: what taking something up anew or back would do, shown before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import JsonValue

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


Reuse = Literal["reused", "again", "changed", "new", "gone"]
"""What becomes of a step in a fork: what it had done is taken over; it begins once more; it is taken over with other outputs; the other
definition has it anew, or has it no more."""


class ForkStep(Frozen):
    """What forking would do with one step."""

    step: str
    """Its id."""
    label: str
    """The step in words for people."""
    does: Reuse
    """What becomes of it."""
    why: str = ""
    """Why it is not taken over, as the rest of a sentence; empty where it is."""


class ForkPlan(Frozen):
    """What forking would do."""

    source: str
    """The state id of the run."""
    at: int
    """After which event of it."""
    label: str
    """That point in words for people: `after build`, `event 17`."""
    workflow_id: str
    """Of which workflow the new run is."""
    revision: str
    """Of which content; it may not be stored yet."""
    steps: tuple[ForkStep, ...]
    """Outside of blocks, in the order of the definition; those that are gone come last."""
    inputs: dict[str, JsonValue]
    """Of the new run."""
    context: dict[str, JsonValue]
    """With which the new run begins."""
    changed: tuple[str, ...] = ()
    """What is not as it was in the other run, as the rest of a sentence each: `inputs.version is '1.3'`."""
    notes: tuple[str, ...] = ()
    """What people should know besides, a sentence each: that the workflow was edited since, for example."""
    digest: str
    """Of all this but `label` and `notes`: a fork that was agreed to is made only while it would be the same."""


class ForkLink(Frozen):
    """A run that one was forked from, or that was forked from it."""

    run: str
    """Its state id."""
    label: str
    """How people name it: `release #11`; its state id when it is not here any more."""
    at: int
    """After which event of the one the other goes on."""
    point: str
    """That point in words: `after build`, `after event 17`, `at its end`."""


REUSE_WORDS: Final[Mapping[Reuse, str]] = {
    "reused": "is taken over",
    "again": "begins once more",
    "changed": "is taken over with other outputs",
    "new": "is new",
    "gone": "is left behind",
}
"""What becomes of a step, as the rest of a sentence."""
