"""Terminals that are slow, silent, wrong or gone: none of them holds up a run, and none of them ends anything badly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

from tests.reliability.program import ROOT, ForkServer, Launcher, lives, until
from tests.reliability.record import query, read_record, run_ids
from tests.reliability.terminal import Terminal

SWITCHES = 200
MOST_BYTES = 50_000
AT_ONCE = 5.0
SLACK = 4.0
LOUD_STEPS = 8
LINES = 20_000
LOUD = "id: loud\nsteps:\n" + "".join(f"  - {{id: s{number}, run: seq 1 {LINES}}}\n" for number in range(LOUD_STEPS))
HELD = """
id: held
steps:
  - id: waits
    run: |
      echo $$ > pid
      until test -e go; do sleep 0.05; done
  - {id: after, run: echo after}
"""


def is_over(launcher: Launcher) -> bool:
    return launcher.database.exists() and query(launcher.database, "SELECT status FROM workflow_states") == [("completed",)]


def workers(launcher: Launcher) -> list[int]:
    """The engines in the background."""
    found = []
    for process in psutil.process_iter():
        try:
            if "worker" in process.cmdline() and process.environ().get("OYAMA_HOME") == str(launcher.home):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found


def pid_of(launcher: Launcher) -> int:
    """The process of the held step, once it runs."""
    file = launcher.folder / "pid"
    return int(until(lambda: file.exists() and file.read_text().strip(), lambda: "the step runs"))


@contextmanager
def screens(launcher: Launcher, **how: object) -> Iterator[Terminal]:
    with closing(Terminal(launcher, **how)) as terminal:  # type: ignore[arg-type]
        terminal.shows("try the demo")
        yield terminal


def start(terminal: Terminal, file: str) -> None:
    """Open a workflow's file in the screens, and start a run of it."""
    terminal.type("o")
    terminal.shows("Open a workflow's file")
    # A dialog takes keys only when it has been seen for a moment.
    terminal.settles()
    terminal.type(file)
    terminal.shows(file)
    terminal.type("\r")
    terminal.shows("r runs it")
    terminal.type("r")
    terminal.shows("Not now")
    terminal.settles()
    terminal.type("\r")


def test_run_from_the_screens_goes_on_while_nobody_reads_them(launcher: Launcher) -> None:
    launcher.file("loud.yaml", LOUD)
    with screens(launcher) as terminal:
        start(terminal, "loud.yaml")
        until(
            lambda: is_over(launcher),
            lambda: f"the run is over without a reader: {query(launcher.database, 'SELECT * FROM workflow_states')}",
        )
        asked = time.monotonic()
        terminal.send(signal.SIGTERM)
        until(lambda: terminal.code is not None, lambda: "the screens end while nobody reads them", AT_ONCE + SLACK)
        assert time.monotonic() - asked < AT_ONCE + SLACK
        assert terminal.code == 0
        while terminal.pump():
            pass
        assert terminal.is_restored()


def test_run_on_a_terminal_goes_on_while_nobody_reads_it_and_tells_its_results_later(launcher: Launcher) -> None:
    launcher.file("loud.yaml", LOUD)
    with closing(Terminal(launcher, "run", "loud.yaml")) as terminal:
        until(lambda: is_over(launcher), lambda: "the run is over without a reader")
        assert terminal.wait() == 0
        told = terminal.raw.decode()
        assert all(f"✓\x1b[0m s{number}" in told for number in range(LOUD_STEPS))
        assert "oyama logs" in told
        assert "loud #1 completed" in told


def test_slow_pipe_gets_every_line_and_holds_up_no_run(launcher: Launcher) -> None:
    launcher.file("loud.yaml", LOUD)
    command = [sys.executable, "-m", "oyama_tui", "run", "loud.yaml"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=launcher.env, cwd=launcher.folder) as running:
        until(lambda: is_over(launcher), lambda: "the run is over without a reader")
        assert running.stdout is not None
        told = running.stdout.read().decode()
        assert running.wait() == 0
    lines = [line[4:] for line in told.splitlines() if line.startswith("  │ ")]
    assert lines == [str(number) for number in range(1, LINES + 1)] * LOUD_STEPS
    assert "loud #1 completed" in told


def test_signal_ends_a_run_whose_output_nobody_reads(launcher: Launcher) -> None:
    launcher.file(
        "stuck.yaml", f"id: stuck\nsteps:\n  - {{id: a, run: seq 1 {LINES}}}\n  - {{id: b, run: 'echo $$ > pid; exec sleep 300'}}\n"
    )
    command = [sys.executable, "-m", "oyama_tui", "run", "stuck.yaml"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=launcher.env, cwd=launcher.folder) as running:
        step = pid_of(launcher)
        running.send_signal(signal.SIGTERM)
        assert running.wait(AT_ONCE + SLACK) == 130
    until(lambda: not lives(step), lambda: "the step has ended", 10)


def test_killed_screens_interrupt_no_step(launcher: Launcher) -> None:
    launcher.file("held.yaml", HELD)
    with screens(launcher) as terminal:
        start(terminal, "held.yaml")
        step = pid_of(launcher)
        terminal.send(signal.SIGKILL)
        until(lambda: terminal.code is not None, lambda: "the screens are gone")
        assert lives(step)
        (launcher.folder / "go").touch()
        until(lambda: is_over(launcher), lambda: "the run goes on without them")
    [run_id] = run_ids(launcher.database)
    assert read_record(launcher.database, run_id).payloads("step_interrupted") == []


def test_engine_that_dies_is_started_anew(launcher: Launcher) -> None:
    launcher.file("held.yaml", HELD)
    with screens(launcher) as terminal:
        start(terminal, "held.yaml")
        pid_of(launcher)
        [first] = workers(launcher)
        (launcher.folder / "pid").unlink()
        os.kill(first, signal.SIGKILL)
        pid_of(launcher)
        assert workers(launcher) != [first]
        (launcher.folder / "go").touch()
        until(lambda: terminal.pump() or is_over(launcher), lambda: "the run is over")


def test_two_screens_start_one_engine(launcher: Launcher) -> None:
    launcher.file("gated.yaml", "id: gated\nsteps:\n  - {id: g, gate: {title: Go on}}\n")
    launcher("run", "gated.yaml", "--no-wait", code=5)
    assert workers(launcher) == []
    with closing(Terminal(launcher)) as one, closing(Terminal(launcher)) as two:
        for terminal in (one, two):
            terminal.shows("engine on")
        until(lambda: one.pump() or two.pump() or len(workers(launcher)) == 1, lambda: f"one engine is left of {workers(launcher)}")
        kinds = query(launcher.database, "SELECT count(*) FROM engine_instances WHERE kind = 'all'")
        assert kinds == [(1,)]


def test_engine_that_cannot_be_started_is_told_until_it_can(launcher: Launcher) -> None:
    launcher.file("held.yaml", HELD)
    log = launcher.home / "worker.log"
    with screens(launcher) as terminal:
        log.mkdir()
        start(terminal, "held.yaml")
        terminal.shows("could not be started")
        terminal.shows("try again")
        log.rmdir()
        terminal.type("\x12")
        pid_of(launcher)
        terminal.until(lambda: "try again" not in terminal.text, "the banner is gone")


def test_engine_that_ends_at_once_is_told_with_its_own_words(launcher: Launcher) -> None:
    launcher.file("held.yaml", HELD)
    with screens(launcher) as terminal:
        place = launcher.home / "oyama.db.files" / "engines" / "background"
        place.mkdir(parents=True)
        start(terminal, "held.yaml")
        terminal.shows("The background engine ended with exit code 74")
        place.rmdir()
        terminal.type("\x12")
        pid_of(launcher)


def test_screens_that_an_agent_has_opened_answer_nothing(launcher: Launcher) -> None:
    launcher.file("gated.yaml", "id: gated\nsteps:\n  - {id: g, gate: {title: Go on, target: production}}\n")
    launcher("run", "gated.yaml", "--no-wait", code=5)
    with closing(Terminal(launcher, columns=120, rows=36, env={"AI_AGENT": "made-up"})) as terminal:
        terminal.shows("Workflows")
        terminal.type("3")
        terminal.shows("AI_AGENT is set")
        for key in ("a", "r"):
            # A card is answered only when it has been seen for a moment.
            terminal.settles()
            terminal.type(key)
            terminal.settles()
            assert "Not now" not in terminal.text
    assert [row["status"] for row in launcher("approvals", "--json", code=0).json()] == ["pending"]


@pytest.mark.parametrize(
    "sent",
    [b"\xff", b"\xe9x", b"\xf8x", b"\x1b[M \xe8\x28", b"\xe2\x82j", b"\x1b[200~caf\xe9\x1b[201~", b"\xe9" * 5000],
    ids=["0xff", "latin-1", "8-bit meta", "X10 mouse", "cut UTF-8", "latin-1 pasted", "many"],
)
def test_bytes_that_are_no_text_do_not_end_the_screens(launcher: Launcher, sent: bytes) -> None:
    launcher("list", code=0)
    with screens(launcher) as terminal:
        os.write(terminal.near, sent)
        terminal.settles(0.3)
        terminal.type("2")
        terminal.shows("No run yet")
        terminal.type("q")
        assert terminal.wait() == 0
        assert terminal.is_restored()


def test_frames_that_a_terminal_has_not_taken_are_dropped(launcher: Launcher) -> None:
    launcher("list", code=0)
    with screens(launcher) as terminal:
        process, before = psutil.Process(terminal.pid), len(terminal.raw)
        os.write(terminal.near, b"24" * SWITCHES)

        def rests() -> bool:
            """It uses no time, and that not because others have the processors: a process that waits for one is not asleep."""
            used, asleep = sum(process.cpu_times()[:2]), True
            for _ in range(20):
                time.sleep(0.05)
                asleep = asleep and process.status() != psutil.STATUS_RUNNING
            return asleep and sum(process.cpu_times()[:2]) - used < 0.2

        until(rests, lambda: "it has done what the keys say, while nobody read")
        terminal.type("1")
        terminal.until(lambda: not terminal.pump(1), "all of it has been read")
        assert "open a file" in terminal.text
        assert len(terminal.raw) - before < MOST_BYTES


def test_mistake_where_keys_are_read_ends_the_screens_with_a_word_in_the_log(tmp_path: Path) -> None:
    with closing(ForkServer("stumbles_over_a_key")) as server, closing(Launcher(tmp_path, server)) as launcher:
        launcher("list", code=0)
        with closing(Terminal(launcher)) as terminal:
            terminal.shows("try the demo")
            terminal.type("!")
            assert terminal.wait() == 70
            assert terminal.is_restored()
            assert b"oyama.log" in terminal.raw
        assert "ZeroDivisionError: a key" in (launcher.home / "oyama.log").read_text(encoding="utf-8")


BLOCKED = """
import asyncio, os, sys
from oyama_tui.cli.printing import Printer
from oyama_tui.cli.signals import run_work
from oyama_tui.cli.terminal import GlobalOptions, Terminal
from oyama_tui.settings import Settings

async def work(terminal):
    near, far = os.pipe()
    print("blocked", flush=True)
    while True:
        os.write(far, b"x" * 65536)

sys.exit(run_work(work, Terminal(Settings(), GlobalOptions(), Printer(sys.stdout), Printer(sys.stderr))))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_program_that_is_blocked_in_a_write_ends_all_the_same(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", BLOCKED], cwd=ROOT, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"blocked\n"
        running.send_signal(number)
        assert running.wait(AT_ONCE + SLACK) == 130
