"""Definitions as a revision keeps them: how they are read back, whatever format they were written in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, Final

from oyama_tui.core.definition import Workflow
from oyama_tui.core.definition.workflow import FORMAT
from oyama_tui.core.errors import CorruptJournal
from oyama_tui.store.damage import DAMAGE, legible
from oyama_tui.store.encoding import json_text

DEFINITION_UPCASTERS: Final[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}
"""For a format of definitions: how content of it becomes content of the next, its own defaults written out."""


def read_definition(content: str, revision: str) -> Workflow:
    """Read the content of a revision, and make sure that it is the one that its name stands for.

    Raises:
        CorruptJournal: It was changed, or cannot be read.
    """
    hint = "Something else than Oyama has changed it; run `oyama verify`, and restore a copy from before."
    try:
        if hashlib.sha256(content.encode()).hexdigest()[:16] != revision:
            raise CorruptJournal(f"The revision {legible(revision)} of a workflow was changed.", hint)
        return Workflow.model_validate_json(_of_today(content))
    except DAMAGE as error:
        raise CorruptJournal(f"The revision {legible(revision)} of a workflow cannot be read.", hint) from error


def _of_today(content: str) -> str:
    """The content of a revision in the format of today, with the defaults of its own format written out where they differ."""
    found = json.loads(content) if FORMAT > 1 or content.startswith('{"format":') else None
    if found is None:
        return content
    for number in range(found.pop("format", 1), FORMAT):
        found = DEFINITION_UPCASTERS[number](found)
    return json_text(found)
