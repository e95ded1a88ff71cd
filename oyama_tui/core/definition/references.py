"""What expressions refer to: that it exists, that it is known before it is used, and that it may be used there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from oyama_tui.core.definition import shell
from oyama_tui.core.definition.document import Document, walk_texts
from oyama_tui.core.definition.expressions import OPEN, ExpressionError, Piece, place_references, secret_name, split_template
from oyama_tui.core.definition.graph import BESIDE, CONDITION_WORDS
from oyama_tui.core.definition.kind import Template
from oyama_tui.core.definition.outline import CHAINED, DefinitionOutline, StepOutline
from oyama_tui.core.definition.quoting import USE_ENV
from oyama_tui.core.definition.step import templates_of
from oyama_tui.core.definition.yaml_hints import LATER_NAMES, later

TextPath = tuple[str | int, ...]
STEP_FIELDS: Final = (
    "status",
    "succeeded",
    "failed",
    "skipped",
    "rejected",
    "output",
    "result",
    "outputs",
    "exit_code",
    "error",
    "decision",
)
"""What `steps.x` and `previous` have."""
RUN_FIELDS: Final = ("id", "number", "workflow", "started_by")
DECISION_FIELDS: Final = ("verdict", "by", "comment", "form")
ROOTS: Final = ("inputs", "context", "env", "run", "steps", "previous", "result", "secrets")
_GATE_TEXTS: Final = ("title", "prompt", "target")
_NEVER_IN_WORKFLOW: Final = ("id", "name", "description", "type", "inputs", "context", "timeout", "defaults", "secrets")
_SECRETS_HINT: Final = (
    "secrets are for values of env, elements of an argument list and parts of an http request, in the plain form ${{ secrets.NAME }}"
)
_NOT_ALONE: Final = (
    "an expression that uses the gate's answer uses nothing else, or its other values would not be shown before the answer",
    "give this value an expression of its own",
)


@dataclass(frozen=True, slots=True)
class _Allowed:
    """What the expressions of one place may use."""

    step: StepOutline | None = None
    steps: bool = True
    previous: bool = False
    result: bool = False
    secrets: bool = False
    script: bool = False
    """Secrets have been refused already."""
    answer: bool = False
    """The answer of the step's own gate: the place belongs to the action, which starts after it."""
    alone: bool = False
    """An expression that uses the answer uses nothing else: what stands here is shown before there is an answer."""


class ReferenceCheck:
    """Checks every expression of a definition and notes what is wrong.

    Args:
        outline: What the definition declares.
        acyclic: Whether needs have no cycle, so that "before" has a meaning.
    """

    def __init__(self, outline: DefinitionOutline, *, acyclic: bool) -> None:
        self._outline = outline
        self._document: Document = outline.document
        self._acyclic = acyclic

    def run(self) -> None:
        """Check all."""
        data = self._outline.data
        outside = _Allowed(steps=False)
        self._texts(("env",), data.get("env"), replace(outside, secrets=True))
        self._texts(("outputs",), data.get("outputs"), _Allowed())
        for key in _NEVER_IN_WORKFLOW:
            _refuse(self._document, (key,), data.get(key))
        for step, ordered in zip(self._outline.steps, self._outline.whole, strict=True):
            self._step(step, ordered=ordered)

    def _step(self, step: StepOutline, *, ordered: bool) -> None:
        path: TextPath = ("steps", step.index)
        allowed = _Allowed(step=step, previous=self._outline.type in CHAINED and ordered)
        templates = templates_of(step.kind)
        for key, value in step.data.items():
            here = (*path, key)
            if key == "if":
                self._condition(here, value, allowed)
            elif key == "env":
                self._action(here, value, allowed, "secret")
            elif key == "outputs":
                self._texts(here, value, replace(allowed, result=True, answer=True))
            elif key == "gate" and isinstance(value, str):
                self._texts(here, value, allowed)
            elif key == "gate" and isinstance(value, dict):
                self._gate(here, value, allowed, step.data.get("shell"))
            elif key in templates:
                self._action(here, value, allowed, templates[key])

    def _action(self, path: TextPath, value: Any, allowed: _Allowed, template: Template | Mapping[str, Template]) -> None:
        """Check what belongs to the action of a step, or to the step as a whole."""
        step, action = allowed.step, replace(allowed, answer=True, alone=True)
        assert step is not None
        if isinstance(template, Mapping):
            for key, inner in value.items() if isinstance(value, dict) else ():
                self._action((*path, key), inner, allowed, template.get(key, "plain"))
        elif template == "plain":
            _refuse(self._document, path, value)
        elif template == "command":
            self._command(path, value, action, step.data.get("shell"))
        elif template == "folder" and step.gate is not None and step.gate.get("preview"):
            self._texts(path, value, allowed)
        else:
            self._texts(path, value, replace(action, secrets=template == "secret"))

    def _gate(self, path: TextPath, gate: Mapping[str, Any], allowed: _Allowed, program: Any) -> None:
        for key, value in gate.items():
            if key in (*_GATE_TEXTS, "files"):
                self._texts((*path, key), value, allowed)
            elif key == "preview":
                self._command((*path, key), value, allowed, program)
            else:
                _refuse(self._document, (*path, key), value)

    def _texts(self, path: TextPath, value: Any, allowed: _Allowed) -> None:
        for where, text in walk_texts(value, path):
            if OPEN in text:
                self._template(where, text, allowed)

    def _template(self, path: TextPath, text: str, allowed: _Allowed) -> None:
        try:
            pieces = [part for part in split_template(text) if isinstance(part, Piece)]
        except ExpressionError as error:
            self._document.add(path, error.message, error.hint, offset=max(error.column - 1, 0))
            return
        for piece in pieces:
            self._expression(path, piece.source, piece.column, allowed)

    def _command(self, path: TextPath, value: Any, allowed: _Allowed, program: Any) -> None:
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

    def _condition(self, path: TextPath, value: Any, allowed: _Allowed) -> None:
        if not isinstance(value, str):
            return
        if value.strip() in CONDITION_WORDS:
            self._condition_word(path, value.strip(), allowed)
            return
        if value.strip().startswith(OPEN):
            self._document.add(path, "a condition is a bare expression", "leave ${{ and }} out")
            return
        self._expression(path, value, 0, allowed)

    def _condition_word(self, path: TextPath, word: str, allowed: _Allowed) -> None:
        named = "write steps.ID.succeeded or steps.ID.failed"
        if self._outline.type == "sequential":
            message = f"'{word}' is not for sequential workflows, because their first failure ends the run"
            self._document.add(path, message, "use type: conditional, or type: graph with needs:")
        elif word == "always":
            return
        elif self._outline.type in BESIDE:
            if allowed.step is not None and not allowed.step.data.get("needs"):
                self._document.add(path, f"'{word}' speaks of the steps that this one needs, and it needs none", "add needs: [ID]")
        elif not allowed.previous:
            why = f"'{word}' speaks of the step before, which may still be running beside this one because of its needs"
            self._document.add(path, why, named)

    def _warn_of_blocked(self, path: TextPath, names: tuple[str, ...], source: str, column: int) -> None:
        """A condition on a failure that never lets the step come as far as its condition."""
        ends = names[2:] == ("failed",) or (names[2:] == ("status",) and "failed" in source)
        target = self._outline.by_id[names[1]]
        spared = target.data.get("on_failure") == "continue" or self._outline.type == "conditional"
        if path[-1] != "if" or not ends or spared or source[: column - 1].rstrip().endswith("!"):
            return
        if self._outline.type == "sequential":
            message, hint = "the run ends before this step", "use type: conditional"
        else:
            message, hint = "this step is skipped before its if is looked at", "write if: failure, or if: always"
        hint = f"{hint}; or let the run go on with on_failure: continue in step {target.id!r}"
        self._document.warn(path, f"when step {target.id!r} fails, {message}", hint, offset=column - 1)

    def _expression(self, path: TextPath, source: str, start: int, allowed: _Allowed) -> None:
        name = secret_name(source)
        if name and allowed.secrets:
            if not self._outline.may_use_secret(name, allowed.step):
                hint = self._near(name, self._outline.secrets) or f"add secrets: [{name}]"
                self._document.add(path, f"the secret {name!r} is not declared", hint, offset=start)
            return
        if name and allowed.script:
            return
        try:
            found = place_references(source)
        except ExpressionError as error:
            self._document.add(path, error.message, error.hint, offset=start + max(error.column - 1, 0))
            return
        own = allowed.step is not None and any(names[:2] == ("steps", allowed.step.id) for names, _, _ in found)
        for names, column, tested in found:
            wrong = self._wrong(names, allowed, tested)
            if wrong is None and own and allowed.alone and allowed.step is not None and names[:2] != ("steps", allowed.step.id):
                wrong = _NOT_ALONE
            if wrong is not None:
                self._document.add(path, *wrong, offset=start + column - 1)
            elif names[0] == "steps" and not tested and allowed.step is not None:
                target = self._outline.by_id[names[1]]
                _warn_of_null(self._document, path, target, names, source, start + column - 1, target is allowed.step)
                self._warn_of_blocked(path, names, source, column)

    def _wrong(self, names: tuple[str, ...], allowed: _Allowed, tested: bool) -> tuple[str, str] | None:
        """What is wrong with a reference: message and hint; none when it is sound."""
        root = names[0]
        if root not in ROOTS:
            if root in LATER_NAMES:
                return later(root), ""
            if root in CONDITION_WORDS:
                return f"{root!r} stands alone in an if: it is no part of an expression", ""
            return f"there is no {root[:60]!r}", self._near(root, ROOTS) or f"there is: {', '.join(ROOTS)}"
        if root == "secrets":
            return "secrets cannot be used here", _SECRETS_HINT
        if root == "result":
            if allowed.answer and allowed.step is not None and allowed.step.kind == "gate":
                return "a gate alone has no result to make outputs from", f"the answer is in steps.{allowed.step.id or 'ID'}.decision"
            return None if allowed.result else ("result is the step's own value and exists only in its outputs", "write steps.ID.result")
        if root == "previous":
            return self._previous(names, allowed)
        if root == "steps":
            return self._step_reference(names, allowed)
        if root == "run":
            return self._among(names, RUN_FIELDS, "run")
        if root == "env":
            return self._env(names, allowed)
        known = self._outline.mapping("inputs") if root == "inputs" else self._outline.context_names
        if len(names) > 1 and root == "inputs" and names[1] in known:
            declared = _declared(names[1:], self._outline.mapping("inputs")[names[1]], "inputs")
            return next((wrong for one in declared if (wrong := self._among(*one))), None)
        if len(names) == 1 or names[1] in known or (tested and root == "context"):
            return None
        noun = "input" if root == "inputs" else "variable of the context"
        where = "declare it under inputs:" if root == "inputs" else "give it a first value under context:"
        return f"there is no {noun} {names[1][:60]!r}", self._near(names[1], known) or where

    def _env(self, names: tuple[str, ...], allowed: _Allowed) -> tuple[str, str] | None:
        values = self._outline.mapping("env")
        if len(names) > 1 and names[1] not in values:
            return f"there is no {names[1][:60]!r} in the workflow's env", self._near(names[1], values)
        named = [values[names[1]]] if len(names) > 1 else list(values.values())
        if any(isinstance(value, str) and OPEN in value for value in named):
            return "this value of env is made by an expression and cannot be used in another one", "use what it is made of"
        return None

    def _previous(self, names: tuple[str, ...], allowed: _Allowed) -> tuple[str, str] | None:
        if self._outline.type not in CHAINED:
            return f"in a {self._outline.type} workflow there is no previous step", "name the step: steps.ID.output"
        if allowed.step is None:
            return "there is no previous step here", "name the step: steps.ID.output"
        if allowed.step is self._outline.steps[0]:
            return "this is the first step, so there is no previous one", ""
        if not allowed.previous:
            return "the step before may still be running beside this one, because of its needs", "name the step: steps.ID.output"
        return self._among(names, STEP_FIELDS, "previous")

    def _step_reference(self, names: tuple[str, ...], allowed: _Allowed) -> tuple[str, str] | None:
        if not allowed.steps:
            return "values of steps cannot be used here", "use them in the env of a step"
        if len(names) == 1:
            return "the step must be named: steps.ID", ""
        target = self._outline.by_id.get(names[1])
        if target is None:
            return f"there is no step {names[1][:60]!r}", self._near(names[1], self._outline.by_id)
        wrong = self._order(target, names, allowed)
        wrong = wrong or self._among(names[1:], STEP_FIELDS, f"steps.{target.id}")
        if wrong is None and len(names) > 2 and names[2] == "decision":
            return self._decision(target, names)
        return wrong

    def _order(self, target: StepOutline, names: tuple[str, ...], allowed: _Allowed) -> tuple[str, str] | None:
        step = allowed.step
        if step is None or not self._acyclic or not step.id:
            return None
        if target.id == step.id:
            return _own(target, names, allowed)
        outline = self._outline
        if outline.comes_before(outline.position(target.id), outline.position(step.id)):
            return None
        message = f"step {target.id!r} is not always over before step {step.id!r} starts"
        return message, f"add needs: [{target.id}]" if outline.type in ("graph", "parallel") else "use steps that come earlier"

    def _decision(self, target: StepOutline, names: tuple[str, ...]) -> tuple[str, str] | None:
        if target.gate is None:
            return f"step {target.id!r} has no gate, so there is no decision", ""
        wrong = self._among(names[2:], DECISION_FIELDS, f"steps.{target.id}.decision")
        form = target.gate.get("form")
        if wrong is None and len(names) > 4 and names[3] == "form":
            fields = form if isinstance(form, dict) else {}
            owner = f"the form of {target.id}"
            declared = [(names[3:], tuple(fields), owner), *_declared(names[4:], fields.get(names[4]), owner)]
            return next((wrong for one in declared if (wrong := self._among(*one))), None)
        return wrong

    def _among(self, names: tuple[str, ...], known: tuple[str, ...], owner: str) -> tuple[str, str] | None:
        if len(names) < 2 or names[1] in known:
            return None
        return f"{owner} has no {names[1][:60]!r}", self._near(names[1], known) or f"it has: {', '.join(known)}"

    def _near(self, name: str, known: Iterable[str]) -> str:
        close = self._document.nearest(name, known)
        return f"did you mean {close!r}?" if close else ""


def _refuse(document: Document, path: TextPath, value: Any) -> None:
    """Refuse expressions where none is filled in."""
    for where, text in walk_texts(value, path):
        if OPEN in text:
            document.add(where, "an expression is not filled in here", "", offset=text.index(OPEN))


def _declared(names: tuple[str, ...], field: Any, owner: str) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str]]:
    """The maps on the way of a reference into the value of a field, as far as their fields are declared.

    Args:
        names: The field and what is asked of it.
        field: The data of its declaration.
        owner: What has the field.

    Yields:
        The reference from the map on, the names that the map has, and what it is called.
    """
    while len(names) > 1 and isinstance(field, dict) and isinstance(inner := field.get("fields"), dict) and inner:
        owner = f"{owner}.{names[0]}"
        yield names, tuple(inner), owner
        names, field = names[1:], inner.get(names[1])


def _missing_by_silence(gate: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """What an answer by silence does not have of what an expression uses of it; empty when it has all."""
    if names[:1] in (("by",), ("comment",)):
        return f"decision.{names[0]} is empty"
    form = gate.get("form")
    field = form.get(names[1]) if isinstance(form, dict) and len(names) > 1 and names[0] == "form" else None
    without = isinstance(field, dict) and field.get("default") is None
    return f"decision.form.{names[1]} is null, since the field has no default" if without else ""


def _own(step: StepOutline, names: tuple[str, ...], allowed: _Allowed) -> tuple[str, str] | None:
    """The answer of a step's own gate is known to its action, and nothing else of the step is known to itself."""
    if names[2:3] != ("decision",):
        return f"step {step.id!r} cannot use its own values here", "result, in outputs, is the step's own value"
    if allowed.answer:
        return None
    why = "its condition, its gate and where its preview runs come before the answer"
    return f"the answer of {step.id!r} is not known here", f"use it in what runs after the answer; {why}"


def _warn_of_null(
    document: Document, path: TextPath, target: StepOutline, names: tuple[str, ...], source: str, offset: int, own: bool
) -> None:
    """Warn where a value may be missing and the expression does not seem to know."""
    gate = target.gate or {}
    if any(word in source for word in ("null", "has(", ".status", ".skipped", ".succeeded", ".failed")):
        return
    if own:
        if gate.get("on_timeout") == "approve" and (missing := _missing_by_silence(gate, names[3:])):
            document.warn(path, f"when nobody answers in time, {missing}", "write what to use then", offset=offset)
    elif "if" in target.data or gate.get("on_reject") == "skip":
        hint = f"for example steps.{target.id}.output != null"
        document.warn(path, f"step {target.id!r} may be skipped, and then its values are null", hint, offset=offset)
