"""Events by which people take up a run anew, or steps of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from oyama_tui.core.events.base import EventBase, Frozen, Principal

Supply = Literal["done", "skipped"]


class Supplied(Frozen):
    """What a person says became of a step, instead of trying it once more."""

    node: str
    """The node in its new round."""
    step: str
    """The step that the node is an instance of."""
    step_kind: str
    """What kind of step it is, `gate` for the gate before an action."""
    outcome: Supply
    """Somebody has done it by hand, or it is not to be done."""
    outputs: dict[str, JsonValue] = Field(default_factory=dict)
    """What later steps find as its outputs."""


class RestartedScope(Frozen):
    """A scope of a block that goes on although it was over."""

    block: str
    """The block's node."""
    index: int
    """Which of its scopes."""


class StepsRestarted(EventBase):
    """A person wants steps once more; a run that had ended goes on with them. What was before keeps its rows, its logs and its answers."""

    type: Literal["steps_restarted"] = "steps_restarted"
    by: Principal
    why: str = ""
    """What that person said, or why Oyama offered it."""
    nodes: tuple[str, ...] = ()
    """Nodes as they are now, in order: each gets a successor whose key ends in the number of its round."""
    blocks: tuple[str, ...] = ()
    """Blocks that were over and go on, without a round of their own, the outer ones first."""
    scopes: tuple[RestartedScope, ...] = ()
    """Their scopes in which something begins anew."""
    supplied: tuple[Supplied, ...] = ()
    """What needs no further try."""
    attempts: int | None = None
    """How often each of the nodes may be tried, instead of what its step says."""
    delay: int = 0
    """Milliseconds before the first of these attempts, and between them."""
