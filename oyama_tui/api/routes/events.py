"""Everything that happens, as it happens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from oyama_tui.api.access import Acting
from oyama_tui.api.streams import EventStream, Streams
from oyama_tui.core.errors import FileProblem
from oyama_tui.studio import Studio

router = APIRouter(tags=["events"])
LAST: Final = 2**63 - 1
"""The largest position that the database can hold."""
EXAMPLE: Final = """retry: 2000
id: 41

event: run_completed
data: {"stateId":"a-1795780000000","workflowId":"a","seq":6,"at":"2026-11-27T11:46:40Z","type":"run_completed","node":"","text":"completed"}
id: 42

: ping

event: lost
data: {"after":42,"reason":"The events came faster than they were taken."}
id: 42

"""
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Server-sent events without end: `id` is the position, `event` the type, and `data` JSON with `stateId`, "
        "`workflowId`, `seq` (its number in the run), `at`, `type`, `node` (empty when it is about the run), `text` (what happened, in one "
        "line) and, when it was asked for, `payload` (the event as the journal has it).",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}},
    }
}
After = Annotated[int | None, Query(ge=0, le=LAST, description="`id` of the last event that is known; from now on when it is left out.")]
LastEventId = Annotated[
    int | None, Header(alias="Last-Event-ID", ge=0, le=LAST, description="The same, as browsers send it; it comes before `after`.")
]
OfWorkflow = Annotated[str, Query(alias="workflowId", max_length=200, description="Only events of runs of this workflow.")]
OfState = Annotated[str, Query(alias="stateId", max_length=300, description="Only events of this run.")]
OfTypes = Annotated[str, Query(max_length=2000, description="Only events of these types, comma separated.")]
WithPayload = Annotated[bool, Query(description="Send the events themselves too, as the journal has them.")]


def _let_in(studio: Studio, shown: str) -> bool:
    """Whether a token still counts."""
    try:
        return studio.tokens.holder(shown) is not None
    except FileProblem:
        return False


async def _stream(
    request: Request,
    studio: Acting,
    after: After = None,
    last_event_id: LastEventId = None,
    workflow_id: OfWorkflow = "",
    state_id: OfState = "",
    types: OfTypes = "",
    payload: WithPayload = False,
) -> AsyncIterator[EventStream]:
    """What one reader is sent, counted for as long as it goes on."""
    streams: Streams = request.app.state.streams
    shown = request.headers.get("authorization", "").partition(" ")[2].strip()
    wanted = [each for each in types.split(",") if each]
    known = after if last_event_id is None else last_event_id
    async with studio.following.follow(after=known, run=state_id, workflow=workflow_id, types=wanted) as follower:
        stream = EventStream(streams.pace, follower, partial(streams.encoded, payload=payload), partial(_let_in, studio, shown))
        with streams.counted(stream):
            yield stream


@router.get("/api/events", summary="Follow what happens", response_class=Response, responses=_STREAM)
async def follow_events(stream: Annotated[EventStream, Depends(_stream)]) -> Response:
    """Every event of every run, each after its commit, in the order of the commits, as server-sent events.

    Whoever comes back with the last `id` misses nothing and gets nothing twice. A reader that is told of nothing gets a comment every
    15 seconds. One that takes nothing for 10 seconds is cut off; one that falls far behind gets a last event `lost` with the place to go
    on from.
    """
    return stream
