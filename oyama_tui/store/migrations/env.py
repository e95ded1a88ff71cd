"""How alembic runs the migrations: over the connection, and in the transaction, of whoever asks for them."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from oyama_tui.store import kept_tables as _kept  # noqa: F401
from oyama_tui.store import tables as _models  # noqa: F401

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata, render_as_batch=True)
context.run_migrations()
