"""What a definition declares, gathered from its data before anything is known to be sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from oyama_tui.core.definition.document import Document
from oyama_tui.core.definition.step import kind_of

CHAINED: Final = ("sequential", "conditional")


@dataclass(frozen=True, slots=True)
class StepOutline:
    """What other steps may need to know of a step."""

    index: int
    id: str
    kind: str
    data: Mapping[str, Any]
    gate: Mapping[str, Any] | None


class DefinitionOutline:
    """The names and the order that a definition declares.

    Args:
        document: The document; its data is a map.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.data: Mapping[str, Any] = document.data
        self.type = str(self.data.get("type", "sequential"))
        self.steps: list[StepOutline] = []
        self.by_id: dict[str, StepOutline] = {}
        listed = self.data.get("steps")
        for index, step in enumerate(listed if isinstance(listed, list) else []):
            self._add(index, step)
        self.needs = [self._needs_of(position) for position in range(len(self.steps))]

    def _add(self, index: int, step: Any) -> None:
        if not isinstance(step, dict):
            return
        step_id = step.get("id")
        gate = step.get("gate")
        asks = {"title": gate} if isinstance(gate, str) else gate if isinstance(gate, dict) else None
        outline = StepOutline(index, step_id if isinstance(step_id, str) else "", kind_of(step), step, asks)
        self.steps.append(outline)
        if not outline.id:
            return
        first = self.by_id.setdefault(outline.id, outline)
        if first is not outline:
            line = self.document.root.at(("steps", first.index, "id")).line
            self.document.add(("steps", index, "id"), f"a step {outline.id!r} exists already", f"the first one is in line {line}")

    def _needs_of(self, position: int) -> tuple[int, ...]:
        """Positions of the steps that must be settled before; those that are written wrongly are passed over."""
        written = self.steps[position].data.get("needs")
        if isinstance(written, list):
            named = (self.by_id.get(need) for need in written if isinstance(need, str))
            return tuple(self._positions[need.id] for need in named if need is not None)
        return (position - 1,) if self.type in CHAINED and position else ()

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {outline.id: position for position, outline in reversed(list(enumerate(self.steps)))}

    def position(self, step_id: str) -> int:
        """The place of a step in the order of the file."""
        return self._positions[step_id]

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

    def comes_before(self, target: int, step: int) -> bool:
        """Whether one step is always settled before another starts.

        Args:
            target: The position that should come first.
            step: The position that should come later.
        """
        if target in self.needs[step] or (self.whole[step] and target < step):
            return True
        return bool(self._ancestors[step] >> target & 1)


def _texts_of(value: Any) -> frozenset[str]:
    return frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
