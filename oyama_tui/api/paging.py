"""Parts of lists: a cursor names the last row of the part before, so that what comes in between shifts nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from fastapi import Query

from oyama_tui.api.models.base import Page
from oyama_tui.api.problems import Failure

T = TypeVar("T")
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the part before; the first part when it is left out.")]
Limit = Annotated[int, Query(ge=1, le=500, description="The most items.")]


def cursor_text(place: Any) -> str:
    """A cursor as it is sent.

    Args:
        place: Where the next part begins, as JSON has it.
    """
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def cursor_place(text: str, kind: type[T]) -> T:
    """Where a part begins.

    Args:
        text: As `cursor_text` has made it.
        kind: What it is.

    Raises:
        Failure: Nobody here has made it.
    """
    try:
        found = json.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        found = None
    # Of characters that are not its own the decoder takes no notice.
    if type(found) is not kind or cursor_text(found) != text:
        raise Failure(HTTPStatus.BAD_REQUEST, "This cursor was not made here.", "Give `next` of the part before.")
    return found


def page_of(items: Sequence[T], damaged: Sequence[str], cursor: str | None, limit: int, *, key: Callable[[T], str]) -> Page[T]:
    """A part of a list that is read as a whole.

    Args:
        items: All of them.
        damaged: A sentence for each row that cannot be read.
        cursor: `next` of the part before.
        limit: The most items.
        key: What names an item.

    Raises:
        Failure: The cursor was not made here, or its item is gone.
    """
    first = 0
    if cursor is not None:
        last = cursor_place(cursor, str)
        places = [place for place, one in enumerate(items) if key(one) == last]
        if not places:
            raise Failure(HTTPStatus.BAD_REQUEST, "The item of this cursor is gone.", "Begin anew, without a cursor.")
        first = places[0] + 1
    part = list(items[first : first + limit])
    more = first + limit < len(items)
    return Page(items=part, total=len(items), next=cursor_text(key(part[-1])) if more and part else None, damaged=list(damaged))
