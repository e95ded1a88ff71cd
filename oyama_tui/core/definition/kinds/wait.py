"""The step kind `wait`: a length of time."""

from __future__ import annotations

from pydantic import Field

from oyama_tui.core.definition.base import DefinitionModel, Duration, format_duration
from oyama_tui.core.definition.kind import StepKind
from oyama_tui.core.definition.step_base import StepBase
from oyama_tui.core.definition.yaml_hints import LATER_WAIT


class WaitSpec(DefinitionModel):
    """What a wait step waits for."""

    for_: Duration = Field(alias="for")
    """A length of time."""


class WaitStep(StepBase):
    """Wait for some time; the wait survives a restart."""

    wait: WaitSpec
    """What to wait for."""


WAIT = StepKind(
    name="wait",
    model=WaitStep,
    templates={"wait": "plain"},
    describe=lambda step, words: f"wait {format_duration(step.wait.for_)}",
    inside={"wait": WaitSpec},
    later=LATER_WAIT,
)
"""The kind."""
