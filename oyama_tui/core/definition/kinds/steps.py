"""The step kind `steps`: a block of steps, once or again and again."""

from __future__ import annotations

from oyama_tui.core.definition.base import WorkflowType
from oyama_tui.core.definition.kind import StepKind
from oyama_tui.core.definition.kinds.block import (
    BLOCK_VALUES,
    REPEAT,
    Repeat,
    RepeatableBlock,
    Steps,
    check_repeat,
    conditions_of,
    one_list,
    repeated_names,
    said_steps,
)


class StepsStep(RepeatableBlock):
    """Run a block of steps."""

    steps: Steps
    """The steps, in order."""
    type: WorkflowType = "sequential"
    """How they follow each other."""


STEPS = StepKind(
    name="steps",
    model=StepsStep,
    execution="block",
    templates={"steps": "steps", "repeat": REPEAT, "type": "plain", "fail_fast": "plain", "max_parallel": "plain"},
    describe=lambda step, words: said_steps(step, step.steps, step.type),
    inside={"repeat": Repeat},
    lists=lambda step: one_list(step, step.steps, step.type),
    conditions=conditions_of,
    list_keys=(("steps",),),
    names=repeated_names,
    values=BLOCK_VALUES,
    check=check_repeat,
)
"""The kind."""
