"""The dry run: what a workflow would do, as far as that is known before it starts."""

from __future__ import annotations

from pydantic import JsonValue

from oyama_tui.core.definition.expressions import ExpressionError, template_references
from oyama_tui.core.definition.graph import NodeSpec, implied_needs
from oyama_tui.core.definition.kind import Words
from oyama_tui.core.definition.step import KINDS, GateStep, SetStep, kind_of
from oyama_tui.core.format import as_text
from oyama_tui.core.orders import action_text
from oyama_tui.core.state import NodeState, RunState
from oyama_tui.core.views import PlannedStep


def planned_steps(state: RunState) -> tuple[PlannedStep, ...]:
    """What each step would do in turn.

    Args:
        state: A run that has just started, so that its inputs are known.
    """
    graph = state.graph
    needs = implied_needs(graph.workflow.steps, graph.workflow.type)
    planned = []
    for step, wanted in zip(graph.workflow.steps, needs, strict=True):
        node = state.nodes[step.id]
        action, note = _action(state, node)
        order = _order(node.spec)
        planned.append(
            PlannedStep(step_id=step.id, name=step.label, kind=kind_of(step), needs=wanted, order=order, action=action, note=note)
        )
    return tuple(planned)


def _order(spec: NodeSpec) -> tuple[str, ...]:
    """What happens in turn for one step."""
    step, gate = spec.step, spec.step.gate
    gathers = gate is not None and (gate.preview is not None or bool(gate.files))
    parts = (
        ("if", step.if_ is not None),
        ("preview", gathers),
        ("gate", gate is not None),
        ("re-check", gathers and gate is not None and gate.recheck and not isinstance(step, GateStep)),
        ("action", not isinstance(step, GateStep)),
    )
    return tuple(word for word, present in parts if present)


def _action(state: RunState, node: NodeState) -> tuple[str, str]:
    """The action as one would type it, and what is not known of it yet."""
    if not _is_known(state, node.spec):
        return _as_written(node.spec), "values of earlier steps are filled in later"
    try:
        return action_text(state, node), ""
    except ExpressionError as error:
        return _as_written(node.spec), f"cannot be filled in: {error}"


def _is_known(state: RunState, spec: NodeSpec) -> bool:
    """Whether nothing in the action comes from a step, be it through the context."""
    written = WrittenWords()
    _described(spec, written)
    changed = {("context", name) for step in state.graph.workflow.steps if isinstance(step, SetStep) for name in step.set}
    for path in template_references(written.used):
        if path[0] in ("steps", "previous") or path[:2] in changed or (path == ("context",) and changed):
            return False
    return True


def _as_written(spec: NodeSpec) -> str:
    """The action with its expressions as they stand in the file."""
    return _described(spec, WrittenWords())


def _described(spec: NodeSpec, words: Words) -> str:
    return KINDS[kind_of(spec.step)].describe(spec.step, words)


class WrittenWords(Words):
    """An action as it stands in the file; notes what it is made of."""

    def __init__(self) -> None:
        self.used: list[JsonValue] = []
        """Every text and value of it."""

    def text(self, text: str) -> str:
        """A text, as it is."""
        self.used.append(text)
        return text

    argument = secret_text = text

    def value(self, value: JsonValue) -> str:
        """A text as it is, everything else as JSON."""
        self.used.append(value)
        return as_text(value)
