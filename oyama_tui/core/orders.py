"""What executors get: the order of an attempt, made from the definition and from what the run knows.

An action behind a gate starts with the order that was approved and with no other one. Its order is made once, for the question; what the
answer itself is to fill in stands in it as it is written, and is filled in, from the answer alone, when the action starts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import JsonValue

from oyama_tui.core.definition.expressions import (
    OPEN,
    leave_open,
    references,
    render,
    render_secret_text,
    render_text,
    split_template,
    template_references,
)
from oyama_tui.core.definition.gate import Gate
from oyama_tui.core.definition.kind import Order, Words
from oyama_tui.core.definition.kinds.run import DEFAULT_SHELL
from oyama_tui.core.definition.shell import as_variable, with_variables
from oyama_tui.core.definition.step import KINDS, RunStep, StepBase, kind_of
from oyama_tui.core.definition.workflow import Workflow
from oyama_tui.core.events import Place
from oyama_tui.core.order_text import quoted, value_text
from oyama_tui.core.rendering import own_value, scope_for
from oyama_tui.core.scope import ApprovedOrder, NodeState, StepResult
from oyama_tui.core.state import RunState

_TYPED: Final = frozenset(name for kind in KINDS.values() for name in kind.typed)
"""Names in orders whose values keep their types."""


class OrderMaker:
    """Makes the order of one node, and notes what only the answer of the step's own gate can fill in.

    Args:
        state: The run.
        node: The node.
        step: What is made into an order; the node's own step when none.
        result: What `result` stands for in it; no value when none.
    """

    def __init__(self, state: RunState, node: NodeState, step: StepBase | None = None, result: JsonValue = None) -> None:
        self._state = state
        self._node = node
        self._step = step or node.spec.step
        self._result = result
        self.from_answer: list[Place] = []
        """Where the order holds expressions that the answer fills in."""

    def _is_open(self, source: str) -> bool:
        """Whether an expression needs the answer of the step's own gate."""
        own = ("steps", self._step.id)
        return self._step.gate is not None and any(path[:2] == own for path in references(source))

    def needs_answer(self, text: JsonValue) -> bool:
        """Whether a text needs the answer of the step's own gate."""
        if self._step.gate is None or not isinstance(text, str) or OPEN not in text:
            return False
        return any(not isinstance(part, str) and self._is_open(part.source) for part in split_template(text))

    def _scope(self, value: JsonValue) -> dict[str, JsonValue]:
        names = template_references(value)
        scope = scope_for(self._state, self._node, names)
        return scope if self._result is None else {**scope, "result": self._result}

    def text(self, text: str, *place: str | int) -> str:
        """Fill in a text that holds no secret."""
        if self.needs_answer(text):
            self.from_answer.append(place)
            left = leave_open(text, self._scope(text), self._is_open)
            return left if isinstance(left, str) else ""
        return render_text(text, self._scope(text)) if OPEN in text else text

    def secret_text(self, text: str, *place: str | int) -> JsonValue:
        """Fill in a text that is to be a variable or an argument; secrets stand in it by name."""
        if OPEN not in text:
            return text
        if self.needs_answer(text):
            self.from_answer.append(place)
            return leave_open(text, self._scope(text), self._is_open)
        value = render_secret_text(text, self._scope(text))
        return as_variable(value) if isinstance(value, str) else value

    def nested(self, value: JsonValue, *place: str | int) -> JsonValue:
        """Fill in every text of a nested value."""
        if self._step.gate is None:
            return render(value, self._scope(value))
        if isinstance(value, list | tuple):
            return [self.nested(item, *place, index) for index, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: self.nested(item, *place, key) for key, item in value.items()}
        return self.text(str(value), *place) if self.needs_answer(value) else render(value, self._scope(value))

    def environment(self, *, without_answer: bool = False) -> Order:
        """The variables that the workflow and the step name.

        Args:
            without_answer: Leave out those that need the answer, for what runs before it is given.
        """
        named = {**self._state.graph.workflow.env, **self._step.env}
        return {
            name: self.secret_text(text, "env", name) for name, text in named.items() if not (without_answer and self.needs_answer(text))
        }

    def command(self, command: str | tuple[str, ...], shell: tuple[str, ...], env: Order) -> Order:
        """A command as its executor wants it, with its environment."""
        order: Order
        if isinstance(command, str):
            script, sources = with_variables(command)
            order = {"script": script, "shell": list(shell)}
            env.update((name, as_variable(self.text(f"{OPEN} {source} }}}}", "env", name))) for name, source in sources.items())
        else:
            order = {"argv": [self.secret_text(part, "argv", index) for index, part in enumerate(command)]}
        if env:
            order["env"] = env
        return order


def action_order(state: RunState, node: NodeState) -> tuple[Order, tuple[Place, ...]]:
    """What the executor of a step's action gets, as far as it is known without the answer of the step's own gate.

    Returns:
        The order, and where the answer is to fill something in.

    Raises:
        ExpressionError: Something in it cannot be evaluated.
    """
    kind, maker = KINDS[kind_of(node.spec.step)], OrderMaker(state, node)
    order = kind.order(node.spec.step, maker)
    idle = state.graph.timeout_of(node.spec).idle
    if kind.retryable and idle is not None:
        order["idle"] = idle
    if kind.is_block:
        order["block"] = written_block(state.graph.workflow, node.spec.step)
    return order, tuple(maker.from_answer)


_AROUND_BLOCK: Final = {"id", "name", "needs", "if_", "gate", "on_failure", "outputs"}
"""What of a block is about what comes before or after it."""


def written_block(workflow: Workflow, step: StepBase) -> str:
    """A block with its steps as they stand in the definition, in YAML: what one yes to the whole of it lets happen.

    Args:
        workflow: The definition, whose variables and defaults its steps get too.
        step: The block.
    """
    around = workflow.model_dump(mode="json", by_alias=True, exclude_defaults=True, include={"env", "defaults"})
    content = step.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=_AROUND_BLOCK)
    import yaml

    return yaml.safe_dump({**around, **content}, sort_keys=False, allow_unicode=True, width=1_000_000).rstrip()


def compensation_order(state: RunState, node: NodeState, step: StepBase, own: StepResult) -> Order:
    """What the executor gets that undoes a node, with the values of now.

    Args:
        state: The run.
        node: The node that would be undone.
        step: Does what undoes it.
        own: What the node has left.

    Raises:
        ExpressionError: Something in it cannot be evaluated.
    """
    result = own_value(own, _without_secrets(dict(node.input or {})))
    kind = KINDS[kind_of(step)]
    return kind.order(step, OrderMaker(state, node, step, result))


def _without_secrets(value: JsonValue) -> JsonValue:
    """A part of an order in which null stands where a secret is named."""
    if isinstance(value, dict):
        return None if "$secret" in value else {key: _without_secrets(inner) for key, inner in value.items()}
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value


def evidence_order(state: RunState, node: NodeState, gate: Gate) -> Order:
    """What the executor that gathers a gate's evidence gets: nothing in it waits for the answer.

    Raises:
        ExpressionError: Something in it cannot be evaluated.
    """
    step, maker = node.spec.step, OrderMaker(state, node)
    order: Order = {}
    if gate.preview is not None:
        shell = step.shell if isinstance(step, RunStep) else DEFAULT_SHELL
        order["preview"] = maker.command(gate.preview, shell, maker.environment(without_answer=True))
        idle = state.graph.timeout_of(node.spec).idle
        if idle is not None:
            order["idle"] = idle
    if gate.files:
        order["files"] = [maker.text(path) for path in gate.files]
    folder = KINDS[kind_of(step)].folder(step)
    if folder is not None and not maker.needs_answer(folder):
        order["cwd"] = maker.text(folder)
    return order


def order_of(state: RunState, node: NodeState) -> Order:
    """What the executor of an action gets now.

    Behind a gate that is what was approved, filled in from the answer, and at each further attempt what the first one got. Journals that
    were written before orders were approved have none: there it is what the first attempt would have got then.

    Raises:
        ExpressionError: Something in it cannot be evaluated.
    """
    if node.scope.orders:
        return dict(node.scope.orders[node.spec.index])
    if node.given is not None:
        return dict(node.given)
    gate, step_id = node.own_gate, node.spec.step.id
    approved = gate.approved_order if gate is not None else None
    if approved is None:
        return action_order(state, node)[0]
    return filled_in(approved, step_id, node.scope.decisions.get(step_id, {}))


def filled_in(approved: ApprovedOrder, step_id: str, decision: Mapping[str, JsonValue]) -> Order:
    """An approved order with the values of its answer in the places that are for them, and nothing else changed.

    Args:
        approved: The order as it was shown.
        step_id: The step whose gate was answered.
        decision: What `steps.ID.decision` stands for.

    Raises:
        ExpressionError: A value does not fit where it is to stand.
    """
    scope: dict[str, JsonValue] = {"steps": {step_id: {"decision": dict(decision)}}}
    order: Any = dict(approved.input)
    for place in approved.from_answer:
        order = _filled_at(order, place, str(place[0]), scope)
    return dict(order)


def _filled_at(value: Any, place: Place, kind: str, scope: Mapping[str, JsonValue]) -> Any:
    """A nested value in which one place is filled in; everything else is shared."""
    if not place:
        return _fill(value, kind, scope)
    made: Any = list(value) if isinstance(value, list | tuple) else dict(value)
    made[place[0]] = _filled_at(made[place[0]], place[1:], kind, scope)
    return made


def _fill(value: JsonValue, kind: str, scope: Mapping[str, JsonValue]) -> JsonValue:
    """Fill in one place: texts of arguments and variables must be fit for that, values of `with`, `set` and the like keep their types."""
    if isinstance(value, dict):
        parts = value["$secret"]
        assert isinstance(parts, list)
        return {"$secret": [as_variable(render_text(part, scope)) if isinstance(part, str) else part for part in parts]}
    if kind in _TYPED:
        return render(value, scope)
    text = render_text(str(value), scope)
    return as_variable(text) if kind in ("env", "argv") else text


def action_text(state: RunState, node: NodeState) -> str:
    """The action of a step in words that people would type; what its answer fills in stands as it is written.

    Raises:
        ExpressionError: Something in it cannot be evaluated.
    """
    return KINDS[kind_of(node.spec.step)].describe(node.spec.step, FilledWords(OrderMaker(state, node)))


class FilledWords(Words):
    """An action with its values.

    Args:
        maker: Fills them in.
    """

    def __init__(self, maker: OrderMaker) -> None:
        self._maker = maker

    def text(self, text: str) -> str:
        """A text, filled in."""
        return self._maker.text(text)

    def argument(self, text: str) -> str:
        """One argument as people would type it; secrets show their names."""
        return quoted(self._maker.secret_text(text))

    def secret_text(self, text: str) -> str:
        """A text, filled in; secrets show their names."""
        return value_text(self._maker.secret_text(text))

    def value(self, value: JsonValue) -> str:
        """A value as JSON."""
        return json.dumps(self._maker.nested(value), ensure_ascii=False)


def longest_attempt(state: RunState, node: NodeState) -> int | None:
    """The most that an attempt of a node may take, in milliseconds, before its earlier ones are counted; none without a limit."""
    limits = state.graph.timeout_of(node.spec)
    return min((limit for limit in (limits.attempt, limits.total) if limit is not None), default=None)
