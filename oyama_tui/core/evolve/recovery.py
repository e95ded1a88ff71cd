"""Recovery: how steps that are over begin once more because a person wants it, in a run that goes on or had ended.

Steps begin in the scopes in which they stood. A block that had failed or was cut off goes on with those of its scopes in which something
begins anew; what succeeded in it is not done again.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from oyama_tui.core import events as e
from oyama_tui.core.evolve.checks import corrupt, run_status
from oyama_tui.core.evolve.rounds import count_anew, succeed
from oyama_tui.core.evolve.scopes import blocks_around, drop_scope
from oyama_tui.core.evolve.settling import is_met, make_up_for_failures, outermost, release, rest, settle
from oyama_tui.core.evolve.slots import leave_turn
from oyama_tui.core.scope import NodeState, Scope, StepResult
from oyama_tui.core.state import RunState
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


def restart_of(nodes: Iterable[NodeState], scopes: Iterable[Scope] = (), blocks: Iterable[NodeState] = ()) -> Restart:
    """What begins anew when these nodes do: with them what depends on them, and what of it stands in blocks around them.

    Args:
        nodes: Any nodes of a run.
        scopes: Scopes of blocks that go on with what has not begun in them.
        blocks: Blocks that go on with scopes that have not begun.
    """
    places: dict[Scope, set[int]] = {scope: set() for scope in scopes}
    around: dict[Scope, set[int]] = {}
    for node in nodes:
        entry = node.spec.index if node.own_gate is None else node.own_gate.spec.index
        places.setdefault(node.scope, set()).update(node.scope.body.depending_on(entry))
    for block in blocks:
        _add_around(block, places, around)
    waiting = list(places)
    while waiting:
        opener = waiting.pop().opener
        if opener is not None:
            known = opener.scope in places
            _add_around(opener, places, around)
            waiting += [] if known else [opener.scope]
    # A block that begins anew as a whole does not go on with a part of it.
    kept = {scope: closure for scope, closure in places.items() if not _begins_anew_around(scope, places)}
    ordered = dict(sorted(kept.items(), key=lambda entry: entry[0].order))
    going_on = [
        scope.nodes[index]
        for scope in ordered
        for index in sorted(around.get(scope, ()))
        if index not in ordered[scope] and scope.nodes[index].status.settled
    ]
    return Restart(ordered, going_on)


def _add_around(block: NodeState, places: dict[Scope, set[int]], around: dict[Scope, set[int]]) -> None:
    """Note that a block goes on, and with it that what depends on it begins anew."""
    index = block.spec.index
    around.setdefault(block.scope, set()).add(index)
    places.setdefault(block.scope, set()).update(block.scope.body.depending_on(index) - {index})


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
    if state.status.ended:
        return None
    found = (scope.nodes[index] for scope, closure in restart.closures.items() for index in sorted(closure))
    return next((node for node in found if node.status in UNDER_WAY or _awaits_its_turn(state, node)), None)


def fold_steps_restarted(state: RunState, event: e.StepsRestarted) -> None:
    """Give nodes a successor each, let the blocks around them go on, and release what may begin."""
    halted = state.undo is not None and state.status is RunStatus.PAUSED
    status = run_status(state, event, RunStatus.RUNNING if halted else None)
    wanted = [state.nodes.get(key) for key in event.nodes]
    nodes = [node for node in wanted if node is not None]
    scopes, blocks = _named_around(state, event)
    restart = restart_of(nodes, scopes, blocks)
    named = (tuple(node.key for node in restart.nodes), tuple(node.key for node in restart.blocks))
    undone = state.undo.scope if state.undo is not None else None
    among = {outermost(node.scope) for node in nodes}
    if not among <= {state.root if undone is None else undone} or (state.finishing is not None and not state.status.ended):
        raise corrupt(state, event, "restarts steps of a handler, or while the run is ending")
    if len(nodes) != len(wanted) or named != (event.nodes, event.blocks) or busy_among(state, restart) is not None:
        raise corrupt(state, event, "restarts steps that are under way, not in the run, or not without others")
    begun = {following_key(node): node for node in nodes}
    for said in event.supplied:
        if said.node not in begun or waits_for_others(restart, begun[said.node]):
            raise corrupt(state, event, f"says what became of {said.node}, which does not begin anew, or not by itself")
    entered = restart.scopes
    if state.status.ended:
        take_up(state, event)
    state.status = status
    if undone is not None:
        state.pause = None
        settle_down(state, undone)
    for scope in entered:
        settle_down(state, scope)
    for block in restart.blocks:
        _go_on(state, block)
    successors = begin_anew(state, restart, entered)
    if state.undo is not None:
        state.undo.settled -= len(successors)
    _supply(state, event.supplied)
    _limit(state, event, successors)


def begin_anew(state: RunState, restart: Restart, entered: Iterable[Scope] = ()) -> list[NodeState]:
    """Give nodes a successor each, and release what may begin.

    Args:
        state: The run.
        restart: What begins anew.
        entered: Scopes that go on although they were over.

    Returns:
        The successors.
    """
    successors = [succeed(state, node, "") for node in restart.nodes]
    for scope in entered:
        _re_enter(state, scope)
    for scope in {state.root: None, **dict.fromkeys(restart.closures)}:
        _revive(state, scope)
    return successors


def waits_for_others(restart: Restart, node: NodeState) -> bool:
    """Whether something before a node, but for its own gate, begins anew or goes on too.

    Args:
        restart: What begins anew.
        node: A node among it.
    """
    scope = node.scope
    own = set() if node.own_gate is None else {node.own_gate.spec.index}
    before = {*node.spec.needs, *(node.own_gate.spec.needs if node.own_gate is not None else ())} - own
    return any(index in restart.closures[scope] or scope.nodes[index] in restart.blocks for index in before)


def _named_around(state: RunState, event: e.StepsRestarted) -> tuple[list[Scope], list[NodeState]]:
    """The scopes and blocks that an event says to go on; what is none of the run is left out."""
    blocks = [node for key in event.blocks if (node := state.nodes.get(key)) is not None and node.block is not None]
    found = [(state.nodes.get(place.block), place.index) for place in event.scopes]
    scopes = [node.block.left.get(index) for node, index in found if node is not None and node.block is not None]
    return [scope for scope in scopes if scope is not None], blocks


def following_key(node: NodeState) -> str:
    """The key of a node's next round."""
    return f"{node.scope.prefix}{node.spec.key}#{node.round + 1}"


def take_up(state: RunState, event: e.StepsRestarted | e.UndoStarted) -> None:
    """Forget how the run ended."""
    for scope in dict.fromkeys(node.scope for node in state.nodes.values() if node.scope.behind is not None):
        _forget_handler(state, scope)
    state.ends += 1
    state.ends_worked = state.worked
    state.taken_up_at = event.at
    state.error = state.by = state.cancel = state.pause = state.finishing = state.handler = None
    state.handled = {}
    state.handlers_cut = False
    state.outputs = {}
    state.ready.clear()
    settle_down(state, state.root)
    if state.graph.workflow.concurrency is not None:
        state.place, state.place_since = "queued", event.at


def _forget_handler(state: RunState, scope: Scope) -> None:
    """Count the steps of a handler no more: at the next end it begins with nodes of its own."""
    for node in scope.nodes:
        leaves = node.spec.leaves if node.block is None else node.block.leaves
        state.total_steps -= leaves
        if node.spec.represents_step and node.status.settled:
            state.settled_steps -= leaves
    drop_scope(state, scope)


def settle_down(state: RunState, scope: Scope) -> None:
    """Forget of a scope that is over what was about to happen in it."""
    scope.ending = None
    scope.busy = scope.slots = 0
    scope.in_turn.clear()
    scope.going_back.clear()
    state.going_back.discard(scope)
    state.scopes_ending.discard(scope)
    for node in scope.nodes:
        node.has_slot = False


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
    if scope.body.max_parallel is not None and scope.slots < scope.body.max_parallel:
        # Where more blocks go on than the body allows at once, the others go on without counting: they had begun before.
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
    if scope.busy:
        state.scopes_over.discard(scope)
    elif scope.opener is not None:
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
        leave_turn(node)
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


@dataclass(slots=True)
class Unfinished:
    """What keeps a run from completing."""

    nodes: list[NodeState] = field(default_factory=list)
    """The nodes that failed, were rejected or cancelled, the innermost ones, in order."""
    scopes: list[Scope] = field(default_factory=list)
    """Scopes of blocks that were cut off."""
    blocks: list[NodeState] = field(default_factory=list)
    """Blocks that were cut off between two of their scopes."""

    def add(self, other: Unfinished) -> None:
        """Take what stands in another one."""
        self.nodes += other.nodes
        self.scopes += other.scopes
        self.blocks += other.blocks

    def __bool__(self) -> bool:
        return bool(self.nodes or self.scopes or self.blocks)


def unfinished_work(scope: Scope) -> Unfinished:
    """What is to begin anew or to go on so that a scope may complete.

    Args:
        scope: One that is over; the outermost one for a whole run that has ended.
    """
    found = Unfinished()
    for node in scope.nodes:
        if not _failed(node):
            continue
        inner = Unfinished()
        block = node.block
        for left in block.left.values() if block is not None else ():
            inside = unfinished_work(left)
            if left.error is None and left.ending is None:
                inside.scopes.append(left)
            inner.add(inside)
        if inner:
            found.add(inner)
        elif block is not None and node.status is StepStatus.CANCELLED and (block.again or (block.items and block.opened < block.count)):
            found.blocks.append(node)
        else:
            found.nodes.append(node)
    return found


def _failed(node: NodeState) -> bool:
    if node.status is StepStatus.REJECTED:
        gate = node.spec.gate
        return gate is None or gate.on_reject != "skip"
    if node.status is StepStatus.CANCELLED:
        return not node.unneeded
    sends_back = any(going.source is node for going in node.scope.going_back)
    return node.status is StepStatus.FAILED and (node in node.scope.failures or sends_back)


def may_be_taken_up(state: RunState) -> bool:
    """Whether a run has ended in a way that somebody may want to take up anew."""
    return state.status in (RunStatus.FAILED, RunStatus.REJECTED, RunStatus.CANCELLED)
