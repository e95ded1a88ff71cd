"""The whole schema, as the models say it."""

from __future__ import annotations

import sqlalchemy as sa


def schema() -> sa.MetaData:
    """All tables with their keys, indexes and defaults; the models are loaded when somebody asks for the first time."""
    from sqlmodel import SQLModel

    from oyama_tui.store import kept_tables, tables  # noqa: F401

    return SQLModel.metadata
