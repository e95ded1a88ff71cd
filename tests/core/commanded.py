"""Arbitrary commands and events, sensible ones and absurd ones, for a run in whatever state; a seed fixes them."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.plan import in_order
from oyama_tui.core.scope import NodeState, Scope
from oyama_tui.core.state import RunState
from oyama_tui.core.timers import RUN_TIMER, TOTAL_TIMER

TIMES = (-1, 0, 5_000, 10**7, 10**13, 10**18, 2**63 - 1)
TEXTS = ("", "because", "because", " ", "production", "x" * 10_001, "\x00\x1b[31m", "\ud800", "${{ inputs.n }}")
PRINCIPALS = (e.Principal(name="ana"), e.Principal(name="ben"), e.Principal(name="claude", kind="agent"), e.SYSTEM)
STORABLE: tuple[Any, ...] = (None, True, 0, 7, -(2**63), 1.5, "", "text", [], [1, [None]], {}, {"text": 1})
"""What executors give: they refuse the rest themselves."""
VALUES: tuple[Any, ...] = (*STORABLE, -(2**70), math.inf, math.nan, "\ud800", {"a": [math.nan]}, {"\ud800": 1})
NAMES = ("n", "count", "flag", "reason", "", "a b")
KINDS = (
    c.StartRun,
    c.Decide,
    c.Decide,
    c.CommentOn,
    c.LookAgain,
    c.LookAgain,
    c.Delegate,
    c.Snooze,
    c.Extend,
    c.Withdraw,
    c.Pause,
    c.ClearBreakpoints,
    c.Resume,
    c.Cancel,
    c.ChangeContext,
    c.DeliverEvent,
    c.RetryNow,
    c.Recover,
    c.Recover,
    c.Undo,
    c.FireTimer,
    c.ReportOutcome,
    c.ReportChild,
)
FAILURES: tuple[e.ErrorKind, ...] = (
    "exit",
    "timeout",
    "start",
    "python",
    "parse",
    "http",
    "network",
    "expression",
    "secret",
    "child",
    "internal",
)


class Chance:
    """Draws commands and events."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one(self, choices: Sequence[Any]) -> Any:
        """One of these."""
        return self.random.choice(choices)

    def known(self, words: Sequence[str]) -> str:
        """One of these words mostly, else one that nobody knows."""
        return str(self.one([*words, *words, "nobody", ""]))

    def map(self, values: Sequence[Any]) -> dict[str, JsonValue]:
        """A few names and values."""
        return {self.one(NAMES): self.one(values) for _ in range(self.random.randrange(3))}

    def outcome(self, state: RunState) -> c.Outcome:
        """The report of an attempt, that runs or does not."""
        running = [(node.key, node.attempt) for node in in_order([*state.running, *state.children])]
        others = [(self.known(list(state.nodes)), self.one([-1, 0, 1, 2]))]
        node, attempt = self.one([*running * 3, *others])
        evidence = e.Evidence(preview="will do", exit_code=self.one([None, 0, 1])).model_dump(mode="json")
        return c.Outcome(
            node=node,
            attempt=attempt,
            status=self.one(["succeeded", "succeeded", "failed", "interrupted", "cancelled"]),
            output=self.one(["", "text"]),
            result=self.one([*STORABLE, *[evidence] * 6]),
            outputs=self.map(STORABLE),
            context=self.map(STORABLE),
            exit_code=self.one([None, 0, 1, -9]),
            kind=self.one(FAILURES),
            message="it broke",
        )

    def command(self, state: RunState) -> c.Command:
        """Any command, with any arguments that its model lets through."""
        kind = self.one(KINDS)
        at = self.one([state.at + 1] * 7 + list(TIMES))
        by = self.one(PRINCIPALS)
        approvals = sorted(state.approvals)
        if kind is c.StartRun:
            return c.StartRun(at=at, by=by, inputs=self.map(VALUES), revision="r", priority=self.one([0, 0, 100, -101]))
        if kind is c.Decide:
            return self.answer(state, at, by)
        if issubclass(kind, c.OnApproval):
            return self.act(kind, state, at, by)
        if kind is c.Pause:
            return c.Pause(at=at, by=by, mode=self.one(["drain", "now"]), reason=self.one(TEXTS), before=self.breakpoints(state))
        if kind is c.ClearBreakpoints:
            return c.ClearBreakpoints(at=at, by=by, steps=self.breakpoints(state))
        if kind is c.Resume:
            return c.Resume(at=at, by=by)
        if kind is c.Cancel:
            return c.Cancel(at=at, by=by, reason=self.one(TEXTS))
        if kind is c.ChangeContext:
            return c.ChangeContext(at=at, by=by, set=self.map(VALUES), unset=(self.one(NAMES),) if self.one([True, False]) else ())
        if kind is c.RetryNow:
            return c.RetryNow(at=at, by=by, node=self.known(list(state.nodes)))
        if kind is c.DeliverEvent:
            name, key = self.one(["go", "go_s0", "go_s1", "", "a b"]), self.one(["", "k", "k 2", "x" * 201])
            return c.DeliverEvent(at=at, by=by, name=name, payload=self.one([*VALUES, {"to": "s0"}]), key=key)
        if kind is c.Recover:
            return self.recovery(state, at, by)
        if kind is c.Undo:
            return self.undo(state, at, by)
        if kind is c.FireTimer:
            return c.FireTimer(at=at, id=self.known([*approvals, *state.nodes, RUN_TIMER, TOTAL_TIMER]))
        if kind is c.ReportChild:
            outcome = self.outcome(state)
            return c.ReportChild(at=at, child=c.Child(node=outcome.node, attempt=outcome.attempt, run="r", workflow="deploy", number=1))
        return c.ReportOutcome(at=at, outcome=self.outcome(state))

    def breakpoints(self, state: RunState) -> tuple[str, ...]:
        """Steps before which to pause, or none."""
        return tuple(self.known(sorted(state.graph.pausable)) for _ in range(self.one([0, 0, 1, 2])))

    def recovery(self, state: RunState, at: int, by: e.Principal) -> c.Recover:
        """A wish to take the run up anew."""
        words = [*state.nodes, *(node.spec.step.id for node in state.nodes.values())]
        supplied = [c.Supply(step=self.known(words), outcome=self.one(["done", "skipped"]), outputs=self.map(VALUES))]
        return c.Recover(
            at=at,
            by=by,
            steps=tuple(self.known(words) for _ in range(self.one([0, 0, 1, 2]))),
            again=self.one([True, False, False]),
            supplied=tuple(supplied[: self.one([0, 0, 1])]),
            why=self.one(TEXTS),
            attempts=self.one([None, None, 1, 3, 0]),
            delay=self.one([0, 0, 50, -1]),
        )

    def undo(self, state: RunState, at: int, by: e.Principal) -> c.Undo:
        """A wish to take the run back."""
        return c.Undo(
            at=at,
            by=by,
            to=self.one([0, 0, -1, state.seq // 2, state.seq, state.seq + 1]),
            context=self.one([None, self.map(STORABLE)]),
            force=self.one([(), (), (self.known(sorted(state.graph.roots)),)]),
            why=self.one(TEXTS),
            seen=self.one([None, None, state.seq, 1]),
        )

    def act(self, kind: type[c.OnApproval], state: RunState, at: int, by: e.Principal) -> c.Command:
        """Something else that is done with some approval."""
        facts: dict[str, dict[str, Any]] = {
            "Delegate": {"to": self.one(["ben", "group:release", "", "\x00"])},
            "Snooze": {"until": self.one(TIMES)},
            "Extend": {"deadline": self.one(TIMES)},
        }
        said = {"id": self.known(sorted(state.approvals)), "comment": self.one(TEXTS), "groups": self.one([(), ("release",)])}
        made: Any = kind(at=at, by=by, **said, **facts.get(kind.__name__, {}))
        wanted: c.Command = made
        return wanted

    def answer(self, state: RunState, at: int, by: e.Principal) -> c.Decide:
        """An answer to some approval."""
        chosen = self.known(sorted(state.approvals))
        digest = state.approvals[chosen].digest if chosen in state.approvals else "x"
        return c.Decide(
            at=at,
            by=by,
            id=chosen,
            verdict=self.one(["approve", "reject", "send_back"]),
            groups=self.one([(), ("release",)]),
            comment=self.one(TEXTS),
            form=self.one([{}, {"reason": "it is time"}, {"reason": "it is time", "count": "7"}, self.map(VALUES)]),
            metadata=self.one([{}, self.map(VALUES)]),
            digest=self.one([digest, digest, "", "stale"]),
            confirmed=self.one(TEXTS),
            client_key=self.one(["", "k"]),
        )

    def run_events(self, at: int) -> list[e.Event]:
        """Events about the run as a whole."""
        return [
            e.RunStarted(at=at, revision="r", by=e.SYSTEM, context=self.map(STORABLE), queued=self.one([True, False])),
            e.PauseRequested(at=at, by=e.SYSTEM),
            e.PauseRequested(at=at, by=e.SYSTEM, step=self.one(["s0", "nobody"])),
            e.BreakpointSet(at=at, by=e.SYSTEM, step=self.one(["s0", "s1", "nobody"])),
            e.BreakpointsCleared(at=at, by=e.SYSTEM, steps=(self.one(["s0", "nobody"]),)),
            e.RunPaused(at=at),
            e.RunResumed(at=at, by=e.SYSTEM),
            e.CancelRequested(at=at, by=e.SYSTEM),
            e.RunCompleted(at=at),
            e.RunFailed(at=at, error=e.RunError(kind=self.one(["step", "rejected"]), message="m")),
            e.RunCancelled(at=at, by=e.SYSTEM),
            e.RunUndone(at=at, by=e.SYSTEM),
            e.UndoFinished(at=at, by=e.SYSTEM, set=self.map(STORABLE)),
            e.RunAdmitted(at=at, limit=1),
            e.PlaceReleased(at=at),
            e.PlaceRequested(at=at),
            e.ContextChanged(at=at, set=self.map(STORABLE), unset=("count",), by=e.SYSTEM),
        ]

    def event(self, state: RunState) -> e.Event:
        """Any event, about whatever nodes and approvals there are."""
        at = self.one(TIMES)
        busy = [node.key for node in (*state.running, *state.children, *state.waits, *state.retrying, *state.ready)]
        node = self.known(sorted(busy) * 3 + list(state.nodes))
        known = state.nodes.get(node)
        now = 0 if known is None else known.attempt
        attempt = self.one([now, now, now + 1, now + 1, 7])
        opening = 1 if known is None else known.openings + self.one([0, 1])
        key = self.known(sorted(state.approvals))
        verdict = self.one(["approve", "reject", "send_back"])
        made: list[e.Event] = [
            *self.run_events(at),
            e.StepScheduled(at=at, node=node, attempt=attempt, due=self.one([None, at])),
            e.StepSucceeded(at=at, node=node, attempt=attempt, result=self.one(STORABLE), context=self.map(STORABLE)),
            e.StepFailed(at=at, node=node, attempt=attempt, kind="exit", message="m", retryable=self.one([True, False])),
            e.ChildStarted(at=at, node=node, attempt=attempt, run="r", workflow="deploy", number=1),
            e.RetryScheduled(at=at, node=node, attempt=attempt, due=at),
            e.StepSkipped(at=at, node=node, why="w", cause=self.one(["condition", "upstream", "rejected"])),
            e.StepCancelled(at=at, node=node, attempt=attempt),
            e.StepInterrupted(at=at, node=node, attempt=attempt),
            e.StepSuspended(at=at, node=node, attempt=attempt, waits_for="go", match=self.one(["", "event.to == 's0'", "("])),
            e.StepResumed(at=at, node=node, attempt=attempt, event=self.one([*state.events, 1, 7])),
            e.RetryRequested(at=at, node=node, by=e.SYSTEM),
            e.EventReceived(at=at, name="go", payload=self.one(STORABLE), key=self.one(["", "k"]), by=e.SYSTEM),
            e.ApprovalRequested(
                at=at, node=node, attempt=opening, id=self.one([key, "new"]), content=e.ApprovalContent(title="t"), digest="d"
            ),
            e.VoteCast(at=at, id=key, principal=e.SYSTEM, verdict=verdict),
            e.ApprovalDecided(at=at, id=key, verdict=verdict, by=e.SYSTEM),
            e.ApprovalExpired(at=at, id=key, then=self.one(["reject", "fail", "approve", "goto"])),
            e.ApprovalCancelled(at=at, id=key),
            e.ApprovalCommented(at=at, id=key, by=e.SYSTEM, comment="hm"),
            e.LookWanted(at=at, id=key, by=e.SYSTEM),
            e.ApprovalDelegated(at=at, id=key, by=e.SYSTEM, to="ben"),
            e.ApprovalSnoozed(at=at, id=key, by=e.SYSTEM, until=at),
            e.ApprovalExtended(at=at, id=key, by=e.SYSTEM, deadline=at),
            e.ApprovalEscalated(at=at, id=key, step=self.one([0, 0, 1]), to=self.one([(), ("ben",)])),
            e.GatePassed(at=at, node=node, id=key),
            e.HandlerStarted(at=at, handler=self.one(["success", "exit"]), outcome=self.one(["completed", "cancelled"])),
            e.HandlerSettled(at=at, handler=self.one(["success", "exit"]), status=self.one(["completed", "failed", "cancelled"])),
            e.StepsReopened(at=at, nodes=(node, *self.one([(), tuple(state.nodes)[:2]])), source=node),
            e.StepsRestarted(at=at, nodes=(node, *self.one([(), tuple(state.nodes)[:2]])), by=e.SYSTEM, delay=self.one([0, 5])),
            e.UndoStarted(at=at, by=e.SYSTEM, to=0, label="to its beginning", nodes=self.one([(), (node,), tuple(state.nodes)[:2]])),
            e.StepReused(at=at, node=node, origin=node, status=self.one(["completed", "skipped"])),
            e.TimerFired(at=at, id=self.one([node, RUN_TIMER, TOTAL_TIMER])),
        ]
        chosen: e.Event = self.one(made)
        return chosen


def picture(state: RunState, *, timers: bool = True) -> str:
    """Everything that a state holds, to be compared.

    Args:
        state: The state.
        timers: With the heap of timers, from which looking at the nearest one drops what is void.
    """
    left_out = ("graph",) if timers else ("graph", "timers", "deadlines")
    return repr([_legible(getattr(state, name)) for name in RunState.__dataclass_fields__ if name not in left_out])


def _legible(value: object) -> object:
    """A field so that equal states look alike: nodes by key, in order."""
    if isinstance(value, NodeState):
        return value.key
    if isinstance(value, set) and all(isinstance(node, NodeState) for node in value):
        return [node.key for node in in_order(value)]
    if isinstance(value, set) and all(isinstance(scope, Scope) for scope in value):
        return sorted(scope.prefix for scope in value)
    if isinstance(value, list):
        return [_legible(item) for item in value]
    if isinstance(value, dict):
        return [(_legible(key), node if key == getattr(node, "key", None) else _legible(node)) for key, node in value.items()]
    return value
