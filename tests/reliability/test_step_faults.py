from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.reliability.hostile import check_harmless
from tests.reliability.program import Launcher, until
from tests.reliability.terminal import Terminal

MARK = "OYAMA_TEST_MARK"
SECRET = "correct-horse-battery-staple"


def run_step(launcher: Launcher, script: str, code: int, **settings: Any) -> dict[str, Any]:
    """Run a workflow of one step; the step's only attempt."""
    step = {"id": "step", "run": script, **settings}
    launcher.file("fault.yaml", json.dumps({"id": "fault", "steps": [step]}))
    launcher("run", "fault.yaml", code=code, env={MARK: str(launcher.home)})
    launcher("verify", code=0)
    [attempt] = launcher("logs", "fault@latest", "--json", code=0).json()
    found: dict[str, Any] = attempt
    return found


def left_over(launcher: Launcher) -> list[psutil.Process]:
    """Processes that a step of this test has left."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except (psutil.Error, OSError):
            continue
        if environment.get(MARK) == str(launcher.home) and "OYAMA_STEP_ID" in environment:
            found.append(process)
    return found


def check_nothing_left(launcher: Launcher) -> None:
    until(lambda: not left_over(launcher), lambda: f"everything has ended: {left_over(launcher)}", 10)


@pytest.mark.parametrize("limit", [{"attempt": "300ms"}, {"total": "300ms"}, {"idle": "300ms"}])
def test_step_that_never_ends_is_ended_by_its_timeout(launcher: Launcher, limit: dict[str, str]) -> None:
    attempt = run_step(launcher, "echo begun; sleep 300", 1, timeout=limit)
    assert (attempt["status"], attempt["error_kind"]) == ("failed", "timeout")
    assert attempt["output"] == "begun"
    check_nothing_left(launcher)


def test_step_that_ignores_being_asked_to_end_is_ended(launcher: Launcher) -> None:
    attempt = run_step(launcher, "trap '' TERM INT HUP; sleep 300 & (trap '' TERM; sleep 300) & wait", 1, timeout="300ms")
    assert attempt["error_kind"] == "timeout"
    check_nothing_left(launcher)


def test_step_that_forks_a_daemon_is_ended_with_it(launcher: Launcher) -> None:
    attempt = run_step(launcher, "setsid sh -c \"trap '' TERM HUP; sleep 300; :\" & sleep 300", 1, timeout="500ms")
    assert attempt["error_kind"] == "timeout"
    check_nothing_left(launcher)


def test_daemon_that_has_cut_all_ties_does_not_hold_the_run(launcher: Launcher) -> None:
    attempt = run_step(launcher, "(setsid sleep 300 > /dev/null 2>&1 &); echo done", 0)
    assert attempt["output"] == "done"
    for process in left_over(launcher):
        process.kill()


def test_child_that_holds_the_output_open_does_not_hold_the_run(launcher: Launcher) -> None:
    attempt = run_step(launcher, "echo first; sleep 300 & echo last", 0)
    assert attempt["output"].splitlines() == ["first", "last"]
    check_nothing_left(launcher)


@pytest.mark.parametrize(("number", "name"), [(9, "SIGKILL"), (11, "SIGSEGV"), (15, "SIGTERM")])
def test_step_that_ends_by_a_signal_has_failed_and_says_which(launcher: Launcher, number: int, name: str) -> None:
    attempt = run_step(launcher, f"echo before; kill -{number} $$", 1)
    assert attempt["status"] == "failed"
    assert attempt["exit_code"] == 128 + number
    assert name in attempt["error"]


def test_much_output_on_one_line_is_kept_within_bounds(launcher: Launcher) -> None:
    amount = int(os.environ.get("OYAMA_TEST_OUTPUT", str(64 * 1024 * 1024)))
    script = f"printf begin; head -c {amount} /dev/zero | tr '\\000' x; printf end"
    launcher.file("fault.yaml", json.dumps({"id": "fault", "steps": [{"id": "step", "run": script}]}))
    running = launcher.start("run", "fault.yaml", "--json", env={"OYAMA_LOG_QUOTA": "1048576"})
    largest = 0

    def watched() -> bool:
        nonlocal largest
        if running.code is None:
            largest = max(largest, psutil.Process(running.pid).memory_info().rss)
        return running.code is not None

    until(watched, lambda: "the run ends", 120)
    assert running.code == 0
    [attempt] = launcher("logs", "fault@latest", "--json", code=0).json()
    assert attempt["truncated"]
    assert attempt["output"].startswith("beginx")
    assert attempt["output"].endswith("xend")
    assert len(attempt["output"]) <= 64 * 1024 + 200
    stored = sum(file.stat().st_size for file in launcher.home.rglob("*") if file.is_file())
    assert stored < 4 * 1024 * 1024
    assert largest < 400 * 1024 * 1024


def test_bytes_that_are_no_text_are_shown_all_the_same(launcher: Launcher) -> None:
    attempt = run_step(launcher, "printf 'a\\000b\\377\\376c\\355\\240\\200d\\n'", 0)
    assert attempt["output"] == "a␀b��c���d"
    with closing(Terminal(launcher, "logs", "fault@latest")) as terminal:
        assert terminal.wait() == 0
        check_harmless(bytes(terminal.raw), set())


LEAKS = """
id: leaks
secrets: [DEPLOY_TOKEN]
steps:
  - id: says
    env: {TOKEN: "${{ secrets.DEPLOY_TOKEN }}"}
    run: |
      echo "whole $TOKEN"
      printf 'in pieces '; printf %s "$TOKEN" | cut -c1-9 | tr -d '\\n'; sleep 0.2; printf %s "$TOKEN" | cut -c10-
      echo "$TOKEN" >&2
      echo "said=$TOKEN" >> "$OYAMA_OUTPUT"
  - {id: json, env: {TOKEN: "${{ secrets.DEPLOY_TOKEN }}"}, parse: json, run: 'echo "{\\"token\\": \\"$TOKEN\\"}"'}
  - {id: keeps, set: {kept: "${{ steps.says.output }}"}}
  - id: fails
    env: {TOKEN: "${{ secrets.DEPLOY_TOKEN }}"}
    gate: {title: Go on, preview: 'echo "shown $TOKEN"'}
    run: echo "failing $TOKEN" >&2; exit 3
"""


def kept_bytes(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Everything in the data directory."""
    for file in folder.rglob("*"):
        if file.is_file():
            yield file, file.read_bytes()


def test_secrets_are_nowhere_but_in_the_process_that_needs_them(launcher: Launcher) -> None:
    launcher.file("leaks.yaml", LEAKS)
    env = {"DEPLOY_TOKEN": SECRET, "OYAMA_LOG_LEVEL": "DEBUG"}
    written = []
    words: tuple[tuple[str, ...], ...] = (
        ("run", "leaks.yaml", "--no-wait"),
        ("approvals", "--show", ""),
        ("approve", "leaks@latest", "--yes"),
        ("resume", "leaks@latest"),
        ("show", "leaks@latest", "--json"),
        ("logs", "leaks@latest"),
        ("watch", "leaks@latest", "--jsonl"),
        ("history",),
    )
    for command in words:
        if command[-1] == "":
            command = (*command[:-1], launcher("approvals", "--json").json()[0]["id"])
        with closing(Terminal(launcher, *command, columns=200, rows=60, env=env, draw=False)) as terminal:
            terminal.wait()
            written.append(bytes(terminal.raw))
    for word in (b"whole", b"shown", b"failing"):
        assert word in b"".join(written)
    for place, told in enumerate(written):
        assert SECRET.encode() not in told, words[place]
    for file, content in kept_bytes(launcher.home):
        assert SECRET.encode() not in content, file
    with closing(sqlite3.connect(launcher.database)) as connection:
        assert SECRET not in "\n".join(connection.iterdump())
    assert launcher("show", "leaks@latest", "--json", code=0).json()["status"] == "failed"
