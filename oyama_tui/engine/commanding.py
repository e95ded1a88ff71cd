"""How a command reaches a run, whoever drives it: decided on the newest state, appended, and decided again when the run has moved on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from oyama_tui.core.errors import Conflict, DatabaseBusy, NotFound
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import summarise
from oyama_tui.engine.folded_runs import Folded, FoldedRuns
from oyama_tui.engine.wishes import Answer, Make, events_for
from oyama_tui.store.journal import JournalPosition, chained, claimed_rows
from oyama_tui.store.store import Store

MAX_TRIES: Final = 30
"""Times that a command is decided again because the run has moved on meanwhile."""


async def fold_run(store: Store, run_id: str, kept: FoldedRuns | None = None) -> Folded:
    """The state of a run that is to be changed, and where its journal ends.

    Args:
        store: The open store.
        run_id: The state id.
        kept: What is known from earlier commands; the state is taken out of it.

    Raises:
        NotFound: There is none of this id.
        IllegalTransition: It came here from a file.
        CorruptJournal: Its journal cannot be folded.
    """
    known = kept.take(run_id) if kept is not None else None
    place = None if known is None else (known[0], known[2])
    claim, rows = await store.database.read(partial(claimed_rows, run_id=run_id, known=place))
    if claim is None:
        raise NotFound(f"There is no run {run_id!r}.", "See `oyama runs`.")
    claim.require_own()
    if known is None or known[0] != claim.run:
        known = claim.run, new_state(run_id, await store.graph(claim.revision), claim.run.number), JournalPosition(0, b"")
    run, state, tail = known
    head = tail.head
    for event, digest in chained(run, tail, rows):
        head = digest
        evolve(state, event)
    return run, state, JournalPosition(state.seq, head, summarise(state))


async def command_run(store: Store, run_id: str, now: Callable[[], int], make: Make, kept: FoldedRuns | None = None) -> Answer:
    """Decide a command on the newest state as the journal has it, and append what follows; whoever drives the run takes it from there.

    Args:
        store: The open store.
        run_id: The state id.
        now: Milliseconds since 1970 UTC.
        make: Makes the command from the run's state and the time; none where nothing is wanted of it as it is.
        kept: What is known from earlier commands.

    Returns:
        The events, none when it was so already, and the number of the newest event; they are durable.

    Raises:
        Refused: The command does not fit.
        DatabaseBusy: The run moved on too often meanwhile.
    """
    for attempt in range(MAX_TRIES):
        run, state, tail = folded = await fold_run(store, run_id, kept)
        if kept is not None:
            kept.keep(folded)
        events = events_for(state, make, now())
        if not events:
            return [], tail.seq
        if kept is not None:
            # Until it is known that these events are the journal's, it is nobody's state.
            kept.take(run_id)
        for event in events:
            evolve(state, event)
        try:
            after = await store.journal.append(run, tail, events, summarise(state))
        except Conflict:
            await asyncio.sleep(0.002 * min(attempt, 10))
            continue
        if kept is not None:
            kept.keep((run, state, after))
        return events, after.seq
    raise DatabaseBusy(f"Run {run_id} kept changing, so your command found no place.", "Nothing was changed; try again.")
