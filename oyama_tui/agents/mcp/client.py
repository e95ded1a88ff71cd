"""Who speaks to the server: what a client says of itself, and the session that it is."""

from __future__ import annotations

from typing import Final, NamedTuple

from oyama_tui.core.text import one_line, safe_text
from oyama_tui.studio.principal import starting_process

NAMELESS: Final = "an MCP client"
"""What stands for the name of a client that gives none."""
LONGEST: Final = 100
"""Characters of a name or a version; what is longer is cut."""


class Client(NamedTuple):
    """One client, as the cards name it."""

    program: str
    version: str
    session: str
    """The process that has started the server: a server that is started again by the same client belongs to the same session."""

    @property
    def principal(self) -> str:
        """How it is named as the one who starts a run or withdraws a question."""
        return f"{self.program} (over MCP)"


def client_of(name: str, version: str) -> Client:
    """The client at the other end of standard input.

    Args:
        name: As it names itself; empty when it does not.
        version: Likewise.
    """
    return Client(_plain(name) or NAMELESS, _plain(version), starting_process())


def _plain(text: str) -> str:
    """What a client says of itself, as one harmless line."""
    return one_line(safe_text(text, keep_newlines=False), LONGEST)
