"""Events of a run as a whole."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from oyama_tui.core.events.base import Asker, EventBase, Frozen, Principal

Trigger = Literal["cli", "screen", "api", "worker", "parent", "test", "ask", "hook", "mcp"]
PauseMode = Literal["drain", "now"]


class RunError(Frozen):
    """Why a run ended without completing."""

    kind: Literal["step", "rejected", "timeout", "expression", "interrupted"]
    message: str
    node: str = ""
    """The node that caused it, when one did."""
    by: str = ""
    """The person who caused it, when one did."""


class RunStarted(EventBase):
    """A run exists and will be driven."""

    type: Literal["run_started"] = "run_started"
    revision: str
    """The content of the workflow that the run is pinned to."""
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    context: dict[str, JsonValue] = Field(default_factory=dict)
    trigger: Trigger = "cli"
    by: Principal
    directory: str = ""
    """Where its steps run; empty in journals that leave it to the row of the run."""
    parent: str = ""
    """The run of which a step started this one; empty for a run that was started otherwise."""
    parent_node: str = ""
    """That step's node."""
    parent_attempt: int = 0
    """And its attempt."""
    priority: int = 0
    """Among runs of its workflow that queue: the higher one is first."""
    queued: bool = False
    """Its workflow has a limit, so that nothing starts before the run is admitted."""
    forked_from: str = ""
    """The run of which this one reuses what it had done; empty for a run that is no fork."""
    forked_at: int = 0
    """After which event of that run."""
    asker: Asker | None = None
    """The program from outside whose question this run is; none for a run of a workflow that somebody wrote."""


class PauseRequested(EventBase):
    """No new step starts from here on."""

    type: Literal["pause_requested"] = "pause_requested"
    mode: PauseMode = "drain"
    by: Principal
    reason: str = ""
    step: str = ""
    """The step before which the run was to pause, and now does; empty when somebody wanted it to pause at once."""


class RunPaused(EventBase):
    """Nothing runs any more; the run rests until it is resumed."""

    type: Literal["run_paused"] = "run_paused"


class RunResumed(EventBase):
    """Steps may start again."""

    type: Literal["run_resumed"] = "run_resumed"
    by: Principal


class CancelRequested(EventBase):
    """The run is to end now, its running steps with it."""

    type: Literal["cancel_requested"] = "cancel_requested"
    by: Principal
    reason: str = ""


class RunCompleted(EventBase):
    """Every step is settled and the type's rules call that a success."""

    type: Literal["run_completed"] = "run_completed"
    outputs: dict[str, JsonValue] = Field(default_factory=dict)


class RunFailed(EventBase):
    """The run ended without completing; an error of kind `rejected` means that a person said no."""

    type: Literal["run_failed"] = "run_failed"
    error: RunError


class RunCancelled(EventBase):
    """The run ended because somebody cancelled it."""

    type: Literal["run_cancelled"] = "run_cancelled"
    by: Principal
    reason: str = ""
