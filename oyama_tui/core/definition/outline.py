"""What a definition declares, gathered from its data before anything is known to be sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from oyama_tui.core.definition.document import Document
from oyama_tui.core.definition.kinds.task import TASK
from oyama_tui.core.definition.step import KINDS, kind_of
from oyama_tui.core.definition.workflow import HANDLERS

CHAINED: Final = ("sequential", "conditional")
DataPath = tuple[str | int, ...]


def written_lists(kind: str, step: Mapping[str, Any]) -> Iterator[tuple[DataPath, dict[str, Any], list[Any]]]:
    """Walk over the lists of steps that are written in a step.

    Args:
        kind: The kind of the step.
        step: Its data, sound or not.

    Yields:
        The path of the list inside the step, the map that it stands in, and the list.
    """
    for keys in KINDS[kind].list_keys:
        yield from _written(step, keys, ())


def _written(value: Any, keys: tuple[str | None, ...], path: DataPath) -> Iterator[tuple[DataPath, dict[str, Any], list[Any]]]:
    key, *rest = keys
    if key is None:
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from _written(item, tuple(rest), (*path, index))
    elif isinstance(value, dict) and rest:
        yield from _written(value.get(key), tuple(rest), (*path, key))
    elif isinstance(value, dict) and isinstance(value.get(key), list):
        yield (*path, key), value, value[key]


@dataclass(slots=True, eq=False)
class StepOutline:
    """What other steps may need to know of a step."""

    path: DataPath
    """Where it stands in the file."""
    id: str
    kind: str
    data: Mapping[str, Any]
    gate: Mapping[str, Any] | None
    within: ListOutline
    """The list that it stands in."""
    position: int
    """Its place there, counted without what is no step."""
    lists: tuple[ListOutline, ...] = ()
    """The lists of steps that it consists of."""

    @property
    def is_block(self) -> bool:
        """It consists of steps."""
        return KINDS[self.kind].is_block

    @property
    def form(self) -> Mapping[str, Any] | None:
        """The fields of what a person is asked; none when nobody is asked."""
        asks = self.gate if self.kind != TASK.name else self.data
        form = None if asks is None else asks.get("form")
        return None if asks is None else form if isinstance(form, dict) else {}

    @property
    def fields(self) -> tuple[str, ...]:
        """What `steps.x` has of it."""
        return (*STATUS_FIELDS, *KINDS[self.kind].values, "error", "decision")

    @property
    def outermost(self) -> ListOutline:
        """The list that it stands in, or that the blocks around it stand in: the workflow's own, or one of a handler."""
        return next((block.within for block in reversed(list(self.around()))), self.within)

    def around(self) -> Iterator[StepOutline]:
        """The blocks that it stands in, innermost first."""
        owner = self.within.owner
        while owner is not None:
            yield owner
            owner = owner.within.owner


STATUS_FIELDS: Final = ("status", "succeeded", "failed", "skipped", "rejected")


@dataclass(eq=False)
class ListOutline:
    """A list of steps that follow each other: that of the workflow, or one in a block."""

    path: DataPath
    """Where it stands in the file."""
    type: str
    """How its steps follow each other."""
    owner: StepOutline | None
    """The block that it belongs to; none for the workflow's own."""
    names: tuple[str, ...] = ()
    """What expressions in it may use besides what those around it may."""
    handler: str = ""
    """The end of the run that it is there for; empty for all lists but those of handlers."""
    steps: list[StepOutline] = field(default_factory=list)
    by_id: dict[str, StepOutline] = field(default_factory=dict)

    @cached_property
    def needs(self) -> list[tuple[int, ...]]:
        """For each step the positions of those that must be settled before; those that are written wrongly are passed over."""
        return [self._needs_of(step) for step in self.steps]

    def _needs_of(self, step: StepOutline) -> tuple[int, ...]:
        written = step.data.get("needs")
        if isinstance(written, list):
            named = (self.by_id.get(need) for need in written if isinstance(need, str))
            return tuple(need.position for need in named if need is not None)
        return (step.position - 1,) if self.type in CHAINED and step.position else ()

    @cached_property
    def action_before(self) -> list[StepOutline | None]:
        """For each step the nearest one written before it that is no gate: what `previous` speaks of."""
        found: list[StepOutline | None] = []
        nearest: StepOutline | None = None
        for step in self.steps:
            found.append(nearest)
            nearest = step if step.kind != "gate" else nearest
        return found

    @cached_property
    def whole(self) -> list[bool]:
        """For each step, whether all steps written before it must be settled before it."""
        whole: list[bool] = []
        for position, needs in enumerate(self.needs):
            whole.append(position == 0 or (whole[position - 1] and position - 1 in needs))
        return whole

    @cached_property
    def _ancestors(self) -> list[int]:
        """For each step a set of bits: those of the steps that must be settled before it. Needs must have no cycle."""
        bits = [0] * len(self.steps)
        open_needs = [len(set(needs)) for needs in self.needs]
        dependents: list[list[int]] = [[] for _ in self.steps]
        for position, needs in enumerate(self.needs):
            for need in set(needs):
                dependents[need].append(position)
        ready = [position for position, count in enumerate(open_needs) if count == 0]
        while ready:
            position = ready.pop()
            for need in self.needs[position]:
                bits[position] |= bits[need] | (1 << need)
            for dependent in dependents[position]:
                open_needs[dependent] -= 1
                if open_needs[dependent] == 0:
                    ready.append(dependent)
        return bits

    def depends_on(self, step: int, target: int) -> bool:
        """Whether one step needs another, directly or through others. Needs must have no cycle."""
        return bool(self._ancestors[step] >> target & 1)

    def comes_before(self, target: int, step: int) -> bool:
        """Whether one step is always settled before another starts.

        Args:
            target: The position that should come first.
            step: The position that should come later.
        """
        if target in self.needs[step] or (self.whole[step] and target < step):
            return True
        return self.depends_on(step, target)


class DefinitionOutline:
    """The names and the order that a definition declares.

    Args:
        document: The document; its data is a map.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.data: Mapping[str, Any] = document.data
        self.steps: list[StepOutline] = []
        """All steps, those in blocks too, in the order of the file."""
        self.by_id: dict[str, StepOutline] = {}
        self.root = ListOutline(("steps",), str(self.data.get("type", "sequential")), None)
        self.lists: list[ListOutline] = []
        """All lists of steps, the outer ones before those in them."""
        listed = self.data.get("steps")
        self._fill(self.root, listed if isinstance(listed, list) else [])
        handlers = self.mapping("handlers")
        for name in HANDLERS:
            written = handlers.get(name)
            self._fill(ListOutline(("handlers", name), "sequential", None, handler=name), written if isinstance(written, list) else [])

    def _fill(self, steps: ListOutline, written: list[Any]) -> None:
        self.lists.append(steps)
        for index, data in enumerate(written):
            if isinstance(data, dict):
                self._add(steps, index, data)

    def _add(self, steps: ListOutline, index: int, data: Mapping[str, Any]) -> None:
        gate = data.get("gate")
        asks = {"title": gate} if isinstance(gate, str) else gate if isinstance(gate, dict) else None
        step_id, kind = data.get("id"), kind_of(data)
        path, name = (*steps.path, index), step_id if isinstance(step_id, str) else ""
        step = StepOutline(path, name, kind, data, asks, steps, len(steps.steps))
        steps.steps.append(step)
        self.steps.append(step)
        if name:
            steps.by_id.setdefault(name, step)
            first = self.by_id.setdefault(name, step)
            if first is not step:
                line = self.document.root.at((*first.path, "id")).line
                self.document.add((*path, "id"), f"a step {name!r} exists already", f"the first one is in line {line}")
        names = KINDS[step.kind].names
        for keys, holder, written in written_lists(step.kind, data):
            order = "parallel" if keys[-1] == "parallel" else str(holder.get("type", "sequential"))
            inner = ListOutline((*path, *keys), order, step, names(data))
            step.lists = (*step.lists, inner)
            self._fill(inner, written)

    @cached_property
    def compensations(self) -> list[StepOutline]:
        """What undoes steps: each looks like a step in the place of the one that it undoes."""
        found: list[StepOutline] = []
        for step in self.steps:
            written = step.data.get("compensate")
            if isinstance(written, dict):
                secrets = sorted(_texts_of(step.data.get("secrets")) | _texts_of(written.get("secrets")))
                data = {**written, "secrets": secrets} if secrets else written
                found.append(replace(step, path=(*step.path, "compensate"), kind=kind_of(written), data=data, gate=None, lists=()))
        return found

    def mapping(self, key: str) -> Mapping[str, Any]:
        """A map of the workflow; empty when it is none."""
        value = self.data.get(key)
        return value if isinstance(value, dict) else {}

    @cached_property
    def context_names(self) -> frozenset[str]:
        """Variables that exist at the start or that some step sets."""
        names = set(self.mapping("context"))
        for step in self.steps:
            values = step.data.get("set")
            names.update(values if isinstance(values, dict) else ())
        return frozenset(names)

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The secrets that the workflow declares."""
        return _texts_of(self.data.get("secrets"))

    def may_use_secret(self, name: str, step: StepOutline | None) -> bool:
        """Whether the workflow, or this step, declares a secret."""
        return name in self.secrets or (step is not None and name in _texts_of(step.data.get("secrets")))


def _texts_of(value: Any) -> frozenset[str]:
    return frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
