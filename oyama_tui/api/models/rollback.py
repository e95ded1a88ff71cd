"""Rollback and recovery: what is wanted, the plan, and what has been undone."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from fastapi import Body as InBody
from pydantic import BeforeValidator, ConfigDict, Field, JsonValue

from oyama_tui.api.models.base import Body, Model, Page
from oyama_tui.api.models.executions import AttemptItem
from oyama_tui.api.models.states import Name, Reason
from oyama_tui.api.naming import LARGEST, StateId, StateWord
from oyama_tui.core.views import Phase
from oyama_tui.core.views.plans import Recovery, UndoDoes

MOST_STEPS = 10_000
"""That a definition may have."""
WHOLE: Final = BeforeValidator(lambda value: int(value) if isinstance(value, float) and value.is_integer() else value)
"""To JSON 2.0 is a whole number too. It stands after a number's bounds: the other way round the OpenAPI document does not have them."""
RollbackAction = Literal["rollbackToStep", "rollbackToLastSuccess", "recoverFromError"]


class _Rolling(Body):
    model_config = ConfigDict(strict=True)
    state_id: StateId
    plan: bool = Field(False, description="Only tell what would be done.")
    seen: Annotated[int, Field(ge=1, le=LARGEST), WHOLE] | None = Field(
        None, description="`seq` of the plan that was looked at: refused when the run has moved on."
    )
    force: list[Name] = Field(
        default_factory=list, max_length=MOST_STEPS, description="Ids of steps that cannot be undone and are to stay: all of them, or none."
    )


class RollbackToStep(_Rolling):
    """Undo everything after a step."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"stateId": "release-1764240000000", "action": "rollbackToStep", "targetStepIndex": 0, "comment": "wrong tag"}]
        }
    )
    action: Literal["rollbackToStep"]
    target_step_index: Annotated[int, Field(ge=-1, lt=MOST_STEPS), WHOLE] = Field(
        description="Among the definition's steps, from 0; that step must be over, and stays. -1 is the beginning."
    )
    comment: Reason = ""


class RollbackToLastSuccess(_Rolling):
    """Undo everything after the step that completed last."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stateId": "release-1764240000000", "action": "rollbackToLastSuccess"}]})
    action: Literal["rollbackToLastSuccess"]
    comment: Reason = ""


class _Strategy(Body):
    model_config = ConfigDict(strict=True)
    comment: Reason = ""


class Retry(_Strategy):
    """What failed begins once more, and what never began."""

    type: Literal["retry"]
    max_retries: Annotated[int, Field(ge=1, le=1000), WHOLE] | None = Field(
        None, description="How often each step may be tried now; as it says itself when left out."
    )
    retry_delay: Annotated[int, Field(ge=0, le=2_592_000_000), WHOLE] = Field(
        0, description="Milliseconds before the first try and between them."
    )


class Skip(_Strategy):
    """Leave the step out, with outputs that stand for its own; what else failed begins once more."""

    type: Literal["skip"]
    outputs: dict[str, JsonValue] = Field(default_factory=dict, max_length=1000, description="Named values, for the steps that follow.")


class Manual(_Strategy):
    """Somebody has done the step by hand; what else failed begins once more."""

    type: Literal["manual"]
    outputs: dict[str, JsonValue] = Field(default_factory=dict, max_length=1000, description="Named values, for the steps that follow.")
    comment: Annotated[str, Field(max_length=10_000, description="How it was done, for whoever reads this later.")] = ""


class Back(_Strategy):
    """Undo the last steps, and pause there."""

    type: Literal["rollback"]
    rollback_steps: Annotated[int, Field(ge=1, le=MOST_STEPS), WHOLE] = Field(
        1, description="How many steps outside of blocks, the last ones first."
    )


Strategy: TypeAlias = Annotated[Retry | Skip | Manual | Back, Field(discriminator="type")]


class RecoverFromError(_Rolling):
    """Take up a run that failed, was rejected or cancelled."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "stateId": "release-1764240000000",
                    "action": "recoverFromError",
                    "failedStep": "upload",
                    "recoveryStrategy": {"type": "retry", "maxRetries": 3, "retryDelay": 5000},
                },
                {
                    "stateId": "release-1764240000000",
                    "action": "recoverFromError",
                    "failedStep": 2,
                    "recoveryStrategy": {"type": "manual", "outputs": {"url": "https://example.org"}, "comment": "uploaded by hand"},
                },
            ]
        }
    )
    action: Literal["recoverFromError"]
    failed_step: Annotated[int, Field(ge=0, lt=MOST_STEPS), WHOLE] | Annotated[str, Field(min_length=1, max_length=1000)] | None = Field(
        None,
        description="Id, node, or index among the definition's steps. Left out: all that failed, or (skip, manual) the run's error.",
    )
    recovery_strategy: Strategy


Rolling: TypeAlias = Annotated[RollbackToStep | RollbackToLastSuccess | RecoverFromError, InBody(discriminator="action")]
"""What is wanted of a run, by `action`."""


class UndoneStep(Model):
    """What undoing does about a step."""

    node: str
    step: str
    label: str
    was: str = Field(description="What had become of it.")
    does: UndoDoes = Field(description="What becomes of it.")
    action: str = Field(description="What undoes it; secrets show their names.")
    why: str = Field(description="Why what undoes it cannot be made; empty where it can.")
    count: int = Field(description="How many nodes of the step are meant.")


class Undo(Model):
    """What undoing does."""

    to: int = Field(description="After which event everything is undone; 0 for the beginning.")
    label: str = Field(description="That point in words: `to after build`.")
    ends: bool = Field(description="The run ends then; otherwise it pauses at that point.")
    steps: list[UndoneStep] = Field(description="What undoes, in the order in which it begins, and then what stays.")
    again: list[str] = Field(description="The steps that begin anew when the run goes on afterwards.")
    obstacles: list[str] = Field(description="Ids of steps that cannot be undone: nothing is done unless each is named in `force`.")
    set: dict[str, JsonValue] = Field(description="Variables that get another value.")
    unset: list[str] = Field(description="Variables that are no more.")
    seq: int = Field(description="Number of the run's newest event: give it as `seen` to have just this done, or nothing.")


class RecoveredStep(Model):
    """What recovering does with a step."""

    node: str
    label: str
    was: str = Field(description="What had become of it.")
    does: Recovery = Field(description="What becomes of it.")
    permanent: bool = Field(description="It does a second time what cannot be undone.")


class Recover(Model):
    """What recovering does."""

    resumes: bool = Field(description="The run only rests because a step was cut off again and again; it goes on with that.")
    steps: list[RecoveredStep] = Field(description="In the order of the definition; those that have not begun are not among them.")
    seq: int = Field(description="Number of the run's newest event: give it as `seen` to have just this done, or nothing.")


class RolledBack(Model):
    """What was done, or would be."""

    state_id: str
    action: RollbackAction
    done: bool = Field(description="It is under way, and durable; false for a plan.")
    status: StateWord
    shown: Phase = Field(description="The same in the word that people see, such as `undoing`.")
    reason: str = Field(description="Why it waits or how it ended; empty while it simply runs.")
    undo: Undo | None = Field(None, description="Where something is undone.")
    recover: Recover | None = Field(None, description="Where something begins once more.")


class Compensations(Model):
    """What undoes the steps of a run."""

    state_id: str
    status: StateWord
    shown: Phase
    plan: Undo | None = Field(description="What going back to the beginning would do now; none where that is refused.")
    refused: str = Field(description="Why it is; empty where it is not.")
    compensations: Page[AttemptItem] = Field(description="What has undone steps, and what does, in the order in which it began.")
