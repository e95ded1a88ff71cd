"""Rules of how steps follow each other: needs, joins, going back, and how many are under way at once."""

from __future__ import annotations

from typing import Any

from oyama_tui.core.definition.document import Document, Path
from oyama_tui.core.definition.graph import find_cycle
from oyama_tui.core.definition.outline import CHAINED, DefinitionOutline, ListOutline, StepOutline
from oyama_tui.core.definition.step import KINDS


def check_needs(outline: DefinitionOutline) -> bool:
    """Refuse needs that cannot be met.

    Returns:
        Whether there is no cycle.
    """
    for step in outline.steps:
        needs = step.data.get("needs")
        for index, need in enumerate(needs if isinstance(needs, list) else []):
            if isinstance(need, str):
                _check_need(outline, step, (*step.path, "needs", index), need)
    return all([_check_cycle(outline.document, steps) for steps in outline.lists])


def _check_need(outline: DefinitionOutline, step: StepOutline, path: Path, need: str) -> None:
    if need == step.id:
        outline.document.add(path, f"step {need!r} cannot need itself")
        return
    if need in step.within.by_id:
        return
    target = outline.by_id.get(need)
    if target is not None:
        line = outline.document.root.at((*target.path, "id")).line
        owner = target.within.owner
        where = f"stands in block {owner.id!r}" if owner is not None else "stands outside of this block"
        if target in step.around():
            where = "is a block around this one"
        hint = f"a step needs steps of its own list only; {need!r} is in line {line}"
        outline.document.add(path, f"step {need!r} {where} and cannot be needed here", hint)
    elif "-" not in need:
        close = outline.document.nearest(need, step.within.by_id)
        outline.document.add(path, f"there is no step {need[:60]!r}", f"did you mean {close!r}?" if close else "")


def _check_cycle(document: Document, steps: ListOutline) -> bool:
    ids = {step.position: step.id or f"step {step.position + 1}" for step in steps.steps}
    wanted = {str(position): [str(need) for need in needs if need != position] for position, needs in enumerate(steps.needs)}
    cycle = [int(position) for position in find_cycle(wanted)]
    if cycle:
        names = [ids[position] for position in cycle]
        shown = " -> ".join(names if len(names) <= 12 else [*names[:10], "...", names[-1]])
        path = (*steps.steps[cycle[0]].path, "needs")
        document.add(path, f"these steps wait for each other: {shown}", "take one of the needs away")
    return not cycle and not any(position in needs for position, needs in enumerate(steps.needs))


def check_going_back(outline: DefinitionOutline) -> None:
    """Refuse to go back where no step begins once more, and joins and limits that mean nothing.

    Args:
        outline: What the definition declares; its needs have no cycle.
    """
    for step in outline.steps:
        gate = step.gate or {}
        ways: tuple[tuple[Path, Any], ...] = (
            ((*step.path, "on_failure"), step.data.get("on_failure")),
            ((*step.path, "gate", "on_reject"), gate.get("on_reject")),
            ((*step.path, "gate", "on_timeout"), gate.get("on_timeout")),
        )
        back = gate.get("send_back")
        if isinstance(back, dict) and isinstance(back.get("to"), str):
            _check_goto(outline, step, (*step.path, "gate", "send_back", "to"), back["to"])
        for path, value in ways:
            if isinstance(value, dict) and isinstance(value.get("goto"), str):
                _check_goto(outline, step, (*path, "goto"), value["goto"])
        _check_join(outline.document, step)
    for steps in outline.lists:
        owner = steps.owner
        holder, path = (outline.data, ()) if owner is None else (owner.data, owner.path)
        known = owner is None or "max_parallel" in KINDS[owner.kind].model.model_fields
        if known and not steps.handler and "max_parallel" in holder and steps.type in CHAINED:
            message = f"the steps of a {steps.type} list run one after another, so max_parallel does nothing"
            outline.document.add((*path, "max_parallel"), message, "use type: parallel, or type: graph with needs:", key=True)


def _check_goto(outline: DefinitionOutline, step: StepOutline, path: Path, target_id: str) -> None:
    """A step goes back to one that it comes after, or to itself."""
    target = step.within.by_id.get(target_id)
    if target is None:
        elsewhere = target_id in outline.by_id
        close = outline.document.nearest(target_id, step.within.by_id)
        hint = "a step goes back to steps of its own list only" if elsewhere else f"did you mean {close!r}?" if close else ""
        named = f"step {target_id!r} stands in another list" if elsewhere else f"there is no step {target_id[:60]!r}"
        outline.document.add(path, named, hint)
    elif target is not step and not step.within.depends_on(step.position, target.position):
        message = f"step {step.id!r} does not come after {target_id!r}, so it cannot go back to it"
        hint = "name a step that this one needs, directly or through others" if step.within.type not in CHAINED else "name an earlier step"
        outline.document.add(path, message, hint)


def _check_join(document: Document, step: StepOutline) -> None:
    join = step.data.get("join")
    if join is None or join == "all":
        return
    path = (*step.path, "join")
    needs = step.data.get("needs")
    count = len(set(needs)) if isinstance(needs, list) and all(isinstance(need, str) for need in needs) else 0
    if step.within.type not in ("graph", "parallel"):
        document.add(path, f"in a {step.within.type} list every step waits for the one before it", "use type: graph with needs:", key=True)
    elif not needs:
        document.add(path, "join is about the steps that this one needs, and it needs none", "add needs: [ID, ID]", key=True)
    elif isinstance(join, int) and not isinstance(join, bool) and count and join > count:
        document.add(path, f"join is {join}, and this step needs {count} others", f"write {count}, or join: all")
