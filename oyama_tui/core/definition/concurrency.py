"""How many runs of a workflow go on at once."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from oyama_tui.core.definition.base import DefinitionModel, Flag, Whole

Overlap = Literal["queue", "skip", "cancel_running"]
"""What a start does about the runs before it."""
MAX_LIMIT: Final = 1000
MAX_PRIORITY: Final = 100
"""A run's priority lies between this and the same below 0."""


class Concurrency(DefinitionModel):
    """How many runs of a workflow go on at once, whoever starts and drives them."""

    limit: Annotated[Whole, Field(ge=1, le=MAX_LIMIT)]
    """How many runs may have a place at once, 1 to 1000."""
    overlap: Overlap = "queue"
    """A start waits its turn (`queue`), is refused while no place is free (`skip`), or cancels all older runs (`cancel_running`)."""
    hold_while_waiting: Flag = False
    """Keep the place while only people are waited for; otherwise the next run gets it, and this one queues again after the answer."""
