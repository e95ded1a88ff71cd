"""What every event has, and who can cause one."""

from __future__ import annotations

import re
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, JsonValue


class Frozen(BaseModel):
    """An immutable, strict value."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Principal(Frozen):
    """Who did something."""

    name: str
    """The account's name."""
    kind: Literal["human", "agent", "step", "system"] = "human"
    """`agent`: a program that acts in the account's name; `step`: the process of a run's step; neither ever satisfies a gate.
    `system` is Oyama itself."""
    program: str = ""
    """The agent as its signs name it, or the run whose step it is; empty for a person."""


class Origin(Frozen):
    """How an answer was given: evidence for whoever looks at it later."""

    how: Literal["screen", "tty", "command", "hook", "token"]
    """On the screens, asked on a terminal, as a complete command, by an agent's hook, or with a token of the API."""
    tty: str = ""
    """The terminal's device; empty when there was none."""
    processes: tuple[str, ...] = ()
    """The names of the process that gave it and of those it descends from, nearest first."""


class Seen(Frozen):
    """What of a question whoever answered had before their eyes: evidence for whoever looks at it later."""

    how: Literal["card", "printed"]
    """On the card of the screens, or printed whole on the terminal that asked. A command that names the digest of what it answers says
    nothing of this kind."""
    parts: int = 0
    """Of the card: how many parts it had, at the width at which it was read."""
    read: int = 0
    """Of the card: how many of them had been in sight long enough to be read."""
    milliseconds: int = 0
    """How long the question was in sight before the answer."""
    typed: str = ""
    """What had to be typed to confirm; empty where nothing had."""


AskerKind = Literal["ask", "tool_call", "elicitation"]
"""What a program asks people from outside of a workflow: whether a command may run, whether an agent may do what it is about to do, or
what a server wants to know."""


class AskerFacts(Frozen):
    """What a program from outside says of itself, and of what it is about to do."""

    key: str = ""
    """The same key again is the same question; empty for one that is asked once."""
    program: str = ""
    """The program as it names itself: `claude`; empty for a script."""
    version: str = ""
    session: str = ""
    """Its session, which has one open question at a time; empty for a script."""
    call: str = ""
    """The call that it wants to make, as it names it."""
    tool: str = ""
    """The tool that it wants to use, or the server that wants to know something."""
    input: dict[str, JsonValue] = {}
    """What it gives the tool."""
    mode: str = ""
    """How it is permitted things otherwise, in its own word."""
    transcript: str = ""
    """The file in which it keeps what was said."""
    directory: str = ""
    """The folder it works in."""
    words: str = ""
    """Why, in its own words: nothing that Oyama knows to be so."""
    proposal: str = ""
    """What it will do itself after a yes, as Oyama made it out of the call: a command, or a difference."""
    proposes: Literal["", "command", "diff", "text"] = ""
    """As what to show that."""


class Asker(AskerFacts):
    """A program that asks people something for which nobody has written a workflow."""

    kind: AskerKind
    digest: str
    """Of all that is asked, what programs reword at will left out."""


SYSTEM = Principal(name="oyama", kind="system")


class EventBase(Frozen):
    """One fact in a run's journal; the append numbers it."""

    model_config = ConfigDict(allow_inf_nan=False)

    version: int = 1
    """Of the meaning of its fields: an older one is brought up to date when it is read."""
    at: int
    """When its cause happened, in milliseconds since 1970 UTC; order is by number, never by this."""
    leap: int = 0
    """Milliseconds by which the clock was set forward since the event before: no part of any length."""


class NodeEvent(EventBase):
    """A fact about one node."""

    node: str
    """The node's key."""


_ROUND: Final = re.compile(r"#([2-9]|[1-9]\d{1,8})$")


def round_of(key: str) -> tuple[str, int]:
    """The key of a node's first round, and which round a node is.

    Args:
        key: A node's.
    """
    found = _ROUND.search(key)
    return (key, 1) if found is None else (key[: found.start()], int(found.group(1)))


def scope_of(key: str) -> str | None:
    """The scope of a block that a node stands in, such as `fan[3]`; none outside of blocks.

    Args:
        key: The node's.
    """
    return round_of(key)[0].removesuffix(".gate").rpartition(".")[0] or None


class FirstNodeEvent(NodeEvent):
    """A fact that may be the first one about its node, and so says what kind of node that is."""

    version: Literal[2] = 2
    step: str = ""
    """The step that the node is an instance of; empty when that is the node's key."""
    step_kind: str = ""
    """What kind of step it is, `gate` for the gate before an action; empty in events of version 1, which leave it to the revision."""

    @property
    def step_id(self) -> str:
        """The step that the node is an instance of."""
        return self.step or self.node

    @property
    def scope(self) -> str | None:
        """The scope of a block that the node stands in, such as `fan[3]`; none outside of blocks."""
        return scope_of(self.node) if self.step else None
