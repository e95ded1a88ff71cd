"""What a workflow needs that is not installed here."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.kind import StepKind
from oyama_tui.core.definition.step import KINDS, kind_of
from oyama_tui.core.errors import MissingPart


def lacking_for(kind: StepKind[Any]) -> MissingPart | None:
    """What a kind of step needs and does not find; none when it has all.

    Args:
        kind: The kind.
    """
    if kind.needs is None or find_spec(kind.needs[0]) is not None:
        return None
    module, what = kind.needs
    return MissingPart(f"Steps of kind {kind.name} need {module}, which is not installed.", f"Run: pip install '{what}'")


def lacking(workflow: Workflow) -> Iterator[tuple[int, MissingPart]]:
    """Each step that cannot be carried out here, by its place in the definition, and why.

    Args:
        workflow: The definition.
    """
    for index, step in enumerate(workflow.steps):
        found = lacking_for(KINDS[kind_of(step)])
        if found is not None:
            yield index, found
