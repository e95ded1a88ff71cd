"""What the tests of steps share: a watch over process groups, and ways to see whether processes live."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import JsonValue

from oyama_tui.core.commands import Outcome
from oyama_tui.steps.executors import default_executors
from oyama_tui.steps.process import Ending, Program, run_process
from oyama_tui.steps.protocol import StepOrder
from oyama_tui.steps.reaper import process_table
from oyama_tui.steps.secrets import SecretSource

FOREVER = "import time\nwhile True: time.sleep(1)"
IGNORES_TERM = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True)\nwhile True: time.sleep(1)"


class Watch:
    """Remembers which process groups live."""

    def __init__(self) -> None:
        self.groups: set[int] = set()
        self.seen: list[int] = []

    def started(self, pid: int) -> None:
        self.groups.add(pid)
        self.seen.append(pid)

    def finished(self, pid: int) -> None:
        self.groups.remove(pid)


class Attempt:
    """Runs one program and keeps what it wrote."""

    def __init__(self, *argv: str, cwd: Path = Path("/"), **options: object) -> None:
        self.watch = Watch()
        self.output = b""
        self.options = options
        self.program = Program(tuple(argv), dict(os.environ), cwd, **options)  # type: ignore[arg-type]

    def take(self, chunk: bytes) -> None:
        self.output += chunk

    async def run(self) -> Ending:
        return await run_process(self.program, self.watch, self.take)


def python(script: str, **options: object) -> Attempt:
    return Attempt(sys.executable, "-I", "-S", "-c", script, **options)  # type: ignore[arg-type]


def shell(script: str, **options: object) -> Attempt:
    return Attempt("/bin/sh", "-e", "-c", script, **options)  # type: ignore[arg-type]


def is_alive(pid: int) -> bool:
    return any(row.pid == pid and not row.dead for row in process_table())


def session_lives(leader: int) -> bool:
    return any(row.session == leader and not row.dead for row in process_table())


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.005)


class Context(Watch):
    """What an engine gives an executor: real files, and secrets from the environment or the data directory."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.source = SecretSource(folder)

    def log_path(self) -> Path:
        return self.folder / "node.1.log"

    def secret(self, name: str) -> str:
        return self.source.secret(name)

    def now(self) -> int:
        return 1_700_000_000_000


class Bench:
    """Carries out orders in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.directory = folder / "work"
        self.directory.mkdir()
        self.files = folder / "files"
        self.files.mkdir()
        self.context = Context(self.files)
        self.executors = default_executors(grace=0.3, log_quota=1 << 20)

    def inherit(self, **variables: str) -> None:
        """Begin anew, in a process with these variables besides."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            self.executors = default_executors(grace=0.3, log_quota=1 << 20)

    def write(self, name: str, content: str) -> Path:
        path = self.directory / name
        path.write_text(content)
        return path

    def set_secret(self, name: str, value: str) -> None:
        (self.files / "secrets").mkdir(exist_ok=True)
        path = self.files / "secrets" / name
        path.write_text(value)
        path.chmod(0o600)

    async def order(self, kind: str, timeout: int | None = None, secrets: tuple[str, ...] = (), **given: JsonValue) -> Outcome:
        order = StepOrder("release-1", "release", "build#1", "build", kind, 2, given, self.directory, timeout, secrets)
        return await self.executors[kind].execute(order, self.context)

    async def script(self, script: str, timeout: int | None = None, secrets: tuple[str, ...] = (), **given: JsonValue) -> Outcome:
        return await self.order("run", timeout, secrets, script=script, shell=["/bin/sh", "-e", "-c"], **given)

    async def call(self, call: str, arguments: dict[str, JsonValue], **given: JsonValue) -> Outcome:
        return await self.order("python", None, (), call=call, **{"with": arguments}, **given)
