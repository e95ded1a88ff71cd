"""The rows of a run's tree for what undoes nodes: each stands below the node that it undoes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from oyama_tui.core.definition.graph import NodeSpec
from oyama_tui.core.definition.step import compensating
from oyama_tui.core.events.undo import UNDO
from oyama_tui.core.views import NodeView
from oyama_tui.store.queries.node_views import NodeRows, node_view


class UndoRows:
    """Makes the rows of what undoes nodes of one run.

    Args:
        rows: What the database has on the nodes of the run.
    """

    def __init__(self, rows: NodeRows) -> None:
        self._rows = rows

    def read_rounds(self, nodes: list[str]) -> list[str]:
        """Read the rounds of what undoes some nodes.

        Args:
            nodes: The keys of the nodes that are undone.

        Returns:
            The keys of all of them.
        """
        undoing = [f"{node}{UNDO}" for node in nodes]
        self._rows.rounds.read_of(undoing)
        return self._rows.rounds.all_keys(undoing)

    def views(self, spec: NodeSpec, view: NodeView, prefix: str, depth: int) -> Iterator[NodeView]:
        """What undoes a node, once it has begun.

        Args:
            spec: What the node is an instance of.
            view: The node's own row.
            prefix: What the keys of its scope begin with.
            depth: How deep the row stands in the tree.
        """
        declared = spec.step.compensate
        if declared is None or spec.role != "action":
            return
        key = f"{view.key.removeprefix(prefix)}{UNDO}"
        step = compensating(spec.step, declared)
        undoing = replace(spec, key=key, step=step, kind=declared.kind, own_gate=None, bodies=(), represents_step=True, leaves=0)
        if self._rows.rounds.present(f"{prefix}{key}") in self._rows.newest:
            yield node_view(self._rows, undoing, prefix, depth).model_copy(update={"name": "undo"})
