"""A database is one file with one name, whatever ways lead to it, and what SQLite keeps beside it belongs to it."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.program import Launcher, Started, until
from tests.reliability.record import check_journal, query, read_record, run_ids

HELD = "id: held\nsteps:\n  - {id: a, run: 'echo begun >> begun; until test -e go; do sleep 0.05; done'}\n  - {id: b, run: echo b}\n"
GATED = "id: gated\nsteps:\n  - {id: g, gate: {title: Go on}}\n  - {id: b, run: echo b}\n"


def to_the_file(launcher: Launcher) -> Path:
    link = launcher.folder / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(launcher.database)
    return link


def to_the_folder(launcher: Launcher) -> Path:
    (launcher.folder / "elsewhere").symlink_to(launcher.home)
    return launcher.folder / "elsewhere" / "oyama.db"


def by_two_links(launcher: Launcher) -> Path:
    folder = launcher.folder / "second"
    folder.mkdir()
    (folder / "link.db").symlink_to(to_the_file(launcher))
    return folder / "link.db"


@pytest.mark.parametrize("way", [to_the_file, to_the_folder, by_two_links])
def test_engines_that_reach_a_file_by_two_ways_know_each_other(launcher: Launcher, way: Callable[[Launcher], Path]) -> None:
    launcher.file("held.yaml", HELD)
    launcher("list", code=0)
    link = str(way(launcher))
    running = launcher.start("run", "held.yaml")
    until(lambda: (launcher.folder / "begun").exists(), lambda: f"the step runs: {running.err}")
    other = launcher.start("--database", link, "worker")
    until(lambda: "The engine runs" in other.out, lambda: f"the other engine lives: {other.err}")
    assert launcher("--database", link, "show", "held@latest", "--json", code=0).json()["owner"] == "elsewhere"
    # It looks at every run that nobody drives when its own run is over, so it has looked at this one by then.
    launcher.file("gated.yaml", GATED)
    launcher("--database", link, "run", "gated.yaml", "--detach", code=0)
    until(lambda: launcher("approvals", "--json", code=0).json(), lambda: "the other engine drives")
    (launcher.folder / "go").touch()
    assert running.wait().code == 0
    other.send(signal.SIGTERM)
    assert other.wait().code == 0
    assert (launcher.folder / "begun").read_text() == "begun\n"
    assert not query(launcher.database, "SELECT 1 FROM workflow_events WHERE type = 'step_interrupted'")
    assert not list(launcher.folder.rglob("link.db.files"))


def test_link_that_leads_nowhere_yet_makes_the_file_it_names(launcher: Launcher) -> None:
    launcher.home.mkdir()
    link = to_the_file(launcher)
    launcher("--database", str(link), "list", code=0)
    assert launcher.database.is_file()
    assert Path(f"{launcher.database}.files").is_dir()


def test_link_that_leads_to_itself_is_told(launcher: Launcher) -> None:
    link = launcher.folder / "round.db"
    link.symlink_to(link)
    ended = launcher("--database", str(link), "list", code=74)
    assert str(link) in ended.err
    assert "Internal error" not in ended.err


def test_file_with_a_second_name_is_refused_by_both(launcher: Launcher) -> None:
    launcher("list", code=0)
    second = launcher.home / "second.db"
    os.link(launcher.database, second)
    for name in (launcher.database, second):
        ended = launcher("--database", str(name), "worker", "--exit-when-idle", "0", code=74)
        assert "2 names" in ended.err
    told = launcher("doctor", code=1)
    assert "2 names" in told.out
    second.unlink()
    launcher("worker", "--exit-when-idle", "0", code=0)


@pytest.mark.parametrize("taken", [("-wal",), ("-shm",), ("-wal", "-shm")])
@pytest.mark.parametrize("words", [("worker",), ("resume", "gated@latest")])
def test_engine_whose_log_is_taken_away_stops_and_says_so(launcher: Launcher, words: tuple[str, ...], taken: tuple[str, ...]) -> None:
    launcher.file("gated.yaml", GATED)
    launcher("run", "gated.yaml", "--no-wait", code=5)
    engine = driving(launcher, *words)
    # A reader of another kind keeps SQLite from moving the log into the file, so that it holds all that is confirmed.
    for suffix in taken:
        Path(f"{launcher.database}{suffix}").unlink()
    ended = engine.wait()
    assert ended.code == 74, ended.told
    assert "removed or replaced while it was open" in ended.err
    assert "oyama verify" in ended.err
    [run_id] = run_ids(launcher.database)
    check_journal(read_record(launcher.database, run_id))
    launcher("verify", code=0)
    launcher("approve", "gated@latest", "--yes", code=0)
    assert "✓ b" in launcher("resume", "gated@latest", code=0).out


def test_worker_whose_database_was_replaced_says_so_and_leaves_as_if_it_had_nothing_to_do(launcher: Launcher) -> None:
    launcher.file("gated.yaml", GATED)
    launcher("run", "gated.yaml", "--no-wait", code=5)
    engine = driving(launcher, "worker", "--exit-when-idle", "1")
    aside = launcher.folder / "aside"
    aside.mkdir()
    for file in launcher.home.glob("oyama.db*"):
        if file.is_file():
            file.rename(aside / file.name)
    launcher("list", code=0)
    ended = engine.wait()
    assert ended.code == 0, ended.told
    assert str(launcher.database) in ended.err
    assert launcher("runs", "--json", code=0).json() == []
    [run_id] = run_ids(aside / "oyama.db")
    check_journal(read_record(aside / "oyama.db", run_id))


def driving(launcher: Launcher, *words: str) -> Started:
    """An engine that drives the run at the gate, whose events stand in the log alone."""
    engine = launcher.start(*words)
    until(
        lambda: launcher("show", "gated@latest", "--json", code=0).json()["owner"] == "elsewhere",
        lambda: f"the run is driven: {engine.err}",
    )
    return engine


def test_doctor_names_who_has_a_lost_log_open(launcher: Launcher) -> None:
    launcher("list", code=0)
    with closing(sqlite3.connect(launcher.database)) as other:
        other.execute("SELECT * FROM workflows").fetchall()
        Path(f"{launcher.database}-wal").unlink()
        told = launcher("doctor", code=1)
        assert str(os.getpid()) in told.out


def test_nothing_is_written_over_what_others_wrote_after_a_lost_log(launcher: Launcher) -> None:
    launcher.file("gated.yaml", GATED)
    launcher("run", "gated.yaml", "--no-wait", code=5)
    engine = driving(launcher, "worker")
    engine.send(signal.SIGSTOP)
    for suffix in ("-wal", "-shm"):
        Path(f"{launcher.database}{suffix}").unlink()
    launcher("cancel", "gated@latest", code=0)
    engine.send(signal.SIGCONT)
    assert engine.wait().code == 74
    assert launcher("show", "gated@latest", "--json", code=0).json()["status"] == "cancelled"
    launcher("verify", code=0)
