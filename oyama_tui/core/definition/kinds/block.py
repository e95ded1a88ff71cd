"""What the kinds have in common that consist of steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field, model_validator

from oyama_tui.core.definition.base import AtOnce, DefinitionModel, Duration, Expression, Flag, Whole, WorkflowType, format_duration
from oyama_tui.core.definition.document import Document, Path
from oyama_tui.core.definition.kind import StepList, Template
from oyama_tui.core.definition.step_base import StepBase

if TYPE_CHECKING:
    Step = StepBase

MAX_ROUNDS = 10_000
BLOCK_VALUES: Final = ("outputs",)
"""What `steps.x` has of a block, besides what every step has."""
REPEAT: Final[Mapping[str, Template]] = {"until": "round", "while": "round", "every": "plain", "max": "plain"}
"""What expressions may do in the keys of `repeat`."""
Steps = Annotated["tuple[Step, ...]", Field(min_length=1)]
"""The steps of a block; what a step is stands in `step.py`, which needs the kinds first."""


class Repeat(DefinitionModel):
    """Run a block again and again."""

    until: Expression | None = None
    """Stop once this is true after a round; it sees the steps of the block and `iteration`."""
    while_: Expression | None = Field(default=None, alias="while")
    """Go on as long as this is true after a round."""
    every: Duration = 0
    """The pause between two rounds."""
    max: Whole = Field(ge=1, le=MAX_ROUNDS)
    """The most rounds; the step fails when it would need more."""

    @property
    def condition(self) -> str:
        """The one of both that there is."""
        return self.until or self.while_ or ""

    @model_validator(mode="after")
    def _one_condition(self) -> Repeat:
        if (self.until is None) == (self.while_ is None):
            raise ValueError("repeat needs one of until and while")
        return self


class RepeatableBlock(StepBase):
    """A block whose steps run once, or again and again."""

    fail_fast: Flag = False
    """The first failure cancels what still runs in it."""
    max_parallel: AtOnce | None = None
    """The most steps of it that are under way at once, where they run beside each other."""
    repeat: Repeat | None = None
    """Run it again and again."""


def names_of(step: RepeatableBlock) -> tuple[str, ...]:
    """What expressions in the block's steps may use besides the usual."""
    return ("iteration",) if step.repeat is not None else ()


def conditions_of(step: RepeatableBlock) -> tuple[str, ...]:
    """The bare expressions of the block's own."""
    return (step.repeat.condition,) if step.repeat is not None else ()


def one_list(step: RepeatableBlock, steps: Sequence[StepBase], kind: WorkflowType) -> tuple[StepList, ...]:
    """The body of a block that has one."""
    return (StepList(tuple(steps), kind, step.fail_fast, names_of(step), max_parallel=step.max_parallel),)


def repeated_names(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The same, from the data of a file."""
    return ("iteration",) if data.get("repeat") is not None else ()


def check_repeat(document: Document, path: Path, data: Mapping[str, Any]) -> None:
    """Refuse a `repeat` that does not say when it ends."""
    repeat = data.get("repeat")
    if not isinstance(repeat, dict):
        return
    given = [key for key in ("until", "while") if repeat.get(key) is not None]
    place = (*path, "repeat")
    if not given:
        document.add(place, "this repeat does not say when to stop", "add until: or while: with an expression")
    elif len(given) > 1:
        document.add(place, "this repeat has until and while, and needs one of them", "until: X says the same as while: '!(X)'")
    if "max" not in repeat:
        document.add(
            place, "this repeat does not say how many rounds it may take", "add max: with the most rounds, such as max: 20", beside=True
        )


def _said_repeat(step: RepeatableBlock) -> str:
    """How a block is repeated, in words; empty when it is not."""
    repeat = step.repeat
    if repeat is None:
        return ""
    until = f"until {repeat.until}" if repeat.until is not None else f"while {repeat.while_}"
    every = f", every {format_duration(repeat.every)}" if repeat.every else ""
    return f"repeat {until}, at most {counted(repeat.max, 'time')}{every}"


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


_ORDER_WORDS: Final[Mapping[str, str]] = {
    "sequential": "one after another",
    "parallel": "beside each other",
    "conditional": "one after another, by their conditions",
    "graph": "as they need each other",
}
"""How steps of a type follow each other, in words."""


def said_steps(step: RepeatableBlock, steps: Sequence[StepBase], kind: WorkflowType) -> str:
    """What a block does, in one line."""
    order = f" {_ORDER_WORDS[kind]}" if len(steps) > 1 else ""
    return "; ".join(part for part in (_said_repeat(step), f"{counted(len(steps), 'step')}{order}") if part)
