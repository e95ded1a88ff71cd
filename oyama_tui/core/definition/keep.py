"""Which runs of a workflow are kept once they are over."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, model_validator

from oyama_tui.core.definition.base import DefinitionModel, Duration, Whole

MOST_KEPT: Final = 1_000_000


class Keep(DefinitionModel):
    """Which runs of a workflow a cleanup keeps; whatever the settings say. Pinned and live runs are always kept."""

    newest: Annotated[Whole, Field(ge=0, le=MOST_KEPT)] | None = None
    """So many of the newest stay, whatever their age; those beyond them go, once they are old enough where an age is given."""
    older_than: Duration | None = None
    """How long after its end a run goes."""
    failed_older_than: Duration | None = None
    """The same for runs that failed, were rejected, cancelled or undone; as for all runs when left out."""

    @model_validator(mode="after")
    def _says_something(self) -> Keep:
        if self.newest is None and self.older_than is None and self.failed_older_than is None:
            raise ValueError("keep needs newest, older_than or failed_older_than")
        return self
