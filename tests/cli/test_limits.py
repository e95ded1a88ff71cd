"""Limits of workflows on the command line: who waits is told why, and what would change it."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.program import Oyama, finish, until

LIMITED = """
id: release
concurrency: {{limit: 1, overlap: {overlap}}}
steps:
  - id: works
    run: echo begun; until test -e {marker}; do sleep 0.05; done
"""


def limited(oyama: Oyama, overlap: str = "queue") -> str:
    return oyama.file("release.yaml", LIMITED.format(overlap=overlap, marker=oyama.folder / "go"))


def started(oyama: Oyama, number: int, *words: str) -> subprocess.Popen[str]:
    """Start a run, and wait until it is known as this number."""
    process = oyama.start("run", *words)
    until(lambda: f"release #{number}" in oyama("runs").out, f"run {number} is started")
    return process


def revisions(oyama: Oyama) -> list[tuple[str]]:
    with closing(sqlite3.connect(oyama.home / "oyama.db")) as connection:
        return connection.execute("SELECT revision FROM workflow_revisions ORDER BY revision").fetchall()


@pytest.fixture
def waiting(oyama: Oyama) -> list[subprocess.Popen[str]]:
    """One run that works, and two that queue behind it."""
    file = limited(oyama)
    processes = [started(oyama, number, file) for number in (1, 2, 3)]
    until(lambda: oyama("show", "release#3", "--json").json()["before"] == 1, "the third queues behind the second")
    return processes


def test_a_run_that_queues_says_what_is_before_it_and_what_would_change_it(oyama: Oyama, waiting: list[subprocess.Popen[str]]) -> None:
    second, third = (oyama("show", f"release#{number}", "--json", code=0).json() for number in (2, 3))
    assert (second["status"], second["place"], second["before"], second["hint"]) == ("queued", "queued", 0, ["cancel", "release#1"])
    assert (third["status"], third["state"], third["before"], third["hint"]) == ("queued", "pending", 1, ["cancel", "release#2"])
    assert oyama("show", "release#1", "--json", code=0).json()["place"] == "held"
    listed = oyama("runs", code=0).out
    assert "waiting: queue release, after #1" in listed
    assert "waiting: queue release, 1 before it" in listed
    shown = oyama("show", "release#3", code=0).out
    assert "Sooner: oyama cancel release#2" in shown
    (oyama.folder / "go").touch()
    told = [finish(process) for process in waiting]
    assert [one.code for one in told] == [0, 0, 0], told
    assert "release #3 queued, waiting: queue release, 1 before it. Sooner: oyama cancel release#2" in told[2].err
    assert "queue" not in told[0].err


def test_watch_and_events_tell_that_a_run_queues(oyama: Oyama, waiting: list[subprocess.Popen[str]]) -> None:
    watching = oyama.start("watch", "release#2")
    lines = oyama.start("watch", "release#2", "--jsonl")
    (oyama.folder / "go").touch()
    told = finish(watching)
    assert told.code == 0, told.told
    assert '"type":"run_admitted"' in finish(lines).out.replace(" ", "")
    for process in waiting:
        finish(process)


def test_what_is_before_a_run_may_be_cancelled_paused_and_resumed_from_another_terminal(
    oyama: Oyama, waiting: list[subprocess.Popen[str]]
) -> None:
    oyama("pause", "release#2", code=0)
    shown = oyama("show", "release#3", "--json", code=0).json()
    assert (shown["before"], shown["hint"]) == (0, ["cancel", "release#1"]), "who is paused is not before anybody"
    assert oyama("show", "release#2", "--json", code=0).json()["hint"][0] == "resume"
    oyama("pause", "release#1", "--now", code=0)
    until(lambda: "which is paused" in oyama("show", "release#3").out, "the third says that the first keeps its place")
    assert oyama("show", "release#3", "--json").json()["hint"] == ["resume", "release#1"]
    oyama("cancel", "release#1", code=0)
    until(lambda: oyama("show", "release#3", "--json").json()["status"] == "running", "the third has its place")
    oyama("cancel", "release#2", code=0)
    (oyama.folder / "go").touch()
    assert [finish(process).code for process in waiting] == [1, 1, 0]


def test_a_start_is_refused_with_7_when_the_workflow_skips(oyama: Oyama) -> None:
    file = limited(oyama, "skip")
    running = started(oyama, 1, file)
    until(lambda: oyama("show", "release#1", "--json").json()["place"] == "held", "the first has its place")
    changed = oyama.file("release.yaml", (oyama.folder / file).read_text() + "  - {id: more, run: 'true'}\n")
    before = revisions(oyama)
    refused = oyama("run", changed, code=7)
    assert "Nothing was started: release #1 has the one place of release." in refused.err
    assert "oyama cancel 'release#1'" in refused.err
    assert revisions(oyama) == before, "nothing was written"
    assert oyama("run", changed, "--detach", code=7).out == ""
    (oyama.folder / "go").touch()
    assert finish(running).code == 0
    oyama("run", changed, code=0)


def test_the_newest_start_cancels_the_older_ones_when_the_workflow_says_so(oyama: Oyama) -> None:
    file = limited(oyama, "cancel_running")
    first = started(oyama, 1, file)
    until(lambda: oyama("show", "release#1", "--json").json()["running"] == 1, "the first works")
    second = oyama.start("run", file)
    ended = finish(first)
    assert ended.code == 1, ended.told
    assert ": release #2 took its place" in ended.out.splitlines()[-1]
    (oyama.folder / "go").touch()
    assert finish(second).code == 0


@pytest.mark.parametrize("priority", ["101", "-101", "high"])
def test_a_priority_out_of_range_is_wrong_usage(oyama: Oyama, priority: str) -> None:
    refused = oyama("run", limited(oyama), f"--priority={priority}", code=2)
    assert "'--priority'" in refused.err
    assert not Path(oyama.home / "oyama.db").exists()


def test_the_higher_priority_comes_first(oyama: Oyama, waiting: list[subprocess.Popen[str]]) -> None:
    last = started(oyama, 4, "release", "--priority", "7")
    until(lambda: oyama("show", "release#4", "--json").json()["before"] == 0, "it is the first in the line")
    assert oyama("show", "release#3", "--json").json()["before"] == 2
    (oyama.folder / "go").touch()
    for process in (*waiting, last):
        assert finish(process).code == 0
