"""Kinds of columns that several tables have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Integer, LargeBinary, Text
from sqlmodel import Field

from oyama_tui.store.json_text import JsonText


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
