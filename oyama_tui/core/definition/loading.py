"""How a file becomes a workflow: read, checked by the models, then by the rules; all problems at once, with their places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from oyama_tui.core.definition import ordering, rules
from oyama_tui.core.definition.document import Document, Finding
from oyama_tui.core.definition.outline import DefinitionOutline
from oyama_tui.core.definition.preparing import prepared
from oyama_tui.core.definition.reading import read_document
from oyama_tui.core.definition.references import ReferenceCheck
from oyama_tui.core.definition.undoing import check_undoing
from oyama_tui.core.definition.validation import validated
from oyama_tui.core.definition.workflow import RESERVED_IDS, Workflow
from oyama_tui.core.errors import InvalidDefinition, Problem

Look = Callable[[str, Mapping[str, Any]], Iterable[Finding]]
"""Looks at a step: its kind and its data."""
_UNFIT: Final = re.compile(r"[^a-z0-9_]+")


def default_id(file: str) -> str:
    """The id of a workflow whose file does not say: the file's name made fit.

    Args:
        file: A path or another name.
    """
    stem = file.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    for ending in (".yaml", ".yml"):
        stem = stem.removesuffix(ending)
    fit = _UNFIT.sub("-", stem.lower()).strip("-_").lstrip("0123456789-_")[:64].rstrip("-_")
    return f"{fit}-workflow" if fit in RESERVED_IDS else fit or "workflow"


def load_workflow(text: str, file: str) -> Workflow:
    """Read a definition.

    Args:
        text: YAML.
        file: What messages call it; the id defaults to its stem.

    Raises:
        InvalidDefinition: With all its problems, in the order of the file.
    """
    return load_with_warnings(text, file)[0]


def load_with_warnings(text: str, file: str, look: Look | None = None) -> tuple[Workflow, tuple[Problem, ...]]:
    """Read a definition, and say what is doubtful in it.

    Args:
        text: YAML.
        file: What messages call it; the id defaults to its stem.
        look: Finds more in a step, by its kind and its data: what only the machine knows on which it is to run.

    Returns:
        The workflow, and warnings in the order of the file.

    Raises:
        InvalidDefinition: With all its problems, in the order of the file.
    """
    document = read_document(text, file)
    data = prepared(document)
    if data is None:
        raise InvalidDefinition(document.sorted_problems())
    data.setdefault("id", default_id(file))
    _apply_rules(document, str(data["id"]), look)
    workflow = validated(document, data)
    if workflow is None or document.problems:
        raise InvalidDefinition(document.sorted_problems())
    return workflow, tuple(document.warnings[spot] for spot in sorted(document.warnings))


def _apply_rules(document: Document, workflow_id: str, look: Look | None) -> None:
    outline = DefinitionOutline(document)
    rules.check_ids(outline, workflow_id)
    acyclic = ordering.check_needs(outline)
    if acyclic:
        ordering.check_going_back(outline)
    ReferenceCheck(outline, acyclic=acyclic).run()
    rules.check_steps(outline)
    check_undoing(outline)
    rules.check_numbers(outline)
    for step in outline.steps:
        for finding in look(step.kind, step.data) if look is not None else ():
            note = document.add if finding.fatal else document.warn
            note((*step.path, *finding.place), finding.message, finding.hint)
