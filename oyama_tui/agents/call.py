"""What an agent is about to do, as both agents mean it."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, Literal, NamedTuple

Moment = Literal["call", "permission", "elicitation", "over", "end"]
"""Before a call; where the agent would ask for permission itself; a server wants to know something; a call is over; the session is."""
DECIDING: Final[frozenset[str]] = frozenset({"call", "permission", "elicitation"})
"""Moments at which the agent waits for an answer."""
FREE: Final[frozenset[str]] = frozenset({"description", "timeout", "justification"})
"""What models reword from one try to the next in what they give a shell."""
ELICITATION: Final = "Elicitation"
"""What stands for the tool in a rule for what servers want to know."""
EDITING: Final[frozenset[str]] = frozenset({"Edit", "MultiEdit", "NotebookEdit", "Write", "apply_patch"})
"""Tools that change files."""


class Unreadable(Exception):
    """A call that cannot be understood.

    Args:
        sentence: Why, one plain sentence.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Call(NamedTuple):
    """One call of an agent."""

    agent: str
    event: str
    """As the agent names it."""
    moment: Moment
    session: str
    id: str
    """As the agent names the call; empty where it does not."""
    tool: str
    """The tool, or `Elicitation`."""
    input: dict[str, Any]
    """What the tool gets, or what the server asks."""
    directory: str
    mode: str = ""
    transcript: str = ""
    server: str = ""
    """Which server wants to know something."""
    version: str = ""
    """Of the agent, where it says so."""

    @property
    def command(self) -> str:
        """The text for a shell; empty where the tool takes none."""
        found = self.input.get("command")
        return found if isinstance(found, str) and self.tool != "apply_patch" else ""

    @property
    def bound(self) -> dict[str, Any]:
        """What is given to the tool without what models reword at will."""
        free = FREE if self.command else frozenset[str]()
        return {name: value for name, value in self.input.items() if name not in free}

    @property
    def digest(self) -> str:
        """SHA-256 of the tool and what it is given, the first 16 hexadecimal digits."""
        return hashlib.sha256(json.dumps([self.tool, self.bound], sort_keys=True).encode()).hexdigest()[:16]

    @property
    def sameness(self) -> str:
        """By what the same call is known again: as the agent names it, else by what it is."""
        return self.id or f"by-content-{self.digest}"


def text_of(document: dict[str, Any], name: str) -> str:
    """A text in what an agent says; empty when it is not there.

    Args:
        document: What it says.
        name: The key.

    Raises:
        Unreadable: It is no text.
    """
    found = document.get(name, "")
    if found is None:
        return ""
    if not isinstance(found, str):
        raise Unreadable(f"{name} is no text in what the agent says")
    return found


def needed_text(document: dict[str, Any], name: str) -> str:
    """A text in what an agent says that has to be there.

    Args:
        document: What it says.
        name: The key.

    Raises:
        Unreadable: It is missing, or no text.
    """
    found = text_of(document, name)
    if not found:
        raise Unreadable(f"{name} is missing in what the agent says")
    return found


def needed_map(document: dict[str, Any], name: str) -> dict[str, Any]:
    """A map in what an agent says that has to be there.

    Args:
        document: What it says.
        name: The key.

    Raises:
        Unreadable: It is missing, or no map.
    """
    found = document.get(name)
    if not isinstance(found, dict):
        raise Unreadable(f"{name} is {'missing' if found is None else 'no map'} in what the agent says")
    return found


def call_of(agent: str, moments: dict[str, Moment], document: dict[str, Any]) -> Call:
    """Read a call that an agent announces.

    Args:
        agent: Which one.
        moments: What its events mean.
        document: What it says.

    Raises:
        Unreadable: Something is missing, or is something else than it should be.
    """
    event = needed_text(document, "hook_event_name")
    moment = moments[event]
    common: dict[str, Any] = {
        "agent": agent,
        "event": event,
        "moment": moment,
        "session": needed_text(document, "session_id"),
        "directory": needed_text(document, "cwd"),
        "mode": text_of(document, "permission_mode"),
        "transcript": text_of(document, "transcript_path"),
    }
    if moment == "elicitation":
        server, message = needed_text(document, "mcp_server_name"), text_of(document, "message")
        asked = {"message": message, "mode": text_of(document, "mode"), "requested_schema": document.get("requested_schema") or {}}
        return Call(**common, id="", tool=ELICITATION, input=asked, server=server)
    if moment == "end":
        return Call(**common, id="", tool="", input={})
    call_id = needed_text(document, "tool_use_id") if moment == "call" else text_of(document, "tool_use_id")
    return Call(**common, id=call_id, tool=needed_text(document, "tool_name"), input=needed_map(document, "tool_input"))
