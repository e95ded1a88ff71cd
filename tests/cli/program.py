"""The program under test, as a person starts it: in processes of its own, with a data directory of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.cli.forks import Forks

ROOT = Path(__file__).resolve().parents[2]

LINEAR = """
id: linear
inputs: {word: {type: string, default: hello}}
steps:
  - id: first
    run: echo "${{ inputs.word }} there"
  - id: second
    run: echo done
"""
GATED = """
id: gated
steps:
  - id: build
    run: echo built
  - id: publish
    gate: {title: Publish it, target: production}
    run: echo published
"""


@dataclass(frozen=True)
class Ended:
    """What a command left."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def told(self) -> str:
        """Everything, for messages of failed checks."""
        return f"exit {self.code}\n--- out\n{self.out}\n--- err\n{self.err}"


class Oyama:
    """Runs `oyama` in a fresh data directory: commands are forked from a process that has loaded it, or started from nothing."""

    def __init__(self, folder: Path, forks: Forks) -> None:
        self.folder = folder
        self.forks = forks
        self.started: list[subprocess.Popen[str]] = []
        self.home = folder / "home"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OYAMA", "NO_COLOR", "FORCE_COLOR", "COLUMNS"))}
        self.env = {**kept, "OYAMA_HOME": str(self.home), "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}

    def __call__(self, *words: str, stdin: str = "", env: Mapping[str, str] | None = None, code: int | None = None) -> Ended:
        """Run one command to its end; with `code` it must end with that."""
        given = stdin.encode("utf-8", "surrogateescape")
        return _checked(*self.forks.run(list(words), {**self.env, **(env or {})}, self.folder, given), code)

    def fresh(self, *words: str, env: Mapping[str, str] | None = None, code: int | None = None) -> Ended:
        """Run one command in a new interpreter."""
        done = subprocess.run(
            self.argv(*words),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**self.env, **(env or {})},
            cwd=self.folder,
            timeout=60,
            check=False,
        )
        return _checked(done.returncode, done.stdout, done.stderr, code)

    def start(self, *words: str, **how: Any) -> subprocess.Popen[str]:
        """Start one command in a new interpreter and go on."""
        process = subprocess.Popen(
            self.argv(*words),
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "preexec_fn": _plain_signals, **how},
            env=self.env,
            cwd=self.folder,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "oyama_tui", *words]

    def file(self, name: str, text: str) -> str:
        """Write a workflow file."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def end_all(self) -> None:
        """End what still runs on this data directory."""
        for started in self.started:
            started.kill()
            started.wait()
            for stream in (started.stdout, started.stderr):
                if stream is not None:
                    stream.close()
        for process in psutil.process_iter():
            try:
                if process.environ().get("OYAMA_HOME") == str(self.home):
                    process.kill()
            except (psutil.Error, OSError):
                continue


def _checked(code: int, out: bytes, err: bytes, wanted: int | None) -> Ended:
    """What a command left; it has never shown a traceback."""
    ended = Ended(code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))
    assert "Traceback" not in ended.out + ended.err, ended.told
    assert wanted is None or code == wanted, ended.told
    return ended


def _plain_signals() -> None:
    """Make signals end the child as in a shell, whatever the tests themselves ignore."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def hiding(folder: Path, package: str) -> dict[str, str]:
    """The environment of a program that does not find a package."""
    hides = folder / "hides"
    hides.mkdir(parents=True)
    (hides / f"{package}.py").write_text(f"raise ModuleNotFoundError('hidden by this test', name={package!r})\n")
    return {"PYTHONPATH": str(hides)}


def until(condition: Callable[[], Any], what: str, seconds: float = 20.0) -> Any:
    """Wait for a condition and give what it gave."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"never happened: {what}")


def finish(process: subprocess.Popen[str], seconds: float = 30.0) -> Ended:
    """Read the rest of what a started command prints, and wait for its end; it is ended when that takes too long."""
    assert process.stdout is not None
    assert process.stderr is not None
    limit = threading.Timer(seconds, process.kill)
    limit.start()
    try:
        out, err = process.stdout.read(), process.stderr.read()
        ended = Ended(process.wait(), out, err)
    finally:
        limit.cancel()
    assert "Traceback" not in ended.out + ended.err, ended.told
    return ended


def read_until(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Read what a started command prints until a line fits, and give what fits."""
    assert process.stdout is not None
    seen = ""
    while line := process.stdout.readline():
        seen += line
        found = re.search(pattern, line)
        if found is not None:
            return found
    raise AssertionError(f"{pattern} never came; exit {process.wait()}\n{seen}{process.stderr.read() if process.stderr else ''}")
