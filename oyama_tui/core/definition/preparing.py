"""Plain data made fit for the models: the outline of a definition (a map, lists of steps, one action in each) is checked here."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from oyama_tui.core.definition.base import MAX_STEPS, json_type
from oyama_tui.core.definition.document import Document, Path
from oyama_tui.core.definition.outline import DataPath, written_lists
from oyama_tui.core.definition.step import ACTIONS, KINDS, kind_of
from oyama_tui.core.definition.workflow import HANDLERS, Workflow
from oyama_tui.core.definition.yaml_hints import LATER_ACTIONS, later

MAX_BLOCKS: Final = 8
"""So deep blocks may stand in each other."""


def prepared(document: Document) -> dict[str, Any] | None:
    """Check the outline (a map, a list of steps, one action in each) and make it fit for the models.

    Returns:
        The data, changed where a problem was noted so that the rest can be checked; none when nothing can be.

    Raises:
        InvalidDefinition: More steps than are allowed.
    """
    data = document.data
    if not isinstance(data, dict):
        what = "the file is empty" if data is None else f"a workflow is a map of names and values, not of type {json_type(data)}"
        document.add((), what, "the shortest one is steps: [{id: hello, run: echo hello}]")
        return None
    made = {key: value for key, value in data.items() if _written_key(document, (), key, Workflow)}
    handlers = data.get("handlers")
    if isinstance(handlers, dict):
        handlers = made["handlers"] = dict(handlers)
    count = 0
    for path, holder in ((("steps",), made), *((("handlers", name), handlers) for name in HANDLERS)):
        steps = holder.get(path[-1]) if isinstance(holder, dict) else None
        if not isinstance(holder, dict) or not isinstance(steps, list):
            continue
        count += _count(steps)
        if count > MAX_STEPS:
            line = document.root.at(path).line
            raise document.fail(f"the workflow has {count:,} steps, and at most {MAX_STEPS:,} are allowed", line)
        holder[path[-1]] = _prepared_steps(document, path, steps, 0)
    return made


def _count(steps: list[Any]) -> int:
    """How many steps there are in a list and in the blocks in it."""
    count, waiting = 0, [steps]
    while waiting:
        written = waiting.pop()
        count += len(written)
        waiting.extend(inner for step in written if isinstance(step, dict) for _, _, inner in written_lists(kind_of(step), step))
    return count


def _written_key(document: Document, path: Path, key: str, model: type[BaseModel]) -> bool:
    """Refuse the names that fields have in Python only, such as `if_`."""
    if not key.endswith("_") or key not in model.model_fields:
        return True
    document.add((*path, key), f"there is no key {key!r} here", f"did you mean {key[:-1]!r}?", key=True)
    return False


def _prepared_steps(document: Document, path: DataPath, steps: list[Any], depth: int) -> list[dict[str, Any]]:
    return [_prepared_step(document, (*path, index), step, depth) for index, step in enumerate(steps)]


def _prepared_step(document: Document, path: DataPath, step: Any, depth: int) -> dict[str, Any]:
    if not isinstance(step, dict):
        document.add(
            path, f"a step is a map of names and values, not of type {json_type(step)}", "for example - {id: hello, run: echo hello}"
        )
        return {"id": "unknown", "set": {"x": 0}}
    planned = [key for key in step if key in LATER_ACTIONS]
    actions = [key for key in ACTIONS if key in step]
    others = [key for key in actions[1:] if key not in KINDS[actions[0]].model.model_fields]
    for key in planned:
        document.add((*path, key), later(key), key=True)
    for key in others:
        hint = "put what is done for each item into steps: beside for_each" if "for_each" in actions else "make two steps of it"
        document.add((*path, key), f"a step does one thing, and this one has {' and '.join([actions[0], *others])}", hint, key=True)
    made = {key: value for key, value in step.items() if key not in planned and key not in others}
    kind = KINDS[kind_of(made)]
    made = {key: value for key, value in made.items() if _written_key(document, path, key, kind.model)}
    for name, model in kind.inside.items():
        if name in made:
            made[name] = _prepared_inside(document, (*path, name), made[name], model)
    if not actions and (planned or "gate" not in step):
        if not planned:
            document.add(path, "this step does nothing", f"give it one of {', '.join(ACTIONS)} or gate")
        made["set"] = {"x": 0}
    if kind.is_block and depth == MAX_BLOCKS:
        message = f"blocks stand in each other at most {MAX_BLOCKS} deep, and this one is deeper"
        document.add(path, message, "take its steps out of some of the blocks around it")
        return {**{key: made[key] for key in ("id", "name", "needs", "if") if key in made}, "set": {"x": 0}}
    for keys, holder, steps in list(written_lists(kind.name, made)):
        holder[str(keys[-1])] = _prepared_steps(document, (*path, *keys), steps, depth + 1)
    return made


def _prepared_inside(document: Document, path: DataPath, value: Any, model: type[BaseModel]) -> Any:
    """The maps in a step, or in a list in it, copied, without the names that fields have in Python only."""
    if isinstance(value, list):
        return [
            _prepared_inside(document, (*path, index), item, model) if isinstance(item, dict) else item for index, item in enumerate(value)
        ]
    if not isinstance(value, dict):
        return value
    return {key: inner for key, inner in value.items() if _written_key(document, path, key, model)}
