"""The step kind `use`: a kind of another distribution, by its name.

The definition does not depend on what is installed: a stored revision is read, shown and checked where its plugin is not.
"""

from __future__ import annotations

from pydantic import Field

from oyama_tui.core.definition.base import PLUGIN_NAME, Values
from oyama_tui.core.definition.kind import Order, Renderer, StepKind, Words
from oyama_tui.core.definition.step_base import StepBase


class UseStep(StepBase):
    """Do what another distribution brings, in a process of its own."""

    use: str = Field(pattern=PLUGIN_NAME)
    """The name of an installed step kind; `oyama doctor` lists them."""
    with_: Values = Field(default={}, alias="with")
    """What it is given."""


def _order(step: UseStep, maker: Renderer) -> Order:
    order: Order = {"use": step.use, "with": maker.nested(dict(step.with_), "with")}
    if env := maker.environment():
        order["env"] = env
    return order


def _describe(step: UseStep, words: Words) -> str:
    return f"{step.use}({', '.join(f'{name}={words.value(value)}' for name, value in step.with_.items())})"


USE = StepKind(
    name="use",
    model=UseStep,
    execution="process",
    templates={"use": "plain", "with": "values"},
    order=_order,
    typed=frozenset({"with"}),
    describe=_describe,
    said=frozenset({"use", "with"}),
)
"""The kind."""
