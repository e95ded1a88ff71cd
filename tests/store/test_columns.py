"""What queries know of the tables is what the models say."""

from __future__ import annotations

import subprocess
import sys

import sqlalchemy as sa

from oyama_tui.store import columns
from oyama_tui.store.schema import schema

LOADED = """
import sys
from oyama_tui.studio import service
models = {"sqlmodel", "alembic", "sqlalchemy.orm", "oyama_tui.store.tables"}
print(*sorted(models.intersection(sys.modules)))
"""


def described(table: sa.FromClause) -> list[tuple[str, str]]:
    """The columns in their order, and what they hold; SQLModel has a name of its own for text."""
    return [(column.name, type(column.type).__name__.replace("AutoString", "Text")) for column in table.columns]


def test_every_table_has_the_columns_of_its_model_in_their_order() -> None:
    known = {table.name: described(table) for table in vars(columns).values() if isinstance(table, sa.TableClause)}
    said = {table.name: described(table) for table in schema().tables.values()}
    assert known == {name: said[name] for name in known}
    assert said.keys() - known.keys() == {"api_requests", "row_counts"}, "these are read by text of their own"


def test_models_are_loaded_only_where_a_schema_is_made_or_checked() -> None:
    loaded = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == ""
