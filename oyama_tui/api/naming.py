"""How requests name runs and places in lists of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import Path, Query
from pydantic import Field

from oyama_tui.api.paging import cursor_place
from oyama_tui.api.problems import Failure
from oyama_tui.core.errors import NotFound
from oyama_tui.core.views import Phase
from oyama_tui.studio import Studio

LONGEST_NAME: Final = 200
LARGEST: Final = 2**53 - 1
"""The largest number that every program reads exactly; rows are numbered far below it."""
_NAMED: Final = "A state id, or as people say it: `release#12`, `release@latest`."
StateId = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, description=_NAMED)]
"""Of a body."""
StateIdQuery = Annotated[str, Query(alias="stateId", min_length=1, max_length=LONGEST_NAME, description=_NAMED)]
StateIdPath = Annotated[str, Path(alias="stateId", max_length=LONGEST_NAME, description=_NAMED)]
WorkflowIdQuery = Annotated[str | None, Query(alias="workflowId", max_length=LONGEST_NAME, description="Only runs of this workflow.")]

StateWord = Literal["pending", "running", "paused", "completed", "failed"]
"""A run's status in the word of the tables."""
StatusQuery = Annotated[list[StateWord] | None, Query(max_length=50, description="Only these; may be repeated.")]
ShownQuery = Annotated[list[Phase] | None, Query(max_length=50, description="Only these, in the words that people see; may be repeated.")]
PHASES: Final[Mapping[StateWord, tuple[Phase, ...]]] = {
    "pending": ("queued",),
    "running": ("running", "waiting", "draining", "undoing"),
    "paused": ("paused",),
    "completed": ("completed",),
    "failed": ("failed", "rejected", "cancelled", "undone"),
}
"""The words that people see for each of them."""


async def exactly(studio: Studio, given: str) -> str:
    """The state id of the run that is named, by all of its name: a program that means something else is told so.

    Args:
        studio: Knows the runs.
        given: A state id, or `release#12`, or `release@latest`.

    Raises:
        NotFound: There is none.
    """
    run_id = await studio.runs.resolve(given)
    if run_id != given and not {"#", "@"} & set(given):
        raise NotFound(f"There is no run {given[:60]!r}.", f"One with such an id is {run_id}: give all of it.")
    return run_id


def table_word(phase: Phase) -> StateWord:
    """A run's status in the word of the tables.

    Args:
        phase: In the word that people see.
    """
    return next(word for word, phases in PHASES.items() if phase in phases)


def phases_of(status: Sequence[StateWord] | None, shown: Sequence[Phase] | None) -> tuple[Phase, ...] | None:
    """The words that people see for what is wanted; none when nothing can fit, empty when everything does.

    Args:
        status: Any of these words of the tables.
        shown: And any of these words that people see.
    """
    of_status = [phase for word in dict.fromkeys(status or ()) for phase in PHASES[word]]
    if not status or not shown:
        return tuple(dict.fromkeys((*of_status, *(shown or ()))))
    return tuple(phase for phase in of_status if phase in shown) or None


def number_place(cursor: str | None) -> int | None:
    """The number after which a part of a list begins; none for the first part.

    Args:
        cursor: `next` of the part before.

    Raises:
        Failure: Nobody here has made it.
    """
    if cursor is None:
        return None
    place = cursor_place(cursor, int)
    if not 0 <= place <= LARGEST:
        raise Failure(HTTPStatus.BAD_REQUEST, "This cursor was not made here.", "Give `next` of the part before.")
    return place
