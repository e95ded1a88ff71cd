"""Editing: values of earlier steps that a person changes before saying yes, and what is asked with the new values.

A gate names them as `STEP.NAME`: a named value of an earlier step, or its whole `output` or `result`. What the step itself left is kept in
the journal; from the yes on the new value stands wherever expressions name it, so the action is made with it before anybody agrees.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from pydantic import JsonValue

from oyama_tui.core.approval_changes import changes
from oyama_tui.core.definition.gate import WHOLE_VALUES, Gate, parts_of
from oyama_tui.core.definition.shell import MAX_VALUE
from oyama_tui.core.errors import Problem
from oyama_tui.core.events import ApprovalContent
from oyama_tui.core.format import as_text
from oyama_tui.core.line_difference import in_context, lines_of, stretches
from oyama_tui.core.rendering import scope_of
from oyama_tui.core.scope import NodeState, Scope, StepResult
from oyama_tui.core.storable import check_storable, differ
from oyama_tui.core.views import EditedView


def editable_values(node: NodeState, gate: Gate) -> dict[str, JsonValue]:
    """The values that may be changed at a gate, by name, as they are now; what never came to be, or was not kept whole, is left out.

    Args:
        node: The gate.
        gate: What the definition says.
    """
    found: dict[str, JsonValue] = {}
    for name in gate.edit:
        step_id, field = parts_of(name)
        home = scope_of(node.scope, step_id)
        result = home.results.get(step_id) if home is not None else None
        if result is None or (field == "output" and result.truncated):
            continue
        if field in WHOLE_VALUES:
            found[name] = result.output if field == "output" else result.result
        elif field in result.outputs:
            found[name] = result.outputs[field]
    return found


def set_values(node: NodeState, values: Mapping[str, JsonValue]) -> None:
    """Let expressions see other values of earlier steps from now on.

    Args:
        node: The gate at which they were changed.
        values: By name.
    """
    for home, step_id, result in _changed(node, values):
        home.results[step_id] = result


@contextmanager
def as_if(node: NodeState, values: Mapping[str, JsonValue]) -> Iterator[None]:
    """Let expressions see other values of earlier steps as long as this lasts.

    Args:
        node: The gate at which they are changed.
        values: By name.
    """
    kept = [(home, step_id, home.results.get(step_id)) for home, step_id, _ in _changed(node, values)]
    set_values(node, values)
    try:
        yield
    finally:
        for home, step_id, result in kept:
            if result is not None:
                home.results[step_id] = result


def _changed(node: NodeState, values: Mapping[str, JsonValue]) -> list[tuple[Scope, str, StepResult]]:
    """The results of the steps whose values are others, with these."""
    found: dict[str, tuple[Scope, str, StepResult]] = {}
    for name, value in values.items():
        step_id, field = parts_of(name)
        home = scope_of(node.scope, step_id)
        known = home.results.get(step_id) if home is not None else None
        if home is None or known is None:
            continue
        result = found[step_id][2] if step_id in found else known
        if field == "output":
            result = replace(result, output=str(value), truncated=False)
        elif field == "result":
            result = replace(result, result=value)
        else:
            result = replace(result, outputs={**result.outputs, field: value})
        found[step_id] = (home, step_id, result)
    return list(found.values())


def checked_edits(content: ApprovalContent, given: Mapping[str, JsonValue]) -> tuple[dict[str, JsonValue], list[Problem]]:
    """The values that somebody changes, and what is wrong with them; what they leave as it is, is no change.

    Args:
        content: What is asked.
        given: By name.
    """
    known, problems = content.values_now, []
    changed: dict[str, JsonValue] = {}
    for name, value in given.items():
        if name not in known:
            problems.append(Problem(_unknown(content), name))
        elif wrong := _misfit(content.editable[name], value):
            problems.append(Problem(wrong, name))
        elif differ(value, known[name]):
            changed[name] = value
    return changed, problems


def _unknown(content: ApprovalContent) -> str:
    names = ", ".join(content.editable)
    return f"cannot be edited here; what can be: {names}" if names else "cannot be edited: this gate lets nothing be"


def _misfit(before: JsonValue, value: JsonValue) -> str:
    """What is wrong with a new value; empty when it fits where the old one stood."""
    try:
        check_storable(value)
    except ValueError as wrong:
        return str(wrong)
    size = len((value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode())
    if size > MAX_VALUE:
        return f"has {size:,} bytes, and at most {MAX_VALUE:,} fit"
    if before is None or _kind(before) == _kind(value):
        return ""
    return f"must be {_kind(before)}, as it was, and is {_kind(value)}"


def _kind(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return {str: "a text", list: "a list", dict: "a map", type(None): "null"}[type(value)]


def from_text(before: JsonValue, text: str) -> JsonValue:
    """What somebody wrote instead of a value.

    Args:
        before: The value as it was: a text stays one.
        text: What was written.

    Raises:
        ValueError: It is no JSON; the message says where.
    """
    if isinstance(before, str):
        return text
    try:
        value: JsonValue = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as wrong:
        raise ValueError(f"is no JSON: {wrong.msg.lower()} in line {wrong.lineno}, column {wrong.colno}") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    return value


def edited_view(before: ApprovalContent, now: ApprovalContent, *, looks_again: bool) -> EditedView:
    """What somebody looks at before they say yes to other values.

    Args:
        before: What is asked.
        now: What would be asked.
        looks_again: Evidence would be gathered anew.
    """
    edits = {name: value for name, value in now.edited.items() if differ(value, before.values_now[name])}
    same = now.model_copy(update={"editable": before.editable, "edited": before.edited})
    return EditedView(
        edits=edits,
        lines=tuple(line for name, value in edits.items() for line in difference(name, before.values_now[name], value)),
        action=now.action,
        changes=tuple(line for line in changes(before, same) if not line.startswith("action: ")),
        looks_again=looks_again,
    )


def difference(name: str, before: JsonValue, now: JsonValue) -> list[str]:
    """What is different in a value, as a unified difference.

    Args:
        name: Of the value.
        before: As it was.
        now: As it is.
    """
    old, new = lines_of(as_text(before, indent=2)), lines_of(as_text(now, indent=2))
    if old == new:
        return [f"@@ {name}: only its line ends differ"]
    lines = [f"@@ {name}"]
    for stretch in in_context(stretches(old, new)):
        if isinstance(stretch, int):
            lines.append(f"@@ {stretch:,} lines as before")
        elif stretch.same:
            lines += [f" {old[at]}" for at in stretch.before]
        else:
            lines += [*(f"-{old[at]}" for at in stretch.before), *(f"+{new[at]}" for at in stretch.now)]
    return lines


def _no_constant(name: str) -> JsonValue:
    raise ValueError(f"is no JSON: {name} is no number")
