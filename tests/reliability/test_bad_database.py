from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from oyama_tui.store.columns import SCHEMA_VERSION
from tests.reliability.program import Ended, ForkServer, Launcher, Started, until
from tests.reliability.record import check_journal, query, read_record

STRANGER = 65534
PAGE = 4096
LINEAR = "id: linear\nsteps:\n  - {id: a, run: echo a said this}\n"
GATED = "id: gated\nsteps:\n  - {id: a, run: echo a}\n  - {id: g, gate: {title: Go on}}\n  - {id: b, run: echo b}\n"
LOOKING = ("list", "runs", "show gated@latest", "approvals", "history", "logs linear@latest", "verify")
WRITING = ("approve gated@latest --yes", "run linear.yaml", "resume gated@latest --no-wait", "cancel gated@latest")
LOCKED = float(os.environ.get("OYAMA_TEST_LOCKED", "6"))
"""Seconds for which another program locks the database: some times what an engine waits at once; with 30, commands wait as by default."""
QUICKLY = {"OYAMA_BUSY_TIMEOUT": "0.5"}


@pytest.fixture
def scene(server: ForkServer) -> Iterator[Launcher]:
    """A finished run and one that waits at a gate, in a folder that every account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="oyama-"))
    folder.chmod(0o755)
    with closing(Launcher(folder, server)) as launcher:
        launcher.file("linear.yaml", LINEAR)
        launcher.file("gated.yaml", GATED)
        launcher("run", "linear.yaml", code=0)
        launcher("run", "gated.yaml", "--no-wait", code=5)
        yield launcher
    shutil.rmtree(folder)


@contextmanager
def sound_again(launcher: Launcher) -> Iterator[None]:
    """Put the database back at the end, and see that nothing of it is lost."""
    kept = launcher.folder / "kept.db"
    shutil.copy(launcher.database, kept)
    yield
    for file in launcher.home.glob("oyama.db*"):
        if file.is_file():
            file.unlink()
    shutil.copy(kept, launcher.database)
    check_goes_on(launcher)


def check_goes_on(launcher: Launcher) -> None:
    """What waited goes on to its end, and every journal is sound."""
    if launcher("approvals", "--json", code=0).json():
        launcher("approve", "gated@latest", "--yes", code=0)
    ended = launcher("resume", "gated@latest", code=0)
    assert "✓ b" in ended.out
    launcher("verify", code=0)
    for (run_id,) in query(launcher.database, "SELECT id FROM workflow_states"):
        check_journal(read_record(launcher.database, run_id))


def check_told(ended: Ended, code: int, *words: str) -> None:
    """A title, a sentence and a hint, and the documented code."""
    assert ended.code == code, ended.told
    assert re.match(r"[A-Z][a-z ]+: \S.+[.]\n", ended.err), ended.told
    assert "Internal error" not in ended.err
    for word in words:
        assert word in ended.err, ended.told


def check_all(launcher: Launcher, commands: tuple[str, ...], code: int, *words: str, **how: Any) -> None:
    """Each command ends with the same code and says the same."""
    for command in commands:
        check_told(launcher(*command.split(), **how), code, *words)


def diagnosed(launcher: Launcher, **how: Any) -> str:
    """The troubles that `doctor` names."""
    ended = launcher("doctor", "--json", **how)
    assert ended.code in (0, 1), ended.told
    return "\n".join(check["message"] for check in ended.json() if check["status"] != "ok")


@pytest.mark.parametrize("folder", [0o755, 0o777])
def test_read_only_files_can_be_looked_at(scene: Launcher, folder: int) -> None:
    uid = STRANGER if os.geteuid() == 0 else None
    scene.home.chmod(folder if uid else folder & 0o555)
    scene.database.chmod(0o444)
    for command in LOOKING:
        scene(*command.split(), uid=uid, code=0)
    assert "a said this" in scene("logs", "linear@latest", uid=uid, code=0).out
    check_all(scene, WRITING, 74, "read-only", uid=uid)
    assert "read" in diagnosed(scene, uid=uid)
    scene.home.chmod(0o700)
    scene.database.chmod(0o600)
    check_goes_on(scene)


def test_damaged_header_is_told_and_not_touched(scene: Launcher) -> None:
    with sound_again(scene):
        scene.database.write_bytes(b"garbage!" * 12 + b"1234" + scene.database.read_bytes()[100:])
        spoiled = scene.database.read_bytes()
        check_all(scene, LOOKING + WRITING, 74, "damaged", str(scene.database))
        assert "damaged" in diagnosed(scene)
        assert scene.database.read_bytes() == spoiled


def test_damaged_pages_are_told(scene: Launcher) -> None:
    with sound_again(scene):
        with scene.database.open("r+b") as file:
            for page in range(2, scene.database.stat().st_size // PAGE, 2):
                file.seek(page * PAGE)
                file.write(b"\xff" * PAGE)
        check_all(scene, LOOKING + WRITING, 74, "damaged", str(scene.database))
        assert "damaged" in diagnosed(scene)


def test_one_damaged_page_never_shows_a_traceback(scene: Launcher) -> None:
    with sound_again(scene):
        whole = scene.database.read_bytes()
        for page in range(1, len(whole) // PAGE, 3):
            scene.database.write_bytes(whole[: page * PAGE] + os.urandom(PAGE) + whole[(page + 1) * PAGE :])
            for command in ("runs", "show gated@latest", "approve gated@latest --yes"):
                ended = scene(*command.split())
                assert ended.code in (0, 4, 7, 74), ended.told
                assert "Internal error" not in ended.err, f"page {page}, {command}: {ended.told}"
            for file in scene.home.glob("oyama.db-*"):
                file.unlink()


def test_newer_schema_is_refused(scene: Launcher) -> None:
    with sound_again(scene):
        set_schema(scene, 99)
        check_all(scene, LOOKING + WRITING, 74, "newer version", "Update Oyama")
        assert "newer" in diagnosed(scene)


def set_schema(launcher: Launcher, number: int) -> None:
    with closing(sqlite3.connect(launcher.database, timeout=10, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version={number}")


@contextmanager
def locked(launcher: Launcher) -> Iterator[None]:
    """Another program holds the write lock."""
    with closing(sqlite3.connect(launcher.database, timeout=10, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


def test_locked_database_is_busy_for_who_writes(scene: Launcher) -> None:
    with locked(scene):
        for command in LOOKING:
            scene(*command.split(), env=QUICKLY, code=0)
        check_all(scene, WRITING, 75, "locked by another program for 0.5 s", env=QUICKLY)
        assert "locked" in diagnosed(scene, env=QUICKLY)
    check_goes_on(scene)


def test_run_outlives_a_lock_that_commands_give_up_on(scene: Launcher) -> None:
    scene.file("long.yaml", "id: long\nsteps:\n  - {id: a, run: until test -e go; do sleep 0.05; done}\n  - {id: b, run: echo b}\n")
    running = scene.start("run", "long.yaml", "--jsonl", env={"OYAMA_BUSY_TIMEOUT": f"{LOCKED / 5:g}"})
    until(lambda: "step_scheduled" in running.out, lambda: "the step starts")
    with locked(scene):
        (scene.folder / "go").touch()
        began = time.monotonic()
        check_told(scene("cancel", "gated@latest", env={"OYAMA_BUSY_TIMEOUT": f"{LOCKED * 2 / 3:g}"}), 75, f"for {LOCKED * 2 / 3:g} s")
        until(lambda: time.monotonic() - began > LOCKED, lambda: "the lock has been there for so long")
        assert running.code is None
    assert running.wait().code == 0
    check_goes_on(scene)


def at_the_gate(launcher: Launcher) -> Started:
    """A process that drives the waiting run."""
    running = launcher.start("resume", "gated@latest", env=QUICKLY)
    until(lambda: "oyama approve" in running.out, lambda: f"the gate is told: {running.err}")
    return running


def test_run_at_a_gate_waits_until_a_lock_is_gone(scene: Launcher) -> None:
    running = at_the_gate(scene)
    with locked(scene):
        check_told(scene("approve", "gated@latest", "--yes", env=QUICKLY), 75)
    scene("approve", "gated@latest", "--yes", code=0)
    assert "✓ b" in running.wait().out
    assert running.code == 0
    scene("verify", code=0)


def test_file_that_is_deleted_under_a_run_is_noticed(scene: Launcher) -> None:
    with sound_again(scene):
        running = at_the_gate(scene)
        # The database first: a log that is gone before it is told otherwise.
        for file in sorted(scene.home.glob("oyama.db*")):
            if file.is_file():
                file.unlink()
        check_told(running.wait(), 74, "deleted or replaced", "nothing more is written")
        assert not scene.database.exists()


def test_file_that_is_replaced_under_a_run_is_left_alone(scene: Launcher) -> None:
    running = at_the_gate(scene)
    copy = scene.folder / "copy.db"
    with closing(sqlite3.connect(scene.database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    copy.replace(scene.database)
    for suffix in ("-wal", "-shm"):
        scene.database.with_name(scene.database.name + suffix).unlink(missing_ok=True)
    check_told(running.wait(), 74, "deleted or replaced")
    check_goes_on(scene)


def test_schema_that_becomes_newer_under_a_run_ends_it(scene: Launcher) -> None:
    running = at_the_gate(scene)
    set_schema(scene, 99)
    check_told(running.wait(), 74, "newer version")
    set_schema(scene, SCHEMA_VERSION)
    check_goes_on(scene)


@pytest.mark.parametrize("pages", [1, 4])
def test_full_disk_refuses_a_start(scene: Launcher, pages: int) -> None:
    told = scene("run", "gated.yaml", fsize=pages * PAGE)
    check_told(told, 74, "disk", "what was confirmed before is safe")
    assert "Waits" not in told.out
    check_goes_on(scene)


@pytest.fixture
def stuck(scene: Launcher) -> Started:
    """A run of twelve steps on a disk that is full after a few of them."""
    scene.file("many.yaml", "id: many\nsteps:\n" + "".join(f"  - {{id: s{place}, run: echo {place} >> done}}\n" for place in range(12)))
    running = scene.start("run", "many.yaml", fsize=scene.database.stat().st_size + 6 * PAGE)
    until(lambda: "goes on as soon as" in running.err, lambda: f"the full disk is told: {running.out}{running.err}")
    assert running.code is None
    return running


def check_many(scene: Launcher) -> None:
    """All twelve steps have run, in order; only the one that the full disk cut off may have run twice."""
    assert scene("show", "many@latest", "--json", code=0).json()["status"] == "completed"
    lines = [int(line) for line in (scene.folder / "done").read_text().split()]
    assert sorted(set(lines)) == list(range(12))
    assert len(lines) <= 13
    check_goes_on(scene)


def test_run_goes_on_by_itself_when_the_disk_has_space_again(scene: Launcher, stuck: Started) -> None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(stuck.pid, resource.RLIMIT_FSIZE, limit)
    assert stuck.wait().code == 0
    check_many(scene)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_run_that_ends_on_a_full_disk_goes_on_later(scene: Launcher, stuck: Started, number: signal.Signals) -> None:
    told = stuck.out.splitlines()
    stuck.send(number)
    assert stuck.wait().code == (130 if number == signal.SIGTERM else -number)
    scene("resume", "many@latest", code=0)
    assert sum(line.startswith("✓ s") for line in told) >= 1
    check_many(scene)
