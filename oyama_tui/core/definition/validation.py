"""What the models find wrong in the data of a definition, in plain words and with places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from oyama_tui.core.definition.base import InputField, json_type
from oyama_tui.core.definition.compensation import Compensation
from oyama_tui.core.definition.document import Document, Path, subject
from oyama_tui.core.definition.gate import Approvers, Escalation, SendBack
from oyama_tui.core.definition.going_back import Goto
from oyama_tui.core.definition.kinds.switch import Branch
from oyama_tui.core.definition.kinds.wait import EVENT_NAME_HINT
from oyama_tui.core.definition.outline import DataPath
from oyama_tui.core.definition.step import ACTIONS, KINDS, Defaults, FailureCodes, RetryPolicy, StepTimeout, kind_of
from oyama_tui.core.definition.syntax import NUMBER
from oyama_tui.core.definition.workflow import HANDLERS, Handlers, RunTimeout, Workflow
from oyama_tui.core.definition.yaml_hints import LATER_ACTIONS, LATER_STEP, LATER_WORKFLOW, later

STEP_MODELS: Final[Mapping[str, type[BaseModel]]] = {name: kind.model for name, kind in KINDS.items()}
_OR_GOTO: Final = ("on_failure", "on_reject", "on_timeout")
_INSIDE: Final[Mapping[str, type[BaseModel]]] = {
    "retry": RetryPolicy,
    "timeout": StepTimeout,
    **dict.fromkeys(_OR_GOTO, Goto),
    "compensate": Compensation,
    "approvers": Approvers,
    "escalate": Escalation,
    "send_back": SendBack,
    **{key: model for kind in KINDS.values() for key, model in kind.inside.items()},
}
_LATER: Final[Mapping[Any, frozenset[str]]] = {
    Workflow: LATER_WORKFLOW,
    **{model: kind.later for kind in KINDS.values() for model in kind.inside.values()},
    **dict.fromkeys(STEP_MODELS.values(), LATER_STEP | LATER_ACTIONS),
}
_AT: Final[Mapping[Path, type[BaseModel]]] = {("defaults",): Defaults, ("handlers",): Handlers, ("timeout",): RunTimeout}
_KINDS: Final = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a map of names and values",
    "model_type": "must be a map of names and values",
}
_FORMS: Final = {
    "concurrency": "a map such as {limit: 3}",
    "keep": "a map such as {newest: 20, older_than: 30d}",
    "notify": "a list of notifiers such as [team]",
    "for_each": "an expression, a list of items, or a map such as {items: ..., as: host}",
    "repeat": "a map such as {until: ..., max: 20}",
    "switch": "a list of branches such as - {if: ..., steps: [...]}",
}
"""What the keys of blocks hold."""
_STEPS_HINT: Final = "each step begins with a dash: - {id: hello, run: echo hello}"
_MARKS: Final = ("constrained-str", "[key]", "[word]", "[codes]", "[goto]", "[number]")
"""What stands in the locations of the models' errors besides keys and indices."""
_NAME_HINT: Final = "a name has letters, digits and underscores, begins with no digit and has at most 64 characters"


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys of a model, as they are written in a file."""
    return [field.alias or name for name, field in model.model_fields.items()]


def validated(document: Document, data: dict[str, Any]) -> Workflow | None:
    """Let the models check the data.

    Returns:
        The workflow; none when problems were noted.
    """
    try:
        return Workflow.model_validate(data)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=True):
            _explain(document, data, found)
    except RecursionError:
        document.add((), "the definition is nested too deep")
    return None


def _explain(document: Document, data: dict[str, Any], error: Mapping[str, Any]) -> None:
    location: tuple[str | int, ...] = error["loc"]
    kind: str = error["type"]
    value = error.get("input")
    path = _path(location)
    if "constrained-str" in location and isinstance(value, list):
        return
    if kind == "too_short" and value:
        return
    if kind == "missing":
        document.add(path[:-1], f"{path[-1]!r} is missing", _missing_hint(data, path), beside=True)
    elif kind == "extra_forbidden":
        message, hint = _unknown_key(document, data, path)
        document.add(path, message, hint, key=True)
    elif "[key]" in location:
        named = f"{str(path[-1])[:60]!r} cannot be a name", _NAME_HINT
        document.add(path, *(_sentence(error, path, value) if kind == "value_error" else named), key=True)
    elif kind == "literal_error":
        _explain_choice(document, path, value, str(error["ctx"]["expected"]))
    else:
        message, hint = _sentence(error, path, value)
        union = "constrained-str" in location or any(str(part).startswith("tuple[") for part in location)
        if union and isinstance(path[-1], str) and kind in ("string_type", "tuple_type"):
            message = f"{subject(path)} must be text or a list of texts"
        document.add(path, message, hint)


def _path(location: Sequence[str | int]) -> DataPath:
    """The path in the file: without the names that the models' unions put in between."""
    path, rest = split_path(location, lambda prefix, rest: str(rest[0]) if rest and rest[0] in STEP_MODELS else "", tagged=True)
    return (*path, *(part for part in rest if part not in _MARKS and not str(part).startswith("tuple[")))


def split_path(path: Path, kind_at: Callable[[DataPath, Path], str], *, tagged: bool = False) -> tuple[DataPath, tuple[str | int, ...]]:
    """Split a path into that of the innermost step on it and what follows inside that step.

    Args:
        path: A path in a definition.
        kind_at: Names the kind of the step at a path, given what follows after it; empty when that is no step.
        tagged: The kind of each step stands in the path after its index.
    """
    found: DataPath = ()
    rest = tuple(path)
    patterns: Iterable[tuple[str | None, ...]] = (("steps",), *(("handlers", name) for name in HANDLERS))
    while (length := _length_of_list(rest, patterns)) and (kind := kind_at((*found, *rest[:length]), rest[length:])):
        found, rest = (*found, *rest[:length]), rest[length + tagged :]
        patterns = KINDS[kind].list_keys
    return found, rest


def _length_of_list(path: tuple[str | int, ...], patterns: Iterable[tuple[str | None, ...]]) -> int:
    """How much of a path leads to a step in one of these lists; 0 when it leads elsewhere."""
    for keys in patterns:
        wanted, head = (*keys, None), path[: len(keys) + 1]
        if len(head) == len(wanted) and all(isinstance(b, int) if a is None else a == b for a, b in zip(wanted, head, strict=True)):
            return len(head)
    return 0


def value_at(data: Any, path: Path) -> Any:
    """The value at a path of plain data; none where there is none."""
    for name in path:
        inside = name in data if isinstance(data, dict) else isinstance(data, list) and isinstance(name, int) and name < len(data)
        data = data[name] if inside else None
    return data


def _missing_hint(data: Mapping[str, Any], path: Path) -> str:
    if path == ("steps",):
        return "a workflow has a list of steps"
    _, rest = split_path(path, _kind_in(data))
    if rest == ("id",):
        return "every step has an id of lower case letters, digits and underscores"
    if rest[-1:] == ("steps",):
        return "a branch has a list of steps" if len(rest) > 1 else "the steps that run for each item stand beside for_each"
    return ""


def _kind_in(data: Mapping[str, Any]) -> Callable[[DataPath, Path], str]:
    def kind_at(path: DataPath, _: Path) -> str:
        step = value_at(data, path)
        return kind_of(step) if isinstance(step, dict) else ""

    return kind_at


def model_at(data: Mapping[str, Any], path: Path) -> type[BaseModel] | None:
    """The model that describes the map at a path; none where names are free."""
    if not path:
        return Workflow
    step, rest = split_path(path, _kind_in(data))
    if step and not rest:
        return STEP_MODELS[kind_of(value_at(data, step))]
    if path in _AT:
        return _AT[path]
    fields = _in_fields(path)
    if fields is not None:
        return InputField if fields else None
    if len(path) >= 2 and path[-2] in ("on", "not_on") and isinstance(path[-1], int):
        return FailureCodes
    return _INSIDE.get(str(path[-2] if isinstance(path[-1], int) and len(path) > 1 else path[-1]))


def _in_fields(path: Path) -> bool | None:
    """Whether a path within inputs or a form leads to one field, be it inside of another one; none when it does not lead there."""
    start = 0 if path[0] == "inputs" else path.index("form") if "form" in path else None
    if start is None:
        return None
    rest = list(path[start:])
    # `inputs` and `fields` are followed by a name, `items` is the type itself.
    while len(rest) > 2 and rest[2] in ("items", "fields"):
        rest = [rest[2], "", *rest[3:]] if rest[2] == "items" else rest[2:]
    return len(rest) == 2


def _unknown_key(document: Document, data: Mapping[str, Any], path: Path) -> tuple[str, str]:
    key = str(path[-1])
    model = model_at(data, path[:-1])
    if model is None:
        return f"there is no key {key[:60]!r} here", ""
    if key in _LATER.get(model, ()):
        return later(key), ""
    owners = [kind for kind, other in STEP_MODELS.items() if key in keys_of(other)]
    if model in STEP_MODELS.values() and owners:
        noun = "blocks" if all(KINDS[owner].is_block for owner in owners) else "steps"
        return f"{key!r} is for {' and '.join(owners)} {noun} only", _elsewhere(model, key)
    if model is Branch and key in ACTIONS:
        return f"there is no key {key!r} here", "a branch has a list of steps: put it into steps:"
    known = keys_of(model)
    if model in STEP_MODELS.values():
        known = list(dict.fromkeys(name for other in (model, *STEP_MODELS.values()) for name in keys_of(other)))
    return f"there is no key {key[:60]!r} here", _suggestion(document, key, known)


def _elsewhere(model: type[BaseModel], key: str) -> str:
    """Where a key that this kind of step does not have can be written instead."""
    if key == "repeat":
        return "put this step into the steps: of a block, and repeat: beside them"
    if key == "fail_fast" and model is STEP_MODELS["for_each"]:
        return "write it inside for_each"
    if key == "max_parallel" and model is STEP_MODELS["for_each"]:
        return "concurrency: inside for_each says how many items go on at once"
    if key == "type" and model is STEP_MODELS["switch"]:
        return "write it in a branch, beside its steps:"
    if key == "type" and model is STEP_MODELS["parallel"]:
        return "steps of parallel: stand beside each other; write steps: for another type"
    return ""


def _suggestion(document: Document, word: str, known: list[str]) -> str:
    close = document.nearest(word, known, cutoff=0.55)
    return f"did you mean {close!r}?" if close else f"there is: {', '.join(known)}"


def _explain_choice(document: Document, path: Path, value: Any, expected: str) -> None:
    choices = [part.strip(" '\"") for part in expected.replace(" or ", ", ").split(",")]
    name = str(path[-1])
    if name in _OR_GOTO:
        choices.append("{goto: ID}")
    elif name == "join":
        choices.append("a number")
    close = document.nearest(str(value)[:60], choices)
    given = f"it is {str(value)[:60]!r}" if isinstance(value, str) else f"it is of type {json_type(value)}"
    document.add(path, f"{subject(path)} must be one of {', '.join(choices)}; {given}", f"did you mean {close!r}?" if close else "")


def _sentence(error: Mapping[str, Any], path: Path, value: Any) -> tuple[str, str]:
    kind: str = error["type"]
    context: Mapping[str, Any] = error.get("ctx", {})
    name = subject(path)
    if kind == "model_type" and path[-1] == "timeout":
        parts = "working and total" if path == ("timeout",) else "attempt, total and idle"
        return f"{name} must be a duration such as 10m, or a map of {parts}", ""
    if kind == "model_type" and path[-1] == "gate":
        return f"{name} must be a question in words, or a map such as {{title: Publish?}}, not of type {json_type(value)}", ""
    if kind in ("model_type", "tuple_type") and path[-1] in _FORMS:
        return f"{name} must be {_FORMS[str(path[-1])]}, not of type {json_type(value)}", ""
    if kind in _KINDS:
        hint = _STEPS_HINT if path[-1] in ("steps", "parallel") else _type_hint(kind, value)
        return f"{name} {_KINDS[kind]}, not of type {json_type(value)}", hint
    if kind == "value_error":
        return str(context.get("error", error["msg"])), ""
    if kind == "string_pattern_mismatch":
        return _pattern_sentence(path, str(value))
    if kind in ("string_too_long", "too_long"):
        what = "characters" if kind == "string_too_long" else "of them"
        return f"{name} is too long: at most {context['max_length']:,} {what} are allowed", ""
    if kind in ("string_too_short", "too_short"):
        return f"{name} is empty", ""
    if kind in ("greater_than_equal", "less_than_equal"):
        least = kind == "greater_than_equal"
        return f"{name} must be at {'least' if least else 'most'} {context['ge' if least else 'le']}; it is {str(value)[:40]}", ""
    return str(error["msg"])[:1].lower() + str(error["msg"])[1:], ""


def _type_hint(kind: str, value: Any) -> str:
    """What to do about a value of the wrong type."""
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "put it in quotes"
    if kind == "bool_type" and isinstance(value, str):
        word = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}.get(value.strip().lower())
        return f"write {word}" if word else "leave the quotes out" if value.strip().lower() in ("true", "false") else ""
    if kind in ("int_type", "float_type") and isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        return "leave the quotes out"
    return ""


def _pattern_sentence(path: Path, value: str) -> tuple[str, str]:
    shown = repr(value[:80])
    if path == ("id",):
        return f"{shown} cannot be a workflow's id", "lower case letters, digits, - and _, a letter first, at most 64 characters"
    if path[-1] in ("id", "goto") or (len(path) > 1 and path[-2] == "needs"):
        fitting = value.lower().replace("-", "_")
        hint = f"write {fitting}; name: is free text for people" if fitting != value else ""
        if "-" in value:
            return f"{shown} cannot be a step's id: in expressions a dash would read as minus", hint
        return f"{shown} cannot be a step's id", hint or "lower case letters, digits and _, a letter first, at most 64 characters"
    if path[-2:] == ("wait", "event"):
        return f"{shown} cannot be the name of an event", EVENT_NAME_HINT
    if path[0] == "notify":
        return f"{shown} cannot be the name of a notifier", "lower case letters, digits, - and _, a letter first, at most 64 characters"
    if len(path) > 1 and path[-2] == "edit":
        return f"{shown} names no value of a step", "write it as STEP.NAME, such as notes.text, or notes.output"
    if path[-1] == "python":
        return f"{shown} names no function", "write it as module:function"
    return f"{shown} cannot be a name", _NAME_HINT
