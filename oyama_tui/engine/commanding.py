"""How a command reaches a run, whoever drives it: decided on the newest state, appended, and decided again when the run has moved on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from oyama_tui.core.errors import Conflict, DatabaseBusy, NotFound
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import RunState, new_state
from oyama_tui.core.summary import summarise
from oyama_tui.engine.wishes import Answer, Make, events_for
from oyama_tui.store import claims
from oyama_tui.store.journal import JournalPosition
from oyama_tui.store.runs import RunKey
from oyama_tui.store.store import Store

MAX_TRIES: Final = 30
"""Times that a command is decided again because the run has moved on meanwhile."""


async def fold_run(store: Store, run_id: str) -> tuple[RunKey, RunState, JournalPosition]:
    """The state of a run that is to be changed, and where its journal ends.

    Args:
        store: The open store.
        run_id: The state id.

    Raises:
        NotFound: There is none of this id.
        IllegalTransition: It came here from a file.
        CorruptJournal: Its journal cannot be folded.
    """
    claim = await store.database.read(lambda connection: claims.find_claim(connection, run_id))
    if claim is None:
        raise NotFound(f"There is no run {run_id!r}.", "See `oyama runs`.")
    claim.require_own()
    graph = await store.graph(claim.revision)
    state = new_state(run_id, graph, claim.run.number)
    head = b""
    for event, digest in await store.journal.read(claim.run):
        head = digest
        evolve(state, event)
    return claim.run, state, JournalPosition(state.seq, head, summarise(state))


async def command_run(store: Store, run_id: str, now: Callable[[], int], make: Make) -> Answer:
    """Decide a command on the newest state as the journal has it, and append what follows; whoever drives the run takes it from there.

    Args:
        store: The open store.
        run_id: The state id.
        now: Milliseconds since 1970 UTC.
        make: Makes the command from the run's state and the time; none where nothing is wanted of it as it is.

    Returns:
        The events, none when it was so already, and the number of the newest event; they are durable.

    Raises:
        Refused: The command does not fit.
        DatabaseBusy: The run moved on too often meanwhile.
    """
    for attempt in range(MAX_TRIES):
        run, state, tail = await fold_run(store, run_id)
        events = events_for(state, make, now())
        if not events:
            return [], tail.seq
        for event in events:
            evolve(state, event)
        try:
            after = await store.journal.append(run, tail, events, summarise(state))
        except Conflict:
            await asyncio.sleep(0.002 * min(attempt, 10))
            continue
        return events, after.seq
    raise DatabaseBusy(f"Run {run_id} kept changing, so your command found no place.", "Nothing was changed; try again.")
