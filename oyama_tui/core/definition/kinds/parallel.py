"""The step kind `parallel`: steps beside each other, once or again and again."""

from __future__ import annotations

from oyama_tui.core.definition.kind import StepKind
from oyama_tui.core.definition.kinds.block import Repeat, RepeatableBlock, Steps, conditions_of, one_list


class ParallelStep(RepeatableBlock):
    """Run steps beside each other."""

    parallel: Steps
    """The steps; all start together, and all settle."""


PARALLEL = StepKind(
    name="parallel",
    model=ParallelStep,
    execution="block",
    templates={"repeat": "plain", "fail_fast": "plain"},
    inside={"repeat": Repeat},
    lists=lambda step: one_list(step, step.parallel, "parallel"),
    conditions=conditions_of,
    list_keys=(("parallel",),),
)
"""The kind."""
