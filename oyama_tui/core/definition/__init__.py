"""The definition format: workflows, steps and gates, and how a file becomes one."""

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
