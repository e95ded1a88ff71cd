"""Kinds of columns that several tables have."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Column, Dialect, Integer, LargeBinary, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field


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


def seal() -> Any:
    """The column of a row's seal; null in rows that nobody has sealed."""
    return Field(default=None, sa_column=Column(LargeBinary, nullable=True))


def json_value() -> Any:
    """A column of JSON, null where there is none."""
    return Field(default=None, sa_column=Column(JsonText, nullable=True))


def text_value() -> Any:
    """A column of text that rows made before it have empty."""
    return Field(default="", sa_column=Column(Text, nullable=False, server_default=""))


def whole_number() -> Any:
    """A column of whole numbers that rows made before it have as 0."""
    return Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
