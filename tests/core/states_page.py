"""Makes the page of states from the tables that folding obeys: `python -m tests.core.states_page` writes it anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from oyama_tui.core import events as e
from oyama_tui.core.statuses import (
    APPROVAL_TABLE,
    MAX_INTERRUPTIONS,
    PLACE_TABLE,
    RUN_TABLE,
    STEP_TABLE,
    ApprovalStatus,
    RunStatus,
    StepStatus,
)

PAGE: Final = Path(__file__).parents[2] / "docs" / "explanation" / "states.md"
StatusT = TypeVar("StatusT", bound=str)

HEAD: Final = """# States of runs, steps and approvals

The diagrams show which event leads from which status to which. They are made from the tables in
`oyama_tui/core/statuses.py`, and a test compares them. An event that no table allows is never folded: the journal counts as
corrupt, and the state stays as it was.
"""
RUNS: Final = """## Runs

These are the words of the journal. People see more exact ones, in lists, in filters and as [`status` in JSON](../reference/json.md): a
pending run, and any that waits for a place, is `queued`; a running one is `waiting` while only people or times are waited for, and
`draining` between the wish for a pause and the pause. While a gate of it is open people read `needs you` instead of `waiting`; in JSON
`needs_you` says that beside it. The coarser word of the table, in which a rejected or cancelled run is `failed`, stands there as
`state`. A person's no leads to the status `rejected`, which is no failure, although the event is `run_failed`.
"""
PLACES: Final = """### The place of a run

A run of a workflow with a [limit](../howto/limit-runs.md) starts nothing before it has a place. Whether one is free stands in no journal,
so `run_admitted` is written by an append that asks for it in the same transaction. A run gives its place up while only people are waited
for, unless the workflow keeps it, and queues again when there is something to start. It keeps it while it is paused, and has none when it
is over. Answers, deadlines, a pause and the end of a run need no place. Until its first place the table calls it pending.
"""
STEPS: Final = f"""## Steps

A step with a gate and an action is two nodes, and each of them has a status of its own. `ready` means that all needs are
settled; what follows is planned at once, unless the run is paused or about to end. After an interruption the same work starts
again as a new attempt; after {MAX_INTERRUPTIONS} interruptions in a row by engines that died the run is paused, and an engine that is
ended in good order does not count. A run that is about to end starts nothing, not even what was cut off.
"""
BLOCKS: Final = """## Blocks

A workflow's steps are a **body**: a list that is compiled once. The steps in a `for_each`, `steps`, `parallel` or branch of a `switch`
are bodies, too. A **scope** is one instance of a body in a run: an item, a round, the branch that was taken; the run itself is the
outermost one. Whatever holds of the steps of a run holds of those of a scope: the same order, the same rules for failures, and an end
when nothing in it goes on any more.

The block is a step like any other to those around it. Its life in the journal:

1. `block_opened`: its turn has come, and its gate, if it has one, said yes. What it goes through or which branch it takes is known from
   here on.
2. `scope_opened`: an item or round begins; of a loop as many at once as `concurrency` allows, in their order.
3. `scope_settled`: nothing in it goes on any more. It completed or failed; of a repetition, another round follows or does not. The run
   remembers what it came to and no more, so that a loop takes as much memory as its `concurrency`.
4. `block_rested`: the pause before the next round, kept like any wait.
5. `step_succeeded` or `step_failed`: all its scopes are over. One that failed fails the block.

A block has one attempt, the first: steps inside are tried again, not the block. A scope that is about to end starts nothing, as a run
does: what runs in it finishes, and what rests or asks is cancelled. Where `fail_fast` ends it, what runs is cancelled as well. Names of
nodes tell the way to them, such as `fan[3].copy`, see [fan out, branch, repeat](../howto/fan-out-branch-repeat.md#find-one-of-many).
"""
CHILDREN: Final = """## Runs that steps start

A `workflow:` step is a run of its own, with a journal of its own. What the parent's journal says of it:

1. `step_scheduled`: the order, with the workflow and its inputs. Nothing is started before it stands there.
2. `child_started`: the run exists. It is named by its parent, the step's node and the attempt, so that starting it twice is starting it
   once, whoever is killed in between.
3. `step_succeeded`, `step_failed` or `step_cancelled`: the run has ended, and this is what the step comes to. Nothing interrupts the
   step before that: when the engine ends, or the run is paused, the step stays `running`, and whoever drives the parent next goes on.

A run that is cancelled, or a scope that ends what runs in it, asks such runs to end too and is over only when they are, unless the step
says `on_parent_cancel: leave`: then it is cancelled at once and its run goes on alone. A pause does not wait for them; it is handed on
to them, and so is its end. While only such runs are under way, neither working time nor waiting for people is counted for the parent.
"""
APPROVALS: Final = """## Approvals

Each opening of a gate is an approval of its own. When what was approved has changed before the action starts, the gate opens
again with a new one.
"""


def diagram(table: Mapping[tuple[StatusT, type[e.EventBase]], tuple[StatusT, ...]], first: StatusT, statuses: Iterable[StatusT]) -> str:
    """One table as a Mermaid state diagram, with the events between two statuses on one arrow."""
    arrows: dict[tuple[StatusT, StatusT], list[str]] = {}
    for (status, event), targets in table.items():
        for target in targets:
            arrows.setdefault((status, target), []).append(str(event.model_fields["type"].default))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    lines += [f"    {status} --> {target}: {', '.join(names)}" for (status, target), names in arrows.items()]
    left = {status for status, _ in table}
    lines += [f"    {status} --> [*]" for status in statuses if status not in left]
    return "\n".join([*lines, "```", ""])


def page() -> str:
    """The whole page."""
    needs_met = "    pending --> ready: needs are settled"
    steps = diagram(STEP_TABLE, StepStatus.PENDING, (status for status in StepStatus if status is not StepStatus.PENDING))
    first, second, third, rest = steps.split("\n", 3)
    return "\n".join(
        [
            HEAD,
            RUNS,
            diagram(RUN_TABLE, RunStatus.PENDING, RunStatus),
            PLACES,
            diagram(PLACE_TABLE, "queued", ()),
            STEPS,
            "\n".join([first, second, third, needs_met, rest]),
            BLOCKS,
            CHILDREN,
            APPROVALS,
            diagram(APPROVAL_TABLE, ApprovalStatus.PENDING, ApprovalStatus).rstrip("\n") + "\n",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
