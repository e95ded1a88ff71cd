"""Recovery: how steps that are over begin once more because a person wants it, in a run that goes on or had ended.

Steps begin in the scopes in which they stood. A block that had failed or was cut off goes on with those of its scopes in which something
begins anew; what succeeded in it is not done again.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from oyama_tui.core import events as e
from oyama_tui.core.evolve.checks import corrupt, run_status
from oyama_tui.core.evolve.rounds import count_anew, succeed
from oyama_tui.core.evolve.scopes import blocks_around
from oyama_tui.core.evolve.settling import is_met, make_up_for_failures, release, rest, settle
from oyama_tui.core.state import NodeState, RunState, Scope, StepResult
from oyama_tui.core.statuses import RunStatus, StepStatus

UNDER_WAY = (StepStatus.RUNNING, StepStatus.WAITING, StepStatus.RETRYING)


@dataclass(slots=True)
class Restart:
    """What begins anew, and what goes on because of it."""

    closures: dict[Scope, set[int]] = field(default_factory=dict)
    """For each scope in which something begins anew, the outer ones first: the places of the nodes that do, or would have to."""
    blocks: list[NodeState] = field(default_factory=list)
    """Blocks that were over and go on, the outer ones first."""

    @property
    def nodes(self) -> list[NodeState]:
        """The nodes that get a further round, in order."""
        found = [scope.nodes[index] for scope, closure in self.closures.items() for index in closure]
        return sorted((node for node in found if _has_begun(node)), key=lambda node: node.order)

    @property
    def scopes(self) -> list[Scope]:
        """Scopes that were over and in which something begins anew, the outer ones first."""
        return [scope for scope in self.closures if scope.opener is not None and not is_under_way(scope)]


def is_under_way(scope: Scope) -> bool:
    """Whether a scope of a block has begun and is not over."""
    block = scope.opener.block if scope.opener is not None else None
    return block is not None and block.open.get(scope.index) is scope


def restart_of(state: RunState, nodes: Iterable[NodeState]) -> Restart:
    """What begins anew when these nodes do: with them what depends on them, and what of it stands in blocks around them.

    Args:
        state: The run.
        nodes: Any of its nodes.
    """
    places: dict[Scope, set[int]] = {}
    around: dict[Scope, set[int]] = {}
    for node in nodes:
        entry = node.spec.index if node.own_gate is None else node.own_gate.spec.index
        places.setdefault(node.scope, set()).update(node.scope.body.depending_on(entry))
    waiting = list(places)
    while waiting:
        opener = waiting.pop().opener
        if opener is None:
            continue
        after = opener.scope.body.depending_on(opener.spec.index) - {opener.spec.index}
        if opener.scope not in places:
            places[opener.scope] = set()
            waiting.append(opener.scope)
        around.setdefault(opener.scope, set()).add(opener.spec.index)
        places[opener.scope] |= after
    # A block that begins anew as a whole does not go on with a part of it.
    kept = {scope: closure for scope, closure in places.items() if not _begins_anew_around(scope, places)}
    ordered = dict(sorted(kept.items(), key=lambda entry: entry[0].order))
    blocks = [
        scope.nodes[index]
        for scope in ordered
        for index in sorted(around.get(scope, ()))
        if index not in ordered[scope] and scope.nodes[index].status.settled
    ]
    return Restart(ordered, blocks)


def _begins_anew_around(scope: Scope, places: dict[Scope, set[int]]) -> bool:
    """Whether a block around a scope is itself among what begins anew."""
    opener = scope.opener
    while opener is not None:
        if opener.spec.index in places.get(opener.scope, ()):
            return True
        opener = opener.scope.opener
    return False


def _has_begun(node: NodeState) -> bool:
    return node.status.settled or (node.status is not StepStatus.PENDING and bool(node.attempt or node.openings))


def busy_among(state: RunState, restart: Restart) -> NodeState | None:
    """The first node that would begin anew and is under way, or about to be.

    Args:
        state: The run.
        restart: What would begin anew.
    """
    found = (scope.nodes[index] for scope, closure in restart.closures.items() for index in sorted(closure))
    return next((node for node in found if node.status in UNDER_WAY or _awaits_its_turn(state, node)), None)


def fold_steps_restarted(state: RunState, event: e.StepsRestarted) -> None:
    """Give nodes a successor each, let the blocks around them go on, and release what may begin."""
    status = run_status(state, event)
    wanted = [state.nodes.get(key) for key in event.nodes]
    nodes = [node for node in wanted if node is not None]
    restart = restart_of(state, nodes)
    named = (tuple(node.key for node in restart.nodes), tuple(node.key for node in restart.blocks))
    if len(nodes) != len(wanted) or named != (event.nodes, event.blocks) or busy_among(state, restart) is not None:
        raise corrupt(state, event, "restarts steps that are under way, not in the run, or not without others")
    unknown = {supplied.node for supplied in event.supplied} - {following_key(node) for node in nodes}
    if unknown:
        raise corrupt(state, event, f"says what became of {sorted(unknown)[0]}, which does not begin anew")
    if state.status.ended:
        _take_up(state, event)
    state.status = status
    for block in restart.blocks:
        _go_on(state, block)
    begun = [succeed(state, node, "") for node in restart.nodes]
    for scope in restart.scopes:
        _re_enter(state, scope)
    for scope in {state.root: None, **dict.fromkeys(restart.closures)}:
        _revive(state, scope)
    _supply(state, event.supplied)
    _limit(state, event, begun)


def following_key(node: NodeState) -> str:
    """The key of a node's next round."""
    return f"{node.scope.prefix}{node.spec.key}#{node.round + 1}"


def _take_up(state: RunState, event: e.StepsRestarted) -> None:
    """Forget how the run ended."""
    state.ends += 1
    state.ends_worked = state.worked
    state.taken_up_at = event.at
    state.error = state.by = state.cancel = state.pause = state.finishing = state.handler = None
    state.handled = {}
    state.handlers_cut = False
    state.outputs = {}
    state.root.ending = None
    if state.graph.workflow.concurrency is not None:
        state.place, state.place_since = "queued", event.at


def _go_on(state: RunState, node: NodeState) -> None:
    """Let a block that was over go on."""
    block, scope = node.block, node.scope
    assert block is not None
    counted = block.leaves - block.settled_leaves
    state.settled_steps -= counted
    for outer in blocks_around(node):
        outer.settled_leaves -= counted
    node.status = StepStatus.RUNNING
    node.blocks = node.succeeded = node.unneeded = False
    block.ending = False
    scope.failures.pop(node, None)
    scope.results.pop(node.spec.step.id, None)
    scope.last_action.pop(node.spec.index, None)
    scope.busy += 1
    if scope.body.max_parallel is not None:
        scope.slots += 1
        node.has_slot = True
    state.blocks.add(node)
    state.blocks_due.add(node)


def _re_enter(state: RunState, scope: Scope) -> None:
    """Let a scope that was over go on."""
    node = scope.opener
    block = node.block if node is not None else None
    assert node is not None
    assert block is not None
    block.left.pop(scope.index, None)
    block.kept.pop(scope.index, None)
    block.open[scope.index] = scope
    if "index" not in scope.body.names:
        block.last = scope
    block.again = False
    failed = [(index, left) for index, left in sorted(block.left.items()) if left.failures or left.ending is not None]
    block.failed = min(block.failed, len(failed))
    block.failed_at, block.error, block.cause = None, "", ""
    for index, left in failed[:1]:
        error = left.ending.error if left.ending is not None else left.error
        block.failed_at, block.error, block.cause = index, error.message if error else "", error.node if error else ""
    scope.ending = None
    state.blocks_due.add(node)


def _revive(state: RunState, scope: Scope) -> None:
    """Release what may begin in a scope: what begins anew, and what never began because the scope came to its end."""
    if scope.ending is not None:
        return
    given_up = []
    for node in scope.nodes:
        if node.status is StepStatus.READY and not _awaits_its_turn(state, node):
            if node.attempt or node.openings:
                given_up.append(node)
            else:
                node.status = StepStatus.PENDING
    count_anew(scope, (node.spec.index for node in scope.nodes if node.status is StepStatus.PENDING))
    for node in scope.nodes:
        if is_met(node) or node in given_up:
            release(state, node)
    if scope.opener is not None and scope.busy == 0:
        # Nothing is left to be done in it: it only comes to another end.
        scope.busy = 1
        rest(state, scope)


def _awaits_its_turn(state: RunState, node: NodeState) -> bool:
    return node in state.ready or any(other is node for _, other in node.scope.in_turn)


def _supply(state: RunState, supplied: Iterable[e.Supplied]) -> None:
    """Settle what a person has said to be over."""
    for said in supplied:
        node = state.nodes[said.node]
        scope = node.scope
        scope.in_turn[:] = sorted(entry for entry in scope.in_turn if entry[1] is not node)
        if node.spec.step.id in state.graph.referenced_steps and node.spec.represents_step:
            scope.results[node.spec.step.id] = StepResult(outputs=said.outputs)
        settle(state, node, StepStatus.COMPLETED if said.outcome == "done" else StepStatus.SKIPPED)
        make_up_for_failures(node)


def _limit(state: RunState, event: e.StepsRestarted, begun: Iterable[NodeState]) -> None:
    """Note how often the nodes may be tried, and let them wait before."""
    for node in begun:
        node.attempts = event.attempts
        node.interval = event.delay or None
        if event.delay and node in state.ready and not node.spec.bodies:
            state.ready.discard(node)
            node.status = StepStatus.RETRYING
            node.due = event.at + event.delay
            state.retrying.add(node)
            heapq.heappush(state.timers, (node.due, node.key))


def failed_work(state: RunState, scope: Scope | None = None) -> Iterator[NodeState]:
    """The nodes whose failure, rejection or cancellation keeps a run from completing, the innermost ones, in order.

    Args:
        state: A run that has ended.
        scope: Only those in it; in the whole run when none.
    """
    for node in (scope or state.root).nodes:
        if not _failed(node):
            continue
        left = node.block.left.values() if node.block is not None else ()
        inner = [found for inside in left for found in failed_work(state, inside)]
        yield from inner or [node]


def _failed(node: NodeState) -> bool:
    if node.status is StepStatus.REJECTED:
        gate = node.spec.gate
        return gate is None or gate.on_reject != "skip"
    if node.status is StepStatus.CANCELLED:
        return not node.unneeded
    return node.status is StepStatus.FAILED and node in node.scope.failures


def may_be_taken_up(state: RunState) -> bool:
    """Whether a run has ended in a way that somebody may want to take up anew."""
    return state.status in (RunStatus.FAILED, RunStatus.REJECTED, RunStatus.CANCELLED)
