from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.program import ForkServer, Launcher, lives, until
from tests.reliability.record import check_journal, read_record, run_ids
from tests.reliability.terminal import Terminal

AT_ONCE = 5.0
"""Seconds within which a signal ends the program."""
SLACK = 4.0
"""Seconds more for a busy machine, and for what looks on."""
STUBBORN = """
id: stubborn
steps:
  - id: waits
    run: |
      trap '' TERM
      sleep 300 & echo $! > child
      echo $$ > pid
      until test -e go; do sleep 0.05; done
      echo over
  - {id: after, run: echo after}
"""


def type_interrupt(terminal: Terminal) -> None:
    terminal.type("\x03")


def terminate(terminal: Terminal) -> None:
    terminal.send(signal.SIGTERM)


def hang_up_by_signal(terminal: Terminal) -> None:
    terminal.send(signal.SIGHUP)


def close_window(terminal: Terminal) -> None:
    terminal.hang_up()


END: list[Callable[[Terminal], None]] = [type_interrupt, terminate, hang_up_by_signal, close_window]


def begin(launcher: Launcher) -> list[int]:
    """Wait until the stubborn step runs; its processes."""

    def pids() -> list[int]:
        files = [launcher.folder / name for name in ("pid", "child")]
        return [int(file.read_text()) for file in files] if all(file.exists() and file.read_text().strip() for file in files) else []

    found: list[int] = until(pids, lambda: "the step runs")
    return found


def check_ended(terminal: Terminal, asked: float, pids: list[int], code: int) -> None:
    """It ended soon, by the documented code, and no process of the step is left."""
    check_gone(terminal, asked, code)
    until(lambda: not any(map(lives, pids)), lambda: f"the step's processes {pids} are gone", 10)


def check_gone(terminal: Terminal, asked: float, code: int) -> None:
    """It ended soon, by the documented code."""
    until(lambda: terminal.pump() or terminal.code is not None, lambda: "the program ends", AT_ONCE + SLACK)
    while terminal.code is None:
        assert time.monotonic() - asked < AT_ONCE + SLACK, "the program does not end"
        terminal.pump(0.01)
    while terminal.pump():
        pass
    assert terminal.code == code, terminal.text


def check_goes_on(launcher: Launcher) -> None:
    """The run is whole and comes to its end later."""
    [run_id] = run_ids(launcher.database)
    check_journal(read_record(launcher.database, run_id))
    (launcher.folder / "go").touch()
    assert "✓ after" in launcher("resume", run_id, code=0).out
    launcher("verify", code=0)


def check_undisturbed(launcher: Launcher, pids: list[int]) -> None:
    """The step is the one that was there, and the run comes to its end with it."""
    assert all(map(lives, pids))
    (launcher.folder / "go").touch()
    [run_id] = run_ids(launcher.database)
    until(lambda: read_record(launcher.database, run_id).phase == "completed", lambda: "the run goes on by itself")
    assert read_record(launcher.database, run_id).payloads("step_interrupted") == []


@pytest.mark.parametrize("end", END)
@pytest.mark.parametrize("grace", ["0.3", "60"])
def test_end_of_run_on_a_terminal(launcher: Launcher, end: Callable[[Terminal], None], grace: str) -> None:
    launcher.file("stubborn.yaml", STUBBORN)
    with closing(Terminal(launcher, "run", "stubborn.yaml", env={"OYAMA_GRACE": grace})) as terminal:
        pids = begin(launcher)
        asked = time.monotonic()
        end(terminal)
        if grace == "60":
            if end is not close_window:
                terminal.shows("once more ends at once")
            assert all(map(lives, pids))
            asked = time.monotonic()
            while terminal.code is None and time.monotonic() - asked < AT_ONCE:
                terminal.send(signal.SIGTERM)
                terminal.pump(0.1)
        check_ended(terminal, asked, pids, 130)
        if end is not close_window:
            assert terminal.is_restored()
            assert "oyama resume stubborn-" in terminal.text or grace == "60"
    check_goes_on(launcher)


def test_second_signal_ends_a_step_too_that_has_begun_this_very_moment(tmp_path: Path) -> None:
    """Its processes run already, and whoever ends them when the engine dies has still to be told of them."""
    with closing(ForkServer("enters_late")) as server, closing(Launcher(tmp_path, server)) as launcher:
        launcher.file("stubborn.yaml", STUBBORN)
        running = launcher.start("run", "stubborn.yaml", env={"OYAMA_GRACE": "60"})
        pids = begin(launcher)
        asked = time.monotonic()
        while running.code is None and time.monotonic() - asked < AT_ONCE:
            running.send(signal.SIGTERM)
            time.sleep(0.02)
        assert running.wait(AT_ONCE).code == 130
        until(lambda: not any(map(lives, pids)), lambda: f"the step's processes {pids} are gone", 10)
        check_goes_on(launcher)


@pytest.mark.parametrize("end", END[1:])
def test_end_of_a_worker_on_a_terminal(launcher: Launcher, end: Callable[[Terminal], None]) -> None:
    launcher.file("stubborn.yaml", STUBBORN)
    with closing(Terminal(launcher, "worker")) as terminal:
        launcher("run", "stubborn.yaml", "--detach", code=0)
        pids = begin(launcher)
        asked = time.monotonic()
        end(terminal)
        check_ended(terminal, asked, pids, 0)
    check_goes_on(launcher)


@pytest.mark.parametrize("end", END[1:])
def test_end_of_the_screens_is_no_end_of_runs(launcher: Launcher, end: Callable[[Terminal], None]) -> None:
    launcher.file("stubborn.yaml", STUBBORN)
    with closing(Terminal(launcher)) as terminal:
        terminal.shows("Workflows")
        launcher("run", "stubborn.yaml", "--detach", code=0)
        pids = begin(launcher)
        terminal.shows("1 running")
        asked = time.monotonic()
        end(terminal)
        check_gone(terminal, asked, 0)
        if end is not close_window:
            terminal.until(terminal.is_restored, "the terminal is restored", 1)
    check_undisturbed(launcher, pids)


def test_screens_take_control_c_for_a_key_and_end_by_a_question(launcher: Launcher) -> None:
    launcher("list", code=0)
    with closing(Terminal(launcher)) as terminal:
        terminal.shows("Workflows")
        terminal.type("\x03")
        terminal.until(lambda: terminal.code is not None or " q" in terminal.text.lower(), "the end, or how to end")
        if terminal.code is None:
            terminal.type("q")
        assert terminal.wait() == 0
        assert terminal.is_restored()


def test_killed_screens_lose_nothing(launcher: Launcher) -> None:
    launcher.file("stubborn.yaml", STUBBORN)
    with closing(Terminal(launcher)) as terminal:
        terminal.shows("Workflows")
        launcher("run", "stubborn.yaml", "--detach", code=0)
        pids = begin(launcher)
        terminal.send(signal.SIGKILL)
        check_gone(terminal, time.monotonic(), -signal.SIGKILL)
    check_undisturbed(launcher, pids)


def test_run_that_was_stopped_and_continued_goes_on(launcher: Launcher) -> None:
    launcher.file("gated.yaml", "id: gated\nsteps:\n  - {id: g, gate: {title: Go on}}\n  - {id: b, run: echo b}\n")
    with closing(Terminal(launcher, "run", "gated.yaml")) as terminal:
        terminal.shows("oyama approve")
        terminal.send(signal.SIGSTOP)
        launcher("approve", "gated@latest", "--yes", code=0)
        assert launcher("show", "gated@latest", "--json", code=0).json()["owner"] == "elsewhere"
        assert terminal.code is None
        terminal.send(signal.SIGCONT)
        assert terminal.wait() == 0
        assert "✓ b" in terminal.text


def test_screens_that_were_stopped_and_continued_draw_what_is_new(launcher: Launcher) -> None:
    launcher.file("gated.yaml", "id: gated\nsteps:\n  - {id: g, gate: {title: Go on}}\n")
    with closing(Terminal(launcher)) as terminal:
        terminal.shows("Workflows")
        launcher("run", "gated.yaml", "--detach", code=0)
        terminal.shows("1 needs you")
        terminal.send(signal.SIGSTOP)
        launcher("approve", "gated@latest", "--yes", code=0)
        terminal.send(signal.SIGCONT)
        terminal.until(lambda: "needs you" not in terminal.text, "the answer is seen")
        terminal.send(signal.SIGTERM)
        assert terminal.wait() == 0
        assert terminal.is_restored()


def test_storm_of_sizes_is_outlived(launcher: Launcher) -> None:
    launcher.file("gated.yaml", "id: gated\nsteps:\n  - {id: g, gate: {title: Go on}}\n")
    launcher("run", "gated.yaml", "--no-wait", code=5)
    with closing(Terminal(launcher)) as terminal:
        terminal.shows("1 needs you")
        for place in range(200):
            terminal.resize(1 + place * 37 % 250, 1 + place * 17 % 80)
            terminal.pump(0.005)
        terminal.resize(1, 1)
        terminal.pump(0.1)
        terminal.screen.reset()
        terminal.screen.resize(24, 80)
        terminal.resize(80, 24)
        terminal.shows("1 needs you")
        terminal.type("3")
        terminal.shows("approve")
        terminal.send(signal.SIGTERM)
        assert terminal.wait() == 0
        assert terminal.is_restored()


@pytest.mark.parametrize(("columns", "rows", "term"), [(1, 1, "xterm"), (80, 24, "dumb"), (19, 24, "xterm"), (80, 4, "xterm")])
def test_terminals_that_are_no_place_for_screens(launcher: Launcher, columns: int, rows: int, term: str) -> None:
    with closing(Terminal(launcher, columns=columns, rows=rows, env={"TERM": term})) as terminal:
        assert terminal.wait() == 2
        assert b"\x1b" not in terminal.raw
    launcher.file("linear.yaml", "id: linear\nsteps:\n  - {id: a, run: echo a}\n")
    with closing(Terminal(launcher, "run", "linear.yaml", columns=columns, rows=rows, env={"TERM": term})) as terminal:
        assert terminal.wait() == 0
        assert (b"\x1b" in terminal.raw) == (term != "dumb")


def test_without_a_terminal_the_screens_are_refused_in_a_sentence(launcher: Launcher) -> None:
    told = launcher(code=2)
    assert told.out == ""
    assert "need a terminal" in told.err
    assert len(told.err.splitlines()) <= 2


CLEANING = """
id: cleaning
steps:
  - id: waits
    run: |
      trap 'echo asked >> asked; until test -e clean; do sleep 0.05; done; echo cleaned >> cleaned; exit 0' TERM
      echo begun >> begun
      until test -e go; do sleep 0.05; done
  - {id: after, run: echo after}
"""


@pytest.mark.parametrize("words", [("worker",), ("resume", "cleaning@latest")])
def test_end_in_good_order_leaves_a_step_the_time_of_grace_and_never_counts(launcher: Launcher, words: tuple[str, ...]) -> None:
    launcher.file("cleaning.yaml", CLEANING)
    grace = {"OYAMA_GRACE": "60"}
    (launcher.folder / "clean").touch()
    started = launcher.start("run", "cleaning.yaml", env=grace)
    for restart in range(1, 5):
        lines(launcher, "begun", restart)
        longest = restart == 2
        if longest:
            (launcher.folder / "clean").unlink()
        started.send(signal.SIGTERM)
        lines(launcher, "asked", restart)
        if longest:
            asked = time.monotonic()
            until(lambda: time.monotonic() - asked > AT_ONCE + 1, lambda: "the time passes after which other work is ended")  # noqa: B023
            assert started.code is None
            (launcher.folder / "clean").touch()
        assert started.wait().code in (0, 130)
        lines(launcher, "cleaned", restart)
        if restart < 4:
            started = launcher.start(*words, env=grace)
    [run_id] = run_ids(launcher.database)
    record = read_record(launcher.database, run_id)
    assert [event.payload["why"] for event in record.events if event.type == "step_interrupted"] == ["engine_stopped"] * 4
    check_goes_on(launcher)


def lines(launcher: Launcher, name: str, count: int) -> None:
    """Wait until a file has this many lines."""
    file = launcher.folder / name
    until(lambda: file.exists() and len(file.read_text().splitlines()) == count, lambda: f"{name} has {count} lines")


def test_second_signal_while_the_first_is_obeyed_ends_at_once(launcher: Launcher, tmp_path: Path) -> None:
    launcher.file("stubborn.yaml", STUBBORN)
    running = launcher.start("run", "stubborn.yaml", env={"OYAMA_GRACE": "60"})
    pids = begin(launcher)
    os.kill(running.pid, signal.SIGTERM)
    until(lambda: "once more" in running.err, lambda: f"the first one is obeyed: {running.err}")
    os.kill(running.pid, signal.SIGTERM)
    asked = time.monotonic()
    assert running.wait(AT_ONCE).code == 130
    assert time.monotonic() - asked < 2 + SLACK
    until(lambda: not any(map(lives, pids)), lambda: "the step's processes are gone", 10)
    check_goes_on(launcher)


def test_interrupt_of_a_start_names_the_run_if_there_is_one(launcher: Launcher) -> None:
    launcher.file("long.yaml", "id: long\nsteps:\n  - {id: waits, run: sleep 300}\n")
    launcher("runs", code=0)
    for started in range(1, 16):
        running = launcher.start("run", "long.yaml")
        until(lambda: len(run_ids(launcher.database)) == started, lambda: "the run exists")  # noqa: B023
        running.send(signal.SIGINT)
        ended = running.wait()
        assert ended.code == 130
        assert f"oyama resume {run_ids(launcher.database)[-1]}" in ended.err, ended.told
