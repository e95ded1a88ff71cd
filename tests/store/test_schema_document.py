from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from oyama_tui.store import columns
from oyama_tui.store.json_text import JsonText
from oyama_tui.store.queries import approvals, history, runs, system, workflows
from oyama_tui.store.schema import schema

DOCUMENT = Path(__file__).parents[2] / "docs" / "DATABASE_SCHEMA.md"


def sections() -> dict[str, str]:
    """The text about each table, by its name."""
    text = DOCUMENT.read_text().partition("## Tables")[2].partition("## Reading it yourself")[0]
    parts = re.split(r"^### `(\w+)`$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_table_and_column_is_described_in_its_order_and_no_other() -> None:
    found = {name: re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE) for name, text in sections().items()}
    assert found == {table.name: [column.name for column in table.columns] for table in schema().tables.values()}


def test_every_index_is_described_with_its_columns() -> None:
    documented = sections()
    for table in schema().tables.values():
        for index in table.indexes:
            columns = ", ".join(column.name for column in index.columns)
            assert f"`{index.name}` ({columns}" in documented[table.name], index.name


def test_fields_of_the_api_are_the_columns_in_camel_case_or_named_otherwise() -> None:
    renamed = {"id", "key", "run", "node", "name", "value", "inputs", "content", "principal", "approval_id", "verdict", "form"}
    for name, text in sections().items():
        for column, field in re.findall(r"^\| `(\w+)` \|.*\| `(\w+)`[^|]*\|$", text, flags=re.MULTILINE):
            if column in renamed:
                continue
            words = column.removesuffix("_ms" if field in ("duration", "humanWait") else "").split("_")
            assert field == words[0] + "".join(word.capitalize() for word in words[1:]), (name, column)


def test_types_of_columns_are_those_of_the_tables() -> None:
    words = {JsonText: "JSON", sa.LargeBinary: "blob", sa.Boolean: "boolean", sa.Float: "real", sa.Integer: "integer"}
    documented = sections()
    for table in schema().tables.values():
        for column in table.columns:
            [said] = re.findall(rf"^\| `{column.name}` \| (\w+)", documented[table.name], flags=re.MULTILINE)
            assert said == next((word for kind, word in words.items() if isinstance(column.type, kind)), "text"), column


def test_every_query_that_is_named_exists() -> None:
    text = DOCUMENT.read_text().partition("| module | answers |")[2].partition("Lists are paged")[0]
    modules = {"workflows": workflows, "runs": runs, "approvals": approvals, "history": history, "system": system}
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", text, flags=re.MULTILINE)
    assert {name for name, _ in rows} == modules.keys()
    for name, answers in rows:
        for function in re.findall(r"`(\w+)`", answers):
            assert callable(getattr(modules[name], function)), function


def test_schema_version_is_named() -> None:
    assert f"`PRAGMA user_version` is the schema, {columns.SCHEMA_VERSION} in this version" in " ".join(DOCUMENT.read_text().split())
