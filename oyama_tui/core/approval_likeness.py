"""Which questions are the same but for their target: twelve hosts, one change."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final

from oyama_tui.core.events import ApprovalContent

_PLACE: Final = re.compile(r"\[[^\]]*\]|#\d+")
"""Which item or round of a block a node stands in."""
_TARGET: Final = "\0"
"""Stands where the target does; no text of a workflow has it."""


def likeness(content: ApprovalContent, workflow_id: str, node: str) -> str:
    """Sixteen characters that are the same for questions of one step of one workflow whose contents are the same but for the target.

    The target is left out wherever it stands as a word of its own, so also in the title and in the command. When the evidence was
    gathered is no part of it; what was found out is, so that what must be looked at by itself is never taken for the same.

    Args:
        content: What is asked.
        workflow_id: The workflow.
        node: The gate's node.
    """
    written = content.model_dump(mode="json", exclude={"target": True, "evidence": {"at"}})
    if content.target:
        word = re.compile(rf"(?<!\w){re.escape(content.target)}(?!\w)")
        written = _without(written, word)
    text = json.dumps([workflow_id, _PLACE.sub("", node), written], ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _without(value: Any, word: re.Pattern[str]) -> Any:
    """A value with a word left out of every text in it."""
    if isinstance(value, str):
        return word.sub(_TARGET, value)
    if isinstance(value, dict):
        return {name: _without(each, word) for name, each in value.items()}
    return [_without(each, word) for each in value] if isinstance(value, list) else value
