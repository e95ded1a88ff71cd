"""Gates: the points where a run waits for a person."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from oyama_tui.core.definition.base import EDITED, STEP_ID, DefinitionModel, Duration, Flag, InputField, Text, VariableName, Whole
from oyama_tui.core.definition.going_back import Goto, OnReject, OnSilence

Risk = Literal["low", "normal", "high"]
WHOLE_VALUES: Final = ("output", "result")
"""What of a step is edited whole; every other name is one of its outputs."""


def parts_of(name: str) -> tuple[str, str]:
    """The step and the value of it that `STEP.NAME` means.

    Args:
        name: What `edit` of a gate says.
    """
    step_id, _, field = name.partition(".")
    return step_id, field


def path_of(name: str) -> tuple[str, ...]:
    """How an expression would name the value that `STEP.NAME` means.

    Args:
        name: What `edit` of a gate says.
    """
    step_id, field = parts_of(name)
    return ("steps", step_id, field) if field in WHOLE_VALUES else ("steps", step_id, "outputs", field)


class Approvers(DefinitionModel):
    """Who may answer, and how many yeses it takes."""

    any_of: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    """Names of accounts, and `group:NAME` for groups of the settings file or of the system; anybody when none is named."""
    quorum: Whole = Field(default=1, ge=1, le=100)
    """How many different people must say yes."""
    allow_self: Flag = True
    """Whoever started the run may answer too."""
    min_wait: Duration | None = None
    """How long after it was asked a yes counts at the earliest."""
    veto: Flag = True
    """One no is enough; otherwise it takes as many as yeses."""


class Escalation(DefinitionModel):
    """Whom to tell when nobody has answered for a while."""

    after: Duration
    """How long after the gate has opened."""
    to: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    """Accounts and `group:NAME` who may answer from then on; when none is named, those who may already are reminded."""


class SendBack(DefinitionModel):
    """Lets people have an earlier step done once more, with what they say about it."""

    to: Annotated[str, Field(pattern=STEP_ID)]
    """The step that begins again: one that this step comes after."""
    max: Whole = Field(default=3, ge=1, le=999)
    """How often, at the most."""
    then: Literal["reject", "refuse"] = "reject"
    """What it means after that: a no, or nothing any more."""

    @property
    def way(self) -> Goto:
        """Where it leads: so many rounds are one more than it may be sent back."""
        return Goto(goto=self.to, max=self.max + 1)


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
    edit: Annotated[tuple[Annotated[str, Field(pattern=EDITED)], ...], Field(max_length=20)] = ()
    """Values of earlier steps that may be changed before a yes, as `STEP.NAME`: what the step names under `outputs`, or its `output` or
    `result`."""
    timeout: Duration | None = None
    """How long the gate stays open."""
    on_timeout: OnSilence = "reject"
    """What happens when nobody answers in time; `{goto: ID}` begins again at that step."""
    approvers: Approvers | None = None
    """Who may answer, and how many yeses it takes; anybody, alone, when it says nothing."""
    escalate: Annotated[tuple[Escalation, ...], Field(max_length=20)] = ()
    """Whom to remind or to ask besides, when nobody answers."""
    send_back: SendBack | None = None
    """Lets people have an earlier step done once more, with what they say about it as `feedback`."""
    on_reject: OnReject = "stop"
    """After a no: the run ends as rejected, is undone, this step is skipped, or `{goto: ID}`: the run begins again at that step."""
    recheck: Flag = True
    """Check preview and files again just before the action; if they differ, ask again."""

    @property
    def ways(self) -> tuple[object, ...]:
        """What follows a no, silence and being sent back: some of these lead to an earlier step."""
        return (self.on_reject, self.on_timeout, self.send_back.way if self.send_back is not None else None)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        """Let `gate: Publish?` stand for `gate: {title: Publish?}`."""
        return {"title": value} if isinstance(value, str) else value
