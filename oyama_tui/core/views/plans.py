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
    """What becomes of it."""
    permanent: bool = False
    """It does a second time what cannot be undone."""


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


TWICE: Final = "done twice, and cannot be undone"
"""What is said of a step that does a second time what cannot be undone."""


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
    permanent: bool = False
    """It does a second time what cannot be undone."""


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


UndoDoes = Literal["undone", "impossible", "permanent", "failed", "nothing", "undeclared"]
"""What becomes of what a step has done: it is undone; what undoes it cannot be made; it cannot be undone; it would be permanent, and has
failed; it says that it leaves nothing; nothing says what undoes it."""


class UndoStep(Frozen):
    """What undoing would do about one step, or one node of it."""

    node: str
    """The node that is undone; of what nothing undoes, the step."""
    step: str
    """The step's id."""
    label: str
    """The step in words for people."""
    was: str
    """What had become of it, in the word that people see."""
    does: UndoDoes
    """What becomes of it."""
    action: str = ""
    """What undoes it, in words that people would type; secrets show their names."""
    why: str = ""
    """Why what undoes it cannot be made; empty where it can."""
    count: int = 1
    """How many nodes of the step are meant."""


class UndoPlan(Frozen):
    """What undoing would do."""

    to: int
    """After which event everything is undone; 0 for the beginning."""
    label: str
    """That point in words for people, as the rest of a sentence: `to after build`."""
    ends: bool
    """The run ends then; otherwise it pauses at that point."""
    steps: tuple[UndoStep, ...]
    """What undoes, in the order in which it begins, and then what stays."""
    again: tuple[str, ...]
    """The steps that begin anew when the run goes on afterwards, in words for people."""
    obstacles: tuple[str, ...]
    """The ids of steps that cannot be undone: nothing is done unless each is named."""
    set: dict[str, JsonValue]
    """Variables that get another value."""
    unset: tuple[str, ...]
    """Variables that are no more."""
    seq: int
    """The number of the newest event when it was made: what is done by it is refused when the run has moved on."""


UNDO_WORDS: Final[Mapping[UndoDoes, str]] = {
    "undone": "is undone by",
    "impossible": "cannot be undone",
    "permanent": "stays: it is permanent",
    "failed": "failed, so nothing stays of it",
    "nothing": "leaves nothing behind",
    "undeclared": "stays: nothing says what undoes it",
}
"""What becomes of what a step has done, as the rest of a sentence."""
