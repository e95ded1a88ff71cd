"""What expressions refer to: that it exists, that it is known before it is used, and that it may be used there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from oyama_tui.core.definition import shell
from oyama_tui.core.definition.base import EDITED
from oyama_tui.core.definition.document import Document, walk_texts
from oyama_tui.core.definition.expressions import OPEN, ExpressionError, Piece, place_references, secret_name, split_template
from oyama_tui.core.definition.gate import path_of
from oyama_tui.core.definition.graph import BESIDE, CONDITION_WORDS
from oyama_tui.core.definition.kind import Template
from oyama_tui.core.definition.kinds.wait import is_time
from oyama_tui.core.definition.outline import CHAINED, DataPath, DefinitionOutline, StepOutline
from oyama_tui.core.definition.quoting import USE_ENV
from oyama_tui.core.definition.step import KINDS, templates_of
from oyama_tui.core.definition.visible import Allowed, Visible, missing_by_silence

_GATE_TEXTS: Final = ("title", "prompt", "target")
_NEVER_IN_WORKFLOW: Final = ("id", "name", "description", "type", "inputs", "context", "timeout", "defaults", "secrets")
_NOT_ALONE: Final = (
    "an expression that uses the gate's answer uses nothing else, or its other values would not be shown before the answer",
    "give this value an expression of its own",
)


class ReferenceCheck:
    """Checks every expression of a definition and notes what is wrong.

    Args:
        outline: What the definition declares.
        acyclic: Whether needs have no cycle, so that "before" has a meaning.
    """

    def __init__(self, outline: DefinitionOutline, *, acyclic: bool) -> None:
        self._outline = outline
        self._document: Document = outline.document
        self._visible = Visible(outline, acyclic=acyclic)

    def run(self) -> None:
        """Check all."""
        data = self._outline.data
        outside = Allowed(steps=False)
        self._texts(("env",), data.get("env"), replace(outside, secrets=True))
        self._texts(("outputs",), data.get("outputs"), Allowed())
        for key in _NEVER_IN_WORKFLOW:
            _refuse(self._document, (key,), data.get(key))
        for step in self._outline.steps:
            self._step(step, Allowed(step=step))
        for compensation in self._outline.compensations:
            self._step(compensation, Allowed(step=compensation, result=True))

    def _step(self, step: StepOutline, allowed: Allowed) -> None:
        path = step.path
        templates = templates_of(step.kind)
        for key, value in step.data.items():
            here = (*path, key)
            if key == "if":
                self._condition(here, value, allowed)
            elif key == "env":
                self._action(here, value, allowed, "secret")
            elif key == "outputs":
                inside = step.is_block and step.kind != "for_each"
                self._texts(here, value, replace(allowed, result=True, answer=True, inside=inside))
            elif key == "gate" and isinstance(value, str):
                self._texts(here, value, allowed)
            elif key == "gate" and isinstance(value, dict):
                self._gate(here, value, allowed, step.data.get("shell"))
            elif key in templates:
                self._action(here, value, allowed, templates[key])

    def _action(self, path: DataPath, value: Any, allowed: Allowed, template: Template | Mapping[str, Template]) -> None:
        """Check what belongs to the action of a step, or to the step as a whole."""
        step, action = allowed.step, replace(allowed, answer=True, alone=True)
        assert step is not None
        if isinstance(template, Mapping):
            self._inside(path, value, allowed, template)
        elif template == "steps":
            return
        elif template == "plain":
            _refuse(self._document, path, value)
        elif template in ("condition", "round", "event"):
            after = template == "round"
            self._bare(path, value, replace(allowed, answer=True, inside=after, round=after, event=template == "event"))
        elif template == "time":
            if not (isinstance(value, str) and is_time(value)):
                self._expression_alone(path, value, replace(allowed, answer=True))
        elif template == "command":
            self._command(path, value, action, step.data.get("shell"))
        elif template == "folder" and step.gate is not None and step.gate.get("preview"):
            self._texts(path, value, allowed)
        else:
            self._texts(path, value, replace(action, secrets=template in ("secret", "secret_values")))

    def _inside(self, path: DataPath, value: Any, allowed: Allowed, templates: Mapping[str, Template]) -> None:
        """Check the map of a key, each of a list of them, or the one value that stands for it."""
        step = allowed.step
        short = KINDS[step.kind].short.get(str(path[-1])) if step is not None else None
        if isinstance(value, dict):
            for key, inner in value.items():
                self._action((*path, key), inner, allowed, templates.get(key, "plain"))
        elif short is not None:
            self._action(path, value, allowed, templates[short])
        else:
            for index, item in enumerate(value if isinstance(value, list) else ()):
                if isinstance(item, dict):
                    self._inside((*path, index), item, allowed, templates)

    def _gate(self, path: DataPath, gate: Mapping[str, Any], allowed: Allowed, program: Any) -> None:
        for key, value in gate.items():
            if key in (*_GATE_TEXTS, "files"):
                self._texts((*path, key), value, allowed)
            elif key == "preview":
                self._command((*path, key), value, allowed, program)
            elif key == "edit":
                self._edited((*path, key), value, allowed)
            else:
                _refuse(self._document, (*path, key), value)

    def _edited(self, path: DataPath, value: Any, allowed: Allowed) -> None:
        """What may be edited must be a value of a step that is over."""
        for index, name in enumerate(value if isinstance(value, list) else ()):
            if not (isinstance(name, str) and re.match(EDITED, name)):
                continue
            wrong = self._visible.wrong(path_of(name), allowed, tested=False)
            if wrong is not None:
                self._document.add((*path, index), *wrong)

    def _texts(self, path: DataPath, value: Any, allowed: Allowed) -> None:
        for where, text in walk_texts(value, path):
            if OPEN in text:
                self._template(where, text, allowed)

    def _template(self, path: DataPath, text: str, allowed: Allowed) -> None:
        try:
            pieces = [part for part in split_template(text) if isinstance(part, Piece)]
        except ExpressionError as error:
            self._document.add(path, error.message, error.hint, offset=max(error.column - 1, 0))
            return
        for piece in pieces:
            self._expression(path, piece.source, piece.column, allowed)

    def _command(self, path: DataPath, value: Any, allowed: Allowed, program: Any) -> None:
        if not isinstance(value, str):
            self._texts(path, value, replace(allowed, secrets=True))
            return
        if OPEN not in value:
            return
        name = program[0] if isinstance(program, list) and program and isinstance(program[0], str) else "sh"
        if not shell.is_shell(name):
            self._document.add(path, f"expressions cannot stand in a script for {name[:40]}", USE_ENV, offset=value.index(OPEN))
        for offset, message, hint in shell.check(value):
            self._document.add(path, message, hint, offset=offset)
        for offset, message, hint in shell.warnings(value):
            self._document.warn(path, message, hint, offset=offset)
        self._template(path, value, replace(allowed, script=True))

    def _condition(self, path: DataPath, value: Any, allowed: Allowed) -> None:
        if isinstance(value, str) and value.strip() in CONDITION_WORDS:
            self._condition_word(path, value.strip(), allowed)
        else:
            self._expression_alone(path, value, allowed)

    def _bare(self, path: DataPath, value: Any, allowed: Allowed) -> None:
        """A condition that is not about the step before."""
        if isinstance(value, str) and value.strip() in CONDITION_WORDS:
            whose = "wait" if path[-1] == "match" else "repeat"
            where = "a branch" if path[-1] == "if" else f"{path[-1]} of a {whose}"
            hint = (
                "the last branch may do without if"
                if path[-1] == "if" and value.strip() == "always"
                else 'write what the payload must have, such as event.status == "ok"'
                if whose == "wait"
                else "write steps.ID.succeeded or steps.ID.failed"
            )
            self._document.add(path, f"'{value.strip()}' is for the if of a step, not for {where}", hint)
        else:
            self._expression_alone(path, value, allowed)

    def _expression_alone(self, path: DataPath, value: Any, allowed: Allowed) -> None:
        if not isinstance(value, str):
            return
        noun = "a time" if path[-1] == "until" and len(path) > 1 and path[-2] == "wait" else "a condition"
        if value.strip().startswith(OPEN):
            self._document.add(path, f"{noun} is a bare expression", "leave ${{ and }} out")
            return
        self._expression(path, value, 0, allowed)

    def _condition_word(self, path: DataPath, word: str, allowed: Allowed) -> None:
        step = allowed.step
        assert step is not None
        named = "write steps.ID.succeeded or steps.ID.failed"
        within = step.within
        if within.type == "sequential":
            message = f"'{word}' is not for sequential workflows, because their first failure ends the run"
            if within.owner is not None:
                message = f"'{word}' is not for sequential blocks, because their first failure ends the block"
            self._document.add(path, message, "use type: conditional, or type: graph with needs:")
        elif word == "always":
            return
        elif within.type in BESIDE:
            if not step.data.get("needs"):
                self._document.add(path, f"'{word}' speaks of the steps that this one needs, and it needs none", "add needs: [ID]")
        elif not (within.type in CHAINED and within.whole[step.position]):
            why = f"'{word}' speaks of the step before, which may still be running beside this one because of its needs"
            self._document.add(path, why, named)

    def _warn_of_blocked(self, path: DataPath, names: tuple[str, ...], source: str, column: int) -> None:
        """A condition on a failure that never lets the step come as far as its condition."""
        ends = names[2:] == ("failed",) or (names[2:] == ("status",) and "failed" in source)
        target = self._outline.by_id[names[1]]
        within = target.within
        spared = target.data.get("on_failure") == "continue" or within.type == "conditional"
        if path[-1] != "if" or not ends or spared or source[: column - 1].rstrip().endswith("!"):
            return
        if within.type == "sequential":
            message, hint = f"the {'run' if within.owner is None else 'block'} ends before this step", "use type: conditional"
        else:
            message, hint = "this step is skipped before its if is looked at", "write if: failure, or if: always"
        hint = f"{hint}; or let the run go on with on_failure: continue in step {target.id!r}"
        self._document.warn(path, f"when step {target.id!r} fails, {message}", hint, offset=column - 1)

    def _expression(self, path: DataPath, source: str, start: int, allowed: Allowed) -> None:
        name = secret_name(source)
        if name and allowed.secrets:
            if not self._outline.may_use_secret(name, allowed.step):
                hint = self._visible.near(name, self._outline.secrets) or f"add secrets: [{name}]"
                self._document.add(path, f"the secret {name!r} is not declared", hint, offset=start)
            return
        if name and allowed.script:
            return
        try:
            found = place_references(source, through_items=True)
        except ExpressionError as error:
            self._document.add(path, error.message, error.hint, offset=start + max(error.column - 1, 0))
            return
        own = allowed.step is not None and any(names[:2] == ("steps", allowed.step.id) for names, _, _ in found)
        for names, column, tested in found:
            wrong = self._visible.wrong(names, allowed, tested=tested)
            if wrong is None and own and allowed.alone and allowed.step is not None and names[:2] != ("steps", allowed.step.id):
                wrong = _NOT_ALONE
            if wrong is not None:
                self._document.add(path, *wrong, offset=start + column - 1)
            elif names[0] == "steps" and not tested and allowed.step is not None:
                target = self._outline.by_id[names[1]]
                _warn_of_null(self._document, path, target, names, source, start + column - 1, allowed.step)
                self._warn_of_blocked(path, names, source, column)


def _refuse(document: Document, path: DataPath, value: Any) -> None:
    """Refuse expressions where none is filled in."""
    for where, text in walk_texts(value, path):
        if OPEN in text:
            document.add(where, "an expression is not filled in here", "", offset=text.index(OPEN))


def _warn_of_null(
    document: Document, path: DataPath, target: StepOutline, names: tuple[str, ...], source: str, offset: int, step: StepOutline
) -> None:
    """Warn where a value may be missing and the expression does not seem to know."""
    gate = target.gate or {}
    if any(word in source for word in ("null", "has(", ".status", ".skipped", ".succeeded", ".failed")):
        return
    if target is step:
        if gate.get("on_timeout") == "approve" and (missing := missing_by_silence(gate, names[3:])):
            document.warn(path, f"when nobody answers in time, {missing}", "write what to use then", offset=offset)
        return
    hint = f"for example steps.{target.id}.{'outputs' if target.is_block else 'output'} != null"
    needs = step.data.get("needs")
    if step.data.get("join") not in (None, "all") and isinstance(needs, list) and target.id in needs:
        document.warn(path, f"this step may begin before {target.id!r} is over, and then its values are null", hint, offset=offset)
    elif "if" in target.data or gate.get("on_reject") == "skip" or not _always_takes_a_branch(target):
        document.warn(path, f"step {target.id!r} may be skipped, and then its values are null", hint, offset=offset)
    elif target.within.owner is step and step.kind == "switch":
        message = f"step {target.id!r} stands in a branch that may not be taken, and then its values are null"
        document.warn(path, message, hint, offset=offset)


def _always_takes_a_branch(step: StepOutline) -> bool:
    """False for a switch without a last branch that needs no condition: it is skipped when no branch applies."""
    branches = step.data.get("switch") if step.kind == "switch" else None
    last = branches[-1] if isinstance(branches, list) and branches else None
    return not isinstance(last, dict) or last.get("if") is None
