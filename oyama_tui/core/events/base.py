"""What every event has, and who can cause one."""

from __future__ import annotations

import re
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict


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
