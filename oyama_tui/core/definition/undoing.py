"""Rules of what steps leave behind, and of what undoes them."""

from __future__ import annotations

from typing import Final

from oyama_tui.core.definition.document import Document
from oyama_tui.core.definition.outline import DefinitionOutline, StepOutline

_LEAVES_NOTHING: Final = {"gate": "a gate only asks", "wait": "a wait does nothing", "set": "what it sets is put back anyway"}
"""Kinds of steps after which nothing is to be undone."""


def check_undoing(outline: DefinitionOutline) -> None:
    """Refuse compensations that do not fit what a step leaves behind, or that nothing would ever run."""
    for step in outline.steps:
        _check_compensation(outline.document, step)
        _check_handled(outline.document, step)


def _check_compensation(document: Document, step: StepOutline) -> None:
    path, effect, has = step.path, step.data.get("effect"), step.data.get("compensate") is not None
    if has and step.kind in _LEAVES_NOTHING:
        document.add((*path, "compensate"), f"{_LEAVES_NOTHING[step.kind]}, so there is nothing to undo", "take compensate away", key=True)
    elif has and effect in ("none", "permanent"):
        why = "leaves nothing behind" if effect == "none" else "cannot be undone"
        document.add((*path, "effect"), f"this step says that it {why}, and has what undoes it", "take effect or compensate away")
    elif effect == "undoable" and not has:
        document.add((*path, "effect"), "nothing says how this step is undone", "add compensate: {run: ...}")


def _check_handled(document: Document, step: StepOutline) -> None:
    """What stands in a handler is over when the run is: no undo comes by."""
    if not step.outermost.handler:
        return
    if step.data.get("compensate") is not None:
        document.add((*step.path, "compensate"), "steps of handlers are not undone", "take compensate away", key=True)
    gate = step.gate or {}
    for owner, key in ((step.data, "on_failure"), (gate, "on_reject")):
        if owner.get(key) == "undo":
            where = (*step.path, key) if owner is step.data else (*step.path, "gate", key)
            document.add(where, "a handler runs when the run is over, and undoes nothing", "take it away")
