"""JSON in a column of text."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator


class Unreadable:
    """What a column of JSON holds when it is none: no view takes it, so that its row is told as damaged.

    Args:
        text: What stands there.
    """

    def __init__(self, text: object) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"no JSON: {self.text!r}"


class JsonText(TypeDecorator[Any]):
    """JSON in a column of type TEXT: in one of type JSON, SQLite would turn a lone number into another one (1.0 into 1)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """To the column."""
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """From the column."""
        try:
            return None if value is None else json.loads(value)
        except (ValueError, TypeError, RecursionError):
            return Unreadable(value)
