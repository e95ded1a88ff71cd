"""Going back: what a step does that sends the run to an earlier one, for another round."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from oyama_tui.core.definition.base import STEP_ID, DefinitionModel, Whole

MAX_ROUNDS: Final = 10
"""Rounds of a step that goes back, unless it says otherwise."""


class Goto(DefinitionModel):
    """Another round of an earlier step, and of all that depends on it."""

    goto: Annotated[str, Field(pattern=STEP_ID)]
    """The step that begins again: one that this step comes after, or this step itself."""
    max: Whole = Field(default=MAX_ROUNDS, ge=2, le=1000)
    """The most rounds of this step, the first one included; after the last one it is as if nothing were written here."""


def _form(value: Any) -> str:
    return "[goto]" if isinstance(value, dict | Goto) else "[word]"


OnFailure: TypeAlias = Annotated[
    Annotated[Literal["stop", "continue", "undo"], Tag("[word]")] | Annotated[Goto, Tag("[goto]")], Discriminator(_form)
]
"""What follows the last failed attempt of a step."""
OnReject: TypeAlias = Annotated[
    Annotated[Literal["stop", "skip", "undo"], Tag("[word]")] | Annotated[Goto, Tag("[goto]")], Discriminator(_form)
]
"""What follows a no."""
OnSilence: TypeAlias = Annotated[
    Annotated[Literal["reject", "fail", "approve"], Tag("[word]")] | Annotated[Goto, Tag("[goto]")], Discriminator(_form)
]
"""What follows when nobody answers in time."""
