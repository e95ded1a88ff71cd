"""The executors of this version, by kind of step."""

from __future__ import annotations

from oyama_tui.steps.attempt import StepLimits
from oyama_tui.steps.gate import GateExecutor
from oyama_tui.steps.protocol import Executors
from oyama_tui.steps.python import PythonExecutor
from oyama_tui.steps.run import RunExecutor
from oyama_tui.steps.set import SetExecutor


def default_executors(*, grace: float = 5.0, log_quota: int = 64 * 1024 * 1024) -> Executors:
    """The executors of all step kinds of this version, and of gathering a gate's evidence.

    Args:
        grace: Seconds between asking a step's processes to end and ending them.
        log_quota: The most bytes of live output kept on disk for one attempt.
    """
    limits = StepLimits(grace, log_quota)
    return {"run": RunExecutor(limits), "python": PythonExecutor(limits), "set": SetExecutor(), "gate": GateExecutor(limits)}
