"""The step kind `for_each`: the same steps for every item of a list or map."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from pydantic import Field, JsonValue, model_validator

from oyama_tui.core.definition.base import DefinitionModel, Flag, VariableName, Whole, WorkflowType, json_type
from oyama_tui.core.definition.document import Document, Path
from oyama_tui.core.definition.expressions import OPEN, ExpressionError, Piece, split_template
from oyama_tui.core.definition.kind import Order, Renderer, StepKind, StepList, Words
from oyama_tui.core.definition.kinds.block import BLOCK_VALUES, Steps, counted
from oyama_tui.core.definition.step_base import StepBase

MAX_ITEMS = 100_000
ITEM_FIELDS: Final = ("item", "index", "status")
"""What `steps.fan.items[0]` has besides the steps of the item; `key` and `value` are those of an entry of a map."""
_SAID: Final = 60
"""So many characters of items are said."""


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

    @model_validator(mode="before")
    @classmethod
    def _from_items(cls, value: Any) -> Any:
        """Let `for_each: ITEMS` stand for `for_each: {items: ITEMS}`, but for a map, which says more."""
        return {"items": value} if isinstance(value, str | list) else value


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


def loop_of(data: Mapping[str, Any]) -> tuple[Path, Mapping[str, Any]]:
    """What a loop goes through, from the data of a step: where its items stand, and the map; short forms written out.

    Args:
        data: The data of a step, sound or not.
    """
    loop = data.get("for_each")
    if isinstance(loop, dict):
        return ("for_each", "items"), loop
    return ("for_each",), {"items": loop}


def item_name(data: Mapping[str, Any]) -> str:
    """What the steps of a loop call the item."""
    name = loop_of(data)[1].get("as", "item")
    return name if isinstance(name, str) else "item"


def _check(document: Document, path: Path, data: Mapping[str, Any]) -> None:
    """Refuse items that can never be gone through."""
    place, loop = loop_of(data)
    if "items" not in loop or not (place == ("for_each", "items") or isinstance(loop["items"], str | list)):
        return
    items = loop["items"]
    where = (*path, *place)
    if isinstance(items, list | dict):
        if len(items) > MAX_ITEMS:
            document.add(where, f"a loop goes through at most {MAX_ITEMS:,} items, and these are {len(items):,}", "make several loops")
        elif not items:
            document.warn(where, "there are no items, so nothing runs for any")
    elif not isinstance(items, str):
        document.add(where, f"the items of a loop are a list, a map or an expression, not of type {json_type(items)}")
    elif not _is_expression(items):
        hint = "write the whole of it as one expression" if OPEN in items else 'for example "${{ inputs.hosts }}"'
        document.add(where, "the items of a loop are a list, a map or an expression, not a text", hint)


def _is_expression(text: str) -> bool:
    try:
        parts = split_template(text)
    except ExpressionError:
        return True
    return len(parts) == 1 and isinstance(parts[0], Piece)


def _describe(step: ForEachStep, words: Words) -> str:
    items = step.for_each.items
    said = words.value(items)
    if isinstance(items, str):
        said = items.removeprefix(OPEN).removesuffix("}}").strip()
    elif isinstance(items, list | dict):
        first = islice(items, _SAID)
        said = ", ".join(item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in first)
    if len(said) > _SAID:
        said = f"{said[:_SAID]}..."
    beside = f", {step.for_each.concurrency:,} at once" if step.for_each.concurrency > 1 else ", one at a time"
    return f"for each of {said}{beside}; {counted(len(step.steps), 'step')} each"


FOR_EACH = StepKind(
    name="for_each",
    model=ForEachStep,
    execution="block",
    templates={
        "for_each": {"items": "values", "as": "plain", "concurrency": "plain", "fail_fast": "plain"},
        "steps": "steps",
        "type": "plain",
    },
    describe=_describe,
    order=_order,
    typed=frozenset({"items"}),
    inside={"for_each": ForEach},
    lists=lambda step: (StepList(step.steps, step.type, False, (step.for_each.as_, "index")),),
    list_keys=(("steps",),),
    names=lambda data: (item_name(data), "index"),
    values=("items", *BLOCK_VALUES),
    short={"for_each": "items"},
    check=_check,
)
"""The kind."""
