"""Who speaks to the server: what a client says of itself, and the session that it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from oyama_tui.core.text import one_line, safe_text

NAMELESS: Final = "an MCP client"
"""What stands for the name of a client that gives none."""
LONGEST: Final = 100
"""Characters of a name or a version; what is longer is cut."""
SESSION_KEY: Final = "sessionId"
"""Under which Codex names its session beside each call."""
SESSION_VARIABLES: Final[Mapping[str, str]] = {"claude-code": "CLAUDE_CODE_SESSION_ID"}
"""Which variable names the session to the servers that a client starts; others may have inherited it from an agent above them."""


class Client(NamedTuple):
    """One client, as the cards name it."""

    program: str
    version: str
    session: str
    """As the client names it, else the process that has started the server; a server that is started again belongs to the same one."""

    @property
    def principal(self) -> str:
        """How it is named as the one who starts a run or withdraws a question."""
        return f"{self.program} (over MCP)"


def client_of(name: str, version: str, beside: Mapping[str, Any] | None) -> Client:
    """The client at the other end of standard input.

    Args:
        name: As it names itself; empty when it does not.
        version: Likewise.
        beside: What it has sent beside the call.
    """
    given = (beside or {}).get(SESSION_KEY)
    session = given if isinstance(given, str) else os.environ.get(SESSION_VARIABLES.get(name, ""), "")
    return Client(_plain(name) or NAMELESS, _plain(version), _plain(session) or _starting_process())


def _plain(text: str) -> str:
    """What a client says of itself, as one harmless line."""
    return one_line(safe_text(text, keep_newlines=False), LONGEST)


def _starting_process() -> str:
    # The studio is loaded with the first call: a client that waits for the list of tools is not kept waiting for it.
    from oyama_tui.studio.principal import starting_process

    return starting_process()
