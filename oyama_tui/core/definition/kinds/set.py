"""The step kind `set`: variables of the context."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oyama_tui.core.definition.base import Values
from oyama_tui.core.definition.kind import Order, Renderer, StepKind, Words
from oyama_tui.core.definition.step_base import StepBase


class SetStep(StepBase):
    """Set variables of the context."""

    set: Annotated[Values, Field(min_length=1)]
    """Names and values; values may use expressions."""


def _order(step: SetStep, maker: Renderer) -> Order:
    return {"set": maker.nested(dict(step.set), "set")}


def _describe(step: SetStep, words: Words) -> str:
    return f"set {', '.join(f'{name} = {words.value(value)}' for name, value in step.set.items())}"


SET = StepKind(
    name="set",
    model=SetStep,
    execution="inline",
    templates={"set": "values"},
    order=_order,
    typed=frozenset({"set"}),
    describe=_describe,
    said=frozenset({"set"}),
)
"""The kind."""
