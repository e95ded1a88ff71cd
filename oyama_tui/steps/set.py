"""Carries out `set` steps: the rendered values become variables of the context."""

from __future__ import annotations

from oyama_tui.core.commands import Outcome
from oyama_tui.steps.attempt import StepLimits
from oyama_tui.steps.protocol import InlineExecutor, StepContext, StepOrder


class SetExecutor(InlineExecutor):
    """Sets variables; starts nothing."""

    def execute_now(self, order: StepOrder, context: StepContext) -> Outcome:
        """Give back the values as changes of the context.

        Args:
            order: Input `set`, a map.
            context: Tells the time.
        """
        values = order.input.get("set")
        return Outcome(
            node=order.node,
            attempt=order.attempt,
            status="succeeded",
            context=values if isinstance(values, dict) else {},
            started_at=context.now(),
        )


def executor(limits: StepLimits) -> SetExecutor:
    """The executor of `set` steps.

    Args:
        limits: Bounds for every attempt.
    """
    return SetExecutor()
