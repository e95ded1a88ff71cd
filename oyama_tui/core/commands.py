"""Commands: what a person or a program wants of a run; each carries its time and who wants it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field, JsonValue

from oyama_tui.core.events import Asker, ErrorKind, Origin, PauseMode, Principal, Seen, StepReused, Trigger, Verdict
from oyama_tui.core.events.base import Frozen


class CommandBase(Frozen):
    """A wish; `decide` answers it with events or refuses it."""

    at: int
    """Milliseconds since 1970 UTC."""
    leap: int = 0
    """How much of the time since the newest event is none that has passed, because the clock was set forward."""
    ahead: int = 0
    """How far `at` is ahead of the wall clock, because that was set back; deadlines of gates go by the wall clock."""


class PersonCommand(CommandBase):
    """A wish of a principal."""

    by: Principal


class ForkWish(Frozen):
    """What is to be different in a run that takes over what another one had done."""

    steps: tuple[str, ...] = ()
    """Steps that begin once more although they were over."""
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    set: dict[str, JsonValue] = Field(default_factory=dict)
    """Variables of the context."""
    unset: tuple[str, ...] = ()
    outputs: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    """By step: values that it is to have left."""
    digest: str = ""
    """Of the plan that was shown; empty when nobody looked."""


class ForkPart(Frozen):
    """What a new run takes over, as `planned_fork` finds it."""

    run: str
    """The state id of the other run."""
    at: int
    """The number of its event after which that was."""
    context: dict[str, JsonValue]
    reused: tuple[StepReused, ...]


class StartRun(PersonCommand):
    """Start a run with these inputs."""

    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    trigger: Trigger = "cli"
    revision: str
    directory: str = ""
    """Where its steps run."""
    priority: int = 0
    """Among runs of its workflow that queue: the higher one is first."""
    fork: ForkPart | None = None
    """Of a run that takes over what another one had done."""
    asker: Asker | None = None
    """The program from outside whose question the run is."""


class Decide(PersonCommand):
    """Answer an open approval."""

    id: str
    verdict: Verdict
    comment: str = ""
    form: dict[str, JsonValue] = Field(default_factory=dict)
    edits: dict[str, JsonValue] = Field(default_factory=dict)
    """Values to change before the yes, by name."""
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    digest: str = ""
    """What was shown; empty means that the person did not look."""
    confirmed: str = ""
    """The target as typed, where the gate asks for that."""
    client_key: str = ""
    origin: Origin | None = None
    seen: Seen | None = None
    """What of it they had before their eyes."""
    groups: tuple[str, ...] = ()
    """In which the person is."""
    zone: int = 0
    """Minutes that the clock of whoever reads the reply is ahead of UTC."""


class OnApproval(PersonCommand):
    """What a person does with an open question besides answering it."""

    id: str
    comment: str = ""
    origin: Origin | None = None
    groups: tuple[str, ...] = ()
    """In which the person is."""
    zone: int = 0
    """Minutes that the clock of whoever reads the reply is ahead of UTC."""


class CommentOn(OnApproval):
    """Say something about it."""


class LookAgain(OnApproval):
    """Have its evidence gathered anew, and be asked once more."""


class Delegate(OnApproval):
    """Ask somebody else to answer it."""

    to: str
    """A name, or `group:NAME`."""


class Snooze(OnApproval):
    """Do not want to see it for a while."""

    until: int
    """Milliseconds since 1970 UTC; in the past to see it again."""


class Extend(OnApproval):
    """Give it more time."""

    deadline: int
    """Milliseconds since 1970 UTC."""


class Withdraw(OnApproval):
    """Ask it no more: its run ends as cancelled."""


class Pause(PersonCommand):
    """Start no new step; `now` also interrupts what runs."""

    mode: PauseMode = "drain"
    reason: str = ""
    before: tuple[str, ...] = ()
    """Pause only when one of these steps is about to begin, before each of them once; at once when none is named."""


class Resume(PersonCommand):
    """Let steps start again."""


class ClearBreakpoints(PersonCommand):
    """Pause before these steps no more."""

    steps: tuple[str, ...] = ()
    """Every step when none is named."""


class Cancel(PersonCommand):
    """End the run now."""

    reason: str = ""


class ChangeContext(PersonCommand):
    """Change variables of the context."""

    set: dict[str, JsonValue] = Field(default_factory=dict)
    unset: tuple[str, ...] = ()


class RetryNow(PersonCommand):
    """End the pause before another attempt or round."""

    node: str = ""
    """A node, or a step, all of whose nodes are meant; all that pause when empty."""


class DeliverEvent(PersonCommand):
    """Send the run an event; who may is not a matter of approval, so that agents may too."""

    name: str
    payload: JsonValue = None
    key: str = ""
    """The same key again is the same event."""


class Supply(Frozen):
    """What a person says became of a step that failed."""

    step: str
    """The step's id, or the key of its node."""
    outcome: Literal["done", "skipped"]
    outputs: dict[str, JsonValue] = Field(default_factory=dict)


class Recover(PersonCommand):
    """Take up a run that failed, was rejected or cancelled: steps begin once more, or are said to be over."""

    steps: tuple[str, ...] = ()
    """Steps or nodes that begin once more; all that failed when none is named."""
    again: bool = False
    """Begin with these steps even though they are over, in a run that goes on too."""
    supplied: tuple[Supply, ...] = ()
    """Those that need no further try."""
    why: str = ""
    attempts: int | None = None
    """How often each may be tried."""
    delay: int = 0
    """Milliseconds before their first attempt, and between two."""
    seen: int | None = None
    """The number of the newest event when the plan was shown; none when nobody looked."""


class Undo(PersonCommand):
    """Take back what the run has done after one of its points."""

    to: int = 0
    """The number of the event after which everything is undone; 0 for the beginning."""
    label: str = ""
    """That point in words for people, as the rest of a sentence: `to after build`."""
    context: dict[str, JsonValue] | None = None
    """The variables as they were there; those of the beginning when none."""
    force: tuple[str, ...] = ()
    """Steps that cannot be undone and are to stay: all of them are named, or nothing is done."""
    why: str = ""
    seen: int | None = None
    """The number of the newest event when the plan was shown; none when nobody looked."""


class FireTimer(CommandBase):
    """A due time has come: an approval's id, a node's key, `the run` or `the whole run`."""

    id: str


class Outcome(Frozen):
    """What became of one attempt."""

    node: str
    attempt: int
    status: Literal["succeeded", "failed", "interrupted", "cancelled"]
    """`cancelled` is for a run of its own alone."""
    output: str = ""
    truncated: bool = False
    result: JsonValue = None
    """Typed result; for a gate's attempt the evidence it gathered."""
    outputs: dict[str, JsonValue] = Field(default_factory=dict)
    """Written by the step itself to the file that OYAMA_OUTPUT names."""
    context: dict[str, JsonValue] = Field(default_factory=dict)
    exit_code: int | None = None
    kind: ErrorKind = "internal"
    """Of the failure."""
    message: str = ""
    """Of the failure."""
    final: bool = False
    """Of the failure: it is not one that a retry policy may try again."""
    why: Literal["engine_ended", "engine_stopped"] = "engine_ended"
    """Of the interruption."""
    started_at: int | None = None
    duration: int = 0
    """Milliseconds."""
    retry_after: int | None = None
    """The least pause before another attempt that the other side has asked for, in milliseconds."""


class ReportOutcome(CommandBase):
    """The engine tells what became of an attempt."""

    outcome: Outcome


class Child(Frozen):
    """The run that an attempt is."""

    node: str
    attempt: int
    run: str
    """Its state id."""
    workflow: str
    number: int


class ReportChild(CommandBase):
    """The engine tells that the run exists which an attempt is."""

    child: Child


Command: TypeAlias = (
    StartRun
    | Decide
    | CommentOn
    | LookAgain
    | Delegate
    | Snooze
    | Extend
    | Withdraw
    | Pause
    | Resume
    | ClearBreakpoints
    | Cancel
    | ChangeContext
    | DeliverEvent
    | RetryNow
    | Recover
    | Undo
    | FireTimer
    | ReportOutcome
    | ReportChild
)
