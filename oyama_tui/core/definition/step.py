"""Steps: the units of work in a workflow, and the registry of their kinds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

from pydantic import Discriminator, Tag

from oyama_tui.core.definition.compensation import OWN_KEYS, Compensation
from oyama_tui.core.definition.kind import StepKind, Template
from oyama_tui.core.definition.kinds import for_each, parallel, steps, switch
from oyama_tui.core.definition.kinds.for_each import FOR_EACH
from oyama_tui.core.definition.kinds.gate import GATE, GateStep
from oyama_tui.core.definition.kinds.http import HTTP, HttpStep
from oyama_tui.core.definition.kinds.parallel import PARALLEL
from oyama_tui.core.definition.kinds.python import PYTHON, PythonStep
from oyama_tui.core.definition.kinds.run import RUN, RunStep
from oyama_tui.core.definition.kinds.set import SET, SetStep
from oyama_tui.core.definition.kinds.steps import STEPS
from oyama_tui.core.definition.kinds.switch import SWITCH
from oyama_tui.core.definition.kinds.task import TASK, TaskStep
from oyama_tui.core.definition.kinds.use import USE, UseStep
from oyama_tui.core.definition.kinds.wait import WAIT, WaitSpec, WaitStep
from oyama_tui.core.definition.kinds.workflow import WORKFLOW, WorkflowStep
from oyama_tui.core.definition.retrying import FailureCodes, FailureKind, RetryPolicy, StepTimeout
from oyama_tui.core.definition.step_base import Defaults, StepBase, StepId

__all__ = [
    "ACTIONS",
    "KINDS",
    "STEP_TEMPLATES",
    "Defaults",
    "FailureCodes",
    "FailureKind",
    "GateStep",
    "HttpStep",
    "PythonStep",
    "RetryPolicy",
    "RunStep",
    "SetStep",
    "Step",
    "StepBase",
    "StepId",
    "StepTimeout",
    "TaskStep",
    "UseStep",
    "WaitSpec",
    "WaitStep",
    "WorkflowStep",
    "all_steps",
    "kind_of",
    "templates_of",
]

KINDS: Final[Mapping[str, StepKind[Any]]] = {
    kind.name: kind for kind in (RUN, PYTHON, HTTP, USE, WORKFLOW, SET, WAIT, TASK, FOR_EACH, SWITCH, PARALLEL, STEPS, GATE)
}
"""The step kinds of this version, in the order in which a step's kind is looked for; `gate` counts only when alone."""
_KIND_BY_MODEL: Final = {kind.model: kind.name for kind in KINDS.values()}
ACTIONS: Final = tuple(name for name in KINDS if name != GATE.name)
"""The keys of which a step has one at the most."""
STEP_TEMPLATES: Final[Mapping[str, Template | Mapping[str, Template]]] = {
    **{key: "plain" for key in ("id", "name", "needs", "retry", "timeout", "secrets", "on_failure", "join", "effect", "rerun", "when")},
    **{key: template for kind in KINDS.values() for key, template in kind.templates.items()},
}
"""What expressions may do in each key of a step, but for those that every step has and that have rules of their own."""


def kind_of(step: Any) -> str:
    """Name the kind of a step by the key of its action, `gate` when it has none.

    Args:
        step: A step model, or the raw mapping of one.
    """
    known = _KIND_BY_MODEL.get(type(step))
    if known is not None:
        return known
    keys = step if isinstance(step, dict) else type(step).model_fields
    for kind in KINDS:
        if kind in keys:
            return kind
    return GATE.name


def templates_of(kind: str) -> Mapping[str, Template | Mapping[str, Template]]:
    """What expressions may do in each key of a step of a kind; keys of other kinds, which are told as wrong elsewhere, included."""
    return {**STEP_TEMPLATES, **KINDS[kind].templates}


if TYPE_CHECKING:
    Step: TypeAlias = StepBase
else:
    Step = Annotated[reduce(or_, (Annotated[kind.model, Tag(name)] for name, kind in KINDS.items())), Discriminator(kind_of)]
    # Where steps are within steps, the name is looked for in the module of the kind, and only when one is read for the first time.
    for _module in (for_each, parallel, steps, switch):
        _module.Step = Step
"""A step of any kind."""


def compensating(step: Step, compensation: Compensation) -> Step:
    """The step that does what undoes another one; it has that one's id, variables, secrets and working directory.

    Args:
        step: A step.
        compensation: What undoes it.
    """
    model = KINDS[compensation.kind].model
    keys = {name for name in OWN_KEYS[compensation.kind] if _by_alias(compensation, name) is not None}
    given: dict[str, Any] = {name: _by_alias(compensation, name) for name in keys}
    folder = getattr(step, "cwd", None)
    if folder is not None and "cwd" in OWN_KEYS[compensation.kind]:
        given.setdefault("cwd", folder)
    made: Step = model.model_construct(
        id=step.id,
        name=step.name,
        env={**step.env, **compensation.env},
        secrets=tuple(dict.fromkeys((*step.secrets, *compensation.secrets))),
        retry=compensation.retry,
        timeout=compensation.timeout,
        **{"with_" if name == "with" else name: value for name, value in given.items()},
    )
    return made


def _by_alias(compensation: Compensation, name: str) -> Any:
    return compensation.with_ if name == "with" else getattr(compensation, name)


def all_steps(steps: Iterable[Step]) -> Iterator[Step]:
    """Steps and the steps in them, in the order of the file."""
    for step in steps:
        yield step
        for nested in KINDS[kind_of(step)].lists(step):
            yield from all_steps(nested.steps)
