"""Events as they happen."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, JsonValue

from oyama_tui.api.models.base import Model


class RunEvent(Model):
    """One event of a run: the `data` of what is sent."""

    state_id: str = Field(description="The run.")
    workflow_id: str = Field(description="Its workflow.")
    seq: int = Field(description="Its number in the run, from 1, without gaps.")
    at: datetime = Field(description="When its cause happened.")
    type: str = Field(description="The kind of event; also the name of what is sent.")
    node: str = Field(description="The node that it is about; empty when it is about the run.")
    text: str = Field(description="What happened, in one line.")
    payload: dict[str, JsonValue] | None = Field(None, description="The event itself, as the journal has it; only when it was asked for.")


class LostPlace(Model):
    """The `data` of the last event, `lost`, when a reader is not told what comes next."""

    after: int = Field(description="The last event that was told; give it as `after`, or as `Last-Event-ID`, to go on from there.")
    reason: str = Field(description="Why it ends.")
