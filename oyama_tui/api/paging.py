"""Parts of lists: a cursor names the last row of the part before, so that what comes in between shifts nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from fastapi import Query

from oyama_tui.api.models.base import Page
from oyama_tui.api.problems import Failure
from oyama_tui.core.rows import Rows

R = TypeVar("R")
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


def page_of(rows: Rows[R], make: Callable[[R], T], cursor: str | None, limit: int, *, key: Callable[[R], str]) -> Page[T]:
    """A part of a list that is read as a whole.

    Args:
        rows: All of them, with a sentence for each one that cannot be read.
        make: The item of a row.
        cursor: `next` of the part before.
        limit: The most items.
        key: What names a row.

    Raises:
        Failure: The cursor was not made here, or its item is gone.
    """
    first = 0
    if cursor is not None:
        last = cursor_place(cursor, str)
        places = [place for place, row in enumerate(rows) if key(row) == last]
        if not places:
            raise Failure(HTTPStatus.BAD_REQUEST, "The item of this cursor is gone.", "Begin anew, without a cursor.")
        first = places[0] + 1
    part = list(rows[first : first + limit])
    more = first + limit < len(rows)
    following = cursor_text(key(part[-1])) if more and part else None
    return Page(items=[make(row) for row in part], total=len(rows), next=following, damaged=list(rows.damaged))
