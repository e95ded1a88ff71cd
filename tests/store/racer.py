"""A process that appends to one run as fast as it can, against others that do the same.

Usage: python -m tests.store.racer DATABASE RUN_ID NAME APPENDS [BROKEN]

Prints each number that was acknowledged. BROKEN takes a guard away: `compare-and-set` or `fence`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from oyama_tui.core import events as e
from oyama_tui.core.errors import Conflict, Fenced
from oyama_tui.core.evolve import evolve
from oyama_tui.core.state import new_state
from oyama_tui.core.summary import summarise
from oyama_tui.store import claims, statements
from oyama_tui.store.journal import JournalPosition
from oyama_tui.store.store import Store


def take_guard_away(broken: str) -> None:
    """Change the one statement that guards every append."""
    if broken == "compare-and-set":
        statements.MOVE_STATE = statements.MOVE_STATE.replace(" AND seq = :expected_seq", "")  # type: ignore[misc]
    elif broken == "fence":
        statements.MOVE_STATE = statements.MOVE_STATE.replace("epoch = :epoch AND ", "")  # type: ignore[misc]


async def race(database: Path, run_id: str, name: str, appends: int, epoch: int | None) -> None:
    """Append until so many appends were acknowledged, or a fence ends it."""
    store = Store(database, database.with_name(database.name + ".files"))
    try:
        claim = await store.database.read(lambda connection: claims.find_claim(connection, run_id))
        assert claim is not None
        graph = await store.graph(claim.revision)
        done = 0
        while done < appends:
            state, head = new_state(run_id, graph, claim.run.number), b""
            for event, digest in await store.journal.read(claim.run):
                evolve(state, event)
                head = digest
            tail = JournalPosition(state.seq, head, summarise(state))
            change = e.ContextChanged(at=state.at + 1, set={name: done}, by=e.Principal(name=name))
            evolve(state, change)
            try:
                after = await store.journal.append(claim.run, tail, [change], summarise(state), epoch)
            except Fenced:
                print("fenced", flush=True)
                return
            except Conflict:
                continue
            done += 1
            print(after.seq, flush=True)
    finally:
        store.close()


if __name__ == "__main__":
    take_guard_away(sys.argv[5] if len(sys.argv) > 5 else "")
    given = sys.argv[6] if len(sys.argv) > 6 else ""
    asyncio.run(race(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(given) if given else None))
