"""Why a run that should go on stands still: nobody drives it."""

from __future__ import annotations

from oyama_tui.core.views import Phase

BUSY: tuple[Phase, ...] = ("queued", "running", "draining")
"""A run of these stands still without an engine; one that waits for a person or is paused does so by itself."""


def why_undriven(run_id: str, phase: Phase, owner: str | None, *, answered: bool, needs_you: bool) -> tuple[str, tuple[str, ...]]:
    """Why a run that no living engine drives stands still, and the words of the command by which it goes on; empty when it does not.

    Args:
        run_id: Its state id.
        phase: In the word that people see.
        owner: The engine in its row, which does not live.
        answered: Somebody has answered a gate of it.
        needs_you: A gate of it is open.
    """
    if phase not in BUSY and (phase != "waiting" or needs_you):
        return "", ()
    if owner:
        why = "left: its engine has ended"
    elif phase == "queued" or not answered:
        why = "waits for an engine"
    else:
        why = "answered, waits for an engine"
    return why, ("resume", run_id)
