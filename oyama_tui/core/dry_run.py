"""The dry run: what a workflow would do, as far as that is known before it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from pydantic import JsonValue

from oyama_tui.core.definition.expressions import ExpressionError, template_references
from oyama_tui.core.definition.going_back import Goto
from oyama_tui.core.definition.graph import implied_needs
from oyama_tui.core.definition.kind import StepList, Words
from oyama_tui.core.definition.kinds.task import TASK
from oyama_tui.core.definition.step import KINDS, SetStep, Step, kind_of
from oyama_tui.core.definition.workflow import Workflow
from oyama_tui.core.format import as_text
from oyama_tui.core.orders import action_text
from oyama_tui.core.state import RunState
from oyama_tui.core.views import PlannedStep

_Action: TypeAlias = tuple[str, str]
"""An action in words, and what is not known of it."""
_LATER: Final = "values are filled in when it runs"


def planned_steps(state: RunState) -> tuple[PlannedStep, ...]:
    """What each step would do in turn, the steps of a block after the block.

    Args:
        state: A run that has just started, so that its inputs are known.
    """
    workflow = state.graph.workflow
    setting = (step for step in workflow.every_step if isinstance(step, SetStep))
    changed = frozenset(("context", name) for step in setting for name in step.set)
    own = _planned(StepList(workflow.steps, workflow.type), (), lambda step: _action(state, step, changed), _action_inside)
    return (*own, *_handled(workflow, _action_inside))


def written_steps(workflow: Workflow) -> tuple[PlannedStep, ...]:
    """Each step as it stands in the file, the steps of a block after the block.

    Args:
        workflow: A checked definition.
    """

    def written(step: Step) -> _Action:
        return _described(step, WrittenWords()), ""

    return (*_planned(StepList(workflow.steps, workflow.type), (), written, written), *_handled(workflow, written))


def _handled(workflow: Workflow, action_of: Callable[[Step], _Action]) -> Iterator[PlannedStep]:
    """The steps of handlers."""
    for name, steps in workflow.handlers.given.items():
        when = "at every end" if name == "exit" else f"on {name}"
        yield from _planned(StepList(steps, "sequential", when=when), (), action_of, action_of)


def _planned(
    steps: StepList, block: tuple[str, ...], action_of: Callable[[Step], _Action], inside: Callable[[Step], _Action]
) -> Iterator[PlannedStep]:
    for step, needs in zip(steps.steps, implied_needs(steps.steps, steps.type), strict=True):
        action, note = action_of(step)
        yield PlannedStep(
            step_id=step.id,
            name=step.label,
            kind=kind_of(step),
            needs=needs,
            order=_order(step),
            action=action,
            note=note,
            depth=len(block),
            block=block,
            branch=steps.when,
            is_block=KINDS[kind_of(step)].is_block,
            back=tuple(_ways_back(step)),
        )
        for inner in KINDS[kind_of(step)].lists(step):
            yield from _planned(inner, (*block, step.id), inside, inside)


def _ways_back(step: Step) -> Iterator[str]:
    """What sends the run back from a step, and where to."""
    gate = step.gate
    for cause, goto in (
        ("a failure", step.on_failure),
        ("a no", gate.on_reject if gate is not None else None),
        ("silence", gate.on_timeout if gate is not None else None),
        ("sending back", gate.send_back.way if gate is not None and gate.send_back is not None else None),
    ):
        if isinstance(goto, Goto):
            yield f"{cause} goes back to {goto.goto}, for at most {goto.max:,} rounds"


def _order(step: Step) -> tuple[str, ...]:
    """What happens in turn for one step."""
    gate = step.gate
    alone = KINDS[kind_of(step)].is_asked
    gathers = gate is not None and (gate.preview is not None or bool(gate.files))
    parts = (
        ("if", step.if_ is not None),
        ("preview", gathers),
        ("gate", gate is not None),
        ("task", kind_of(step) == TASK.name),
        ("re-check", gathers and gate is not None and gate.recheck and not alone),
        ("action", not alone),
    )
    return tuple(word for word, present in parts if present)


def _action_inside(step: Step) -> _Action:
    """The action of a step in a block, as it stands in the file: there may be many of it, each with other values."""
    words = WrittenWords()
    action = _described(step, words)
    return action, _LATER if template_references(words.used) else ""


def _action(state: RunState, step: Step, changed: frozenset[tuple[str, str]]) -> _Action:
    """The action as one would type it, and what is not known of it yet."""
    if not _is_known(step, changed):
        return _described(step, WrittenWords()), "values of earlier steps are filled in later"
    try:
        return action_text(state, state.nodes[step.id]), ""
    except ExpressionError as error:
        return _described(step, WrittenWords()), f"cannot be filled in: {error}"


def _is_known(step: Step, changed: frozenset[tuple[str, str]]) -> bool:
    """Whether nothing in the action comes from a step, be it through one of the variables that some step sets."""
    written = WrittenWords()
    _described(step, written)
    for path in template_references(written.used):
        if path[0] in ("steps", "previous") or path[:2] in changed or (path == ("context",) and changed):
            return False
    return True


def _described(step: Step, words: Words) -> str:
    return KINDS[kind_of(step)].describe(step, words)


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
