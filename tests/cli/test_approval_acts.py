"""What people do with a question besides yes and no, from the command line."""

from __future__ import annotations

import getpass
from pathlib import Path

import pexpect
import pytest

from tests.cli.program import Oyama, until

NOTES = """
id: notes
steps:
  - {id: write, run: 'echo "notes ${{ feedback }}"'}
  - id: publish
    gate: {title: Fine?, timeout: 4h, send_back: {to: write, max: 1, then: refuse}}
    run: echo published
"""
OTHERS = "id: others\nsteps:\n  - {id: go, gate: {title: Go?, approvers: {any_of: [somebody-else]}}}\n"
PAIR = "id: pair\nsteps:\n  - {id: go, gate: {title: Go?, approvers: {quorum: 2}}}\n"


def open_one(oyama: Oyama, definition: str = NOTES) -> dict[str, str]:
    """Start a run that waits; the open approval."""
    oyama("run", oyama.file("asks.yaml", definition), "--no-wait", code=5)
    rows: list[dict[str, str]] = oyama("approvals", "--json", code=0).json()
    return max(rows, key=lambda row: row["requested_at"])


def shown(oyama: Oyama, approval: str) -> dict[str, object]:
    card: dict[str, object] = oyama("approvals", "--show", approval, "--json", code=0).json()
    return card


def test_what_is_sent_back_is_done_once_more_and_asked_again(oyama: Oyama) -> None:
    row = open_one(oyama)
    assert "Sending back needs a comment" in oyama("send-back", row["id"], code=2).err
    assert "sent back by" in oyama("send-back", "notes#1", "--comment", "much shorter", code=0).out
    oyama("resume", "notes#1", "--no-wait", code=5)
    assert "notes much shorter" in oyama("logs", "notes#1", "--step", "write#2", code=0).out
    [again] = oyama("approvals", "--json", code=0).json()
    assert again["id"] != row["id"]
    assert "› publish#2," in oyama("approvals", "--show", again["id"], code=0).out
    card = shown(oyama, again["id"])
    assert [one["comment"] for one in card["rounds"]] == ["much shorter"]  # type: ignore[attr-defined]
    refused = oyama("send-back", again["id"], "--comment", "again", code=7)
    assert "sent back once, which is as often as it may be" in refused.err
    assert oyama("approvals", "--status", "sent_back", "--json", code=0).json()[0]["id"] == row["id"]


def test_on_a_terminal_it_is_asked_what_is_to_be_different(oyama: Oyama) -> None:
    open_one(oyama)
    argv = oyama.argv("send-back", "notes#1", "--full")
    with pexpect.spawn(argv[0], argv[1:], env=oyama.env, cwd=str(oyama.folder), timeout=30) as terminal:
        terminal.expect("What is to be different")
        terminal.sendline("shorter")
        terminal.expect("Send this back")
        terminal.sendline("y")
        terminal.expect("sent back by")


def test_what_is_said_and_who_was_asked_stands_on_the_card(oyama: Oyama) -> None:
    row = open_one(oyama)
    oyama("comment", row["id"], "wait for me", code=0)
    oyama("delegate", row["id"], "ben", code=0)
    assert "handed on to ben, group:ops" in oyama("delegate", row["id"], "group:ops", code=0).out
    before = shown(oyama, row["id"])
    assert "can be answered until" in oyama("extend", row["id"], "2h", "-m", "lunch", code=0).out
    assert "out of your sight until" in oyama("snooze", row["id"], "1h", code=0).out
    card = shown(oyama, row["id"])
    assert card["deadline"] != before["deadline"]
    assert [vote["verdict"] for vote in card["votes"]] == ["comment", "delegate", "delegate", "extend", "snooze"]  # type: ignore[attr-defined]
    assert list(card["snoozed"]) == [getpass.getuser()]  # type: ignore[call-overload]
    printed = oyama("approvals", "--show", row["id"], code=0).out
    assert "handed on to ben by" in printed
    assert "wait for me" in printed
    assert "in your sight again" in oyama("snooze", row["id"], "0s", code=0).out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("comment", "ID", " "), 2, "say something"),
        (("delegate", "ID", "group:"), 2, "is no account and no group"),
        (("snooze", "ID", "soon"), 2, "is no length of time"),
        (("extend", "ID", "0s"), 2, "Name a later time"),
        (("extend", "ID", "20000d"), 2, "is no length of time"),
        (("comment", "nothing", "x"), 4, "No approval and no run fits"),
        (("approvals", "cancel"), 2, "approvals cancel ID"),
        (("approvals", "drop", "ID"), 2, "approvals cancel ID"),
        (("approvals", "clear", "absent", "--yes"), 4, "absent"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(oyama: Oyama, words: tuple[str, ...], code: int, told: str) -> None:
    row = open_one(oyama)
    before = shown(oyama, row["id"])
    assert told in oyama(*(row["id"] if word == "ID" else word for word in words), code=code).err
    assert shown(oyama, row["id"]) == before


def test_somebody_who_may_not_answer_is_told_who_may(oyama: Oyama) -> None:
    row = open_one(oyama, OTHERS)
    for command in (("approve", row["id"], "--yes"), ("reject", row["id"], "--comment", "no"), ("delegate", row["id"], "ben")):
        assert "somebody-else may" in oyama(*command, code=77).err
    assert "somebody-else" in oyama("approvals", "--show", row["id"], code=0).out
    config = Path(oyama.env["OYAMA_HOME"]) / "config.toml"
    config.write_text(f'[groups]\nsomebody = ["{getpass.getuser()}"]\n')
    row = open_one(oyama, OTHERS.replace("somebody-else", '"group:somebody"').replace("id: others", "id: grouped"))
    oyama("approve", row["id"], "--yes", code=0)


def test_one_yes_of_two_leaves_it_open_and_says_so(oyama: Oyama) -> None:
    row = open_one(oyama, PAIR)
    me = getpass.getuser()
    assert f"counted, 1 of 2: {me}" in oyama("approve", row["id"], "--yes", code=0).out
    assert f"already counted, 1 of 2: {me}" in oyama("approve", row["id"], "--yes", code=0).out
    assert shown(oyama, row["id"])["status"] == "pending"
    assert "2 different people must say yes" in oyama("approvals", "--show", row["id"], code=0).out
    oyama("verify", code=0)


def test_questions_are_withdrawn_one_by_one_and_all_at_once(oyama: Oyama) -> None:
    row = open_one(oyama)
    assert "asked no more" in oyama("approvals", "cancel", row["id"], "-m", "not today", code=0).out
    oyama("resume", "notes#1", code=None)
    assert shown(oyama, row["id"])["status"] == "cancelled"
    for _ in range(3):
        open_one(oyama)
    assert "Nobody can be asked here" in oyama("approvals", "clear", "notes", code=2).err
    assert "3 of 3 open questions of notes withdrawn." in oyama("approvals", "clear", "notes", "--yes", code=0).out
    assert "No question of notes is open." in oyama("approvals", "clear", "notes", "--yes", code=0).out


def test_no_agent_does_any_of_it(oyama: Oyama) -> None:
    row = open_one(oyama)
    oyama.env["CLAUDECODE"] = "1"
    for command in (("send-back", "-m", "x"), ("comment", "x"), ("delegate", "ben"), ("extend", "2h")):
        oyama(command[0], row["id"], *command[1:], code=77)


def test_nobody_looks_again_where_nobody_drives_the_run(oyama: Oyama) -> None:
    row = open_one(oyama, "id: seen\nsteps:\n  - {id: go, run: 'true', gate: {title: Go?, preview: 'echo looked'}}\n")
    told = oyama("look-again", row["id"], code=7)
    assert "Nobody drives seen #1 now" in told.err
    assert "oyama resume seen-" in told.err
    assert [one["id"] for one in oyama("approvals", "--json", code=0).json()] == [row["id"]]


def test_what_was_looked_at_again_is_asked_once_more_with_what_is_found(oyama: Oyama) -> None:
    (oyama.folder / "plan.txt").write_text("one\n")
    row = open_one(oyama, "id: seen\nsteps:\n  - {id: go, run: 'true', gate: {title: Go?, preview: 'cat plan.txt', timeout: 4h}}\n")
    argv = oyama.argv("resume", "seen#1")
    with pexpect.spawn(argv[0], argv[1:], env=oyama.env, cwd=str(oyama.folder), timeout=30, encoding="utf-8") as terminal:
        terminal.expect("Waits for|approve")
        (oyama.folder / "plan.txt").write_text("two\n")
        assert "asked once more" in oyama("look-again", row["id"], "-m", "is it so?", code=0).out
        terminal.expect("Go\\?")
        [again] = until(lambda: oyama("approvals", "--json", code=0).json(), "it is asked again")
        assert again["deadline"] == row["deadline"]
        card = oyama("approvals", "--show", again["id"], code=0).out
        assert "+1 -1" in card
        assert "two" in card
        terminal.sendintr()
        terminal.expect(pexpect.EOF)
    old = oyama("approvals", "--show", row["id"], code=0).out
    assert "had the evidence gathered anew" in old
