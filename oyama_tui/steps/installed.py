"""What a workflow needs that is not installed here, and whether what it gives to plugins fits them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from pydantic import ValidationError

from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.document import Finding
from oyama_tui.core.definition.expressions import OPEN
from oyama_tui.core.definition.kind import StepKind
from oyama_tui.core.definition.step import KINDS, UseStep, kind_of
from oyama_tui.core.errors import MissingPart
from oyama_tui.core.text import one_line
from oyama_tui.steps.found_plugins import UnusablePlugin, plugin

SEE_DOCTOR = "Run `oyama doctor` to see which there are; install the distribution that brings it where Oyama is installed."


def lacking_for(kind: StepKind[Any]) -> MissingPart | None:
    """What a kind of step needs and does not find; none when it has all.

    Args:
        kind: The kind.
    """
    if kind.needs is None or find_spec(kind.needs[0]) is not None:
        return None
    module, what = kind.needs
    return MissingPart(f"Steps of kind {kind.name} need {module}, which is not installed.", f"Run: pip install '{what}'")


def may_lack_parts(workflow: Workflow) -> bool:
    """Whether some step needs more than Oyama itself, so that `require_parts` is worth its look at the disk.

    Args:
        workflow: The definition.
    """
    return any(KINDS[kind_of(step)].needs is not None or isinstance(step, UseStep) for step in workflow.every_step)


def require_parts(workflow: Workflow) -> None:
    """Make sure that every step can be carried out here.

    Args:
        workflow: The definition.

    Raises:
        MissingPart: One cannot.
    """
    for step in workflow.every_step:
        found = lacking_for(KINDS[kind_of(step)])
        if found is None and isinstance(step, UseStep):
            try:
                plugin(step.use)
            except UnusablePlugin as wrong:
                found = MissingPart(f"Step {step.id}: {wrong}", SEE_DOCTOR)
        if found is not None:
            raise found


def findings(kind: str, data: Mapping[str, Any]) -> Iterator[Finding]:
    """What is doubtful or wrong in a step, seen from what is installed here.

    Args:
        kind: Its kind.
        data: As it is written, not known to be sound.
    """
    lacks = lacking_for(KINDS[kind])
    if lacks is not None:
        yield Finding((kind,), lacks.sentence, lacks.hint)
    name, values = data.get("use"), data.get("with") or {}
    if kind != "use" or not isinstance(name, str) or not isinstance(values, dict):
        return
    try:
        _, usable = plugin(name)
    except UnusablePlugin as wrong:
        yield Finding(("use",), str(wrong), SEE_DOCTOR)
        return
    try:
        usable.model.model_validate(values)
    except ValidationError as wrong:
        for error in wrong.errors(include_url=False):
            if not _is_open(values, error["loc"]):
                yield Finding(_place(values, error["loc"]), f"{name} does not take this: {one_line(error['msg'], 200)}", "", fatal=True)
    except Exception as wrong:
        yield Finding(("use",), f"The model of {name} fails: {type(wrong).__name__}: {one_line(str(wrong), 200)}", SEE_DOCTOR)


def _is_open(values: Any, location: tuple[int | str, ...]) -> bool:
    """Whether the value at a place is made by an expression, or has one in it, so that it is not known yet."""
    for part in location:
        try:
            values = values[part]
        except (LookupError, TypeError):
            # Something is missing, or it is a text in which an expression may stand for the whole.
            return isinstance(values, str) and OPEN in values
    return _has_expression(values)


def _has_expression(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(_has_expression(item) for item in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and OPEN in value


def _place(values: Any, location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The nearest place that is written in the file."""
    place: tuple[int | str, ...] = ("with",)
    for part in location:
        try:
            values = values[part]
        except (LookupError, TypeError):
            break
        place = (*place, part)
    return place
