"""Codex: what it says to a hook, and how it is answered.

It runs the command whenever a hook says nothing that it understands, so a no is said on every path, and a yes by silence.
"""

from __future__ import annotations

from typing import Any, Final

from oyama_tui.agents.answers import Answer
from oyama_tui.agents.call import Moment

NAME: Final = "codex"
MOMENTS: Final[dict[str, Moment]] = {"PreToolUse": "call", "PermissionRequest": "permission", "PostToolUse": "over"}
"""The events that mean something to us."""
REDIRECTS: Final = False
"""It takes no other input for the tool."""
WAITS: Final = 86_400
"""Seconds that its hooks are given; when they are over, it runs the command."""


def document(event: str, answer: Answer) -> dict[str, Any] | None:
    """What it is told; none when there is nothing to tell.

    Args:
        event: To which it listens.
        answer: The answer.
    """
    if event == "PreToolUse":
        if answer.outcome == "yes":
            return None
        # A reason that is empty is not taken for a no.
        said = {"permissionDecision": "deny", "permissionDecisionReason": answer.words or "not allowed"}
        return {"hookSpecificOutput": {"hookEventName": event, **said}}
    if event == "PermissionRequest":
        decision = {"behavior": "allow"} if answer.outcome == "yes" else {"behavior": "deny", "message": answer.words or "not allowed"}
        return {"hookSpecificOutput": {"hookEventName": event, "decision": decision}}
    return None
