"""The step kind `python`: a call of a Python function."""

from __future__ import annotations

from pydantic import Field

from oyama_tui.core.definition.base import CALL, Text, Values
from oyama_tui.core.definition.kind import Order, Renderer, StepKind, Words
from oyama_tui.core.definition.step_base import StepBase


class PythonStep(StepBase):
    """Call a Python function in a process of its own; arguments and result are JSON."""

    python: str = Field(pattern=CALL, max_length=300)
    """`module:function`; the module is found from the working directory."""
    with_: Values = Field(default={}, alias="with")
    """Keyword arguments."""
    interpreter: Text | None = None
    """Another Python; the one that runs Oyama when empty."""
    cwd: Text | None = None
    """Working directory, relative to the definition file's."""


def _order(step: PythonStep, maker: Renderer) -> Order:
    order: Order = {"call": step.python, "with": maker.nested(dict(step.with_), "with")}
    if env := maker.environment():
        order["env"] = env
    if step.interpreter is not None:
        order["interpreter"] = maker.text(step.interpreter, "interpreter")
    if step.cwd is not None:
        order["cwd"] = maker.text(step.cwd, "cwd")
    return order


def _describe(step: PythonStep, words: Words) -> str:
    return f"{step.python}({', '.join(f'{name}={words.value(value)}' for name, value in step.with_.items())})"


PYTHON = StepKind(
    name="python",
    model=PythonStep,
    execution="process",
    templates={"python": "plain", "with": "values", "interpreter": "text", "cwd": "folder"},
    order=_order,
    typed=frozenset({"with"}),
    describe=_describe,
    said=frozenset({"call", "with", "cwd"}),
    folder=lambda step: step.cwd,
)
"""The kind."""
