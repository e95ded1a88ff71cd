"""What is different between what a question asks and what was asked before, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.views.approvals import ApprovalRow

Against = Literal["given", "round", "yes"]
"""What a question is compared with: the yes that was given to this very question before it had to be asked again, the round before in the
same run, or the newest yes in an earlier run."""

NOTHING_BEFORE: Final[Mapping[Against, str]] = {
    "given": "This question was not asked again after a yes to it",
    "round": "This gate has not been turned down or sent back before in this run",
    "yes": "Nobody has said yes to this gate in an earlier run",
}
"""Why there is nothing of that kind to compare a question with."""
NOTHING_TO_COMPARE: Final = "There is nothing to compare it with: it is the first time that this is asked, or nobody has said yes before"


class ComparedWith(Frozen):
    """An earlier question of the same gate."""

    against: Against
    """Why one would compare with it."""
    approval_id: str
    """Its id."""
    run_label: str
    """The run that asked it, as people name it."""
    said: str
    """How it was answered, and by whom: `approved by ana`."""
    at: datetime | None
    """When."""


class PartDifference(Frozen):
    """One part of a question that is different, with the whole text of both sides."""

    name: str
    """What it is: `prompt`, `publish.sh`."""
    before: str
    """As it was; empty when there was no such part."""
    now: str
    """As it is; empty when there is no such part any more."""
    note: str = ""
    """What the texts do not show, such as a difference beyond what is kept of a long output."""


class ApprovalDifference(Frozen):
    """What is different between a question and an earlier one of the same gate."""

    row: ApprovalRow
    """The question."""
    compared: ComparedWith | None
    """What it is compared with; none when nothing was asked before that one could compare with."""
    possible: tuple[ComparedWith, ...]
    """All that it can be compared with, what is nearest first."""
    parts: tuple[PartDifference, ...]
    """What is different, in the order of the card."""
    alike: tuple[str, ...]
    """The names of the parts that are the same."""
