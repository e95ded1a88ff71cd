"""`oyama serve` as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2

from tests.cli.program import ROOT


class Serving:
    """A server process in a home of its own; it can be killed and started again on the same port.

    Args:
        folder: Where the home is, and where its steps run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = self.environment(folder)
        self.token = self.oyama("token", "create", "ana").splitlines()[-1]
        self.url = ""
        self.process: subprocess.Popen[str] | None = None

    def oyama(self, *words: str) -> str:
        """What a command prints; it must succeed."""
        return subprocess.run(
            self.argv(*words), env=self.env, cwd=self.folder, capture_output=True, text=True, check=True, timeout=60
        ).stdout

    @staticmethod
    def environment(folder: Path) -> dict[str, str]:
        """Variables for a home of its own in a folder."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OYAMA")}
        return {**kept, "OYAMA_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}

    @staticmethod
    def argv(*words: str) -> list[str]:
        return [sys.executable, "-m", "oyama_tui", *words]

    def start(self, *words: str) -> None:
        """Start it, and wait until it says that it is ready."""
        port = self.url.rpartition(":")[2] or "0"
        with open(self.folder / "serve.err", "ab") as errors:
            self.process = subprocess.Popen(
                self.argv("serve", "--port", port, "--json", *words),
                env=self.env,
                cwd=self.folder,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self.process.stdout is not None
        ready: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert ready["status"] == "ready", ready
        self.url = ready["url"]

    def kill(self, number: signal.Signals = signal.SIGKILL) -> int:
        """End it, and wait for that."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None
        return code

    def client(self) -> httpx2.Client:
        """A client that shows the token."""
        return httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=30)

    @property
    def errors(self) -> str:
        """What it wrote to standard error, and into its log."""
        log = self.folder / "home" / "oyama.log"
        return (self.folder / "serve.err").read_text() + (log.read_text() if log.exists() else "")

    def close(self) -> None:
        if self.process is not None:
            self.kill()
