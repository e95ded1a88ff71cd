"""Values that are changed with a yes, from the command line."""

from __future__ import annotations

import pexpect
import pytest

from tests.cli.program import Oyama

RELEASE = r"""
id: release
steps:
  - id: notes
    run: printf 'first draft\nof two lines\n'
    outputs: {text: "${{ result.output }}", tags: "${{ ['stable'] }}"}
  - id: publish
    gate: {title: Publish?, edit: [notes.text, notes.tags]}
    run: printf '%s|' "${{ steps.notes.outputs.text }}" "${{ json(steps.notes.outputs.tags) }}"
"""


def opened(oyama: Oyama, definition: str = RELEASE) -> str:
    """Start a run that waits; its approval."""
    oyama("run", oyama.file("release.yaml", definition), "--no-wait", code=5)
    [row] = oyama("approvals", "--json", code=0).json()
    return str(row["id"])


def published(oyama: Oyama) -> str:
    """What the action wrote, once the run has gone on."""
    oyama("resume", "release#1", code=0)
    return oyama("logs", "release#1", "--step", "publish", code=0).out.removesuffix("\n")


def test_what_can_be_edited_stands_on_the_card(oyama: Oyama) -> None:
    opened(oyama)
    card = oyama("approvals", "--show", "release#1", code=0).out
    assert "Can be edited before a yes\n    notes.text: first draft\n      of two lines\n    notes.tags: [" in card


def test_the_edited_value_runs_and_the_answer_keeps_what_it_was(oyama: Oyama) -> None:
    approval = opened(oyama)
    oyama("approve", approval, "--edit", "notes.text=second=draft", "--metadata", "ticket=OPS-1", "--yes", code=0)
    assert published(oyama) == 'second=draft|["stable"]|'
    [vote] = oyama("approvals", "--show", approval, "--json", code=0).json()["votes"]
    assert vote["edits"] == {"notes.text": "second=draft"}
    card = oyama("approvals", "--show", approval, code=0).out
    assert "notes.text is edited\n    -first draft\n    -of two lines\n    +second=draft" in card
    shown = oyama("approvals", "--show", approval, "--json", code=0).json()["content"]
    assert shown["editable"]["notes.text"] == "first draft\nof two lines", "what the step left is kept as it was"


def test_a_value_comes_from_a_file_or_standard_input(oyama: Oyama) -> None:
    approval = opened(oyama)
    text = oyama.file("text.md", "from a file\n")
    oyama("approve", approval, "--edit-file", f"notes.text={text}", "--edit-file", "notes.tags=-", "--yes", stdin='["beta"]\n', code=0)
    assert published(oyama) == 'from a file|["beta"]|'


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--edit", "notes.tags=oops"], 2, "notes.tags: is no JSON: expecting value in line 1, column 1"),
        (["--edit", "notes.tags={}"], 2, "notes.tags: must be a list, as it was, and is a map"),
        (["--edit", "notes.tags=NaN"], 2, "notes.tags: is no JSON: NaN is no number"),
        (["--edit", "notes.other=x"], 2, "notes.other: cannot be edited here; what can be: notes.text, notes.tags"),
        (["--edit", "notes.text"], 2, "--edit 'notes.text' is not of the form NAME=VALUE"),
        (["--edit-file", "notes.text=nowhere.txt"], 4, "The value in nowhere.txt cannot be read"),
        (["--metadata", "ticket"], 2, "--metadata 'ticket' is not of the form NAME=VALUE"),
        (["--edit", "notes.text=x", "--digest", "0" * 32], 7, "What is asked has changed since you looked"),
    ],
)
def test_what_does_not_fit_is_refused_and_the_gate_stays_open(oyama: Oyama, words: list[str], code: int, said: str) -> None:
    approval = opened(oyama)
    assert said in oyama("approve", approval, "--yes", *words, code=code).err
    assert [row["id"] for row in oyama("approvals", "--json", code=0).json()] == [approval]


def test_on_a_terminal_the_difference_is_shown_before_the_yes(oyama: Oyama) -> None:
    opened(oyama)
    argv = oyama.argv("approve", "release#1", "--full", "--edit", "notes.text=first draft\nof three lines")
    with pexpect.spawn(argv[0], argv[1:], env=oyama.env, cwd=str(oyama.folder), timeout=30, encoding="utf-8") as terminal:
        terminal.expect("With your edits")
        terminal.expect("-of two lines")
        terminal.expect("of three lines")
        terminal.expect("Runs then")
        terminal.expect(r"Approve this\?")
        terminal.sendline("y")
        terminal.expect("approved by")
    assert published(oyama).startswith("first draft\nof three lines|")


def test_a_preview_of_the_old_value_is_made_again_and_asked_about(oyama: Oyama) -> None:
    asks = RELEASE.replace("{title: Publish?,", "{title: Publish?, preview: 'echo \"${{ steps.notes.outputs.text }}\"',")
    first = opened(oyama, asks)
    oyama("approve", first, "--edit", "notes.text=second", "--yes", code=0)
    oyama("resume", "release#1", "--no-wait", code=5)
    [row] = oyama("approvals", "--json", code=0).json()
    assert row["id"] != first
    card = oyama("approvals", "--show", row["id"], code=0).out
    assert "Changed since it was asked before" in card
    oyama("approve", row["id"], "--yes", code=0)
    assert published(oyama) == 'second|["stable"]|'
