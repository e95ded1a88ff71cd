"""Gates: the points where a run waits for a person."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from oyama_tui.core.definition.base import DefinitionModel, Duration, Flag, InputField, Text, VariableName
from oyama_tui.core.definition.going_back import OnReject, OnSilence

Risk = Literal["low", "normal", "high"]


class Gate(DefinitionModel):
    """A question that a person answers before the run goes on."""

    title: Text = Field(default="", min_length=1)
    """One plain line for the queue; the step's name when there is none. `gate: TITLE` is short for a gate with a title only."""
    prompt: Text = ""
    """Markdown, shown as the workflow's words, not as facts."""
    target: Text = ""
    """On what it acts; shown large."""
    risk: Risk = "normal"
    """How careful the answer must be."""
    confirm: Flag = False
    """At high risk the target must be typed to approve."""
    preview: Text | tuple[Text, ...] | None = None
    """A command that runs before the gate opens; its output and exit code are part of what is approved."""
    files: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    """Files whose content is part of what is approved."""
    form: dict[VariableName, InputField] = {}
    """Values that the person who approves fills in."""
    timeout: Duration | None = None
    """How long the gate stays open."""
    on_timeout: OnSilence = "reject"
    """What happens when nobody answers in time; `{goto: ID}` begins again at that step."""
    on_reject: OnReject = "stop"
    """After a no: the run ends as rejected, is undone, this step is skipped, or `{goto: ID}`: the run begins again at that step."""
    recheck: Flag = True
    """Check preview and files again just before the action; if they differ, ask again."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        """Let `gate: Publish?` stand for `gate: {title: Publish?}`."""
        return {"title": value} if isinstance(value, str) else value
