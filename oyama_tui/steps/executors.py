"""The executors of this version, by kind of step."""

from __future__ import annotations

import importlib
from typing import cast

from oyama_tui.core.definition.step import KINDS
from oyama_tui.steps.attempt import StepLimits
from oyama_tui.steps.gate import GateExecutor
from oyama_tui.steps.protocol import Executor, Executors


def default_executors(*, grace: float = 5.0, log_quota: int = 64 * 1024 * 1024) -> Executors:
    """The executors of all step kinds of this version, and of gathering a gate's evidence.

    The executor of a kind is what `executor` in the module of that name in this package makes.

    Args:
        grace: Seconds between asking a step's processes to end and ending them.
        log_quota: The most bytes of live output kept on disk for one attempt.
    """
    limits = StepLimits(grace, log_quota)
    found: dict[str, Executor] = {"gate": GateExecutor(limits)}
    for name, kind in KINDS.items():
        if kind.execution not in ("none", "block", "person"):
            module = importlib.import_module(f"{__package__}.{name}")
            found[name] = cast(Executor, module.executor(limits))
    return found
