"""How an event names a node that may not have been named before."""

from __future__ import annotations

from typing import TypedDict

from oyama_tui.core.scope import NodeState


class NodeNames(TypedDict, total=False):
    """The fields of `FirstNodeEvent`."""

    node: str
    step: str
    step_kind: str


def named(node: NodeState) -> NodeNames:
    """The names of a node.

    Args:
        node: Any node of a run.
    """
    names = NodeNames(node=node.key, step_kind=node.spec.kind)
    if node.spec.step.id != node.key:
        names["step"] = node.spec.step.id
    return names
