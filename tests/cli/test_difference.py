"""What is different between a question and what was asked before at its gate, on the command line."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.cli.program import Oyama
from tests.cli.test_json_shapes import same
from tests.cli.test_terminal import end, on_terminal

RELEASE = """
id: release
inputs: {version: {type: string, required: true}}
steps:
  - id: notes
    run: cat notes.txt
  - id: publish
    gate:
      title: Publish ${{ inputs.version }}
      prompt: ${{ steps.notes.output }}
      target: production
      files: [publish.sh]
      send_back: {to: notes, max: 3}
    run: ./publish.sh ${{ inputs.version }}
"""
SCRIPT = "".join(f"echo {number}\n" for number in range(20))


def asked(oyama: Oyama, version: str, script: str = SCRIPT, notes: str = "first\nsecond\n") -> dict[str, Any]:
    """Start a run and let it come to its gate."""
    (oyama.folder / "publish.sh").write_text(script)
    (oyama.folder / "notes.txt").write_text(notes)
    oyama("run", oyama.file("release.yaml", RELEASE), "-i", f"version={version}", "--no-wait", code=5)
    row: dict[str, Any] = oyama("approvals", "--json", code=0).json()[-1]
    return row


@pytest.fixture
def second(oyama: Oyama) -> dict[str, Any]:
    """The question of a second run, after a yes in the first one."""
    first = asked(oyama, "v1")
    oyama("approve", first["id"], "--digest", first["digest"], code=0)
    oyama("resume", "release#1")
    return asked(oyama, "v2", SCRIPT.replace("echo 10\n", "echo ten\nevil \x1b[2J\u202e\n"), "first\nthird\n")


def test_a_question_is_compared_with_the_last_yes_part_by_part(oyama: Oyama, second: dict[str, Any]) -> None:
    told = oyama("approvals", "--show", second["id"], "--diff", code=0).out
    assert "Since release #1, approved by" in told
    assert "-title: Publish v1\n+title: Publish v2\n" in told
    hunk = "@@ -8,7 +8,8 @@\n echo 7\n echo 8\n echo 9\n-echo 10\n+echo ten\n+evil ␛[2J<U+202E>\n echo 11\n echo 12\n echo 13\n"
    assert f"--- publish.sh (release #1)\n+++ publish.sh\n{hunk}" in told
    assert "@@ -1,2 +1,2 @@\n first\n-second\n+third\n" in told
    assert "\x1b" not in told


def test_a_question_that_was_sent_back_is_compared_with_the_round_before(oyama: Oyama, second: dict[str, Any]) -> None:
    (oyama.folder / "notes.txt").write_text("first\nfourth\n")
    oyama("send-back", second["id"], "--comment", "say more", code=0)
    oyama("resume", "release#2", "--no-wait")
    row = oyama("approvals", "--json", code=0).json()[-1]
    told = oyama("approvals", "--show", row["id"], "--diff", code=0).out
    assert "Since release #2, sent back by" in told
    assert "-third\n+fourth\n" in told
    assert "--- publish.sh" not in told
    assert re.search(r"Since release #1, approved by \S+: oyama .*approvals --show \w+ --diff --against yes", told)
    assert "-second\n+fourth\n" in oyama("approvals", "--show", row["id"], "--diff", "--against", "yes", code=0).out
    document = oyama("approvals", "--show", row["id"], "--diff", "--json", code=0).json()
    same("Compared approval", document)
    same("Earlier approval", document["compared"])
    same("Part", document["parts"][0])
    assert [one["against"] for one in document["possible"]] == ["round", "yes"]
    prompts = [(part["before"], part["now"]) for part in document["parts"] if part["name"] == "prompt"]
    assert [(before.strip(), now.strip()) for before, now in prompts] == [("first\nthird", "first\nfourth")]


def test_a_question_that_is_asked_for_the_first_time_says_so(oyama: Oyama) -> None:
    row = asked(oyama, "v1")
    assert "There is nothing to compare it with" in oyama("approvals", "--show", row["id"], "--diff", code=0).out
    document = oyama("approvals", "--show", row["id"], "--diff", "--json", code=0).json()
    assert (document["compared"], document["possible"], document["parts"]) == (None, [], [])
    assert "Nobody has said yes to this gate" in oyama("approvals", "--show", row["id"], "--diff", "--against", "yes", code=4).err


def test_what_is_asked_the_same_way_says_that_nothing_is_different(oyama: Oyama) -> None:
    first = asked(oyama, "v1")
    oyama("approve", first["id"], "--digest", first["digest"], code=0)
    oyama("resume", "release#1")
    again = asked(oyama, "v1")
    told = oyama("approvals", "--show", again["id"], "--diff", code=0).out
    assert "Nothing is different." in told
    assert "The same: question, action," in told


@pytest.mark.parametrize(
    "words", [("--diff",), ("--against", "yes"), ("--show", "a", "--diff", "--watch"), ("--show", "a", "--diff", "--by", "ana")]
)
def test_a_difference_is_of_one_approval(oyama: Oyama, words: tuple[str, ...]) -> None:
    assert "--diff" in oyama("approvals", *words, code=2).err


def test_a_terminal_shows_what_came_and_went_in_colours(oyama: Oyama, second: dict[str, Any]) -> None:
    child = on_terminal(oyama, "approvals", "--show", second["id"], "--diff")
    child.expect("\x1b\\[31m-echo 10\x1b\\[0m\r\n\x1b\\[32m\\+echo ten\x1b\\[0m")
    child.expect("The same")
    assert end(child) == 0
