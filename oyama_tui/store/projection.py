"""The rows of one append, as they are collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from oyama_tui.store.columns import INLINE_LIMIT
from oyama_tui.store.encoding import json_text
from oyama_tui.store.statements import Row


@dataclass(slots=True)
class Projection:
    """The rows of one append, by statement."""

    run: int
    workflow_id: str
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, statement: str, **row: Any) -> None:
        """Note one execution of a statement, by its named parameters."""
        self.rows.setdefault(statement, []).append(row)


def inline(value: JsonValue, empty: JsonValue = None) -> str | None:
    """A value as JSON text for a row; none when it is empty or too large, and then stands only in its event."""
    return None if value == empty or value is None else short_json(value)


def short_json(value: JsonValue) -> str | None:
    """A value as JSON text for a row, null as `null`; none when it is too large, and then stands only in its event."""
    text = json_text(value)
    return text if len(text) <= INLINE_LIMIT else None


def short(output: str) -> str | None:
    """A text for a row; none when it is too large, and then stands only in its event."""
    return output if len(output) <= INLINE_LIMIT else None
