"""Runs of blocks from the command line: what is told, and when a command comes back."""

from __future__ import annotations

import json

from tests.cli.program import Oyama

LOOP = """
id: fan
inputs: {hosts: {type: list, default: [web, db]}}
steps:
  - id: each
    for_each: {items: "${{ inputs.hosts }}", as: host, concurrency: 2}
    steps:
      - {id: copy, run: ["echo", "copy to ${{ host }}"]}
      - {id: apply, gate: "Apply on ${{ host }}?", run: ["echo", "applied ${{ host }}"]}
  - {id: end, run: ["echo", "${{ steps.each.items.map(i, i.apply.output) }}"]}
"""


def test_a_run_whose_items_ask_waits_for_people_and_says_which_items(oyama: Oyama) -> None:
    file = oyama.file("fan.yaml", LOOP)
    told = oyama("run", file, "--no-wait", code=5)
    assert "each[0].copy" in told.out
    assert "each[1].copy" in told.out
    assert "Apply on web?" in told.out
    assert "Apply on db?" in told.out
    asked = oyama("approvals", "--json", code=0).json()
    assert sorted(approval["title"] for approval in asked) == ["Apply on db?", "Apply on web?"]
    for approval in asked:
        oyama("approve", approval["id"], "--yes", code=0)
    oyama("resume", "fan@latest", code=0)
    run = oyama("show", "fan@latest", "--json", code=0).json()
    assert run["status"] == "completed"
    keys = [(node["key"], node["status"], node["depth"]) for node in run["nodes"]]
    assert ("each", "completed", 0) in keys
    assert ("each[1]", "completed", 1) in keys
    assert ("each[1].apply", "completed", 2) in keys
    assert ("each[1].apply.gate", "completed", 3) in keys
    counts = next(node["counts"] for node in run["nodes"] if node["key"] == "each")
    assert counts == {"total": 2, "completed": 2, "failed": 0, "running": 0, "asking": 0, "cancelled": 0}
    logs = oyama("logs", "fan@latest", "--step", "each[1].apply", code=0)
    assert "applied db" in logs.out
    whole = oyama("logs", "fan@latest", "--step", "end", code=0)
    assert json.loads(whole.out.strip().splitlines()[-1]) == ["applied web", "applied db"]


def test_show_indents_what_is_in_a_block(oyama: Oyama) -> None:
    oyama("run", oyama.file("fan.yaml", LOOP), "--no-wait", code=5)
    lines = oyama("show", "fan@latest", code=0).out.splitlines()
    assert any(line.startswith("each ") and "0 of 2 done, 2 under way" in line for line in lines)
    assert any(line.startswith("  web ") for line in lines)
    assert any(line.startswith("    apply ") for line in lines)
    assert any(line.startswith("      its gate ") and "asks a person" in line for line in lines)
