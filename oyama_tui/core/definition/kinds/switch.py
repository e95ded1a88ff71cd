"""The step kind `switch`: the steps of the first branch whose condition holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from oyama_tui.core.definition.base import DefinitionModel, Expression, WorkflowType
from oyama_tui.core.definition.document import Document, Path
from oyama_tui.core.definition.kind import StepKind, StepList, Words
from oyama_tui.core.definition.kinds.block import BLOCK_VALUES, Steps
from oyama_tui.core.definition.step_base import StepBase


class Branch(DefinitionModel):
    """One branch of a switch."""

    if_: Expression | None = Field(default=None, alias="if")
    """Taken when this is true and no branch before it was; the last branch may do without."""
    else_: Literal[None, True] = Field(default=None, alias="else")
    """Says for people that the last branch has no condition."""
    steps: Steps
    """The steps of the branch."""
    type: WorkflowType = "sequential"
    """How they follow each other."""


class SwitchStep(StepBase):
    """Run the steps of one branch, or none."""

    switch: Annotated[tuple[Branch, ...], Field(min_length=1, max_length=100)]
    """The branches, in the order in which their conditions are looked at."""


def _when(branch: Branch, place: int) -> str:
    """When a branch is taken, in words."""
    if branch.if_ is None:
        return "else" if place else "always"
    return f"{'else if' if place else 'if'} {branch.if_}"


def _lists(step: SwitchStep) -> tuple[StepList, ...]:
    return tuple(StepList(branch.steps, branch.type, when=_when(branch, place)) for place, branch in enumerate(step.switch))


def _describe(step: SwitchStep, words: Words) -> str:
    return "; ".join(_when(branch, place) for place, branch in enumerate(step.switch))


def _check(document: Document, path: Path, data: Mapping[str, Any]) -> None:
    """Refuse branches that are never reached, and what an `else` cannot say."""
    branches = data.get("switch")
    if not isinstance(branches, list):
        return
    for index, branch in enumerate(branches):
        if not isinstance(branch, dict):
            continue
        place = (*path, "switch", index)
        if "else" in branch and branch["else"] not in (None, True):
            document.add((*place, "else"), "'else' has no value", "write - else: and beside it steps: with the steps")
        if branch.get("if") is not None:
            if "else" in branch:
                document.add((*place, "else"), "a branch has if or else, not both", "take one of them away", key=True)
        elif index < len(branches) - 1:
            document.add(place, "only the last branch may do without if", "the branches after it would never be taken")


SWITCH = StepKind(
    name="switch",
    model=SwitchStep,
    execution="block",
    templates={"switch": {"if": "condition", "else": "plain", "steps": "steps", "type": "plain"}},
    describe=_describe,
    inside={"switch": Branch},
    lists=_lists,
    conditions=lambda step: tuple(branch.if_ for branch in step.switch if branch.if_ is not None),
    list_keys=(("switch", None, "steps"),),
    values=BLOCK_VALUES,
    check=_check,
)
"""The kind."""
