"""What every event has, and who can cause one."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable, strict value."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Principal(Frozen):
    """Who did something."""

    name: str
    """The account's name."""
    kind: Literal["human", "agent", "system"] = "human"
    """An agent never satisfies a gate; `system` is Oyama itself."""

    @property
    def is_system(self) -> bool:
        """Whether Oyama itself acted, not a person or a program."""
        return self.kind == "system"


SYSTEM = Principal(name="oyama", kind="system")


class Fact(Frozen):
    """One fact in a run's journal; the append numbers it."""

    version: Literal[1] = 1
    at: int
    """When its cause happened, in milliseconds since 1970 UTC; order is by number, never by this."""


class NodeFact(Fact):
    """A fact about one node."""

    node: str
    """The node's key."""
