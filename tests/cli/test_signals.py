from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.cli.program import LINEAR, Oyama, finish, read_until, until


def slow(oyama: Oyama) -> tuple[str, Path]:
    """A workflow that waits for a file, and writes the id of its process to another one."""
    marker, pid = oyama.folder / "go", oyama.folder / "pid"
    script = f"echo begun; echo $$ > {pid}; until test -e {marker}; do sleep 0.05; done; echo over"
    return oyama.file("slow.yaml", f"id: slow\nsteps:\n  - id: waits\n    run: {script}\n"), pid


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_steps_and_leaves_the_run_to_be_resumed(oyama: Oyama, number: signal.Signals) -> None:
    file, pid = slow(oyama)
    running = oyama.start("run", file)
    step = int(until(lambda: pid.exists() and pid.read_text().strip(), "the step runs"))
    asked = time.monotonic()
    running.send_signal(number)
    told = finish(running)
    assert time.monotonic() - asked < 6
    assert told.code == 130, told.told
    assert "oyama resume slow-" in told.err
    until(lambda: not alive(step), "the step's process is gone")
    assert oyama("show", "slow@latest", "--json", code=0).json()["status"] in ("running", "queued")
    (oyama.folder / "go").touch()
    assert "over" in oyama("resume", "slow@latest", code=0).out


def test_a_second_signal_ends_at_once(oyama: Oyama) -> None:
    marker, pid = oyama.folder / "go", oyama.folder / "pid"
    script = f"trap '' TERM; echo $$ > {pid}; until test -e {marker}; do sleep 0.05; done"
    running = oyama.start("run", oyama.file("deaf.yaml", f'id: deaf\nsteps:\n  - id: waits\n    run: "{script}"\n'))
    until(lambda: pid.exists() and pid.read_text().strip(), "the step runs")
    asked = time.monotonic()
    running.send_signal(signal.SIGINT)
    assert running.stderr is not None
    assert "once more" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=10) == 130
    assert time.monotonic() - asked < 3
    step = int(pid.read_text())
    until(lambda: not alive(step), "the step's process is gone")


def test_a_worker_takes_over_what_is_left_and_ends_with_0(oyama: Oyama) -> None:
    file, pid = slow(oyama)
    running = oyama.start("run", file)
    until(lambda: pid.exists() and pid.read_text().strip(), "the step runs")
    running.send_signal(signal.SIGKILL)
    running.wait(timeout=10)
    pid.unlink()
    worker = oyama.start("worker")
    step = int(until(lambda: pid.exists() and pid.read_text().strip(), "the worker has taken the run over"))
    asked = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    told = finish(worker)
    assert told.code == 0, told.told
    assert time.monotonic() - asked < 5.5
    until(lambda: not alive(step), "the step's process is gone")
    (oyama.folder / "go").touch()
    idle = oyama("worker", "--exit-when-idle", "0.5", code=0)
    assert oyama("show", "slow@latest", "--json", code=0).json()["status"] == "completed", idle.told


def test_signals_that_the_caller_ignores_stay_ignored(oyama: Oyama) -> None:
    file, pid = slow(oyama)
    running = oyama.start("run", file, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    until(lambda: pid.exists() and pid.read_text().strip(), "the step runs")
    running.send_signal(signal.SIGHUP)
    (oyama.folder / "go").touch()
    told = finish(running)
    assert told.code == 0, told.told


def test_an_interrupt_of_who_only_follows_leaves_the_run_alone(oyama: Oyama) -> None:
    file, pid = slow(oyama)
    oyama("run", oyama.file("linear.yaml", LINEAR), code=0)
    running = oyama.start("run", file)
    until(lambda: pid.exists() and pid.read_text().strip(), "the step runs")
    watching = oyama.start("watch", "slow@latest")
    read_until(watching, "slow #1")
    following = oyama.start("resume", "slow@latest")
    read_until(following, "begun")
    watching.send_signal(signal.SIGINT)
    following.send_signal(signal.SIGINT)
    told = finish(watching)
    assert told.code == 130
    assert told.err == ""
    told = finish(following)
    assert told.code == 130
    assert "Another process drives the run" in told.err
    (oyama.folder / "go").touch()
    assert finish(running).code == 0
