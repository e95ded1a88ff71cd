"""Starting a run."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, JsonValue

from oyama_tui.api.models.base import Body, Model
from oyama_tui.api.models.workflows import WorkflowType

WorkflowId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
"""Never a path: what a client names is what somebody has kept."""


class InlineWorkflow(Body):
    """A workflow that is given with the request, and kept by what it says."""

    id: WorkflowId | None = Field(None, description="From its content when it is left out, so that the same workflow has the same id.")
    name: str | None = Field(None, max_length=300)
    type: WorkflowType = "sequential"
    steps: list[dict[str, JsonValue]] = Field(min_length=1, max_length=10_000, description="As in a definition file.")
    inputs: dict[str, JsonValue] | None = Field(None, description="As in a definition file.")
    context: dict[str, JsonValue] | None = Field(None, description="Variables that the run begins with.")


class ExecuteBody(Body):
    """What to start, and with what."""

    workflow_id: WorkflowId | None = Field(None, description="A workflow that is kept; one of a file is read again.")
    workflow: InlineWorkflow | None = Field(None, description="Or one that is given here.")
    input: dict[str, JsonValue] | str | None = Field(
        None, description="Values by name; a text alone is the value of the only input, where the workflow has one."
    )
    options: dict[str, JsonValue] = Field(
        default_factory=dict, description="What the original takes here. What no step follows is named in `ignoredOptions`."
    )
    wait: float = Field(0, ge=0, le=300, description="Seconds to wait for the end of the run, or for a question, before this answers.")
    priority: int = Field(0, ge=-100, le=100, description="Among runs of the workflow that queue for a place: the higher one is first.")

    model_config = {"json_schema_extra": {"examples": [{"workflowId": "release", "input": {"version": "v1.2"}, "wait": 5}]}}


class Started(Model):
    """A run that was started."""

    state_id: str = Field(description="Its id.", examples=["release-1795776276471"])
    workflow_id: str
    run_number: int
    status: str = Field(description="`pending`, `running`, `paused`, `completed` or `failed`.")
    shown: str = Field(description="The same in the word that people see, such as `waiting`, `rejected` or `cancelled`.")
    reason: str = Field(description="Why it waits, or how it ended; empty while it simply runs.")
    ended: bool = Field(description="It is over.")
    outputs: dict[str, JsonValue] = Field(description="Named values of a completed run.")
    error: str = Field(description="Why it failed; empty when it did not.")
    open_approvals: list[str] = Field(description="The ids of questions that it waits for.")
    ignored_options: list[str] = Field(description="Options that no step of it follows.")
    started_at: datetime
