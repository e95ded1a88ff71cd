"""A machine at its limits: steps wait for room instead of failing, and what cannot be done is said in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from oyama_tui.core.events import StepFailed
from tests.reliability.program import PATIENCE, ROOT, Launcher, environment, until
from tests.reliability.record import check_journal, query, read_record, run_ids

MANY = 40
STRANGER = 65534


def test_steps_wait_for_descriptors_instead_of_failing(launcher: Launcher) -> None:
    steps = "".join(f"  - {{id: s{number}, run: 'echo b >> begun; until test -e go; do sleep 0.1; done'}}\n" for number in range(MANY))
    launcher.file("many.yaml", f"id: many\ntype: parallel\nsteps:\n{steps}")
    running = launcher.start("run", "many.yaml", limits={"NOFILE": 64})
    log = launcher.home / "oyama.log"
    until(lambda: log.exists() and "waits until there is room" in log.read_text(), lambda: f"a step waits: {running.err}")
    begun = launcher.folder / "begun"
    until(begun.exists, lambda: "other steps run")
    assert "steps wait until others have ended" in launcher("doctor").out
    (launcher.folder / "go").touch()
    assert running.wait().code == 0
    [run_id] = run_ids(launcher.database)
    kinds = [event.type for event in read_record(launcher.database, run_id).events]
    assert kinds.count("step_succeeded") == MANY
    assert "step_failed" not in kinds
    assert begun.read_text() == "b\n" * MANY
    assert query(launcher.database, "SELECT phase FROM workflow_states") == [("completed",)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a program as another account, and has no limit of its own")
@pytest.mark.parametrize("most", [12, 20])
def test_too_few_processes_end_no_engine(launcher: Launcher, most: int) -> None:
    """Either none begins, or only steps fail whose own programs find no room."""
    steps = "".join(f"  - {{id: s{number}, run: 'echo b; sleep 0.3'}}\n" for number in range(MANY))
    launcher.file("many.yaml", f"id: many\ntype: parallel\nsteps:\n{steps}")
    launcher.let_in(STRANGER)
    ended = launcher.start("run", "many.yaml", uid=STRANGER, limits={"NPROC": most}).wait()
    assert "Internal error" not in ended.err
    if ended.code == 75:
        # Others of this account have processes, too: there may be room for not even a thread.
        assert "No room: " in ended.err
        return
    assert ended.code in (0, 1), ended.told
    [run_id] = run_ids(launcher.database)
    record = read_record(launcher.database, run_id)
    check_journal(record)
    kinds = [event.type for event in record.events]
    assert kinds.count("step_succeeded") + kinds.count("step_failed") == MANY
    assert all("Exit code" in event.message for event in record.events if isinstance(event, StepFailed))


def test_too_few_descriptors_for_anything_are_told_in_a_sentence(launcher: Launcher) -> None:
    launcher("list", code=0)
    ended = launcher("runs", limits={"NOFILE": 4})
    assert ended.code in (74, 75), ended.told
    assert "Internal error" not in ended.err
    launcher("runs", code=0)


def test_disk_without_room_for_what_sqlite_keeps_beside_the_database_is_full(launcher: Launcher) -> None:
    launcher("list", code=0)
    for words in (("runs",), ("worker", "--exit-when-idle", "0")):
        ended = launcher(*words, fsize=4096, code=74)
        assert "is full" in ended.err, ended.told
    assert "is full" in launcher("doctor", fsize=4096, code=1).out
    launcher("runs", code=0)


FULL = Path("/dev/full")


@pytest.mark.parametrize("words", [("--version",), ("--verbose", "--version"), ("--help",), ("runs", "--help"), ("runs",), ("doctor",)])
@pytest.mark.parametrize("errors_too", [False, True])
def test_output_that_cannot_be_written_is_no_mistake(tmp_path: Path, words: tuple[str, ...], errors_too: bool) -> None:
    with FULL.open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "oyama_tui", *words],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=full if errors_too else subprocess.PIPE,
            env=environment(tmp_path),
            cwd=ROOT,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == (0 if words == ("runs",) else 74), done.stderr
    if not errors_too and words != ("runs",):
        assert done.stderr == b"Output: it cannot be written: No space left on device.\n"
    assert not list(tmp_path.glob("oyama.log"))


def test_empty_variable_counts_as_none(launcher: Launcher) -> None:
    home = launcher.folder / "person"
    home.mkdir()
    given = {"OYAMA_HOME": "", "OYAMA_DATABASE": "", "HOME": str(home), "XDG_DATA_HOME": str(home / "data")}
    rows = launcher("config", "--json", env=given, code=0).json()
    assert next(row for row in rows if row["id"] == "home")["status"] == "default"
    before = set(os.listdir(launcher.folder))
    launcher("list", env=given, code=0)
    assert set(os.listdir(launcher.folder)) == before | {"person"}
    assert list(home.rglob("oyama.db"))


def test_resume_ends_when_its_take_over_pauses_the_run(launcher: Launcher) -> None:
    launcher.file("poison.yaml", "id: poison\nsteps:\n  - {id: a, run: 'echo b >> begun; sleep 300'}\n")
    begun = launcher.folder / "begun"
    words: tuple[str, ...] = ("run", "poison.yaml")
    for attempt in range(1, 4):
        running = launcher.start(*words)
        until(lambda: begun.exists() and begun.read_text() == "b\n" * attempt, lambda: f"the step runs: {running.err}")  # noqa: B023
        running.kill()
        words = ("resume", "poison@latest")
    ended = launcher("resume", "poison@latest", code=5)
    assert "interrupted 3 times in a row" in ended.out
    assert "oyama resume poison-" in ended.out
