"""Events of blocks: steps that consist of steps, and the scopes in which these run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from oyama_tui.core.events.base import FirstNodeEvent, NodeEvent


class BlockOpened(FirstNodeEvent):
    """What a block's expressions say was found out, once and for all: which items it goes through, or which branch it takes."""

    type: Literal["block_opened"] = "block_opened"
    count: int = 1
    """How many scopes it has at the most: one for each item, one for each round of a repetition, one otherwise."""
    items: list[JsonValue] = Field(default_factory=list)
    """Of a loop: what each scope gets; a map's entries as `{key, value}`."""
    branch: int = 0
    """Which of its bodies runs, counted from 0."""


class ScopeOpened(NodeEvent):
    """One instance of a block's body begins."""

    type: Literal["scope_opened"] = "scope_opened"
    index: int = 0
    """Which one, counted from 0."""


class ScopeSettled(NodeEvent):
    """Nothing in one instance of a block's body runs, rests or asks any more."""

    type: Literal["scope_settled"] = "scope_settled"
    index: int = 0
    status: Literal["completed", "failed"] = "completed"
    error: str = ""
    """Why it failed."""
    cause: str = ""
    """The node that failed."""
    again: bool = False
    """Of a repetition: another round follows."""


class BlockRested(NodeEvent):
    """A repetition pauses before its next round."""

    type: Literal["block_rested"] = "block_rested"
    due: int
    """When the pause ends, in milliseconds since 1970 UTC."""
