"""What `--json` prints has the fields that its page names, no more and no fewer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.json_reference import SHAPES, fields_of, page
from tests.cli.program import GATED, LINEAR, ROOT, Oyama


def same(shape: str, document: dict[str, Any], *, without: frozenset[str] = frozenset()) -> None:
    assert set(document) == set(fields_of(shape)) - without, shape


def test_the_page_about_json_is_written_from_the_views() -> None:
    assert (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("shape", SHAPES)
def test_every_field_has_a_meaning(shape: str) -> None:
    assert [name for name, meaning in fields_of(shape).items() if not meaning] == []


def test_documents_have_the_fields_that_the_page_names(oyama: Oyama) -> None:
    gated, linear = oyama.file("gated.yaml", GATED), oyama.file("linear.yaml", LINEAR)
    run = oyama("run", gated, "--no-wait", "--json", code=5).json()
    same("Whole run", run, without=frozenset({"approvals"}))
    same("Node", run["nodes"][0])
    whole = oyama("show", "gated@latest", "--json", code=0).json()
    same("Whole run", whole)
    assert (whole["status"], whole["state"]) == ("waiting", "running")
    [asked] = oyama("approvals", "--json", code=0).json()
    same("Approval", asked)
    card = oyama("approvals", "--show", asked["id"], "--json", code=0).json()
    same("Card", card)
    same("Checked step", card["checked"][0])
    same("Decision", oyama("reject", asked["id"], "-m", "no", "--json", code=0).json())
    same("Vote", oyama("approvals", "--show", asked["id"], "--json", code=0).json()["votes"][0])
    same("Run", oyama("cancel", "gated@latest", "--json", code=0).json())
    lines = oyama("run", linear, "--jsonl", code=0).out.splitlines()
    for line in lines:
        same("Event", json.loads(line))
    for words, shape in (
        (("list",), "Workflow"),
        (("runs",), "Run"),
        (("logs", "linear@latest"), "Attempt"),
        (("history",), "Past run"),
        (("run", linear, "--dry-run"), "Planned step"),
        (("verify",), "Finding"),
        (("doctor",), "Finding"),
        (("config",), "Setting"),
    ):
        documents = oyama(*words, "--json").json()
        assert documents, words
        for document in documents:
            same(shape, document)
    plan = oyama("fork", "linear@latest", "--plan", "--json", code=0).json()
    same("Fork plan", plan)
    same("Fork step", plan["steps"][0])
    same("Fork link", oyama("fork", "linear@latest", "--yes", "--json", code=0).json()["fork_of"])
    same("Run file", oyama("export", "linear@latest", "-o", "r.oyamarun", "--json", code=0).json())
    same("Imported run", oyama("import", "r.oyamarun", "--json", code=0).json())
    same("Backup", oyama("backup", "copy.db", "--json", code=0).json())
    same("Checked definition", oyama("validate", linear, "--json", code=0).json())
    same("Error", json.loads(oyama("show", "nothing", "--json", code=4).err))


def test_a_rejected_run_is_called_so_and_its_state_is_the_tables_word(oyama: Oyama) -> None:
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    [asked] = oyama("approvals", "--json", code=0).json()
    oyama("reject", asked["id"], "-m", "no", code=0)
    oyama("resume", "gated@latest", code=6)
    for words in (("show", "gated@latest"), ("runs",), ("history", "status:rejected")):
        found = oyama(*words, "--json", code=0).json()
        [row] = found if isinstance(found, list) else [found]
        assert (row["status"], row["state"]) == ("rejected", "failed")
    [workflow] = oyama("list", "--json", code=0).json()
    assert (workflow["status"], workflow["state"]) == ("rejected", "failed")
    assert oyama("history", "status:failed", "--json", code=0).json() == []
