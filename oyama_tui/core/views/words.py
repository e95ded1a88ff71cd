"""The words that people see for where things are."""

from __future__ import annotations

from typing import Literal

Phase = Literal["queued", "running", "waiting", "draining", "paused", "completed", "failed", "rejected", "cancelled"]
"""A run's status in the words that people see."""
RunOrder = Literal["need", "newest", "workflow"]
"""Of live runs: those first that need a person, the newest first, or by workflow."""
StepWord = Literal["pending", "ready", "running", "waiting", "retrying", "completed", "failed", "skipped", "rejected", "cancelled"]
"""Where a step is in its life, in the words that people see."""
ENDED_PHASES: frozenset[str] = frozenset({"completed", "failed", "rejected", "cancelled"})
"""Words for a run that is over."""
