"""The step kind `parallel`: steps beside each other, once or again and again."""

from __future__ import annotations

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


class ParallelStep(RepeatableBlock):
    """Run steps beside each other."""

    parallel: Steps
    """The steps; all start together, and all settle."""


PARALLEL = StepKind(
    name="parallel",
    model=ParallelStep,
    execution="block",
    templates={"parallel": "steps", "repeat": REPEAT, "fail_fast": "plain", "max_parallel": "plain"},
    describe=lambda step, words: said_steps(step, step.parallel, "parallel"),
    inside={"repeat": Repeat},
    lists=lambda step: one_list(step, step.parallel, "parallel"),
    conditions=conditions_of,
    list_keys=(("parallel",),),
    names=repeated_names,
    values=BLOCK_VALUES,
    check=check_repeat,
)
"""The kind."""
