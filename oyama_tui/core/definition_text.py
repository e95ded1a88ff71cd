"""Definitions as text that people read."""

from __future__ import annotations

import json

import yaml

from oyama_tui.core.definition import Workflow
from oyama_tui.core.line_difference import lines_of, signed_lines


def definition_lines(one: Workflow, other: Workflow) -> tuple[str, ...]:
    """The lines in which two definitions differ, with some around them: each begins with `-`, `+` or a blank.

    Args:
        one: A definition.
        other: Another one.
    """
    before, now = lines_of(written_definition(one)), lines_of(written_definition(other))
    return tuple(signed_lines(before, now)) if before != now else ()


def written_definition(workflow: Workflow) -> str:
    """A definition as YAML, without what has the defaults of its format.

    Args:
        workflow: The definition.
    """
    text: str = yaml.safe_dump(json.loads(workflow.canonical()), sort_keys=False, allow_unicode=True, width=1_000_000)
    return text
