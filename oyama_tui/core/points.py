"""How the point after an event is called."""

from __future__ import annotations

from typing import Final

_OVER: Final = frozenset({"step_succeeded", "step_failed", "step_skipped", "step_cancelled", "step_reused", "gate_passed"})
_ENDS: Final = frozenset({"run_completed", "run_failed", "run_cancelled"})


def point_label(kind: str, node: str, seq: int) -> str:
    """The point after an event, in words: `after build`, `after event 17`, `at its end`.

    Args:
        kind: The event's type.
        node: The node that it is about; empty when it is about the run.
        seq: Its number.
    """
    if kind in _ENDS:
        return "at its end"
    if kind == "run_started":
        return "at its beginning"
    return f"after {node}" if kind in _OVER and node else f"after event {seq}"
