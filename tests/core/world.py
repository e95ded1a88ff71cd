"""A world that answers a run always in the same way, so that two ways through the same run can be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from oyama_tui.core import commands as c
from oyama_tui.core import events as e
from oyama_tui.core.admission import queues
from oyama_tui.core.answer_checks import approve_obstacle, way_back
from oyama_tui.core.decide import decide
from oyama_tui.core.definition.graph import NodeSpec
from oyama_tui.core.definition.kinds.wait import WaitStep
from oyama_tui.core.errors import IllegalTransition
from oyama_tui.core.evolve import evolve
from oyama_tui.core.evolve.recovery import may_be_taken_up, unfinished_work
from oyama_tui.core.plan import in_order
from oyama_tui.core.rerun import AGAIN, ANSWER, DONE
from oyama_tui.core.scope import NodeState
from oyama_tui.core.state import RunState, new_state
from oyama_tui.core.statuses import ApprovalStatus, RunStatus, StepStatus
from tests.core.generated import NEVER
from tests.core.play import ANA, Play, child_of, ended_child

FAILURES = ("exit", "timeout", "exit", "start", "python", "parse", "internal")
Move = tuple[int, tuple[int, ...], Callable[[], object]]
"""How soon it happens: its rank among kinds of moves, then among its own kind; and what it does."""


@dataclass
class Fated(Play):
    """A run in a world where everything is settled beforehand: what becomes of each try, how each opening is answered, and in what order.

    A try is an attempt that was not interrupted, because an interruption leaves no trace but a higher attempt number.
    """

    seed: int = 0
    interrupts: bool = True
    """Some attempts are cut off."""
    pauses: bool = False
    """People pause the run, and resume it when nothing else can happen."""
    doubts: bool = False
    """Of a step that was cut off people say one thing or another; else always that it runs again, at once, which leaves no trace."""
    recoveries: int = 0
    """How often people take the run up anew after it has ended, where that can be done."""
    _interrupted: dict[str, int] = field(default_factory=dict)
    _orders: dict[str, e.StepScheduled] = field(default_factory=dict)
    _moved: int = 0
    """Outcomes, answers and timers so far: the world's own clock."""
    _seen: int = 0

    def draw(self, *parts: object) -> int:
        """A number from 0 to 99 that the seed gives to these words."""
        return int.from_bytes(hashlib.sha256(repr((self.seed, *parts)).encode()).digest()[:4]) % 100

    @property
    def cut_short(self) -> set[str]:
        """Nodes with an attempt that was cut off and is not made again: what comes to its end starts nothing, not even what was begun."""
        asked = [event for event in self.journal if not (isinstance(event, e.ApprovalRequested) and event.cut)]
        newest = {event.node: event for event in asked if isinstance(event, e.NodeEvent)}
        return {
            node
            for node, event in newest.items()
            if isinstance(event, e.StepInterrupted)
            or (isinstance(event, e.ApprovalRequested) and event.cut and self.state.approvals[event.id].status is ApprovalStatus.CANCELLED)
        }

    def read(self) -> None:
        """Take in what is new in the journal."""
        for event in self.journal[self._seen :]:
            if isinstance(event, e.StepScheduled):
                self._orders[event.node] = event
            elif isinstance(event, e.StepInterrupted):
                self._interrupted[event.node] = self._interrupted.get(event.node, 0) + 1
            elif isinstance(event, e.ApprovalDecided) and event.cut and not self.doubts:
                continue
            elif isinstance(event, e.StepSucceeded | e.StepFailed | e.ApprovalDecided | e.ApprovalExpired | e.TimerFired):
                self._moved += 1
        self._seen = len(self.journal)

    def resumed_from(self, events: list[e.Event], *, interrupt: bool) -> None:
        """Stand where an engine stands that reads the first events of another one's journal.

        Args:
            events: What had become durable.
            interrupt: The other engine is gone and its attempts with it; else they are still under way.
        """
        self.state = new_state(self.run_id, self.graph, 1)
        for event in events:
            evolve(self.state, event)
        self.journal = list(events)
        self.at = max(self.at, self.state.at)
        if not events:
            self.start()
            return
        for node in in_order(self.state.running) if interrupt else ():
            outcome = c.Outcome(node=node.key, attempt=node.attempt, status="interrupted")
            self.send(c.ReportOutcome(at=self.at, outcome=outcome))
        self.plan()

    def outcome(self, node: NodeState, attempt: int) -> c.Outcome:
        """What becomes of an attempt."""
        spec, key = node.spec, node.key
        number = attempt - self._interrupted.get(key, 0)
        if self.interrupts and self.draw("interrupted", key, attempt) < (50 if self.doubts else 10):
            return c.Outcome(node=key, attempt=attempt, status="interrupted", why="engine_stopped")
        if spec.kind != "set" and self.draw("failed", key, number) < (8 if spec.role == "gate" else 30):
            kind = FAILURES[self.draw("kind", key, number) % len(FAILURES)]
            return c.Outcome(node=key, attempt=attempt, status="failed", kind=kind, message="it broke", exit_code=3)
        if spec.role == "gate":
            preview = self.draw("preview", key, number // 2)
            evidence = e.Evidence(preview=f"will do {preview}", exit_code=int(preview < 15), at=self.at)
            return c.Outcome(node=key, attempt=attempt, status="succeeded", result=evidence.model_dump(mode="json"))
        context = self._orders[key].input["set"] if spec.kind == "set" else {}
        output = f"{key} {self.draw('output', key, number)}"
        outputs: dict[str, JsonValue] = {"text": output} if self.draw("outputs", key) < 50 else {}
        return c.Outcome(
            node=key,
            attempt=attempt,
            status="succeeded",
            output=output,
            outputs=outputs,
            exit_code=0,
            context=context if isinstance(context, dict) else {},
        )

    def child_outcome(self, node: NodeState) -> c.Outcome:
        """What becomes of a run that a step is: it is never interrupted."""
        fate = self.draw("child", node.key, node.attempt)
        if fate < 30:
            status: Literal["failed", "cancelled"] = "failed" if fate < 25 else "cancelled"
            return c.Outcome(
                node=node.key, attempt=node.attempt, status=status, kind="child", message="deploy #1 broke", final=fate % 5 == 0
            )
        outputs: dict[str, JsonValue] = {"text": f"{node.key} {fate}"}
        return c.Outcome(node=node.key, attempt=node.attempt, status="succeeded", outputs=outputs, result=outputs)

    def answered(self, approval_id: str) -> c.Decide | None:
        """How an opening is answered; none when nobody does."""
        approval = self.state.approvals[approval_id]
        assert approval.content is not None
        fate = self.draw("answer", approval_id)
        if approval.cut:
            word = AGAIN if fate < 50 or not self.doubts else DONE
            verdict: e.Verdict = "reject" if fate > 65 and self.doubts else "approve"
            form: dict[str, JsonValue] = {ANSWER: word} if verdict == "approve" else {}
            return c.Decide(at=self.at, by=ANA, id=approval_id, verdict=verdict, comment="because", digest=approval.digest, form=form)
        if approval.deadline is not None and (fate < 30 or self.at + 1 >= approval.deadline):
            return None
        # Where it takes several, the next one answers as fate has it; the first one may change a value.
        said = len(approval.votes)
        fate = self.draw("answer", approval_id, said) if said else fate
        verdict = "reject" if fate < 50 or approve_obstacle(approval.content) else "approve"
        if approval.content.back and fate % 3 == 0 and way_back(approval) is not None:
            verdict = "send_back"
        edits = {name: f"edited {fate}" for name, value in approval.content.editable.items() if isinstance(value, str) and fate % 2}
        return c.Decide(
            at=self.at,
            by=e.Principal(name=f"person {said}") if said else ANA,
            id=approval_id,
            verdict=verdict,
            comment="because",
            edits=edits if verdict == "approve" and not said else {},
            digest=approval.digest,
            form={"reason": "it is time"} if approval.content.form and verdict == "approve" else {},
            confirmed=approval.content.target,
        )

    def armed(self) -> list[tuple[int, str]]:
        """Every timer that is set, but the run's own."""
        nodes = [(node.due, key) for key, node in self.state.nodes.items() if node.due is not None and node not in self.state.matched]
        questions = [(self.state.approvals[key].deadline, key) for key in self.state.open]
        return [*nodes, *((due, key) for due, key in questions if due is not None)]

    def ranked(self) -> list[Move]:
        """What can happen now: people's wishes, then outcomes and answers, then resuming, then time."""
        self.read()
        moves: list[Move] = []
        if self.pauses and self.state.status is RunStatus.RUNNING and self._may_pause():
            mode: e.PauseMode = "now" if self.draw("mode", self._moved) < 50 else "drain"
            moves.append((0, (), lambda: self.send(c.Pause(at=self.at, by=ANA, mode=mode, reason=self._wish()))))
        if self.pauses and (wished := self._breakpoint()) is not None:
            moves.append((0, (2,), lambda: self.send(wished)))
        for node, attempt in self.state.running.items():
            outcome = self.outcome(node, attempt)
            rank = (self.draw("rank", outcome.node), *node.order)
            moves.append((1, rank, lambda outcome=outcome: self.send(c.ReportOutcome(at=self.at, outcome=outcome))))  # type: ignore[misc]
        for node in self.state.children:
            told = child_of(node) if node.child is None else ended_child(self.state, node, self.child_outcome(node))
            rank = (self.draw("rank", node.key), *node.order)
            moves.append((1, rank, lambda told=told: self.tell(told)))  # type: ignore[misc]
        for approval_id in self.state.open:
            answer = self.answered(approval_id)
            if answer is not None:
                rank = (self.draw("rank", approval_id), *self.state.approvals[approval_id].node.order)
                at_once = self.state.approvals[approval_id].cut and not self.doubts
                moves.append((-1 if at_once else 1, rank, lambda answer=answer: self.send(answer)))  # type: ignore[misc]
        if queues(self.state):
            moves.append((1, (self.draw("rank", "its place"),), self.admit))
        if self.state.status is RunStatus.PAUSED:
            moves.append((2, (), lambda: self.send(c.Resume(at=self.at, by=ANA))))
        moves += self._signals()
        for due, timer in self.armed():
            armed = self.state.nodes.get(timer)
            rank = (self.draw("rank", timer), *(armed.order if armed is not None else (999,)))
            if armed is not None and self._is_hurried(armed):
                moves.append((3, rank, lambda timer=timer: self.send(c.RetryNow(at=self.at, by=ANA, node=timer))))  # type: ignore[misc]
            else:
                moves.append((3, rank, lambda due=due, timer=timer: self.fire(due, timer)))  # type: ignore[misc]
        return moves

    def _is_hurried(self, node: NodeState) -> bool:
        """Whether somebody ends the pause of a node before its time."""
        rounds = node.block.opened if node.block is not None else node.failures
        pauses = node.block is not None or node.status is StepStatus.RETRYING
        return pauses and self.draw("hurried", node.key, rounds) < 30

    def _comes(self, spec: NodeSpec) -> bool:
        """Whether the event that a step waits for ever comes."""
        step = spec.step
        if not isinstance(step, WaitStep) or step.wait.event is None or step.wait.match == NEVER:
            return False
        return step.wait.timeout is None or self.draw("event", step.id) < 70

    def _signals(self) -> list[Move]:
        """Events that somebody sends: some before anybody waits for them, the others when a step waits."""
        moves: list[Move] = []
        awaited = [spec for spec in self.graph.specs.values() if self._comes(spec)]
        early = f"early {self._moved}"
        live = self.state.status in (RunStatus.RUNNING, RunStatus.PAUSED) and self.state.cancel is None
        if live and awaited and self.draw("early", self._moved) < 10 and early not in self.state.event_keys:
            moves.append((0, (1,), lambda: self.signal(awaited[self.draw("whom", self._moved) % len(awaited)], early)))
        for node in in_order(node for nodes in self.state.listening.values() for node in nodes):
            if self._comes(node.spec):
                key, rank = f"{node.key} {len(self.state.event_keys)}", (self.draw("rank", node.key), *node.order)
                moves.append((1, rank, lambda node=node, key=key: self.signal(node.spec, key)))  # type: ignore[misc]
        return moves

    def signal(self, spec: NodeSpec, key: str) -> None:
        """Send a step the event that it waits for, and the same once more."""
        step = spec.step
        assert isinstance(step, WaitStep)
        event = c.DeliverEvent(at=self.at, by=ANA, name=step.wait.event or "", payload={"to": step.id}, key=key)
        self.send(event)
        assert self.send(event) == []

    def _wish(self) -> str:
        return f"wish {self._moved}"

    def _may_pause(self) -> bool:
        wanted = (
            self.draw("pause", self._moved) < 25 and self.state.pause is None and self.state.ending is None and self.state.finishing is None
        )
        return wanted and not any(isinstance(event, e.PauseRequested) and event.reason == self._wish() for event in self.journal)

    def _breakpoint(self) -> c.Pause | None:
        """Before which steps people want the run to pause now, once in its life before each."""
        if self.state.status not in (RunStatus.RUNNING, RunStatus.PAUSED):
            return None
        had = {event.step for event in self.journal if isinstance(event, e.BreakpointSet)}
        steps = [step for step in sorted(self.graph.pausable - had) if self.draw("breakpoint", step, self._moved) < 8]
        wish = c.Pause(at=self.at, by=ANA, before=tuple(steps[:1]))
        try:
            return wish if steps and decide(self.state, wish) else None
        except IllegalTransition:
            return None

    def recovery(self) -> c.Recover:
        """How the run is taken up anew: what failed once more, with other tries, or said to be over."""
        fate = self.draw("recovery", self.state.ends)
        failed = [node for node in unfinished_work(self.state.root).nodes if node.spec.role != "gate"]
        if fate < 30 and failed:
            node = failed[fate % len(failed)]
            outcome: Literal["done", "skipped"] = "done" if fate < 15 else "skipped"
            return c.Recover(at=self.at, by=ANA, supplied=(c.Supply(step=node.key, outcome=outcome, outputs={"text": "by hand"}),))
        if fate < 60:
            return c.Recover(at=self.at, by=ANA, attempts=1 + fate % 3, delay=fate % 2 * 50)
        return c.Recover(at=self.at, by=ANA, why="once more")

    def live(self, most: int = 2_000) -> RunState:
        """Go on to the end, always with the move that is due first."""
        for _ in range(most):
            if self.state.status.ended:
                if self.state.ends >= self.recoveries or not may_be_taken_up(self.state):
                    return self.state
                self.at = max(self.at, self.state.at) + 1
                try:
                    self.send(self.recovery())
                except IllegalTransition:
                    # What was to be said to be over begins anew with a block around it.
                    self.send(c.Recover(at=self.at, by=ANA))
                self.plan()
                continue
            moves = self.ranked()
            if not moves:
                raise AssertionError(f"the run rests for ever: {self.state}")
            self.at += 1
            min(moves, key=lambda move: move[:2])[2]()
            self.plan()
        raise AssertionError("the run has no end")


def come_to(run: Fated) -> dict[str, object]:
    """What a run has come to, without times and attempt numbers, which an interrupted attempt shifts."""
    state = run.state
    open_ends = (StepStatus.PENDING, StepStatus.READY)
    return {
        "status": state.status,
        "error": state.error,
        "outputs": state.outputs,
        "context": state.context,
        "nodes": {key: "not begun" if node.status in open_ends else node.status for key, node in state.nodes.items()},
        "steps": (state.total_steps, state.settled_steps),
        "results": state.root.results,
        "decisions": state.root.decisions,
        "approvals": {
            key: (approval.status, approval.by, approval.digest) for key, approval in state.approvals.items() if not approval.cut
        },
    }


def limited(run: Fated) -> bool:
    """Whether some list of its steps lets only so many be under way at once."""
    return '"max_parallel"' in run.graph.workflow.canonical()


def asks_of_cut_off(run: Fated) -> bool:
    """Whether a step was cut off of which a person is asked what became of it."""
    cut = [event.node for event in run.journal if isinstance(event, e.StepInterrupted)]
    return any(run.graph.spec_of(node).step.asks_to_rerun for node in cut)


def same_end(one: Fated, other: Fated, *, ordered: bool = True) -> None:
    """Fail unless both runs have come to the same.

    Args:
        one: A run that has ended.
        other: Another one of the same workflow.
        ordered: Both took their moves in the same order; otherwise it does not count which of two failures came first, nor which of two
            steps beside each other set a variable last.
    """
    left, right = come_to(one), come_to(other)
    if limited(one) and (asks_of_cut_off(one) or asks_of_cut_off(other)):
        # A step waits for a person with its place given up, so that others begin that would have come after it, or never.
        assert one.state.status.ended
        assert other.state.status.ended
        return
    if one.cut_short or other.cut_short:
        # A step that was not repeated might have failed, set a variable, or cancelled what ran beside it; in a block it might have
        # kept the block from its end for so long that something else ended the run.
        assert one.state.status.ended
        assert other.state.status.ended
        inside = any("." in node.removesuffix(".gate") for node in one.cut_short | other.cut_short)
        left, right = ({} if inside else {"status": end["status"]} for end in (left, right))
    elif not ordered:
        # Which of two failures beside each other came first is also what a block around them says.
        unordered = ("error", "context", "results")
        left, right = ({name: value for name, value in end.items() if name not in unordered} for end in (left, right))
    assert left == right
