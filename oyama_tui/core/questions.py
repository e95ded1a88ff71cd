"""Questions of programs from outside: what a script, an agent or a server asks people, for which nobody has written a workflow."""

from __future__ import annotations

import hashlib
import json
from typing import Final, Literal

from oyama_tui.core.definition.base import InputField
from oyama_tui.core.definition.gate import Risk
from oyama_tui.core.events.base import Asker, AskerFacts, AskerKind

ASK: Final = "ask"
"""The workflow of which the questions of scripts are runs."""
AGENTS: Final = "agents"
"""That of the questions of agents and of servers."""
STEP: Final = "ask"
"""The one step of each."""


class Question(AskerFacts):
    """What is asked, and what runs after a yes."""

    title: str
    """One plain line for the queue."""
    kind: AskerKind = "ask"
    target: str = ""
    """On what it acts."""
    risk: Risk = "normal"
    command: tuple[str, ...] = ()
    """The program and its arguments that Oyama runs after a yes; empty where the answer is all that is wanted."""
    directory: str
    """The folder in which it runs, and from which relative paths start; absolute."""
    environment: dict[str, str] = {}
    """What the command gets besides; part of what is shown."""
    preview: str = ""
    """A shell command that runs before the question opens; its output and exit code are part of what is approved."""
    files: tuple[str, ...] = ()
    """Files whose content is part of what is approved."""
    form: dict[str, InputField] = {}
    """Values that the person who approves fills in."""
    timeout: int | None = None
    """How long it stays open, in milliseconds; none without a limit."""
    on_timeout: Literal["reject", "fail", "approve"] = "reject"
    covers: dict[str, str] = {}
    """Whatever else a yes is bound to, by name: for a call the digests of script files that its command names, for example."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that a yes is bound to, the first 32 hexadecimal digits.

        Left out is what a program rewords at will and what tells one try from another: its own words, its version, call and transcript; of
        a command that Oyama runs the session too, so that the next one finds the question again by its key.
        """
        free = {"key", "version", "call", "transcript", "words", "mode", "input"}
        bound = self.model_dump(mode="json", exclude=free)
        if self.kind == "ask":
            bound["session"] = ""
        return hashlib.sha256(json.dumps(bound, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:32]

    @property
    def asker(self) -> Asker:
        """Who asks, as the journal keeps it."""
        return Asker(kind=self.kind, digest=self.digest, **{name: getattr(self, name) for name in AskerFacts.model_fields})
