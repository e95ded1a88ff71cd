"""The step kind `gate`: a question without an action."""

from __future__ import annotations

from oyama_tui.core.definition.gate import Gate
from oyama_tui.core.definition.kind import StepKind
from oyama_tui.core.definition.step_base import StepBase
from oyama_tui.core.definition.yaml_hints import LATER_GATE


class GateStep(StepBase):
    """A gate without an action."""

    gate: Gate
    """The question."""


GATE = StepKind(name="gate", model=GateStep, execution="person", inside={"gate": Gate}, later=LATER_GATE)
"""The kind. Its key stands in steps of other kinds too, where it is a question before their action."""
