"""Carries out `use` steps: the plugin is called in a process of its own, so that it can harm nothing else."""

from __future__ import annotations

from dataclasses import replace

from pydantic import JsonValue

from oyama_tui.core.commands import Outcome
from oyama_tui.steps.attempt import StepLimits
from oyama_tui.steps.protocol import StepContext, StepOrder
from oyama_tui.steps.python import PythonExecutor

HOST = "oyama_tui.steps.plugin_host:carry_out"


class UseExecutor:
    """Calls plugins as `python` steps call functions.

    Args:
        limits: Bounds for every attempt.
    """

    def __init__(self, limits: StepLimits) -> None:
        self._calls = PythonExecutor(limits)

    async def execute(self, order: StepOrder, context: StepContext) -> Outcome:
        """Call the plugin once.

        Args:
            order: Input `use` (a name) and `with` (a map); optional `env`, `idle`.
            context: The way to the rest.
        """
        rest = {name: value for name, value in order.input.items() if name not in ("use", "with")}
        call: dict[str, JsonValue] = {"call": HOST, "with": {"name": order.input["use"], "values": order.input.get("with") or {}}}
        return await self._calls.execute(replace(order, input={**rest, **call}), context)


def executor(limits: StepLimits) -> UseExecutor:
    """The executor of `use` steps.

    Args:
        limits: Bounds for every attempt.
    """
    return UseExecutor(limits)
