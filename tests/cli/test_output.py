from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from oyama_tui.core.definition.schema import json_schema
from tests.cli.program import GATED, LINEAR, Oyama

NASTY = r"""
id: nasty
name: "evil [/red]name"
steps:
  - id: speaks
    name: "[bold]step"
    run: printf 'a\033]0;title\007b\033[31mred\033[0m \033[2J [/red] \302\233x \342\200\256y\n'
"""


def with_rows(rows: Any) -> None:
    """Every object of a document has an id and a status."""
    listed = rows if isinstance(rows, list) else [rows]
    assert listed
    for row in listed:
        assert row["id"], row
        assert row["status"], row


def test_every_json_document_has_id_and_status(oyama: Oyama) -> None:
    gated, linear = oyama.file("gated.yaml", GATED), oyama.file("linear.yaml", LINEAR)
    with_rows(oyama("run", gated, "--no-wait", "--json", code=5).json())
    approval = oyama("approvals", "--json", code=0).json()
    with_rows(approval)
    assert approval[0]["run_id"].startswith("gated-")
    assert (approval[0]["step_id"], approval[0]["workflow_id"]) == ("publish", "gated")
    with_rows(oyama("run", linear, "--json", code=0).json())
    for words in (
        ["list"],
        ["runs"],
        ["show", "gated@latest"],
        ["logs", "linear@latest"],
        ["history"],
        ["verify"],
        ["doctor"],
        ["config"],
        ["validate", linear],
        ["init", "new"],
        ["approvals", "--show", approval[0]["id"]],
        ["pause", "gated@latest"],
        ["reject", "gated@latest", "--comment", "no"],
        ["cancel", "gated@latest"],
    ):
        told = oyama(*words, "--json")
        assert told.code == 0, (words, told.told)
        with_rows(told.json())
    printed = oyama("schema", code=0).json()
    assert printed == json_schema()
    assert printed["properties"]["steps"]["description"]


def test_words_for_people_go_to_the_right_stream(oyama: Oyama) -> None:
    for words in (["list"], ["runs"], ["history"], ["approvals"]):
        told = oyama(*words, code=0)
        assert told.out == ""
        assert told.err, words
        assert oyama(*words, "--json", code=0).json() == []
    assert "verify" in oyama("verify", "--help", code=0).out
    made = oyama("init", "ops", "--template", "release", code=0)
    assert (oyama.folder / "ops" / "release.yaml").is_file()
    assert "ops/release.yaml" in made.out
    assert "release.yaml" in oyama("list", code=0).out
    assert "is valid" in oyama("validate", "ops/release.yaml", code=0).out
    oyama("init", "ops", "--template", "release", code=7)


@pytest.mark.parametrize(
    "env", [{}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "GITHUB_ACTIONS": "true"}, {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}]
)
def test_text_from_outside_cannot_touch_the_terminal(oyama: Oyama, env: dict[str, str]) -> None:
    begin = oyama.fresh if "PYTHONIOENCODING" in env else oyama
    told = begin("run", oyama.file("nasty.yaml", NASTY), env=env, code=0)
    assert "[/red]" in told.out
    assert "[bold]step" in told.out
    printed = told.out + told.err
    for words in (["logs", "nasty@latest"], ["show", "nasty@latest"], ["list"], ["logs", "nasty@latest", "--json"]):
        printed += oyama(*words, env=env, code=0).out
    assert not set(printed) & set("\x1b\x07\x9b\u202e")


def test_an_error_sentence_is_made_safe_too(oyama: Oyama) -> None:
    told = oyama("show", "no\x1b[31msuch\x07run", code=4)
    assert "\x1b" not in told.err
    assert "\x07" not in told.err


def test_a_reader_that_stops_reading_is_no_trouble(oyama: Oyama) -> None:
    lines = "id: long\nsteps:\n  - id: many\n    run: seq 200000\n"
    oyama("run", oyama.file("long.yaml", lines), code=0)
    for words, expected in ((["logs", "long@latest"], 0), (["run", "long"], 0), (["run", "long", "--jsonl"], 0)):
        here, there = os.pipe()
        process = oyama.start(*words, stdout=there)
        os.close(there)
        assert os.read(here, 10)
        os.close(here)
        _, err = process.communicate(timeout=30)
        assert process.returncode == expected, (words, err)
        assert err == "", words
    assert [run["status"] for run in oyama("runs", "--json", code=0).json()] == ["completed"] * 3


def test_output_that_cannot_be_written_is_said(oyama: Oyama) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = oyama.start("config", stdout=full)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 74
    assert "cannot be written" in err
    closed = subprocess.run(
        ["sh", "-c", '"$@" >&- 2>&-', "sh", *oyama.argv("config")], env=oyama.env, cwd=oyama.folder, check=False, timeout=20
    )
    assert closed.returncode == 0


def test_validate_tells_what_is_doubtful_and_still_succeeds(oyama: Oyama) -> None:
    step = '  - {id: a, run: "ssh h \\"up ${{ inputs.host }}\\""}'
    path = oyama.file("doubtful.yaml", f"id: doubtful\ninputs: {{host: {{type: string, default: h}}}}\nsteps:\n{step}\n")
    ended = oyama("validate", path, code=0)
    assert "doubtful.yaml:4:" in ended.err
    assert "warning: " in ended.err
    assert oyama("validate", path, "--json", code=0).json()["warnings"][0]["line"] == 4
