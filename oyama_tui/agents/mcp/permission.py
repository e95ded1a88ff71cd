"""The tool for `claude --permission-prompt-tool`: what the hook does where Claude Code would ask, for sessions that have nobody to ask.

It has no way to say "ask somebody else": what no rule means is denied, and so is everything that goes wrong.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any, Final

from oyama_tui.agents import claude, front
from oyama_tui.agents.mcp.tools import Desk, here
from oyama_tui.core.errors import OyamaError

NAME: Final = "permission"
DESCRIPTION: Final = (
    "For `claude --permission-prompt-tool mcp__oyama__permission`: asks a person about a call where a rule in gates.yaml says so, waits "
    "for the answer, and denies everything else."
)
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "tool_name": {"type": "string", "description": "The tool that is to be used."},
        "input": {"type": "object", "description": "What it is given."},
        "tool_use_id": {"type": "string", "description": "Names the call."},
    },
    "required": ["tool_name", "input"],
}
EVENT: Final = "PermissionRequest"
_NO_RULE: Final = 'no rule in gates.yaml means this call; {match: "*", when: permission} would ask a person about every one.'
log = logging.getLogger("oyama.mcp")


async def answer(desk: Desk, arguments: Mapping[str, Any] | None) -> str:
    """Answer Claude Code; whatever goes wrong is a no.

    Args:
        desk: The client's.
        arguments: The call, as it came.

    Returns:
        One JSON document: allow with the input for the tool, or deny with the reason.
    """
    given = dict(arguments or {})
    try:
        said = await _decision(desk, given)
    except OyamaError as error:
        said = _refused(f"{error.sentence} {error.hint}".strip())
    except Exception as error:
        log.error("unexpected %s", type(error).__name__, exc_info=error)
        said = _said(front.mistaken(claude.NAME, error, EVENT))
    if said.get("behavior") == "allow":
        said = {"updatedInput": given["input"], **said}
    return json.dumps(said)


async def _decision(desk: Desk, given: dict[str, Any]) -> dict[str, Any]:
    """What the rules, and then a person, make of a call."""
    call = {
        "hook_event_name": EVENT,
        "session_id": desk.client.session,
        "cwd": here(),
        "tool_name": given.get("tool_name"),
        "tool_input": given.get("input"),
        "tool_use_id": given.get("tool_use_id"),
    }
    found = await asyncio.to_thread(front.look, claude.NAME, json.dumps(call).encode())
    if isinstance(found, front.Reply):
        return _said(found) if found.out else _refused(_NO_RULE)
    from oyama_tui.agents.waiting import CallQuestion

    found = found._replace(call=found.call._replace(version=desk.client.version))
    async with desk.studio("background") as studio:
        # The client says when it no longer waits, or is gone: then this is cancelled.
        said = await CallQuestion(studio.asking, found, defer=False, gone=asyncio.Event().wait).answer()
    return _said(front.Reply(front.told(claude.NAME, EVENT, said)))


def _refused(sentence: str) -> dict[str, Any]:
    return _said(front.refusal(claude.NAME, EVENT, sentence))


def _said(reply: front.Reply) -> dict[str, Any]:
    """The part of an answer to the hook that Claude Code takes from this tool too."""
    said: dict[str, Any] = json.loads(reply.out)["hookSpecificOutput"]["decision"]
    return said
