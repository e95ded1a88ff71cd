"""The states of long runs that a process keeps from one command to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from oyama_tui.core.state import RunState
    from oyama_tui.store.journal import JournalPosition
    from oyama_tui.store.run_key import RunKey

LEAST_KEPT: Final = 200
"""Events of a run whose state is kept: a shorter journal is folded in a few milliseconds."""
MOST_KEPT: Final = 400_000
"""Events of all runs whose states are kept; the last one is kept whatever it has."""


Folded: TypeAlias = "tuple[RunKey, RunState, JournalPosition]"
"""A run, its state, and where its journal ends."""


class FoldedRuns:
    """The states of long runs to which this process has given a command without driving them: the next command folds only what is new.

    Whoever takes one has it alone, because it is evolved in place; a second one meanwhile folds the whole journal.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Folded] = {}

    def take(self, run_id: str) -> Folded | None:
        """What is known of a run, if it is known.

        Args:
            run_id: The state id.
        """
        return self._kept.pop(run_id, None)

    def keep(self, folded: Folded) -> None:
        """Keep a state that is that of the journal up to its position, and that nobody else has.

        Args:
            folded: The run.
        """
        if folded[1].seq < LEAST_KEPT:
            return
        self._kept[folded[0].id] = folded
        while len(self._kept) > 1 and sum(state.seq for _, state, _ in self._kept.values()) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
