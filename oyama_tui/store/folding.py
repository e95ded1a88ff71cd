"""Text without its cases, for SQLite, which itself knows those of ASCII alone."""

from __future__ import annotations

import sqlite3

from oyama_tui.core.text import folded

Value = str | bytes | int | float | None
"""What a column may hold."""


def add_folding(connection: sqlite3.Connection) -> None:
    """Give a connection the function `folded`, which makes of text what `core.text.folded` does."""
    connection.create_function("folded", 1, _folded, deterministic=True)


def _folded(value: Value) -> Value:
    return folded(value) if isinstance(value, str) else value
