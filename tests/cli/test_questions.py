"""Questions on a real terminal: what counts as an answer to them, and what becomes of what was typed."""

from __future__ import annotations

import os
import re

import pexpect
import pytest

from tests.cli.program import GATED, Oyama, until
from tests.cli.test_terminal import end, on_terminal

FORM = """
id: form
steps:
  - id: publish
    gate:
      title: Publish it
      form:
        why: {required: true, pattern: '^[A-Z]+-[0-9]+$', description: The ticket}
        where: {options: [beta, stable], default: beta}
        count: {type: integer, min: 1, max: 9}
    run: echo published
"""
SLOW = """
id: slow
type: parallel
steps:
  - id: publish
    gate: {title: Publish it, target: production}
    run: echo published
  - id: other
    run: until test -e go; do sleep 0.05; done; echo other is done
"""


def opened(oyama: Oyama, definition: str = GATED) -> str:
    oyama("run", oyama.file("opened.yaml", definition), "--no-wait", code=5)
    approval: str = oyama("approvals", "--json", code=0).json()[0]["id"]
    return approval


def status(oyama: Oyama, approval: str) -> str:
    found: str = oyama("approvals", "--show", approval, "--json", code=0).json()["status"]
    return found


def test_what_was_typed_before_a_question_stood_there_does_not_answer_it(oyama: Oyama) -> None:
    approval = opened(oyama)
    child = on_terminal(oyama, "approve")
    child.send("y\ny\ny\n")
    child.expect(r"Approve this\? \[y/N\] ")
    assert status(oyama, approval) == "pending"
    child.sendline("")
    child.expect("Nothing was decided")
    assert end(child) == 130
    assert status(oyama, approval) == "pending"


def test_a_paste_answers_one_question_alone(oyama: Oyama) -> None:
    approval = opened(oyama, FORM)
    child = on_terminal(oyama, "approve")
    child.expect("why .*: ")
    child.send("AB-1\nstable\n3\ny\n")
    child.expect("where .*: ")
    child.expect(pexpect.TIMEOUT, timeout=0.5)
    child.sendcontrol("d")
    assert end(child) == 130
    assert status(oyama, approval) == "pending"


def test_a_field_is_asked_again_until_it_fits_and_the_others_are_kept(oyama: Oyama) -> None:
    approval = opened(oyama, FORM)
    child = on_terminal(oyama, "approve", "--form", "where=alpha")
    child.expect(r"why \(The ticket; like \^\[A-Z\]\+-\[0-9\]\+\$; required\): ")
    child.sendline("soon")
    child.expect("'soon' does not match the pattern")
    child.expect("why .*: ")
    child.sendline("")
    child.expect("is required")
    child.expect("why .*: ")
    child.sendline("AB-1")
    child.expect("must be one of beta, stable")
    child.expect(r'where \(beta \| stable; default "beta"\): ')
    child.sendline("stable")
    child.expect(r"count \(integer; 1 to 9\): ")
    child.sendline("10")
    child.expect("must be at most 9")
    child.expect("count .*: ")
    child.sendline("")
    child.expect(r"\[y/N\] ")
    child.sendline("y")
    child.expect("approved by")
    assert end(child) == 0
    vote = oyama("approvals", "--show", approval, "--json", code=0).json()["votes"][0]
    assert vote["form"] == {"why": "AB-1", "where": "stable", "count": None}
    assert vote["origin"]["how"] == "tty"
    assert vote["origin"]["tty"].startswith("/dev/")


def test_what_was_typed_is_shown_again_when_somebody_was_first(oyama: Oyama) -> None:
    approval = opened(oyama, FORM)
    child = on_terminal(oyama, "approve")
    child.expect("why .*: ")
    child.sendline("AB-1")
    child.expect("where .*: ")
    oyama("reject", approval, "-m", "no", code=0)
    child.sendline("")
    child.expect("count .*: ")
    child.sendline("")
    child.expect(r"\[y/N\] ")
    child.sendline("y")
    child.expect("why: AB-1")
    child.expect("Already rejected")
    assert end(child) == 7


def test_a_long_card_is_read_page_by_page(oyama: Oyama) -> None:
    opened(oyama, GATED.replace("target: production", "preview: seq -f 'line-%g' 1 300"))
    child = on_terminal(oyama, "approve")
    seen = ""
    while child.expect([r"-- \d+ of \d+ lines; .* -- ", r"\[y/N\] "]) == 0:
        assert len((child.before or "").splitlines()) <= 41
        seen += child.before or ""
        child.sendline("")
    seen += child.before or ""
    assert re.findall(r"line-(\d+)\b", seen) == [str(number) for number in range(1, 301)]
    child.sendline("y")
    assert end(child) == 0
    opened(oyama, GATED.replace("target: production", "preview: seq -f 'line-%g' 1 300"))
    child = on_terminal(oyama, "approve")
    child.expect(r" -- ")
    child.sendline("q")
    child.expect("Nothing was decided")
    assert end(child) == 130
    child = on_terminal(oyama, "approve", "--full")
    child.expect(r"\[y/N\] ")
    assert len(re.findall(r"line-(\d+)\b", child.before or "")) == 300
    child.sendline("n")
    assert end(child) == 130


@pytest.mark.parametrize(
    ("command", "seen"), [("approve", "Publish it"), ("approve", r"\[y/N\]"), ("reject", "Publish it"), ("reject", "Why not")]
)
def test_a_question_on_a_terminal_that_is_gone_is_answered_with_nothing(oyama: Oyama, command: str, seen: str) -> None:
    """Nobody tells the program that its terminal is gone."""
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    argv = oyama.argv(command, "gated@latest")
    child = pexpect.spawn(argv[0], argv[1:], env=oyama.env, cwd=str(oyama.folder), timeout=30, dimensions=(40, 120), ignore_sighup=True)
    child.expect(seen)
    os.close(child.child_fd)
    pid = child.pid
    assert pid is not None
    status = until(lambda: (found := os.waitpid(pid, os.WNOHANG)) and found[0] and found, "the command has ended")[1]
    assert os.waitstatus_to_exitcode(status) == 130
    assert oyama("approvals", "--json", code=0).json()[0]["status"] == "pending"


def test_yes_on_a_terminal_needs_an_id(oyama: Oyama) -> None:
    opened(oyama)
    assert end(on_terminal(oyama, "approve", "--yes")) == 2
    assert end(on_terminal(oyama, "approve", "gated@latest", "--yes")) == 0


def test_a_gate_is_answered_in_the_terminal_that_runs(oyama: Oyama) -> None:
    child = on_terminal(oyama, "run", oyama.file("gated.yaml", GATED))
    child.expect("Enter leaves it open > ")
    child.sendline("?")
    child.expect("digest")
    child.expect("Enter leaves it open > ")
    child.sendline("what")
    child.expect("Enter leaves it open > ")
    child.sendline("a")
    child.expect(r"Approve this\? \[y/N\] ")
    child.sendline("n")
    child.expect("Nothing was decided")
    child.expect("Enter leaves it open > ")
    child.sendline("a")
    child.expect(r"Approve this\? \[y/N\] ")
    child.sendline("y")
    child.expect("approved by")
    child.expect("published")
    assert end(child) == 0
    approval = oyama("approvals", "--status", "all", "--json", code=0).json()[0]
    assert oyama("approvals", "--show", approval["id"], "--json", code=0).json()["votes"][0]["origin"]["how"] == "tty"


def test_a_rejection_in_the_terminal_that_runs_says_why(oyama: Oyama) -> None:
    child = on_terminal(oyama, "run", oyama.file("gated.yaml", GATED))
    child.expect("Enter leaves it open > ")
    child.sendline("r")
    child.expect(r"Why not\? ")
    child.sendline("too late")
    child.expect(r"Reject this\? \[y/N\] ")
    child.sendline("y")
    child.expect("too late")
    assert end(child) == 6


@pytest.mark.parametrize("typed", ["", "\n", "a\n"])
def test_a_prompt_goes_away_when_the_gate_is_answered_elsewhere(oyama: Oyama, typed: str) -> None:
    child = on_terminal(oyama, "run", oyama.file("gated.yaml", GATED))
    child.expect("Enter leaves it open > ")
    child.send(typed)
    child.expect({"": "", "\n": "stays open", "a\n": r"Approve this\? \[y/N\] "}[typed])
    oyama("approve", "gated@latest", "--yes", "-m", "from elsewhere", code=0)
    if typed != "\n":
        child.expect("Answered elsewhere")
    child.expect("from elsewhere")
    child.expect("completed")
    assert end(child) == 0


def test_control_c_at_a_prompt_leaves_the_gate_open_and_interrupts_the_run(oyama: Oyama) -> None:
    for typed in ("", "a\n"):
        child = on_terminal(oyama, "run", oyama.file("gated.yaml", GATED))
        child.expect("Enter leaves it open > ")
        child.send(typed)
        child.expect(r"Approve this\? \[y/N\] " if typed else "")
        child.sendintr()
        child.expect("Interrupted. The run can go on")
        assert end(child) == 130
        assert oyama("show", "gated@latest", "--json", code=0).json()["status"] == "waiting"


def test_what_other_steps_say_is_told_around_a_prompt_and_after_an_answer(oyama: Oyama) -> None:
    child = on_terminal(oyama, "run", oyama.file("slow.yaml", SLOW))
    child.expect("Enter leaves it open > ")
    child.sendline("a")
    child.expect(r"Approve this\? \[y/N\] ")
    (oyama.folder / "go").touch()
    until(
        lambda: "completed" in [node["status"] for node in oyama("show", "slow@latest", "--json").json()["nodes"]], "the other step is over"
    )
    child.sendline("y")
    child.expect(r"slow #1.* completed")
    said = child.before or ""
    assert said.count("other is done") == 1
    assert "approved by" in said
    assert "elsewhere" not in said
    assert end(child) == 0


def test_no_prompt_without_a_person(oyama: Oyama) -> None:
    oyama.env["CLAUDECODE"] = "1"
    child = on_terminal(oyama, "run", oyama.file("gated.yaml", GATED))
    child.expect("--comment WHY")
    child.expect(pexpect.TIMEOUT, timeout=2.5)
    assert "Enter leaves it open" not in (child.before or "")
    child.sendintr()
    assert end(child) == 130


def test_a_run_in_the_background_does_not_touch_its_terminal(oyama: Oyama) -> None:
    shell = pexpect.spawn(
        "bash", ["--norc", "-i"], env=oyama.env, cwd=str(oyama.folder), encoding="utf-8", timeout=20, dimensions=(40, 120)
    )
    oyama.file("gated.yaml", GATED)
    shell.sendline(f"PS1='ready> '; set +o history; {' '.join(oyama.argv('run', 'gated.yaml'))} &")
    shell.expect("--comment WHY")
    shell.sendline("echo typed for the shell $((40 + 2))")
    shell.expect("typed for the shell 42")
    assert "Stopped" not in (shell.before or "")
    oyama("approve", "gated@latest", "--yes", code=0)
    shell.expect("completed")
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    shell.close()


def test_an_answer_says_that_the_whole_card_was_printed_before_it(oyama: Oyama) -> None:
    approval = opened(oyama, GATED.replace("target: production", "target: production, risk: high, confirm: true"))
    child = on_terminal(oyama, "approve", "-m", "go")
    child.expect(r"Type the target .*: ")
    child.sendline("production")
    child.expect(r"\[y/N\] ")
    child.sendline("y")
    child.expect("approved by")
    assert end(child) == 0
    seen = oyama("approvals", "--show", approval, "--json", code=0).json()["votes"][0]["seen"]
    assert (seen["how"], seen["typed"], seen["milliseconds"] > 0) == ("printed", "production", True)
    assert re.search(r"printed on the terminal, .* s, typed production", oyama("approvals", "--show", approval, code=0).out)
    [past] = oyama("approvals", "--status", "approved", "--json", code=0).json()
    assert past["looked"] == seen
    assert ",printed,,," in oyama("approvals", "--status", "approved", "--csv", code=0).out


def test_an_answer_as_a_command_says_that_nothing_was_looked_at(oyama: Oyama) -> None:
    approval = opened(oyama)
    row = oyama("approvals", "--show", approval, "--json", code=0).json()
    oyama("approve", approval, "--digest", row["digest"], code=0)
    assert "digest named, not looked at here" in oyama("approvals", "--show", approval, code=0).out
    other = opened(oyama)
    oyama("approve", other, "--yes", code=0)
    assert "unseen" in oyama("approvals", "--show", other, code=0).out
