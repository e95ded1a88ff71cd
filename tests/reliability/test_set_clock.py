"""Somebody sets the clock of the machine while engines drive runs and people answer, each in a process of its own."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.program import ForkServer, Launcher, until
from tests.reliability.record import check_journal, read_record, run_ids

HOUR = 3_600_000
WAITING = """
id: waiting
steps:
  - {id: held, run: 'echo b > begun; until test -e go; do sleep 0.05; done'}
  - {id: rests, wait: {for: 500ms}}
  - {id: tries, run: 'test -e tried || { touch tried; exit 1; }', retry: {max_attempts: 2, interval: 300ms}}
  - {id: ask, gate: {title: Go on, timeout: 30m}}
  - {id: last, run: echo over}
"""
AT_ONCE = 10.0
"""Seconds in which a set clock is noticed on a busy machine; an engine that did not look for it would sleep on for longer."""
OVERDUE = "id: overdue\nsteps:\n  - {id: ask, gate: {title: Go on, timeout: 30m}}\n"


@pytest.fixture(scope="module")
def adjustable() -> Iterator[ForkServer]:
    with closing(ForkServer("set_clock")) as server:
        yield server


@pytest.fixture
def launcher(tmp_path: Path, adjustable: ForkServer) -> Iterator[Launcher]:
    with closing(Launcher(tmp_path, adjustable)) as program:
        program("list", code=0)
        yield program


def set_by(launcher: Launcher, milliseconds: int) -> None:
    """Set the clock of every process at once."""
    new = launcher.home / "clock.new"
    new.write_text(str(milliseconds))
    os.replace(new, launcher.home / "clock")


@pytest.mark.parametrize("by", [-HOUR, HOUR])
def test_run_goes_on_and_takes_the_time_that_has_passed(launcher: Launcher, by: int) -> None:
    launcher.file("waiting.yaml", WAITING)
    running = launcher.start("run", "waiting.yaml")
    until((launcher.folder / "begun").exists, lambda: f"the step runs: {running.err}")
    set_by(launcher, by)
    (launcher.folder / "go").touch()
    until(lambda: "oyama approve" in running.out, lambda: f"the gate opens: {running.out}{running.err}")
    launcher("approve", "waiting@latest", "--yes", code=0)
    ended = running.wait()
    assert ended.code == 0, ended.told
    shown = launcher("show", "waiting@latest", "--json", code=0).json()
    assert 800 <= shown["duration_ms"] < HOUR / 2
    [run_id] = run_ids(launcher.database)
    record = read_record(launcher.database, run_id)
    check_journal(record)
    assert all(one.at <= other.at for one, other in itertools.pairwise(record.events))
    launcher("verify", code=0)


def test_gate_whose_time_is_over_by_the_new_clock_ends(launcher: Launcher) -> None:
    launcher.file("overdue.yaml", OVERDUE)
    running = launcher.start("run", "overdue.yaml")
    until(lambda: "oyama approve" in running.out, lambda: f"the gate opens: {running.err}")
    set_by(launcher, HOUR)
    told = time.monotonic()
    assert running.wait().code == 6
    assert time.monotonic() - told < AT_ONCE
    launcher("verify", code=0)
