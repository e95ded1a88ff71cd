"""Runs, their nodes and attempts, and what these wrote."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from pydantic import JsonValue

from oyama_tui.core.events.base import Frozen
from oyama_tui.core.format import spoken
from oyama_tui.core.statuses import Place
from oyama_tui.core.views.plans import ForkLink
from oyama_tui.core.views.ways import RunPlace, way_to
from oyama_tui.core.views.words import ENDED_PHASES, RECOVERABLE, Phase, StepWord, asked_and_why, tells_not_undone, word_of

ASKED: Final = frozenset({"gate", "task"})
"""Kinds of nodes that are a question to a person."""
AROUND: Final = frozenset({"steps", "parallel", "for_each", "switch", "item", "round", "earlier", "handler"})
"""The kinds of nodes that consist of other nodes."""


class RunRow(Frozen):
    """One run in a list."""

    id: str
    """The state id."""
    workflow_id: str
    """The workflow."""
    workflow_name: str
    """The workflow's name for people."""
    number: int
    """Counted per workflow, from 1."""
    status: Phase
    """In the word that people see."""
    state: str
    """The table's word."""
    reason: str
    """Why it waits or how it ended; empty while it simply runs. One line, but for a person's comment, which may have several."""
    hint: tuple[str, ...] = ()
    """The words of the command after `oyama` that would change that it waits; empty when there is none or nothing is needed."""
    needs_you: bool
    """A gate of it is open."""
    asks_others: str = ""
    """Whom its open gates wait for, where whoever looks may answer none of them: `ana, ben`, `group release`; empty where they may."""
    current_step: str
    """The step that moved last; empty when it is over."""
    completed: int
    """How many steps are over, failed and skipped ones too."""
    total: int
    """How many steps there are."""
    running: int
    """How many attempts are under way."""
    started_at: datetime
    """When it was started."""
    ended_at: datetime | None
    """When it was over."""
    duration_ms: int | None
    """Of an ended run."""
    human_wait_ms: int
    """Milliseconds in which only people were waited for."""
    started_by: str
    """Who started it."""
    owner: Literal["here", "elsewhere", "nobody"]
    """Which engine drives it: this process's, another living one, or none."""
    obstacle: str = ""
    """Why an engine that has looked at it does not drive it, when none does; empty otherwise."""
    place: Place = ""
    """Under the limit of its workflow: `queued` for a place, `held`, or `released` while only people are waited for; empty without one."""
    before: int | None = None
    """How many runs queue before it for a place; none unless it queues."""
    parent: str = ""
    """The state id of the run of which a step has started it; empty when none has."""
    parent_node: str = ""
    """The node of that step."""
    path: tuple[RunPlace, ...] = ()
    """The steps that lead down to it, from the outermost run on; empty when no step has started it."""
    forked_from: str = ""
    """The state id of the run of which it reuses what that had done; empty for a run that is no fork."""
    pinned: bool = False
    """Somebody wanted it to be kept, whatever is cleaned up."""
    imported: bool = False
    """It came here from a file: one can look at it, and nothing else."""
    title: str = ""
    """What it asks, when it is a question from outside; empty for other runs."""
    due: datetime | None = None
    """When its nearest timer is due: the end of a pause or wait, a deadline; none without one, and when it is over."""

    @property
    def why(self) -> str:
        """What is said of it in a list: what it asks, and why it waits or how it ended."""
        return asked_and_why(self.title, self.reason)

    @property
    def recoverable(self) -> bool:
        """Whether it ended without completing, or rests because something could not be undone, and may be taken up anew."""
        return not self.imported and (self.stopped_undoing or (self.status in RECOVERABLE and not self.parent))

    @property
    def stopped_undoing(self) -> bool:
        """Whether it rests half undone, because something could not be."""
        return self.status == "paused" and tells_not_undone(self.reason)

    @property
    def run_way(self) -> str:
        """Its name with the way to it: `release #12 › deploy › apply #3`."""
        return way_to(self.path, self.label)

    @property
    def label(self) -> str:
        """How people name it: `release #12`."""
        return f"{self.workflow_id} #{self.number}"

    @property
    def word(self) -> str:
        """The status as people read it."""
        return word_of(self.status, self.needs_you, self.asks_others)

    @property
    def sought(self) -> tuple[str, ...]:
        """What the words of a filter are sought in."""
        named = f"{self.workflow_id}#{self.number}"
        return (self.run_way, named, self.id, self.workflow_name, self.title, self.reason, self.word, self.started_by)

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.status in ENDED_PHASES

    @property
    def live(self) -> bool:
        """Whether it is not over, and goes on here."""
        return not self.ended and not self.imported


class BlockCounts(Frozen):
    """How many items of a loop are where."""

    total: int
    """All of them."""
    completed: int
    """Over, and not failed."""
    failed: int
    """Over, and failed."""
    running: int
    """Under way, those that ask somebody among them."""
    asking: int = 0
    """Under way, with a question open in them."""
    cancelled: int = 0
    """Cut off before they were over."""

    @property
    def pending(self) -> int:
        """Not begun."""
        return max(0, self.total - self.completed - self.failed - self.running - self.cancelled)


class ScopeSpan(Frozen):
    """Which of a block's items or rounds are shown: those that have begun, in the order in which they are listed."""

    before: int
    """How many stand before those shown."""
    shown: int
    """How many are shown, without the one that is shown for the cursor's sake."""
    after: int
    """How many stand after those shown."""


class NodeView(Frozen):
    """One row of a run's tree: a step, or the gate before its action."""

    key: str
    """The node's key: the step's id, with `.gate` for the gate before an action, after the way to it: `fan[3].copy`."""
    step_id: str
    """The step."""
    name: str
    """The step's name for people; empty when it has none."""
    kind: str
    """The kind of the step, such as `run` or `for_each`; `gate` for a gate, `item` for an item of a loop, `round` for a round of a
    repetition, `earlier` for the rounds of a step before the present one, `handler` for the steps of a handler."""
    depth: int
    """How deep it stands in the tree: 0 for a step outside of blocks, one more for its gate and for what is in it."""
    status: StepWord
    """Where it is in its life."""
    attempt: int
    """Number of the newest attempt; 0 before the first."""
    note: str
    """What people should know of it in a few words: `attempt 2`, `asks a person`, `skipped: if`."""
    approval: str
    """Its newest approval's id; empty when its gate never opened. Of an action only while it asks what became of it when it was cut off."""
    started_at: datetime | None
    """When the newest attempt began."""
    duration_ms: int | None
    """Of the newest attempt, when it is over."""
    counts: BlockCounts | None = None
    """Of a loop that has begun: how far it is."""
    pauses: bool = False
    """It rests before another attempt, or before its next round, which may begin at once when somebody wants that."""
    waits_for: str = ""
    """The event that it waits for now, which somebody sends; empty when it waits for none."""
    child: str = ""
    """The state id of the run that its newest attempt is; empty when it is none."""
    child_run: str = ""
    """How people name that run: `deploy #3`."""
    span: ScopeSpan | None = None
    """Of a loop or repetition that is shown by parts: which part; none when it is shown whole, or in what matters most."""
    asks_others: str = ""
    """Whom its open question waits for, where that is not whoever looks."""
    folded: bool = False
    """What it consists of is left out, though there is something."""
    left_ms: int | None = None
    """Of a loop under way: milliseconds still to go, by its own items or by past runs; none when these tell too little."""
    breakpoint: bool = False
    """The run pauses before it begins."""
    after: tuple[str, ...] = ()
    """The keys of the nodes that must be over before it begins; empty for what is first, and for items and rounds."""

    @property
    def is_own_gate(self) -> bool:
        """Whether it is the gate before a step's action, and no step itself."""
        return self.kind == "gate" and self.step_id != "gate" and self.key.rpartition(".")[2].partition("#")[0] == "gate"

    @property
    def is_asked(self) -> bool:
        """Whether it is a question to a person, and nothing runs for it."""
        return self.kind in ASKED or (bool(self.approval) and not self.is_own_gate)

    @property
    def is_around(self) -> bool:
        """Whether it consists of other nodes."""
        return self.kind in AROUND

    @property
    def opens(self) -> bool:
        """Whether there is something in it that can be shown and folded."""
        return self.is_around and (
            self.kind in ("item", "round", "earlier", "handler") or (self.attempt > 0 and (self.counts is None or self.counts.total > 0))
        )

    @property
    def word(self) -> str:
        """The status as people read it."""
        asks = (self.is_asked or self.kind == "item") and self.status == "waiting"
        return word_of(self.status, asks, self.asks_others)


class HurriedRun(Frozen):
    """A run of which somebody has ended pauses."""

    run: RunRow
    """The run afterwards."""
    nodes: tuple[str, ...]
    """The nodes that go on without a further pause."""


class SentEvent(Frozen):
    """What became of an event that was sent to a run."""

    run: RunRow
    """The run afterwards."""
    event: str
    """The event's name."""
    already: bool
    """An event with the same key had come before, and was the same."""
    awaited: bool
    """A step waited for an event of this name; otherwise it is kept until one does."""
    known: tuple[str, ...]
    """The names of the events that steps of the workflow wait for at some time."""


class RunView(Frozen):
    """One run, whole."""

    row: RunRow
    """The run as in lists."""
    nodes: tuple[NodeView, ...]
    """Its tree, in the order of the definition."""
    inputs: dict[str, JsonValue]
    """Values that it was started with."""
    outputs: dict[str, JsonValue]
    """Named values of a completed run."""
    error: str
    """Why it failed; empty when it did not."""
    error_node: str
    """The node that caused that."""
    revision: str
    """The content of the workflow that it is pinned to."""
    directory: str
    """Where its steps run."""
    source: str
    """The workflow's file; empty when it is stored."""
    left_ms: int | None
    """Working time still to go, estimated from past runs and the items of loops; none when these tell too little."""
    working_left_ms: int | None = None
    """Working time until it is ended for its `timeout`; none without such a limit, and when it is over."""
    total_left_ms: int | None = None
    """Time in all until it is ended for its `timeout`, likewise."""
    pausing: bool
    """A pause was asked for and something still runs."""
    breakpoints: tuple[str, ...] = ()
    """The steps before which it is to pause, by their ids."""
    fork_of: ForkLink | None = None
    """The run that it was forked from; none for a run that is no fork."""
    forks: tuple[ForkLink, ...] = ()
    """The newest runs that were forked from it."""
    seq: int
    """Number of the newest event."""

    @property
    def fork_words(self) -> tuple[str, ...]:
        """How it goes back to other runs and others to it, a line each: `forked from release #11 after build`."""
        links = [("from", self.fork_of)] if self.fork_of is not None else []
        return tuple(f"forked {way} {link.label} {link.point}" for way, link in (*links, *(("into", fork) for fork in self.forks)))

    @property
    def time_left(self) -> str:
        """How much of the time that it may take is left, in words; empty without a limit."""
        parts = ((self.working_left_ms, "of work"), (self.total_left_ms, "in all"))
        return ", ".join(f"{spoken(left)} {what}" for left, what in parts if left is not None)


class StartedAttempt(Frozen):
    """One attempt of a node, by name."""

    node: str
    """The node's key."""
    attempt: int
    """Its number, from 1."""
    seq: int
    """Number of the event that it began with."""


class AttemptView(Frozen):
    """One attempt of a node, whole."""

    run_id: str
    """The run."""
    node: str
    """The node's key."""
    step_id: str
    """The step."""
    attempt: int
    """Its number, from 1."""
    status: str
    """How it stands."""
    input: JsonValue
    """What the executor got; secrets by name."""
    output: str
    """What it wrote: head and tail, at most 64 KiB."""
    truncated: bool
    """`output` is not all of it."""
    outputs: dict[str, JsonValue]
    """Named values that it left."""
    result: JsonValue
    """Its typed result."""
    exit_code: int | None
    """Of its program; none when there was none."""
    error: str
    """Why it failed; empty when it did not."""
    error_kind: str
    """The kind of failure."""
    log: str
    """Path of the file with its live output; empty when it has none."""
    started_at: datetime | None
    """When it began."""
    ended_at: datetime | None
    """When it was over."""
    duration_ms: int | None
    """How long it took."""


class EventView(Frozen):
    """One event of a journal, as people read it."""

    seq: int
    """Its number in the run, from 1."""
    at: datetime
    """When its cause happened."""
    type: str
    """The kind of event."""
    node: str
    """The node that it is about; empty when it is about the run."""
    text: str
    """What happened, in one line."""
    payload: dict[str, JsonValue]
    """The event itself."""


class ContextView(Frozen):
    """One variable of a run."""

    name: str
    """Its name."""
    value: JsonValue
    """Its value."""
    seq: int
    """The event that set it."""
    at: datetime
    """When it was set."""
