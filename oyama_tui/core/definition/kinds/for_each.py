"""The step kind `for_each`: the same steps for every item of a list or map."""

from __future__ import annotations

from pydantic import Field, JsonValue

from oyama_tui.core.definition.base import DefinitionModel, Flag, VariableName, Whole, WorkflowType
from oyama_tui.core.definition.kind import Order, Renderer, StepKind, StepList
from oyama_tui.core.definition.kinds.block import Steps
from oyama_tui.core.definition.step_base import StepBase

MAX_ITEMS = 100_000


class ForEach(DefinitionModel):
    """What a loop goes through, and how."""

    items: JsonValue
    """A list, a map (each entry is an item with `key` and `value`), or an expression that gives one."""
    as_: VariableName = Field(default="item", alias="as")
    """What expressions in its steps call the item."""
    concurrency: Whole = Field(default=1, ge=1, le=1000)
    """How many items are under way at once."""
    fail_fast: Flag = False
    """The first item that fails cancels the others."""


class ForEachStep(StepBase):
    """Run the same steps for every item."""

    for_each: ForEach
    """What it goes through."""
    steps: Steps
    """The steps for each item."""
    type: WorkflowType = "sequential"
    """How they follow each other."""


def _order(step: ForEachStep, maker: Renderer) -> Order:
    return {"items": maker.nested(step.for_each.items, "items")}


FOR_EACH = StepKind(
    name="for_each",
    model=ForEachStep,
    execution="block",
    templates={"for_each": {"items": "values", "as": "plain", "concurrency": "plain", "fail_fast": "plain"}, "type": "plain"},
    order=_order,
    typed=frozenset({"items"}),
    inside={"for_each": ForEach},
    lists=lambda step: (StepList(step.steps, step.type, False, (step.for_each.as_, "index")),),
    list_keys=(("steps",),),
)
"""The kind."""
