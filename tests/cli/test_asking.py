"""`oyama ask`: a durable question in front of any command, as scripts and people use it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.cli.json_reference import fields_of
from tests.cli.program import Ended, Oyama, finish, until


def asked(oyama: Oyama, count: int = 1) -> Any:
    """The open questions, once there are so many; the newest one when it is one."""
    rows = until(lambda: [row for row in oyama("approvals", "--json", code=0).json()][count - 1 :], f"{count} are asked")
    return rows[-1]


def answer(oyama: Oyama, word: str = "approve", *more: str) -> Any:
    """Answer the open question as one who has seen it."""
    row = asked(oyama)
    oyama(word, row["id"], "--digest", row["digest"], *more, code=0)
    return row


def nothing_was_asked(oyama: Oyama) -> bool:
    return [oyama(*words, "--json").out for words in (("approvals", "--status", "all"), ("runs",))] == ["[]\n", "[]\n"]


def test_the_command_runs_after_a_yes_and_its_output_and_exit_code_are_passed_on(oyama: Oyama) -> None:
    script = "echo deploying $STAGE; pwd; exit 3"
    asking = oyama.start("ask", "Deploy v2?", "--target", "production", "--env", "STAGE=prod", "--", "sh", "-c", script)
    row = asked(oyama)
    assert (row["title"], row["target"], row["kind"], row["workflow_id"]) == ("Deploy v2?", "production", "ask", "ask")
    card = oyama("approvals", "--show", row["id"], code=0).out
    assert f"sh -c '{script}'" in card
    assert f"in {oyama.folder}" in card
    assert f"env PATH: {os.environ['PATH']}" in card
    assert "env STAGE: prod" in card
    assert "Asked by a script, as " in card
    assert "the command runs, once" in card
    oyama("approve", row["id"], "--digest", row["digest"], code=0)
    ended = finish(asking)
    assert (ended.code, ended.out) == (3, f"deploying prod\n{oyama.folder}\n"), ended.told
    assert f"oyama approve {row['id']}" in ended.err
    assert ended.err.count("Waits for a person") == 1
    assert oyama("runs", "--json").json()[0]["title"] == "Deploy v2?"
    assert oyama("runs").out.splitlines()[-1].endswith(f"Deploy v2?: ask: Exit code 3: {oyama.folder}")


def test_an_answer_without_a_command_is_one_json_document(oyama: Oyama) -> None:
    asking = oyama.start("ask", "Which channel?", "--field", "channel:string", "--field", "count:integer=3")
    row = answer(oyama, "approve", "--form", "channel=beta", "--comment", "the usual")
    ended = finish(asking)
    said = ended.json()
    assert ended.code == 0, ended.told
    assert {name: said[name] for name in ("status", "verdict", "comment", "form", "approval_id")} == {
        "status": "approved",
        "verdict": "approve",
        "comment": "the usual",
        "form": {"channel": "beta", "count": 3},
        "approval_id": row["id"],
    }
    assert said["by"]
    assert said["decided_at"].endswith("Z")


def test_a_no_ends_with_6_and_runs_nothing(oyama: Oyama) -> None:
    asking = oyama.start("ask", "Go?", "--", "touch", "ran")
    answer(oyama, "reject", "--comment", "not on a Friday")
    ended = finish(asking)
    assert ended.code == 6, ended.told
    assert "was rejected by" in ended.err
    assert "not on a Friday" in ended.err
    assert not (oyama.folder / "ran").exists()


def test_nobody_answers_in_time(oyama: Oyama) -> None:
    ended = finish(oyama.start("ask", "Go?", "--timeout", "300ms", "--", "touch", "ran"))
    assert (ended.code, ended.out) == (6, ""), ended.told
    assert "Nobody answered ask #1 in time" in ended.err
    ended = finish(oyama.start("ask", "Go?", "--timeout", "300ms", "--on-timeout", "approve", "--", "echo", "by silence"))
    assert (ended.code, ended.out) == (0, "by silence\n"), ended.told


def test_json_with_a_command_has_its_exit_code_and_output_at_the_end(oyama: Oyama) -> None:
    asking = oyama.start("ask", "Go?", "--json", "--", "sh", "-c", "echo told; exit 4")
    answer(oyama)
    ended = finish(asking)
    said = ended.json()
    assert (ended.code, said["exit_code"], said["output"], said["truncated"], said["status"]) == (4, 4, "told", False, "failed"), ended.told


def test_a_script_leaves_and_comes_back_with_the_id(oyama: Oyama) -> None:
    left = oyama("ask", "Go?", "--no-wait", "--", "echo", "there", code=5)
    run = left.out.strip()
    assert run.startswith("ask-")
    assert f"ask --wait {run}" in left.err
    assert oyama("ask", "Go again?", "--no-wait", "--json", code=5).json()["status"] in ("checking", "waiting")
    asked(oyama, 2)
    [first] = [row for row in oyama("approvals", "--json").json() if row["run_id"] == run]
    oyama("approve", first["id"], "--digest", first["digest"], code=0)
    for ref in (run, first["id"], "ask#1"):
        back = oyama("ask", "--wait", ref, code=0)
        assert back.out == "there\n", back.told


def test_the_same_key_finds_the_question_and_its_answer_again(oyama: Oyama) -> None:
    words = ("ask", "Go?", "--key", "deploy-1")
    run = ("--", "sh", "-c", "echo x >> ran; echo done")
    first = oyama(*words, "--no-wait", *run, code=5).out
    assert oyama(*words, "--no-wait", *run, code=5).out == first
    other = oyama(*words, "--no-wait", "--", "rm", "-rf", "x", code=7)
    assert "ask #1: command " in other.err
    assert "'rm -rf x' now" in other.err
    answer(oyama)
    for _ in range(2):
        again = oyama(*words, *run, code=0)
        assert again.out == "done\n", again.told
    assert (oyama.folder / "ran").read_text() == "x\n"
    assert len(oyama("runs", "--json").json()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_question_without_a_key_is_withdrawn(oyama: Oyama, number: signal.Signals) -> None:
    asking = oyama.start("ask", "Go?", "--", "touch", "ran")
    row = asked(oyama)
    asking.send_signal(number)
    ended = finish(asking)
    assert ended.code == 130, ended.told
    assert "withdrawn" in ended.err
    [left] = oyama("approvals", "--status", "all", "--json").json()
    assert (left["id"], left["status"]) == (row["id"], "cancelled")
    assert oyama("ask", "--wait", row["run_id"], code=6).err.count("was withdrawn by") == 1
    assert oyama("approve", row["id"], "--yes", code=7).err


def test_an_interrupted_question_with_a_key_stays_open_and_says_how_to_come_back(oyama: Oyama) -> None:
    asking = oyama.start("ask", "Go?", "--key", "k", "--", "echo", "done")
    row = asked(oyama)
    asking.send_signal(signal.SIGINT)
    ended = finish(asking)
    assert ended.code == 130, ended.told
    assert f"ask --wait {row['run_id']}" in ended.err
    answer(oyama)
    assert oyama("ask", "Go?", "--key", "k", "--", "echo", "done", code=0).out == "done\n"


def test_what_was_approved_runs_on_when_the_asking_program_is_interrupted(oyama: Oyama) -> None:
    asking = oyama.start("ask", "Go?", "--", "sh", "-c", "echo begun; while [ ! -e go ]; do sleep 0.05; done; echo done")
    row = answer(oyama)
    assert asking.stdout is not None
    assert asking.stdout.readline() == "begun\n"
    asking.send_signal(signal.SIGTERM)
    ended = finish(asking)
    assert ended.code == 130, ended.told
    assert "goes on without this process" in ended.err
    (oyama.folder / "go").touch()
    assert oyama("ask", "--wait", row["run_id"], code=0).out == "begun\ndone\n"


def test_preview_and_files_are_part_of_what_is_approved_and_are_looked_at_again(oyama: Oyama) -> None:
    plan = oyama.folder / "plan"
    plan.write_text("one\n")
    asking = oyama.start("ask", "Go?", "--preview", "cat plan", "--file", "plan", "--", "cat", "plan")
    row = asked(oyama)
    card = oyama("approvals", "--show", row["id"], "--json").json()
    assert card["content"]["evidence"]["preview"] == "one"
    assert card["content"]["evidence"]["files"][0]["text"] == "one\n"
    plan.write_text("two\n")
    oyama("approve", row["id"], "--digest", row["digest"], code=0)
    again = until(lambda: [one for one in oyama("approvals", "--json").json() if one["id"] != row["id"]], "it is asked again")[0]
    oyama("approve", again["id"], "--digest", again["digest"], code=0)
    ended = finish(asking)
    assert (ended.code, ended.out) == (0, "two\n"), ended.told
    assert "Asked again" in ended.err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "needs a title"),
        (("--", "make"), 2, "needs a title"),
        (("  ", "--", "make"), 2, "needs a title"),
        (("two\nlines",), 2, "line break"),
        (("bell\x07",), 2, "U+0007"),
        (("Go?", "extra"), 2, "unexpected extra argument"),
        (("Go?", "--"), 2, "no command after --"),
        (("Go?", "--field", "a b"), 2, "NAME:TYPE[=DEFAULT]"),
        (("Go?", "--field", "a:strnig"), 2, "there is no type 'strnig'"),
        (("Go?", "--field", "a:integer=many"), 2, "the default must be a whole number"),
        (("Go?", "--field", "a:string", "--field", "a:list"), 2, "given twice"),
        (("Go?", "--env", "OYAMA_TEST_UNSET", "--", "true"), 2, "not set here"),
        (("Go?", "--env", "A=1"), 2, "nothing runs here"),
        (("Go?", "--env", "1=1", "--", "true"), 2, "NAME or NAME=VALUE"),
        (("Go?", "--timeout", "soon"), 2, "--timeout 'soon'"),
        (("Go?", "--timeout", "0s"), 2, "longer than nothing"),
        (("Go?", "--on-timeout", "fail"), 2, "needs --timeout"),
        (("Go?", "--risk", "huge"), 2, "huge"),
        (("Go?", "--", "no-such-program"), 127, "no-such-program"),
        (("Go?", "--", "./here/not"), 127, "./here/not"),
        (("Go?", "--", "echo", "x" * 102_401), 2, "102,401 bytes"),
        (("--wait", "nothing"), 4, "No question fits"),
        (("--wait", "x", "--no-wait"), 2, "exclude each other"),
        (("Go?", "--wait", "x"), 2, "takes an id alone"),
    ],
)
def test_bad_words_are_refused_with_a_sentence_and_nothing_is_asked(oyama: Oyama, words: tuple[str, ...], code: int, says: str) -> None:
    ended = oyama("ask", *words, code=code)
    assert says in ended.err, ended.told
    assert ended.out == ""
    assert nothing_was_asked(oyama)


def test_a_directory_that_is_gone_is_named(oyama: Oyama, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    script = f'mkdir {gone} && cd {gone} && rmdir {gone} && exec {sys.executable} -P -m oyama_tui ask "Go?" -- true'
    done = subprocess.run(["/bin/sh", "-c", script], env=oyama.env, capture_output=True, text=True, timeout=60, check=False)
    ended = Ended(done.returncode, done.stdout, done.stderr)
    assert ended.code == 2, ended.told
    assert "not there any more" in ended.err
    assert nothing_was_asked(oyama)


@pytest.mark.parametrize("sign", [{"CLAUDECODE": "1"}, {"OYAMA_RUN_ID": "release-1"}], ids=["agent", "step"])
def test_an_agent_and_a_step_may_ask_and_withdraw_and_may_not_answer(oyama: Oyama, sign: dict[str, str]) -> None:
    left = oyama("ask", "Go?", "--no-wait", "--", "echo", "done", env=sign, code=5)
    row = asked(oyama)
    assert row["run_id"] == left.out.strip()
    oyama("approve", row["id"], "--digest", row["digest"], env=sign, code=77)
    answer(oyama)
    assert oyama("ask", "--wait", row["run_id"], env=sign, code=0).out == "done\n"
    before = dict(oyama.env)
    oyama.env.update(sign)
    asking = oyama.start("ask", "Go on?", "--", "true")
    oyama.env = before
    second = asked(oyama)
    asking.send_signal(signal.SIGINT)
    assert "withdrawn" in finish(asking).err
    assert {one["id"]: one["status"] for one in oyama("approvals", "--status", "all", "--json").json()}[second["id"]] == "cancelled"


def test_hostile_text_reaches_the_program_as_it_is_and_no_terminal(oyama: Oyama) -> None:
    hostile = "${{ secrets.X }} $(id) `id` \x1b[2J\r\n'\""
    asking = oyama.start("ask", "Go ${{ inputs.title }}?", "--", "printf", "%s", hostile, "--not-ours", "--")
    row = asked(oyama)
    assert row["title"] == "Go ${{ inputs.title }}?"
    assert "\x1b" not in oyama("approvals", "--show", row["id"]).out
    oyama("approve", row["id"], "--digest", row["digest"], code=0)
    ended = finish(asking)
    assert ended.out.encode() == (hostile + "--not-ours--").replace("\r\n", "\n").encode(), ended.told


def test_on_a_terminal_one_line_tells_how_long_it_waits(oyama: Oyama) -> None:
    argv = oyama.argv("ask", "Go?", "--timeout", "1h", "--", "printf", "a\\033[31mb\\033[2Jc\\n")
    child = pexpect.spawn(argv[0], argv[1:], env=oyama.env, cwd=str(oyama.folder), timeout=30, dimensions=(24, 80), encoding="utf-8")
    child.expect("waits for an answer")
    child.expect("left")
    answer(oyama)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    told = str(child.before)
    assert "\x1b[2J" not in told
    assert "c\x1b[0m\r\n" in told


def test_the_ids_of_open_questions_are_offered(oyama: Oyama) -> None:
    run = oyama("ask", "Deploy?", "--no-wait", "--", "true", code=5).out.strip()
    env = {"_OYAMA_COMPLETE": "complete_bash", "COMP_WORDS": "oyama ask --wait ", "COMP_CWORD": "3"}
    assert run in oyama.fresh(env=env).out


def test_json_errors_are_documents(oyama: Oyama) -> None:
    told = json.loads(oyama("ask", "Go?", "--json", "--", "no-such-program", code=127).err)
    assert (told["id"], told["exit_code"]) == ("command_missing", 127)


def test_documents_have_the_fields_that_the_page_names(oyama: Oyama) -> None:
    assert set(oyama("ask", "Go?", "--no-wait", "--json", "--", "true", code=5).json()) == set(fields_of("Question"))
