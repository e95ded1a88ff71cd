"""A run that stands still says why, and what would let it go on."""

from __future__ import annotations

import signal

from tests.reliability.program import Launcher, Started, until

HELD = "id: held\nsteps:\n  - {id: a, run: 'until test -e go; do sleep 0.05; done'}\n  - {id: b, run: echo b}\n"
GATED = "id: gated\nsteps:\n  - {id: g, gate: {title: Go on}}\n  - {id: b, run: echo b}\n"


def held(launcher: Launcher) -> Started:
    """An engine whose run is at its first step."""
    launcher.file("held.yaml", HELD)
    running = launcher.start("run", "held.yaml", "--jsonl")
    until(lambda: "step_scheduled" in running.out, lambda: f"the step starts: {running.err}")
    return running


def test_run_whose_engine_was_killed_is_left(launcher: Launcher) -> None:
    running = held(launcher)
    assert launcher("show", "held@latest", "--json", code=0).json()["reason"] == ""
    running.kill()
    shown = launcher("show", "held@latest", "--json", code=0).json()
    assert (shown["owner"], shown["reason"]) == ("nobody", "left: its engine has ended")
    assert "left: its engine has ended" in launcher("runs", "--live", code=0).out
    (launcher.folder / "go").touch()
    assert "✓ b" in launcher("resume", "held@latest", code=0).out


def test_answered_run_without_an_engine_says_that_it_waits_for_one(launcher: Launcher) -> None:
    launcher.file("gated.yaml", GATED)
    launcher("run", "gated.yaml", "--no-wait", code=5)
    assert launcher("show", "gated@latest", "--json", code=0).json()["reason"] == "Go on"
    launcher("approve", "gated@latest", "--yes", code=0)
    shown = launcher("show", "gated@latest", "--json", code=0).json()
    assert (shown["owner"], shown["reason"]) == ("nobody", "answered, waits for an engine")
    assert "oyama resume gated-" in launcher("show", "gated@latest", code=0).out
    launcher("resume", "gated@latest", code=0)
    told = launcher("runs", "--live", code=0)
    assert told.out == ""
    assert "No run is live" in told.err
    assert "There are no runs yet" in launcher("runs", "--live", env={"OYAMA_HOME": str(launcher.folder / "other")}, code=0).err


def test_stopped_engine_is_named_with_its_process(launcher: Launcher) -> None:
    running = held(launcher)
    running.send(signal.SIGSTOP)
    try:
        words = f"driven by process {running.pid}, which is stopped: kill -CONT {running.pid}"
        until(lambda: words in launcher("show", "held@latest", code=0).out, lambda: "show says that it is stopped")
        told = launcher("doctor")
        assert f"(process {running.pid}) is stopped" in told.out
        assert f"kill -CONT {running.pid}" in told.out
    finally:
        running.send(signal.SIGCONT)
    until(lambda: "stopped" not in launcher("show", "held@latest", code=0).out, lambda: "it moves again")
    (launcher.folder / "go").touch()
    assert running.wait().code == 0
