"""Runs that steps of a run have started: which of them are to end, to start, or to rest with it."""

from __future__ import annotations

from typing import Final

from oyama_tui.core.definition.step import WorkflowStep
from oyama_tui.core.events import SYSTEM, Principal
from oyama_tui.core.evolve.joins import NOT_NEEDED
from oyama_tui.core.evolve.undo import UNDONE
from oyama_tui.core.scope import NodeState, Scope, is_within
from oyama_tui.core.state import RunState

MAX_DEPTH = 8
"""So many runs may stand inside one another, the outermost one counted."""


CANCELLED: Final = "the run was cancelled"
_WITH_PARENT: Final = "its parent "


def paused_with(parent: str) -> str:
    """The reason of a pause that is handed on to a run of a step.

    Args:
        parent: What people call the run that was paused.
    """
    return f"{_WITH_PARENT}{parent} was paused"


def is_with_parent(by: Principal, reason: str) -> bool:
    """Whether a run was paused because its parent was, which lets it go on too.

    Args:
        by: Who asked for the pause.
        reason: Why.
    """
    return by == SYSTEM and reason.startswith(_WITH_PARENT)


def leaves(node: NodeState) -> bool:
    """Whether the run of a node goes on by itself when its step is cancelled."""
    return isinstance(node.spec.step, WorkflowStep) and node.spec.step.on_parent_cancel == "leave"


def is_cancelling(state: RunState) -> bool:
    """Whether everything that is under way is to end because somebody wants that; handlers of a cancelled run are not meant."""
    return state.handlers_cut or (state.cancel is not None and state.finishing is None)


def cut_scopes(state: RunState) -> set[Scope]:
    """The scopes in which what runs is to end now."""
    return {scope for scope in state.scopes_ending if scope.ending is not None and scope.ending.cancel_running}


def is_to_end(state: RunState, node: NodeState) -> bool:
    """Whether what a node does is to end now, because its run or a scope around it does, or because nobody needs it any more."""
    return is_cancelling(state) or node.unneeded or is_within(node, cut_scopes(state))


def children_to_end(state: RunState) -> list[NodeState]:
    """The nodes whose runs are to be cancelled, and have not ended yet; their steps are over only then.

    Args:
        state: After it was planned, so that what is left to itself is no longer among them.
    """
    if is_cancelling(state):
        return list(state.children)
    cut = cut_scopes(state) if state.children else set()
    return [node for node in state.children if node.unneeded or (cut and is_within(node, cut))]


def why_to_end(state: RunState, node: NodeState | None = None) -> str:
    """Why what runs is ended now, as a clause.

    Args:
        state: The run.
        node: What runs; any of it when none.
    """
    if is_cancelling(state):
        return CANCELLED
    if node is not None and node.unneeded:
        return NOT_NEEDED
    if state.undo is not None:
        return UNDONE
    if state.ending is not None:
        return "the run was rejected" if state.ending.error.kind == "rejected" else "the run failed"
    return "another step failed"
