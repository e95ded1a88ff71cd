"""`oyama approvals --watch`: a line for each change as it happens, whatever becomes of the database or of who reads."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import Oyama, finish, until

GATE = "id: ship\nsteps:\n  - id: ask\n    gate: {title: 'Publish $(touch broken); now', prompt: secret-prompt, risk: low, timeout: 4h}\n"
BRIEF = "id: brief\nsteps:\n  - {id: ask, gate: {title: Answer soon, timeout: 1s, on_timeout: reject}}\n"


def ask(oyama: Oyama) -> str:
    """Have a run ask something; returns the approval's id."""
    before = {row["id"] for row in waiting(oyama)}
    oyama("run", oyama.file("ship.yaml", GATE), "--no-wait", code=5)
    [fresh] = [row["id"] for row in waiting(oyama) if row["id"] not in before]
    return str(fresh)


def waiting(oyama: Oyama) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = oyama("approvals", "--json", code=0).json()
    return rows


def watching(oyama: Oyama, *words: str, **how: Any) -> subprocess.Popen[str]:
    """The command, when it has seen what waits already."""
    if "--count" in words:
        return oyama.start("approvals", "--watch", *words, **how)
    watch = oyama.start("approvals", "--watch", *words, **how)
    assert watch.stderr is not None
    assert "already; what changes follows" in watch.stderr.readline()
    return watch


def line(watch: subprocess.Popen[str]) -> str:
    assert watch.stdout is not None
    return watch.stdout.readline()


def interrupt(watch: subprocess.Popen[str]) -> None:
    watch.send_signal(signal.SIGINT)
    ended = finish(watch)
    assert (ended.code, ended.out) == (130, ""), ended.told


def test_each_change_is_one_line_and_what_waits_already_is_none(oyama: Oyama) -> None:
    old = ask(oyama)
    watch = watching(oyama)
    fresh = ask(oyama)
    new = line(watch)
    assert re.match(rf"\S+  new        {fresh}  ship #2  low until \S+( \S+)?  Publish \$\(touch broken\); now$", new), new
    oyama("reject", fresh, "-m", "not today", code=0)
    assert re.search(rf"  answered   {fresh}  ship #2  rejected by \S+  Publish", line(watch))
    oyama("approve", old, "--yes", code=0)
    assert re.search(rf"  answered   {old}  ship #1  approved by \S+  Publish", line(watch))
    gone = ask(oyama)
    assert "  new  " in line(watch)
    oyama("cancel", "ship@latest", code=0)
    assert re.search(rf"  withdrawn  {gone}  ship #3  ", line(watch))
    interrupt(watch)


def test_what_nobody_answers_expires_in_a_line(oyama: Oyama) -> None:
    watch = watching(oyama)
    oyama("run", oyama.file("brief.yaml", BRIEF), code=6)
    assert "  new  " in line(watch)
    assert "  expired  " in line(watch)
    interrupt(watch)


def test_as_json_each_change_is_a_document_on_a_line(oyama: Oyama) -> None:
    watch = watching(oyama, "--json", "--workflow", "brief")
    oyama("run", oyama.file("ship.yaml", GATE), "--no-wait", code=5)
    oyama("run", oyama.file("brief.yaml", BRIEF), code=6)
    told = [json.loads(line(watch)) for _ in range(2)]
    assert [change["change"] for change in told] == ["new", "expired"]
    assert {change["id"] for change in told} == {told[0]["id"]}
    assert (told[1]["workflow_id"], told[1]["title"], told[1]["status"]) == ("brief", "Answer soon", "expired")
    interrupt(watch)


def test_a_status_bar_gets_only_the_number(oyama: Oyama) -> None:
    ask(oyama)
    watch, other = watching(oyama, "--count"), watching(oyama, "--count", "--json")
    assert line(watch) == "1\n"
    assert json.loads(line(other)) == {"id": "approvals", "status": "waiting", "waiting": 1}
    fresh = ask(oyama)
    assert line(watch) == "2\n"
    oyama("approve", fresh, "--yes", code=0)
    assert line(watch) == "1\n"
    oyama("reject", "ship#1", "-m", "no", code=0)
    assert line(watch) == "0\n"
    assert [json.loads(line(other))["waiting"] for _ in range(3)] == [2, 1, 0]
    interrupt(watch)
    interrupt(other)
    assert oyama("approvals", "--count", code=0).out == "0\n"
    assert oyama("approvals", "--count", "--json", code=0).json() == {"id": "approvals", "status": "clear", "waiting": 0}


def test_it_ends_quietly_when_nobody_reads_any_more(oyama: Oyama) -> None:
    watch = watching(oyama)
    assert watch.stdout is not None
    watch.stdout.close()
    assert watch.wait(30) == 0
    assert watch.stderr is not None
    assert watch.stderr.read() == ""


def test_a_database_that_somebody_keeps_locked_is_followed_all_the_same(oyama: Oyama) -> None:
    ask(oyama)
    with closing(sqlite3.connect(oyama.home / "oyama.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        watch = watching(oyama, "--count")
        assert line(watch) == "1\n"
        other.execute("ROLLBACK")
    ask(oyama)
    assert line(watch) == "2\n"
    interrupt(watch)


def test_another_database_in_its_place_is_followed(oyama: Oyama, tmp_path: Path) -> None:
    ask(oyama)
    ask(oyama)
    copy = tmp_path / "copy.db"
    oyama("backup", str(copy), code=0)
    oyama("reject", "ship#1", "-m", "no", code=0)
    watch = watching(oyama, "--count")
    assert line(watch) == "1\n"
    database = oyama.home / "oyama.db"
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    shutil.move(copy, database)
    assert line(watch) == "2\n"
    oyama("reject", "ship#2", "-m", "no", code=0)
    assert line(watch) == "1\n"
    watch.send_signal(signal.SIGINT)
    ended = finish(watch)
    assert ended.code == 130
    assert "What changes is told as soon as it can be read again." in ended.err


def program(folder: Path, text: str) -> str:
    """A program for --exec, as it is written there."""
    path = folder / "tell.py"
    path.write_text(text)
    return f"{sys.executable} {path}"


def test_a_command_is_run_for_each_new_approval_and_told_by_its_environment(oyama: Oyama, tmp_path: Path) -> None:
    text = (
        "import json, os, sys\n"
        "told = {k: v for k, v in os.environ.items() if k.startswith('OYAMA_APPROVAL_')}\n"
        f"open(r'{tmp_path}/told.' + told['OYAMA_APPROVAL_ID'], 'w').write(json.dumps([told, sys.argv[1:]]))\n"
        "print('said on the way')\n"
    )
    ask(oyama)
    watch = watching(oyama, "--exec", program(tmp_path, text) + " 'a b' $HOME")
    fresh = ask(oyama)
    assert "  new  " in line(watch)
    found = until(lambda: [path for path in tmp_path.glob("told.*") if path.read_text()], "the command has run")
    told, words = json.loads(found[0].read_text())
    assert words == ["a b", "$HOME"]
    row = next(row for row in waiting(oyama) if row["id"] == fresh)
    assert told == {
        "OYAMA_APPROVAL_ID": fresh,
        "OYAMA_APPROVAL_RUN": row["run_id"],
        "OYAMA_APPROVAL_WORKFLOW": "ship",
        "OYAMA_APPROVAL_TITLE": "Publish $(touch broken); now",
        "OYAMA_APPROVAL_RISK": "low",
        "OYAMA_APPROVAL_DEADLINE": row["deadline"],
    }
    watch.send_signal(signal.SIGINT)
    ended = finish(watch)
    assert (ended.code, ended.out) == (130, "")
    assert not list(oyama.folder.glob("broken"))
    assert len(list(tmp_path.glob("told.*"))) == 1


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("/nowhere/at/all", "cannot be started: No such file or directory"),
        ("{python} -c 'raise SystemExit(3)'", "ended with exit code 3"),
        ("{python} -c 'import time; time.sleep(600)'", "was ended after 1 s"),
    ],
)
def test_a_command_that_fails_hangs_or_is_missing_is_told_and_holds_up_nothing(oyama: Oyama, command: str, told: str) -> None:
    watch = watching(oyama, "--exec", command.format(python=sys.executable), "--exec-timeout", "1")
    first, second = ask(oyama), ask(oyama)
    assert first in line(watch)
    assert second in line(watch)
    assert watch.stderr is not None
    said = watch.stderr.readline() + watch.stderr.readline()
    assert said.count(told) == 2
    assert first in said
    assert second in said
    interrupt(watch)


def test_what_still_runs_ends_with_it(oyama: Oyama, tmp_path: Path) -> None:
    text = f"import os, time\nopen(r'{tmp_path}/pid', 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    watch = watching(oyama, "--exec", program(tmp_path, text))
    ask(oyama)
    pid = int(until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), "the command runs"))
    line(watch)
    interrupt(watch)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--exec", "true"), "--exec goes with --watch"),
        (("--watch", "--exec", "'open"), "cannot be read"),
        (("--watch", "--exec", " "), "needs a command"),
        (("--watch", "--show", "abc"), "--show"),
        (("--watch", "--status", "all"), "--status"),
        (("--count", "--limit", "3"), "--limit"),
        (("--watch", "--exec", "true", "--exec-timeout", "0"), "0"),
    ],
)
def test_words_that_mean_nothing_together_are_refused(oyama: Oyama, words: tuple[str, ...], told: str) -> None:
    assert told in oyama("approvals", *words, code=2).err
