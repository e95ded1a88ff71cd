"""Claude Code: what it says to a hook, and how it is answered."""

from __future__ import annotations

from typing import Any, Final

from oyama_tui.agents.answers import Answer
from oyama_tui.agents.call import Moment

NAME: Final = "claude"
MOMENTS: Final[dict[str, Moment]] = {
    "PreToolUse": "call",
    "PermissionRequest": "permission",
    "Elicitation": "elicitation",
    "PostToolUse": "over",
    "PostToolUseFailure": "over",
    "PermissionDenied": "over",
    "SessionEnd": "end",
}
"""The events that mean something to us."""
REDIRECTS: Final = True
"""It takes another input for the tool."""
WAITS: Final = 86_400
"""Seconds that its hooks are given; when they are over, `onFailure` decides."""


def document(event: str, answer: Answer) -> dict[str, Any] | None:
    """What it is told; none when there is nothing to tell.

    Args:
        event: To which it listens.
        answer: The answer.
    """
    said: dict[str, Any] = {"hookEventName": event}
    if event == "PreToolUse":
        said["permissionDecision"] = {"yes": "allow", "later": "defer"}.get(answer.outcome, "deny")
        if answer.words:
            said["permissionDecisionReason"] = answer.words
        if answer.outcome == "yes" and answer.input is not None:
            said["updatedInput"] = answer.input
    elif event == "PermissionRequest":
        decision: dict[str, Any] = {"behavior": "allow" if answer.outcome == "yes" else "deny"}
        if answer.outcome != "yes" and answer.words:
            decision["message"] = answer.words
        if answer.outcome == "yes" and answer.input is not None:
            decision["updatedInput"] = answer.input
        said["decision"] = decision
    elif event == "Elicitation":
        said["action"] = {"yes": "accept", "no": "decline"}.get(answer.outcome, "cancel")
        if answer.outcome == "yes":
            said["content"] = answer.form or {}
    else:
        return None
    return {"hookSpecificOutput": said}
