"""Rules that need more than one key: ids, gates, fields of forms, retries and timeouts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from oyama_tui.core.definition.base import MAX_FIELD_DEPTH, NAME, InputField, json_type, parse_duration
from oyama_tui.core.definition.document import Document, Path, subject
from oyama_tui.core.definition.expressions import ExpressionError, references
from oyama_tui.core.definition.functions import compile_pattern, to_text
from oyama_tui.core.definition.kinds.for_each import ITEM_FIELDS, item_name
from oyama_tui.core.definition.kinds.task import TASK
from oyama_tui.core.definition.outline import DefinitionOutline, StepOutline
from oyama_tui.core.definition.retrying import contradictions
from oyama_tui.core.definition.step import KINDS, templates_of
from oyama_tui.core.definition.visible import NAMES
from oyama_tui.core.definition.workflow import RESERVED_IDS
from oyama_tui.core.inputs import BadValue, Place, place_text, read_value

_ITEM_WORDS: Final = (*ITEM_FIELDS, "key", "value")
_COMMENT: Final = re.compile(r"[ \t]+#[^\r\n]*")


def check_ids(outline: DefinitionOutline, workflow_id: str) -> None:
    """Refuse ids and names that have a meaning of their own where they stand."""
    if workflow_id in RESERVED_IDS:
        outline.document.add(("id",), f"{workflow_id!r} is a word of the REST API and cannot be a workflow's id", "choose another id")
    for step in outline.steps:
        owner = step.within.owner
        if owner is None:
            continue
        if step.id == "gate":
            outline.document.add((*step.path, "id"), "a step in a block cannot be called 'gate'", "choose another id")
        elif owner.kind == "for_each" and step.id in _ITEM_WORDS:
            message = f"{step.id!r} is a value of the item itself, so no step of a loop can be called that"
            outline.document.add((*step.path, "id"), message, "choose another id")
    for step in outline.steps:
        if step.kind == "for_each":
            _check_item_name(outline.document, step)


def _check_item_name(document: Document, step: StepOutline) -> None:
    """The name of an item must not hide another name."""
    name = item_name(step.data)
    path = (*step.path, "for_each", "as")
    loop = next((block for block in step.around() if block.kind == "for_each" and item_name(block.data) == name), None)
    if loop is not None:
        hint = "give this one a name of its own, such as as: host"
        document.add(path, f"{name!r} is the item of the loop {loop.id!r} already, which this one stands in", hint)
    elif name in NAMES:
        document.add(path, f"{name!r} has a meaning in expressions already", "choose another name, such as as: host")
    elif re.fullmatch(NAME, name) and not _is_name(name):
        document.add(path, f"{name!r} is a word of expressions and cannot be a name in them", "choose another name, such as as: host")


def _is_name(name: str) -> bool:
    try:
        return references(name) == {(name,)}
    except ExpressionError:
        return False


def check_steps(outline: DefinitionOutline) -> None:
    """Check retries, timeouts and gates of all steps."""
    document = outline.document
    parts: list[tuple[Mapping[str, Any], Path]] = [(outline.mapping("defaults"), ("defaults",))]
    every = [*outline.steps, *outline.compensations]
    for owner, path in [*parts, *((step.data, step.path) for step in every)]:
        if isinstance(owner.get("retry"), dict):
            _check_retry(document, (*path, "retry"), owner["retry"])
        if "timeout" in owner:
            _check_timeout(document, (*path, "timeout"), owner["timeout"])
    _check_run_timeout(document, outline.data.get("timeout"))
    for step in outline.compensations:
        check = KINDS[step.kind].check
        if check is not None:
            check(document, step.path, step.data)
    for step in outline.steps:
        _check_idle_keys(document, step)
        check = KINDS[step.kind].check
        if check is not None:
            check(document, step.path, step.data)
        if step.gate is not None:
            _check_gate(document, (*step.path, "gate"), step.gate)
        if step.kind == TASK.name and step.form:
            check_fields(document, (*step.path, "form"), step.form)
    check_fields(document, ("inputs",), outline.mapping("inputs"))


def check_numbers(outline: DefinitionOutline) -> None:
    """Warn of free values that are read as numbers and lose how they are written: versions, codes."""
    document = outline.document
    parts: list[tuple[Path, Any]] = [(("context",), outline.data.get("context"))]
    parts += [((*step.path, *place), value) for step in outline.steps for place, value in _free_values(step)]
    for part, value in parts:
        for path, number in _numbers(value, part):
            written = document.root.at(path).number
            if written:
                message = f"{written[:40]} is a number here, and becomes {to_text(number)[:40]}"
                document.warn(path, message, "put it in quotes if it is a text, such as a version")


def _free_values(step: StepOutline) -> Iterator[tuple[Path, Any]]:
    """The values of a step whose types nobody but its author knows."""
    for key, template in templates_of(step.kind).items():
        inner = template if not isinstance(template, str) else {"": template}
        data = step.data.get(key)
        for name, kind in inner.items():
            if kind in ("values", "secret_values"):
                yield ((key, name), data.get(name)) if name and isinstance(data, dict) else ((key,), data)


def _numbers(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """All numbers of a nested value, with the path of each."""
    items: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value
    for name, item in items:
        yield from _numbers(item, (*path, name))


def _check_idle_keys(document: Document, step: StepOutline) -> None:
    """Refuse what would do nothing in a step of this kind: somebody relies on it."""
    program = KINDS[step.kind].retryable
    previewed = step.gate is not None and bool(step.gate.get("preview"))
    path = step.path
    child = KINDS[step.kind].is_child
    if step.is_block:
        _check_idle_keys_of_block(document, step, previewed=previewed)
    elif child:
        _check_idle_keys_of_child(document, step, previewed=previewed)
    elif "retry" in step.data and not program:
        document.add((*path, "retry"), f"a {step.kind} step is tried once, so retry does nothing", "take retry away", key=True)
    if "timeout" in step.data and not (program or previewed or step.is_block or step.kind == TASK.name or child):
        inside = {"gate": "write it inside gate: to limit how long the question stays open", "wait": "write it inside wait:, beside event:"}
        hint = inside.get(step.kind, "take timeout away")
        document.add((*path, "timeout"), "this step runs no program, so its timeout does nothing", hint, key=True)
    if "gate" in step.data and step.data["gate"] is None and step.kind != "gate":
        document.add((*path, "gate"), "this gate is empty, so nobody would be asked", "write the question, or take gate away", key=True)


def _check_idle_keys_of_block(document: Document, step: StepOutline, *, previewed: bool) -> None:
    """Refuse what a block does not hand on to its steps."""
    if "retry" in step.data:
        message = "a block is tried once, so its retry does nothing"
        document.add((*step.path, "retry"), message, "put retry: on the steps inside it", key=True)
    for key in ("timeout", "env", "secrets"):
        if key in step.data and not previewed:
            message = f"a block runs no program of its own, so its {key} {'do' if key == 'secrets' else 'does'} nothing"
            document.add((*step.path, key), message, f"put {key}: on the steps inside it", key=True)


def _check_idle_keys_of_child(document: Document, step: StepOutline, *, previewed: bool) -> None:
    """Refuse what a run of its own does not take over from the step that starts it."""
    for key in ("timeout", "env", "secrets"):
        if key in step.data and not previewed:
            noun = {"timeout": "a timeout", "env": "an env", "secrets": "secrets"}[key]
            message = f"the run that this step starts has {noun} of its own"
            document.add((*step.path, key), message, f"write {key}: in the workflow that is started", key=True)


def _check_retry(document: Document, path: Path, retry: Mapping[str, Any]) -> None:
    interval, longest = _milliseconds(retry.get("interval")), _milliseconds(retry.get("max_interval"))
    if interval is not None and longest is not None and interval > longest:
        document.add((*path, "max_interval"), "max_interval is shorter than interval")
    for place, message in contradictions(retry):
        document.add((*path, *place), message, "leave it out of one of them")
    if retry.get("max_attempts", 1) == 1 and set(retry) - {"max_attempts"}:
        document.warn(path, "without max_attempts there is one attempt only, so nothing is tried again", "add max_attempts: 3")


def _check_timeout(document: Document, path: Path, timeout: Any) -> None:
    limits = {"attempt": timeout} if isinstance(timeout, str) else timeout
    if not isinstance(limits, dict):
        return
    times = {key: _milliseconds(limits.get(key)) for key in ("attempt", "total", "idle")}
    for key, time in times.items():
        if time == 0:
            document.add((*path, key), f"{key!r} must be longer than 0s")
    attempt, total, idle = times["attempt"], times["total"], times["idle"]
    if attempt and total and total < attempt:
        document.add((*path, "total"), "total is shorter than attempt")
    if idle and attempt and idle > attempt:
        document.add((*path, "idle"), "idle is longer than attempt, so it never ends one")


def _check_run_timeout(document: Document, timeout: Any) -> None:
    limits = timeout if isinstance(timeout, dict) else {"": timeout}
    if not limits:
        document.add(("timeout",), "this timeout says nothing", "write timeout: 2h, or {working: 2h, total: 3d}")
    times = {key: _milliseconds(limit) for key, limit in limits.items()}
    for key, time in times.items():
        if time == 0:
            document.add(("timeout", key) if key else ("timeout",), f"{key or 'timeout'!r} must be longer than 0s")
    working, total = times.get("working"), times.get("total")
    if working and total and total < working:
        document.add(("timeout", "total"), "total is shorter than working")


def _check_gate(document: Document, path: Path, gate: Mapping[str, Any]) -> None:
    timeout = _milliseconds(gate.get("timeout"))
    if timeout == 0:
        document.add((*path, "timeout"), "'timeout' must be longer than 0s")
    if gate.get("on_timeout") == "approve" and gate.get("timeout") is None:
        document.add((*path, "on_timeout"), "on_timeout: approve needs a timeout", "add timeout: 4h", key=True)
    elif "on_timeout" in gate and gate.get("timeout") is None:
        document.warn((*path, "on_timeout"), "without a timeout this gate stays open", "add timeout: 4h")
    elif gate.get("on_timeout") == "approve" and gate.get("risk") == "high":
        typed = " and its target must be typed" if gate.get("confirm") is True else ""
        message = f"the risk is high{typed}, yet nobody's answer counts as a yes"
        document.warn((*path, "on_timeout"), message, "write on_timeout: reject, or take risk: high away")
    if gate.get("confirm") is True and not gate.get("target"):
        document.add((*path, "confirm"), "confirm asks to type the target, and there is none", "add target: production", key=True)
    elif gate.get("confirm") is True and gate.get("risk") != "high":
        document.warn((*path, "confirm"), "confirm counts at high risk only", "add risk: high")
    files = gate.get("files")
    for index, name in enumerate(files if isinstance(files, list) else []):
        if isinstance(name, str):
            _check_file(document, (*path, "files", index), name)
    for key in ("title", "prompt", "target"):
        _check_comment(document, (*path, key), gate.get(key))
    form = gate.get("form")
    if isinstance(form, dict):
        check_fields(document, (*path, "form"), form)
        if gate.get("on_timeout") == "approve":
            _check_silent_form(document, (*path, "form"), form)


def _check_silent_form(document: Document, path: Path, form: Mapping[str, Any]) -> None:
    """Silence fills in nothing, so no field may need it."""
    for name, field in form.items():
        if isinstance(field, dict) and field.get("required") is True and field.get("default") is None:
            document.add(
                (*path, name), f"on_timeout: approve cannot fill in {name[:60]!r}, which is required", "give it a default", key=True
            )


def _check_file(document: Document, path: Path, name: str) -> None:
    hint = "files are named relative to the working directory and stay inside it"
    if not name.strip():
        document.add(path, f"{subject(path)} is empty", hint)
    elif name.startswith(("/", "~")):
        document.add(path, f"{name[:60]!r} is not relative", hint)
    elif ".." in name.split("/"):
        document.add(path, f"{name[:60]!r} leads out of the working directory", hint)
    elif "\0" in name or "\n" in name:
        document.add(path, "a file's name has no line breaks and no NUL", hint)


def _check_comment(document: Document, path: Path, value: Any) -> None:
    """A plain text that a comment follows: the comment may have been meant as a part of it."""
    place = document.root.at(path)
    if not isinstance(value, str) or place.style:
        return
    comment = _COMMENT.match(document.text, place.end)
    if comment is not None:
        shown = comment.group().strip()[:40]
        document.warn(path, f"{shown!r} is a comment and no part of the text", "put the text in quotes to keep it")


def check_fields(document: Document, path: Path, fields: Mapping[str, Any]) -> None:
    """Check inputs or the fields of a form: patterns, limits, options and defaults must fit the type.

    Args:
        document: Takes the problems.
        path: Where the fields stand.
        fields: The data of the fields, by name.
    """
    for name, data in fields.items():
        if not isinstance(data, dict):
            continue
        try:
            field = InputField.model_validate(data)
        except (ValidationError, RecursionError):
            continue
        _check_field(document, (*path, name), field)


def _check_field(document: Document, path: Path, field: InputField, depth: int = 1) -> None:
    if field.pattern is not None and field.type not in ("string", "file"):
        document.add((*path, "pattern"), f"a pattern is for text, and this is of type {field.type}", key=True)
        return
    try:
        compile_pattern(field.pattern or "")
    except ValueError as error:
        document.add((*path, "pattern"), str(error))
        return
    for key, limit in (("min", field.min), ("max", field.max)):
        if limit is not None and field.type not in ("integer", "number"):
            document.add((*path, key), f"{key} is for numbers, and this is of type {field.type}", key=True)
    if field.min is not None and field.max is not None and field.min > field.max:
        document.add((*path, "max"), "max is less than min")
    if not _check_inside(document, path, field, depth):
        return
    bare = field.model_copy(update={"options": (), "required": False, "default": None})
    for index, option in enumerate(field.options):
        _check_value(document, (*path, "options", index), bare, option, "this option")
    if field.default is not None:
        _check_value(document, (*path, "default"), field.model_copy(update={"default": None}), field.default, "the default")


def _check_inside(document: Document, path: Path, field: InputField, depth: int) -> bool:
    """Check what the parts of a list or a map are; whether values can be checked against them."""
    if field.type == "file" and field.options:
        document.add((*path, "options"), "a file is named by its path, so options cannot list it", "use pattern", key=True)
    if field.items is not None and field.type not in ("list", "map"):
        document.add((*path, "items"), f"items are for lists and maps, and this is of type {field.type}", "write type: list", key=True)
    elif field.fields and field.type != "map":
        document.add((*path, "fields"), f"fields are for maps, and this is of type {field.type}", "write type: map", key=True)
    elif field.fields and field.items is not None:
        hint = "items says what each value of a map with free names is; fields names them"
        document.add((*path, "items"), "a map has fields or items, not both", hint, key=True)
    elif (field.fields or field.items is not None) and depth > MAX_FIELD_DEPTH:
        key = "fields" if field.fields else "items"
        document.add((*path, key), f"types are nested more than {MAX_FIELD_DEPTH} deep", "take a map whose content is free", key=True)
    else:
        inner = [((*path, "fields", name), part) for name, part in field.fields.items()]
        if field.items is not None:
            inner.append(((*path, "items"), field.items))
            if field.items.default is not None:
                document.add((*path, "items", "default"), "an item is there or not, so it has no default", key=True)
        before = len(document.problems)
        for place, part in inner:
            _check_field(document, place, part, depth + 1)
        return len(document.problems) == before
    return False


def _check_value(document: Document, path: Path, field: InputField, value: Any, noun: str) -> None:
    """A value that is written in a definition must have its type, not only be readable as it."""
    try:
        read_value(field, value)
    except BadValue as error:
        whose = f"{place_text(error.place)} of {noun}" if error.place else noun
        document.add((*path, *error.place), f"{whose} {error.message}")
        return
    for place, part, kind in _mistyped(field, value, ()):
        whose = f"{place_text(place)} of {noun}" if place else noun
        document.add((*path, *place), f"{whose} must be of type {kind}, not {json_type(part)}")


def _mistyped(field: InputField, value: Any, place: Place) -> Iterator[tuple[Place, Any, str]]:
    """The parts of a value that were readable as their type and do not have it."""
    kind, wanted = json_type(value), "string" if field.type == "file" else field.type
    if kind == "null" and place:
        return
    if kind != wanted and not (wanted == "number" and kind == "integer"):
        yield place, value, field.type
    elif isinstance(value, dict):
        for name, item in value.items():
            inner = field.fields.get(name, field.items)
            yield from _mistyped(inner, item, (*place, name)) if inner is not None else ()
    elif isinstance(value, list) and field.items is not None:
        for index, item in enumerate(value):
            yield from _mistyped(field.items, item, (*place, index))


def _milliseconds(value: Any) -> int | None:
    try:
        return parse_duration(value)
    except ValueError:
        return None
