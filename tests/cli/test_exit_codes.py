"""Each exit code of the documented table is what a real command ends with, in the cases that the table names; there are no others."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from oyama_tui.cli.exits import BY_ERROR, BY_STATUS, Exit
from tests.cli.api_scenes import API_SCENES
from tests.cli.ask_scenes import another_question, left_question, no_program, silent
from tests.cli.file_scenes import damaged_file, imported, nowhere_to_write, there_already
from tests.cli.program import GATED, LINEAR, ROOT, Oyama, finish, read_until, until
from tests.cli.test_terminal import end, on_terminal

PAGES: Final = [ROOT / "README.md", *(page for page in (ROOT / "docs").rglob("*.md") if "decisions" not in page.parts)]
SAID: Final = re.compile(r"(?:\bexit code |\bexit |\bends? (?:it )?with )(?P<code>\d+)\b(?! (?:more|s\b))")
ELSEWHERE: Final = re.compile(r"Exit code \d+: attempt|^Preview  exit \d+$", re.MULTILINE)
"""What the docs print of exit codes of other programs."""
BROKEN: Final = "id: broken\nstpes: []\n"
SLOW: Final = "id: slow\nsteps:\n  - {id: waits, run: 'until test -e go; do sleep 0.05; done'}\n"
FAILING: Final = "id: failing\nsteps:\n  - {id: one, run: exit 3}\n"
NEEDY: Final = "id: needy\ninputs: {count: {type: integer, required: true}}\nsteps:\n  - {id: one, run: 'echo ${{ inputs.count }}'}\n"
SECRETIVE: Final = (
    "id: secretive\nsecrets: [OYAMA_TEST_ABSENT]\nsteps:\n  - {id: one, run: echo, env: {T: '${{ secrets.OYAMA_TEST_ABSENT }}'}}\n"
)
POISON: Final = """
import oyama_tui.cli.system as system

def broken(terminal):
    raise ZeroDivisionError

system._settings = broken
"""


def table() -> dict[int, list[str]]:
    """The examples of each code, as the page lists them."""
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    return {int(code): re.split(r"; ", examples) for code, _, examples in rows}


def completed(oyama: Oyama) -> int:
    return oyama("run", oyama.file("linear.yaml", LINEAR)).code


def printed(oyama: Oyama) -> int:
    return oyama("runs").code


def reader_stops(oyama: Oyama) -> int:
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    read, write = os.pipe()
    os.close(read)
    running = oyama.start("history", stdout=write)
    os.close(write)
    return running.wait(timeout=60)


def step_fails(oyama: Oyama) -> int:
    return oyama("run", oyama.file("failing.yaml", FAILING)).code


def cancelled(oyama: Oyama) -> int:
    running = under_way(oyama)
    oyama("cancel", "slow@latest", code=0)
    return finish(running).code


def trouble(oyama: Oyama) -> int:
    edited(oyama, "UPDATE workflow_states SET completed_steps = 1")
    assert oyama("doctor", env={"TERM": "dumb", "OYAMA_DATABASE": str(oyama.file("garbage.db", "x" * 9999))}).code == 1
    return oyama("verify").code


def edited(oyama: Oyama, statement: str) -> None:
    """A database with a run, which something else has changed."""
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    with closing(sqlite3.connect(oyama.home / "oyama.db", isolation_level=None)) as other:
        other.execute(statement)


def unknown_option(oyama: Oyama) -> int:
    return oyama("runs", "--nonsense").code


def input_missing(oyama: Oyama) -> int:
    return oyama("run", oyama.file("needy.yaml", NEEDY)).code


def forked_by_another(oyama: Oyama) -> int:
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    return oyama("fork", "linear@latest", "--definition", oyama.file("gated.yaml", GATED), "--plan").code


def screens_without_terminal(oyama: Oyama) -> int:
    return oyama().code


def asked(oyama: Oyama) -> dict[str, str]:
    """An open approval."""
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    row: dict[str, str] = oyama("approvals", "--json", code=0).json()[0]
    return row


def none_was_named(oyama: Oyama) -> int:
    asked(oyama)
    asked(oyama)
    return oyama("approve", "--yes").code


def unseen(oyama: Oyama) -> int:
    return oyama("approve", asked(oyama)["id"]).code


def mistakes(oyama: Oyama) -> int:
    file = oyama.file("broken.yaml", BROKEN)
    told = oyama("run", file)
    assert "broken.yaml:2:1" in told.err
    return oyama("validate", file, code=told.code).code


def nothing_there(oyama: Oyama) -> int:
    run = oyama("run", oyama.file("linear.yaml", LINEAR), "--json", code=0).json()["id"]
    wishes = (
        ("show", "no@latest"),
        ("run", "nosuch"),
        ("approve", "0" * 26, "--yes"),
        ("logs", run, "--step", "no"),
        ("validate", "no.yaml"),
    )
    [code] = {oyama(*words).code for words in wishes}
    return code


def nothing_waits(oyama: Oyama) -> int:
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    return oyama("approve", "linear@latest", "--yes").code


def left(oyama: Oyama) -> int:
    row = asked(oyama)
    code = oyama("resume", "gated@latest", "--no-wait", code=5).code
    oyama("pause", row["run_id"], code=0)
    return oyama("resume", "gated@latest", "--no-wait", code=code).code


def goes_on(oyama: Oyama) -> int:
    under_way(oyama)
    return oyama("show", "slow@latest", "--exit-code").code


def rejected(oyama: Oyama) -> int:
    oyama("reject", asked(oyama)["id"], "-m", "no", code=0)
    return oyama("resume", "gated@latest").code


def answered_already(oyama: Oyama) -> int:
    row = asked(oyama)
    oyama("approve", row["id"], "--yes", code=0)
    return oyama("reject", row["id"], "-m", "no").code


def too_late(oyama: Oyama) -> int:
    running = oyama.start("run", oyama.file("late.yaml", GATED.replace("target: production", "timeout: 3s")))
    approval = read_until(running, r"oyama reject (\w+) --comment WHY")[1]
    running.kill()
    until(lambda: "its time is over" in oyama("show", "gated@latest", code=0).out, "the time is over")
    return oyama("approve", approval, "--yes").code


def changed_since(oyama: Oyama) -> int:
    return oyama("approve", asked(oyama)["id"], "--digest", "0" * 32).code


def state_allows_not(oyama: Oyama) -> int:
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    return oyama("pause", "linear@latest").code


def id_is_taken(oyama: Oyama) -> int:
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    return oyama("run", oyama.file("other.yaml", LINEAR)).code


def mistake_of_ours(oyama: Oyama) -> int:
    (oyama.folder / "poison").mkdir()
    oyama.file("poison/sitecustomize.py", POISON)
    told = oyama.fresh("config", env={"PYTHONPATH": f"{oyama.env['PYTHONPATH']}:{oyama.folder / 'poison'}"})
    assert len(told.err.splitlines()) == 1
    assert (oyama.home / "oyama.log").stat().st_size
    return told.code


def damaged(oyama: Oyama) -> int:
    return oyama("runs", "--database", oyama.file("garbage.db", "this is no database at all, " * 500)).code


def damaged_row(oyama: Oyama) -> int:
    edited(oyama, "UPDATE workflow_executions SET started_at = 'soon'")
    told = oyama("history")
    assert "workflow_executions" in told.err
    return told.code


def read_only(oyama: Oyama) -> int:
    row = asked(oyama)
    oyama.home.joinpath("oyama.db").chmod(0o400)
    return oyama("approve", row["id"], "--yes").code


def newer(oyama: Oyama) -> int:
    oyama("list", code=0)
    with closing(sqlite3.connect(oyama.home / "oyama.db", isolation_level=None)) as other:
        other.execute("PRAGMA user_version = 999")
    return oyama("runs").code


def two_names(oyama: Oyama) -> int:
    oyama("list", code=0)
    os.link(oyama.home / "oyama.db", oyama.home / "second.db")
    return oyama("run", oyama.file("linear.yaml", LINEAR)).code


def log_removed(oyama: Oyama) -> int:
    running = under_way(oyama)
    Path(oyama.home / "oyama.db-wal").unlink()
    return finish(running).code


def disk_full(oyama: Oyama) -> int:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        return oyama.start("--version", stdout=full).wait(timeout=60)


def locked(oyama: Oyama) -> int:
    row = asked(oyama)
    with closing(sqlite3.connect(oyama.home / "oyama.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        return oyama("approve", row["id"], "--yes", env={"OYAMA_BUSY_TIMEOUT": "0.3"}).code


def no_descriptor(oyama: Oyama) -> int:
    oyama("list", code=0)
    limited = ["bash", "-c", 'ulimit -n 5; exec "$@"', "bash", *oyama.argv("runs")]
    return subprocess.run(limited, env=oyama.env, cwd=oyama.folder, capture_output=True, timeout=60, check=False).returncode


def agent_answers(oyama: Oyama) -> int:
    row = asked(oyama)
    words = " ".join(oyama.argv("approve", row["id"], "--yes"))
    step = oyama.file("step.yaml", f"id: step\nsteps:\n  - {{id: one, run: '{words} || echo code=$?'}}\n")
    code = oyama("approve", row["id"], "--yes", env={"AI_AGENT": "made-up"}).code
    assert f"code={code}" in oyama("run", step, code=0).out
    return code


def step_steers(oyama: Oyama) -> int:
    asked(oyama)
    script = "; ".join(f"{' '.join(oyama.argv(word, 'gated@latest'))} || echo code=$?" for word in ("pause", "cancel"))
    out = oyama("run", oyama.file("step.yaml", f"id: step\nsteps:\n  - {{id: one, run: '{script}'}}\n"), code=0).out
    first, second = re.findall(r"code=(\d+)", out)
    assert first == second
    return int(first)


def others_may_change(oyama: Oyama) -> int:
    oyama("list", code=0)
    oyama.home.joinpath("oyama.db").chmod(0o666)
    return oyama("run", oyama.file("linear.yaml", LINEAR)).code


def wrong_settings(oyama: Oyama) -> int:
    oyama.home.mkdir()
    code = oyama("runs", env={"OYAMA_GRACE": "soon"}).code
    (oyama.home / "config.toml").write_text("graces = 2\n")
    return oyama("config", code=code).code


def secret_missing(oyama: Oyama) -> int:
    return oyama("run", oyama.file("secretive.yaml", SECRETIVE)).code


def kind_missing(oyama: Oyama) -> int:
    return oyama("run", oyama.file("noted.yaml", "steps:\n  - {id: a, use: nowhere}\n")).code


def interrupted(oyama: Oyama) -> int:
    codes = set()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        running = under_way(oyama)
        running.send_signal(number)
        codes.add(finish(running).code)
        oyama("cancel", "slow@latest", code=0)
    [code] = codes
    return code


def not_answered(oyama: Oyama) -> int:
    asked(oyama)
    codes = set()
    for typed in ("n\n", "\x04"):
        child = on_terminal(oyama, "approve")
        child.expect(r"Approve this\? \[y/N\] ")
        child.send(typed)
        codes.add(end(child))
    [code] = codes
    return code


def under_way(oyama: Oyama) -> subprocess.Popen[str]:
    """A run at its first step, whose process drives it."""
    running = oyama.start("run", oyama.file("slow.yaml", SLOW), "--jsonl")
    read_until(running, "step_scheduled")
    return running


SCENES: Final[dict[str, Callable[[Oyama], int]]] = {
    "the run completed": completed,
    "the list was printed": printed,
    "a reader such as `head` stopped reading": reader_stops,
    "a step failed": step_fails,
    "`oyama cancel` from another terminal": cancelled,
    "`doctor` or `verify` found trouble": trouble,
    "an unknown option": unknown_option,
    "a required input is missing": input_missing,
    "a fork by the definition of another workflow": forked_by_another,
    "the screens were asked for without a terminal": screens_without_terminal,
    "several approvals are open and none was named": none_was_named,
    "a yes that nobody was asked for says neither `--digest` nor `--yes`": unseen,
    "the file has mistakes, and each is named with its line and column": mistakes,
    "no such run, workflow, approval, step or file": nothing_there,
    "nothing waits for an answer": nothing_waits,
    "`run --no-wait` or `resume --no-wait` left a run that waits for a person or is paused": left,
    "`show --exit-code` of a run that goes on": goes_on,
    "`ask --no-wait` left a question that is open": left_question,
    "the run ended as rejected": rejected,
    "nobody has answered what `ask` asked in time": silent,
    "the key of `ask` is that of another question": another_question,
    "nothing was asked for a program that is not on the `PATH`": no_program,
    "somebody else has answered already": answered_already,
    "the time for the answer is over": too_late,
    "what was shown has changed": changed_since,
    "the run's state does not allow it": state_allows_not,
    "another file has the workflow's id": id_is_taken,
    "a file that was to be written is there already": there_already,
    "the run came from a file, so that nothing changes it": imported,
    "one sentence is printed, and the details are in `oyama.log` in the data directory": mistake_of_ours,
    "the file is damaged": damaged,
    "a row of a list that was printed is damaged": damaged_row,
    "the file is read-only": read_only,
    "it was written by a newer version": newer,
    "it is known under two names": two_names,
    "its log was removed while it was open": log_removed,
    "the disk is full": disk_full,
    "a file of a run is damaged": damaged_file,
    "a file cannot be written where it is wanted": nowhere_to_write,
    "another process kept the database locked for too long": locked,
    "no free descriptor, process or memory": no_descriptor,
    "an answer from an agent's shell or from inside a step": agent_answers,
    "a step that pauses or cancels another run": step_steers,
    "an engine where other accounts can change the database": others_may_change,
    "a mistake in `config.toml` or an `OYAMA_*` variable": wrong_settings,
    "a secret that the workflow names is not set": secret_missing,
    "a step kind that the workflow uses is not installed": kind_missing,
    **API_SCENES,
    "Ctrl+C, SIGTERM or a hang-up ended `run`, and the run can be resumed": interrupted,
    "the question of `approve` was answered with no or not at all": not_answered,
}


@pytest.mark.parametrize(("code", "example"), [(code, example) for code, examples in table().items() for example in examples])
def test_a_real_command_ends_with_the_code_of_each_example(oyama: Oyama, code: int, example: str) -> None:
    if SCENES[example] is read_only and os.geteuid() == 0:
        pytest.skip("the administrator may write everywhere")
    assert SCENES[example](oyama) == code


def test_the_table_has_every_code_that_there_is_and_no_other() -> None:
    assert set(table()) == {int(code) for code in Exit}
    assert {code for _, code in BY_ERROR} | set(BY_STATUS.values()) <= set(Exit)
    assert sorted(SCENES) == sorted(example for examples in table().values() for example in examples)


def test_pages_speak_of_no_code_that_is_not_in_the_table() -> None:
    said = [
        (page.name, int(found["code"])) for page in PAGES for found in SAID.finditer(ELSEWHERE.sub("", page.read_text(encoding="utf-8")))
    ]
    assert said
    assert [(page, code) for page, code in said if code not in table()] == []
