"""What an expression may name where it stands: that it exists, and that it is over before it is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from oyama_tui.core.definition.expressions import OPEN
from oyama_tui.core.definition.graph import CONDITION_WORDS
from oyama_tui.core.definition.kinds.block import BLOCK_VALUES
from oyama_tui.core.definition.kinds.for_each import ITEM_FIELDS, item_name
from oyama_tui.core.definition.nodes import AN_ITEM
from oyama_tui.core.definition.outline import CHAINED, STATUS_FIELDS, DefinitionOutline, ListOutline, StepOutline
from oyama_tui.core.definition.step import KINDS

Wrong = tuple[str, str]
"""A message and a hint."""
STEP_FIELDS: Final = (*STATUS_FIELDS, "output", "result", "outputs", "exit_code", "error", "decision")
"""What `steps.x` and `previous` have of a step that is no block."""
BLOCK_FIELDS: Final = (*STATUS_FIELDS, *BLOCK_VALUES, "error", "decision")
"""What they have of a block; one that goes through items has those, too."""
RUN_FIELDS: Final = ("id", "number", "workflow", "started_by")
END_FIELDS: Final = ("status", "error", "failed_step")
"""What `run` has besides in the steps of a handler."""
DECISION_FIELDS: Final = ("verdict", "by", "comment", "form", "edits")
ROOTS: Final = ("inputs", "context", "env", "run", "steps", "previous", "result", "secrets", "feedback")
LOOP_NAMES: Final = ("index", "iteration")
NAMES: Final = frozenset({*ROOTS, *LOOP_NAMES, "event", *CONDITION_WORDS})
"""Names that have a meaning of their own, so that no item can be called that."""
SECRETS_HINT: Final = (
    "secrets are for values of env, elements of an argument list and parts of an http request, in the plain form ${{ secrets.NAME }}"
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the expressions of one place may use."""

    step: StepOutline | None = None
    steps: bool = True
    result: bool = False
    secrets: bool = False
    script: bool = False
    """Secrets have been refused already."""
    answer: bool = False
    """The answer of the step's own gate: the place belongs to the action, which starts after it."""
    alone: bool = False
    """An expression that uses the answer uses nothing else: what stands here is shown before there is an answer."""
    inside: bool = False
    """The steps of the block itself: the place is looked at when they are over."""
    round: bool = False
    """The place is looked at after each round, so that it knows which one it was."""

    event: bool = False
    """The place is looked at when an event has come."""

    def names(self) -> Iterator[str]:
        """The names that the place itself and loops around it give it, innermost first."""
        step = self.step
        if self.event:
            yield "event"
        if step is None:
            return
        for steps in step.lists if self.round else ():
            yield from steps.names
        yield from step.within.names
        for block in step.around():
            yield from block.within.names


class Visible:
    """Tells whether a reference is sound.

    Args:
        outline: What the definition declares.
        acyclic: Whether needs have no cycle, so that "before" has a meaning.
    """

    def __init__(self, outline: DefinitionOutline, *, acyclic: bool) -> None:
        self._outline = outline
        self._acyclic = acyclic

    def wrong(self, names: tuple[str, ...], allowed: Allowed, *, tested: bool) -> Wrong | None:
        """What is wrong with a reference; none when it is sound.

        Args:
            names: The path that it follows, `AN_ITEM` where an index that is no text stands.
            allowed: Where it stands.
            tested: Only its existence is asked for.
        """
        root = names[0]
        if root not in ROOTS:
            return None if root in allowed.names() else self._no_root(root, allowed)
        if root == "secrets":
            return "secrets cannot be used here", SECRETS_HINT
        if root == "result":
            return self._result(names, allowed)
        if root == "feedback":
            return self._feedback(names, allowed)
        if root == "previous":
            return self._previous(names, allowed)
        if root == "steps":
            return self._step_reference(names, allowed)
        names = _until_item(names)
        if root == "run":
            handles = allowed.step is not None and bool(allowed.step.outermost.handler)
            return self._among(names, (*RUN_FIELDS, *END_FIELDS) if handles else RUN_FIELDS, "run")
        if root == "env":
            return self._env(names)
        inputs = self._outline.mapping("inputs")
        known = inputs if root == "inputs" else self._outline.context_names
        if len(names) > 1 and root == "inputs" and names[1] in known:
            return self._inside_field(names[1:], inputs, "inputs")
        if len(names) == 1 or names[1] in known or (tested and root == "context"):
            return None
        noun = "input" if root == "inputs" else "variable of the context"
        where = "declare it under inputs:" if root == "inputs" else "give it a first value under context:"
        return f"there is no {noun} {names[1][:60]!r}", self.near(names[1], known) or where

    def _feedback(self, names: tuple[str, ...], allowed: Allowed) -> Wrong | None:
        if len(names) > 1:
            return "feedback is a text and has no parts", ""
        return ("feedback is for steps: it is what a person said who had a step begin once more", "") if allowed.step is None else None

    def near(self, name: str, known: Iterable[str]) -> str:
        """Ask for the known name that is most like another; empty when none is."""
        close = self._outline.document.nearest(name, known)
        return f"did you mean {close!r}?" if close else ""

    def _no_root(self, root: str, allowed: Allowed) -> Wrong:
        if root in CONDITION_WORDS:
            return f"{root!r} stands alone in an if: it is no part of an expression", ""
        loops = [block for block in allowed.step.around() if block.kind == "for_each"] if allowed.step is not None else []
        if root == "item" and loops:
            return "this item has a name of its own", f"write {item_name(loops[0].data)}"
        if root in ("item", "index"):
            return f"{root} exists only inside for_each", "use it in the steps of a loop"
        if root == "event":
            return "event exists only in the match of a wait", "the payload of the event is the step's result: steps.ID.result"
        if root == "iteration":
            return "iteration exists only inside a block with repeat", "use it in the steps of such a block, or in its until: or while:"
        names = (*ROOTS, *allowed.names())
        return f"there is no {root[:60]!r}", self.near(root, names) or f"there is: {', '.join(dict.fromkeys(names))}"

    def _env(self, names: tuple[str, ...]) -> Wrong | None:
        values = self._outline.mapping("env")
        if len(names) > 1 and names[1] not in values:
            return f"there is no {names[1][:60]!r} in the workflow's env", self.near(names[1], values)
        named = [values[names[1]]] if len(names) > 1 else list(values.values())
        if any(isinstance(value, str) and OPEN in value for value in named):
            return "this value of env is made by an expression and cannot be used in another one", "use what it is made of"
        return None

    def _result(self, names: tuple[str, ...], allowed: Allowed) -> Wrong | None:
        if not allowed.result:
            return "result is the step's own value and exists only in its outputs", "write steps.ID.result"
        step = allowed.step
        if allowed.answer and step is not None and KINDS[step.kind].is_asked:
            noun = "a gate alone" if step.kind == "gate" else f"a {step.kind}"
            return f"{noun} has no result to make outputs from", f"the answer is in steps.{step.id or 'ID'}.decision"
        if step is None or step.kind != "for_each":
            return None
        if names[1:2] == ("items",):
            return self._items(step, names[2:], "result")
        return self._among(_until_item(names), ("items",), "result")

    def _previous(self, names: tuple[str, ...], allowed: Allowed) -> Wrong | None:
        step = allowed.step
        if step is None:
            if self._outline.root.type in CHAINED:
                return "there is no previous step here", "name the step: steps.ID.output"
            return f"in a {self._outline.root.type} workflow there is no previous step", "name the step: steps.ID.output"
        while True:
            within, owner = step.within, step.within.owner
            if within.type not in CHAINED:
                where = "workflow" if owner is None else "block"
                return f"in a {within.type} {where} there is no previous step", "name the step: steps.ID.output"
            if not within.whole[step.position]:
                return "the step before may still be running beside this one, because of its needs", "name the step: steps.ID.output"
            before = within.action_before[step.position]
            if before is not None or owner is None:
                break
            step = owner
        if not step.position:
            return "this is the first step, so there is no previous one", ""
        return self._fields(before, names[1:], "previous") if before is not None else self._among(names, STEP_FIELDS, "previous")

    def _step_reference(self, names: tuple[str, ...], allowed: Allowed) -> Wrong | None:
        if not allowed.steps:
            return "values of steps cannot be used here", "use them in the env of a step"
        if len(names) == 1 or names[1] == AN_ITEM:
            return "the step must be named: steps.ID", ""
        target = self._outline.by_id.get(names[1])
        if target is None:
            return f"there is no step {names[1][:60]!r}", self.near(names[1], self._outline.by_id)
        return self._order(target, names, allowed) or self._fields(target, names[2:], f"steps.{target.id}")

    def _order(self, target: StepOutline, names: tuple[str, ...], allowed: Allowed) -> Wrong | None:
        """Whether a step is seen from a place, and always over before it."""
        step = allowed.step
        if not self._acyclic or (step is not None and not step.id):
            return None
        home = target.outermost
        if home.handler and (step is None or step.outermost is not home):
            return f"step {target.id!r} runs when everything else is over, as a handler", "use it in that handler only"
        if step is None:
            return None if target.within is self._outline.root else _inside_block(target, None)
        if allowed.inside and target.within.owner is step:
            return None
        anchor = next((around for around in (step, *step.around()) if around.within is target.within), None)
        if anchor is None and step.outermost.handler and target.within is self._outline.root:
            return None
        if anchor is None:
            return _inside_block(target, step)
        if target.id == step.id:
            return _own(target, names, allowed)
        if target is anchor:
            own = names[2:3] == ("decision",)
            return None if own else (f"step {target.id!r} is not over yet here", "this place is inside it; use values of the steps in it")
        within = target.within
        if within.comes_before(target.position, anchor.position):
            return None
        message = f"step {target.id!r} is not always over before step {anchor.id!r} starts"
        if within.type in CHAINED:
            return message, "use steps that come earlier"
        return message, f"add needs: [{target.id}]{'' if anchor is step else f' to step {anchor.id!r}'}"

    def _fields(self, target: StepOutline, fields: tuple[str, ...], owner: str) -> Wrong | None:
        """What is wrong with the names after a step."""
        if fields[:1] == ("items",) and target.kind == "for_each":
            return self._items(target, fields[1:], owner)
        fields = _until_item(fields)
        wrong = self._among(("", *fields), target.fields, owner)
        if wrong is None and fields[:1] == ("decision",):
            return self._decision(target, fields, owner)
        return wrong

    def _items(self, loop: StepOutline, rest: tuple[str, ...], owner: str) -> Wrong | None:
        """What is wrong with the names after the items of a loop."""
        if not rest:
            return None
        if rest[0] != AN_ITEM:
            return f"{owner}.items is a list, one item after another", f"write {owner}.items[0]"
        inner = loop.lists[0].by_id if loop.lists else {}
        if len(rest) > 1 and rest[1] in inner:
            return self._fields(inner[rest[1]], rest[2:], f"{owner}.items[0].{rest[1]}")
        return self._among(("", *_until_item(rest[1:2])), (*ITEM_FIELDS, *inner), f"{owner}.items[0]")

    def _decision(self, target: StepOutline, fields: tuple[str, ...], owner: str) -> Wrong | None:
        declared = target.form
        if declared is None:
            return f"step {target.id!r} has no gate, so there is no decision", ""
        wrong = self._among(fields, DECISION_FIELDS, f"{owner}.decision")
        if wrong is None and len(fields) > 2 and fields[1] == "form":
            whose = f"the form of {target.id}"
            return self._among(fields[1:], tuple(declared), whose) or self._inside_field(fields[2:], declared, whose)
        return wrong

    def _inside_field(self, names: tuple[str, ...], fields: Mapping[str, Any], owner: str) -> Wrong | None:
        """What is wrong with the names after a field whose own fields are declared."""
        declared = _declared(names, fields.get(names[0]), owner)
        return next((wrong for one in declared if (wrong := self._among(*one))), None)

    def _among(self, names: tuple[str, ...], known: tuple[str, ...], owner: str) -> Wrong | None:
        if len(names) < 2 or names[1] in known:
            return None
        return f"{owner} has no {names[1][:60]!r}", self.near(names[1], known) or f"it has: {', '.join(known[:40])}"


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


def _until_item(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of a path before its first index."""
    return names[: names.index(AN_ITEM)] if AN_ITEM in names else names


def _inside_block(target: StepOutline, step: StepOutline | None) -> Wrong:
    """A step that stands in a block and is named from outside of it."""
    lists: list[ListOutline] = [] if step is None else [step.within, *(around.within for around in step.around())]
    way = list(target.around())
    block = next((around for around in way if around.within in lists), way[-1])
    if step is not None and block is step:
        hint = "its outputs may use result.items" if block.kind == "for_each" else "its outputs may use them"
        return f"the steps of block {block.id!r} are not over yet here", hint
    if step is not None and block in step.around():
        return f"step {target.id!r} stands in another branch of {block.id!r}", "only one branch of a switch is taken"
    if block.kind == "for_each":
        inner = way[way.index(block) - 1].id if block is not way[0] else target.id
        hint = f"write steps.{block.id}.items[0].{inner}"
    else:
        hint = f"give {block.id!r} outputs: that use it, and write steps.{block.id}.outputs.NAME"
    return f"step {target.id!r} stands in block {block.id!r} and is not seen from outside of it", hint


def _own(step: StepOutline, names: tuple[str, ...], allowed: Allowed) -> Wrong | None:
    """The answer of a step's own gate is known to its action, and nothing else of the step is known to itself."""
    if names[2:3] != ("decision",):
        hint = "use values of the steps in it" if allowed.round else "result, in outputs, is the step's own value"
        return f"step {step.id!r} cannot use its own values here", hint
    if allowed.answer:
        return None
    why = "its condition, its gate and where its preview runs come before the answer"
    return f"the answer of {step.id!r} is not known here", f"use it in what runs after the answer; {why}"


def missing_by_silence(gate: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """What an answer by silence does not have of what an expression uses of it; empty when it has all."""
    if names[:1] in (("by",), ("comment",)):
        return f"decision.{names[0]} is empty"
    form = gate.get("form")
    field = form.get(names[1]) if isinstance(form, dict) and len(names) > 1 and names[0] == "form" else None
    without = isinstance(field, dict) and field.get("default") is None
    return f"decision.form.{names[1]} is null, since the field has no default" if without else ""
