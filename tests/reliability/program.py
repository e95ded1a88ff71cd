"""`oyama` as processes that can be killed at any moment, with all that they printed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]

PATIENCE = 60.0
"""Seconds that anything may take on a busy machine."""


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


class Started:
    """One started command; what it prints goes to files, so that nothing printed is lost when it is killed.

    Args:
        launcher: Its parent.
        pid: Its process.
        base: Path of its two output files, without their endings.
    """

    def __init__(self, launcher: Launcher, pid: int, base: Path) -> None:
        self.launcher = launcher
        self.pid = pid
        self._out, self._err = base.with_suffix(".out"), base.with_suffix(".err")
        self._ended: int | None = None

    @property
    def code(self) -> int | None:
        """Its exit code, a signal as a negative number; none while it lives."""
        if self._ended is None:
            self._ended = self.launcher.ask({"code": self.pid})
        return self._ended

    @property
    def out(self) -> str:
        """What it has printed so far, whole lines only."""
        return whole_lines(self._out)

    @property
    def err(self) -> str:
        """What it has told on standard error so far."""
        return self._err.read_text("utf-8", "replace")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.code is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it and wait until it is gone."""
        self.send(signal.SIGKILL)
        self.wait()

    def wait(self, seconds: float = PATIENCE) -> Ended:
        """Wait for its end."""
        until(lambda: self.code is not None, lambda: f"process {self.pid} ends, which told {self.out}{self.err}", seconds)
        ended = Ended(self.code or 0, self._out.read_text("utf-8", "replace"), self.err)
        assert "Traceback" not in ended.out + ended.err, ended.told
        return ended


class ForkServer:
    """A process that has loaded one build of the program; commands are forks of it.

    Args:
        broken: Names of deliberate breaks.
    """

    def __init__(self, *broken: str) -> None:
        self._channel, theirs = socket.socketpair()
        command = [sys.executable, "-m", "tests.reliability.launcher", str(theirs.fileno()), *broken]
        env = environment(Path(tempfile.gettempdir()))
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=ROOT, env=env, stdin=subprocess.DEVNULL)
        theirs.close()

    def ask(self, request: Mapping[str, Any], descriptors: tuple[int, ...] = ()) -> Any:
        """Ask for a new process, or for the exit code of one."""
        socket.send_fds(self._channel, [json.dumps(request).encode()], descriptors)
        answer = b""
        while not answer.endswith(b"\n"):
            chunk = self._channel.recv(4096)
            assert chunk, "the process that forks has ended"
            answer += chunk
        return json.loads(answer)

    def close(self) -> None:
        """End it."""
        self._channel.close()
        self._process.wait(PATIENCE)


class Launcher:
    """Starts commands in one data directory.

    Args:
        folder: The working directory; the data directory is made in it.
        server: The build under test.
    """

    def __init__(self, folder: Path, server: ForkServer) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.database = self.home / "oyama.db"
        self.env = environment(self.home)
        self.ask = server.ask
        self._numbers = count()
        (folder / "told").mkdir()

    def start(
        self,
        *words: str,
        env: Mapping[str, str] | None = None,
        uid: int | None = None,
        fsize: int | None = None,
        limits: Mapping[str, int] | None = None,
    ) -> Started:
        """Start one command and go on.

        Args:
            words: The command line.
            env: Changes to the environment.
            uid: The account that runs it.
            fsize: The largest file that it may write, in bytes: a disk that is full.
            limits: Other limits of the system, such as `NOFILE`.
        """
        base = self.folder / "told" / str(next(self._numbers))
        flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
        given = (os.open(os.devnull, os.O_RDONLY), os.open(base.with_suffix(".out"), flags), os.open(base.with_suffix(".err"), flags))
        try:
            request = {
                "words": words,
                "env": {**self.env, **(env or {})},
                "cwd": str(self.folder),
                "uid": uid,
                "fsize": fsize,
                "limits": limits or {},
            }
            pid = self.ask(request, given)
        finally:
            for descriptor in given:
                os.close(descriptor)
        return Started(self, pid, base)

    def on_terminal(self, terminal: int, words: Sequence[str], env: Mapping[str, str] | None = None) -> int:
        """Start one command on a terminal that it controls, and go on; its process.

        Args:
            terminal: Descriptor of the terminal's far end.
            words: The command line.
            env: Changes to the environment.
        """
        request = {"words": words, "env": {**self.env, **(env or {})}, "cwd": str(self.folder), "terminal": True}
        return int(self.ask(request, (terminal, terminal, terminal)))

    def __call__(self, *words: str, code: int | None = None, **how: Any) -> Ended:
        """Run one command to its end; with `code` it must end with that."""
        ended = self.start(*words, **how).wait()
        assert code is None or ended.code == code, f"oyama {' '.join(words)}: {ended.told}"
        return ended

    def let_in(self, uid: int) -> None:
        """Give the data directory, which is not there yet, to another account, and let that account come as far.

        Args:
            uid: The account.
        """
        self.home.mkdir()
        os.chown(self.home, uid, uid)
        for folder in (self.folder, *self.folder.parents):
            folder.chmod(0o755)
            if folder.name.startswith("pytest-of-"):
                break
        (self.folder / "told").chmod(0o777)

    def file(self, name: str, text: str) -> str:
        """Write a file into the working directory."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def close(self) -> None:
        """End everything that was started here."""
        end_all(self.home)


def environment(home: Path) -> dict[str, str]:
    """The environment of a person with this data directory; bytecode is kept in one place for all."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OYAMA", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE"))
    }
    cache = Path(tempfile.gettempdir()) / f"oyama-tests-{os.getuid()}-bytecode"
    return {
        **kept,
        "OYAMA_HOME": str(home),
        "OYAMA_GRACE": "0.3",
        "PYTHONPATH": str(ROOT),
        "PYTHONPYCACHEPREFIX": str(cache),
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
    }


def end_all(home: Path) -> None:
    """End what still runs on a data directory."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("OYAMA_HOME") == str(home):
                process.kill()
        except (psutil.Error, OSError):
            continue


def whole_lines(path: Path) -> str:
    """The lines of a file that are written to their end."""
    try:
        text = path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return text[: text.rfind("\n") + 1]


def lives(pid: int, run: str = "") -> bool:
    """Whether a step's process of this number runs: neither one that has ended and is not reaped, nor a later holder of the number.

    Args:
        pid: Its number.
        run: The run it belongs to; numbers come round within minutes where many processes start, also to steps of other runs.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        environment = process.environ()
    except (psutil.Error, OSError):
        return False
    # In the moment in which it becomes another program a process has none.
    return not environment or ("OYAMA_STEP_ID" in environment and (not run or environment.get("OYAMA_RUN_ID") == run))


def until(condition: Callable[[], Any], what: Callable[[], str], seconds: float = PATIENCE) -> Any:
    """Wait for a condition and give what it gave.

    Args:
        condition: Asked again and again.
        what: Says what was waited for.
        seconds: How long.
    """
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"never happened: {what()}"
        time.sleep(0.003)
    return found
