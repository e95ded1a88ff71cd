from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.program import GATED, LINEAR, Oyama

BROKEN = "id: broken\nsteps:\n  - id: one\n    rn: echo\n  - id: one\n    run: echo\n"
POISON = """
import oyama_tui.cli.system as system

def broken(terminal):
    raise ZeroDivisionError("secret detail")

system._settings = broken
"""
NEEDY = "id: needy\ninputs: {count: {type: integer, required: true}}\nsteps:\n  - id: one\n    run: echo ${{ inputs.count }}\n"


def test_bad_words_lead_to_a_sentence_and_the_documented_code(oyama: Oyama) -> None:
    linear, broken, needy = oyama.file("linear.yaml", LINEAR), oyama.file("broken.yaml", BROKEN), oyama.file("needy.yaml", NEEDY)
    oyama("run", linear, code=0)
    (oyama.folder / "folder.yaml").mkdir()
    table: list[tuple[list[str], int, str]] = [
        (["run", "nosuch"], 4, "nosuch"),
        (["run", "./nosuch.yaml"], 4, "nosuch.yaml"),
        (["run", "folder.yaml"], 4, "folder.yaml"),
        (["run", broken], 3, "broken.yaml:"),
        (["run", needy], 2, "count"),
        (["run", needy, "-i", "count=x"], 2, "count"),
        (["run", needy, "-i", "count"], 2, "NAME=VALUE"),
        (["run", needy, "-i", "bogus=1", "-i", "count=1"], 2, "bogus"),
        (["run", linear, "--detach", "--no-wait"], 2, "exclude"),
        (["run", linear, "--json", "--jsonl"], 2, "exclude"),
        (["run", ""], 4, ""),
        (["show", "nosuch"], 4, "nosuch"),
        (["show", "linear#9"], 4, "linear#9"),
        (["show", ""], 4, ""),
        (["logs", "linear@latest", "--step", "none"], 4, "none"),
        (["watch", "nosuch"], 4, "nosuch"),
        (["approve", "nosuch"], 4, "nosuch"),
        (["reject", "nosuch", "-m", "x"], 4, "nosuch"),
        (["pause", "nosuch"], 4, "nosuch"),
        (["resume", "nosuch"], 4, "nosuch"),
        (["pause", "linear@latest"], 7, ""),
        (["cancel", "linear@latest"], 7, ""),
        (["history", "status:bogus"], 2, "bogus"),
        (["history", "since:soon"], 2, "soon"),
        (["verify", "nosuch"], 4, "nosuch"),
        (["init", "--template", "nosuch"], 4, "nosuch"),
        (["validate", "nosuch.yaml"], 4, "nosuch.yaml"),
        (["validate", "folder.yaml"], 4, "folder.yaml"),
        (["validate", broken], 3, "broken.yaml:"),
        (["approvals", "--status", "bogus"], 2, "bogus"),
        (["show", "a\udcff"], 2, "not UTF-8"),
        (["validate", "/dev/zero"], 3, "1,000,000"),
        (["run", "/dev/zero"], 3, "1 MB"),
        (["--database", str(oyama.folder), "runs"], 74, "not a file"),
    ]
    for words, code, said in table:
        told = oyama(*words)
        assert told.code == code, (words, told.told)
        assert told.err.strip(), words
        assert said in told.err, (words, told.told)
        assert told.out == "", (words, told.told)
    assert "<stdin>" in oyama("validate", "-", stdin=BROKEN, code=3).err
    assert oyama("validate", "-", stdin=LINEAR, code=0).out
    oyama("validate", "-", stdin="\udcff\udcfe", code=3)


def test_a_working_directory_that_is_gone_is_named(oyama: Oyama) -> None:
    gone = oyama.folder / "gone"
    gone.mkdir()
    script = 'cd "$0" && rmdir "$0" && exec "$@"'
    done = subprocess.run(
        ["sh", "-c", script, str(gone), *oyama.argv("run", "x.yaml")],
        env=oyama.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2, done.stderr
    assert "working directory does not exist" in done.stderr


def test_a_mistake_of_the_program_is_one_sentence_and_a_line_in_the_log(oyama: Oyama) -> None:
    poison = oyama.folder / "poison"
    poison.mkdir()
    (poison / "sitecustomize.py").write_text(POISON)
    path = f"{oyama.env['PYTHONPATH']}:{poison}"
    told = oyama.fresh("config", env={"PYTHONPATH": path}, code=70)
    log = oyama.home / "oyama.log"
    assert str(log) in told.err
    assert "secret detail" not in told.err
    assert "Traceback" in log.read_text()
    assert "secret detail" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(oyama.home.stat().st_mode) == 0o700


def test_a_database_that_cannot_be_used_is_explained(oyama: Oyama) -> None:
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    garbage = oyama.folder / "garbage.db"
    garbage.write_bytes(b"this is no database at all, " * 500)
    missing = oyama.folder / "file" / "x.db"
    (oyama.folder / "file").write_text("")
    for words in (["runs"], ["run", "gated"], ["approve"], ["approvals"]):
        for database in (garbage, missing):
            told = oyama("--database", str(database), *words, code=74)
            assert told.err.startswith("Database problem:"), told.told
    told = oyama("doctor", "--database", str(garbage), code=1)
    assert "problem" in told.out
    assert garbage.read_bytes().startswith(b"this is no database")
    assert oyama("doctor", code=0).out


def test_verify_finds_what_was_edited(oyama: Oyama) -> None:
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    assert "problem" not in oyama("verify", code=0).out
    with closing(sqlite3.connect(oyama.home / "oyama.db", isolation_level=None)) as other:
        other.execute("UPDATE workflow_states SET completed_steps = 1")
    told = oyama("verify", "linear@latest", code=1)
    assert "problem" in told.out
    found = oyama("verify", "--json", code=1).json()
    assert any(check["status"] == "problem" for check in found)


def test_a_database_that_is_locked_is_busy(oyama: Oyama) -> None:
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    with closing(sqlite3.connect(oyama.home / "oyama.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "busy" in oyama("approve", "gated@latest", "--yes", env={"OYAMA_BUSY_TIMEOUT": "0.3"}, code=75).err.lower()
        assert len(oyama("approvals", "--json", code=0).json()) == 1
        other.execute("ROLLBACK")
    oyama("approve", "gated@latest", "--yes", code=0)


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_database_that_cannot_be_written_is_explained(oyama: Oyama) -> None:
    oyama("run", oyama.file("gated.yaml", GATED), "--no-wait", code=5)
    database = Path(oyama.home) / "oyama.db"
    database.chmod(0o400)
    assert oyama("approve", "gated@latest", "--yes").code == 74


def test_a_missing_secret_is_named(oyama: Oyama) -> None:
    needs = "id: secretive\nsecrets: [DEPLOY_TOKEN]\nsteps:\n  - id: one\n    env: {T: '${{ secrets.DEPLOY_TOKEN }}'}\n    run: echo $T\n"
    file = oyama.file("secretive.yaml", needs)
    assert "DEPLOY_TOKEN" in oyama("run", file, code=78).err
    told = oyama("run", file, env={"DEPLOY_TOKEN": "hunter2hunter2"}, code=0)
    assert "hunter2" not in told.out
