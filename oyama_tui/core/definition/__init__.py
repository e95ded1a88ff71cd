"""The definition format: workflows, steps and gates, and how a file becomes one.

What is named here is loaded when it is used first: a command that only looks at questions needs a few types of gates, and no steps.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from oyama_tui.core.definition.base import InputField, format_duration, parse_duration
    from oyama_tui.core.definition.gate import Gate
    from oyama_tui.core.definition.step import GateStep, PythonStep, RetryPolicy, RunStep, SetStep, Step, StepTimeout, WaitStep, kind_of
    from oyama_tui.core.definition.workflow import Workflow

__all__ = [
    "Gate",
    "GateStep",
    "InputField",
    "PythonStep",
    "RetryPolicy",
    "RunStep",
    "SetStep",
    "Step",
    "StepTimeout",
    "WaitStep",
    "Workflow",
    "format_duration",
    "kind_of",
    "parse_duration",
]
_PLACES: Final = {
    **dict.fromkeys(("InputField", "format_duration", "parse_duration"), "base"),
    "Gate": "gate",
    "Workflow": "workflow",
}
"""The modules of this package that have what is not in `step`."""


def __getattr__(name: str) -> Any:
    """Load what is named here.

    Args:
        name: One of `__all__`.

    Raises:
        AttributeError: Nothing is called so.
    """
    if name not in __all__:
        raise AttributeError(f"{__name__} has no {name}")
    return getattr(import_module(f"{__name__}.{_PLACES.get(name, 'step')}"), name)
