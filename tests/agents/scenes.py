"""An agent that speaks to a hook, and the person who answers: real processes on a data directory of their own."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
from pathlib import Path
from typing import Any

from tests.cli.forks import Forks
from tests.cli.program import Ended, Oyama, finish, until

RECORDINGS = Path(__file__).parent / "recordings"
SESSION = "1a393db0-0120-4bd4-af3c-8e757ae7c288"


def ana() -> str:
    """The account of the person who answers."""
    return pwd.getpwuid(os.getuid()).pw_name


def decision(said: Any) -> dict[str, Any]:
    """The part of an answer that decides."""
    found: dict[str, Any] = said["hookSpecificOutput"]
    return found


class Desk:
    """A project in which agents work, and the queue of the person whose account that is."""

    def __init__(self, folder: Path, forks: Forks) -> None:
        self.oyama = Oyama(folder, forks)
        self.shop = folder / "shop"
        self.shop.mkdir()
        self.oyama.env["HOME"] = str(folder / "person")
        (folder / "person").mkdir()
        for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "CLAUDE_PROJECT_DIR"):
            self.oyama.env.pop(name, None)

    def rules(self, text: str) -> Path:
        """Write the rules of the project."""
        path = self.shop / ".oyama" / "gates.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def recorded(self, name: str) -> Any:
        """What an agent said when it was recorded, as if it worked in this project."""
        text = (RECORDINGS / name).read_text(encoding="utf-8")
        return json.loads(text.replace("/srv/dev/shop", str(self.shop)))

    def call(self, command: str, **more: Any) -> dict[str, Any]:
        """What Claude Code says before it runs a command."""
        common = {"session_id": SESSION, "transcript_path": "/t.jsonl", "cwd": str(self.shop), "permission_mode": "default"}
        called = {"tool_name": "Bash", "tool_input": {"command": command, "description": "Do it"}, "tool_use_id": "toolu_1"}
        return {**common, "hook_event_name": "PreToolUse", **called, **more}

    def heard(self, said: Any, agent: str = "claude", *options: str) -> Ended:
        """Let the hook hear something, and wait for its answer."""
        raw = said if isinstance(said, str) else json.dumps(said)
        return self.oyama("hook", agent, *options, stdin=raw)

    def asks(self, said: Any, agent: str = "claude", *options: str) -> subprocess.Popen[str]:
        """Let the hook hear something that a person is asked about, and go on."""
        process = self.oyama.start("hook", agent, *options, stdin=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(json.dumps(said))
        process.stdin.close()
        return process

    def open(self) -> list[Any]:
        """The open approvals."""
        ended = self.oyama("approvals", "--json")
        found: list[Any] = ended.json() if ended.code == 0 and ended.out.strip() else []
        return found

    def opened(self) -> Any:
        """The one approval that is open, as soon as it is."""
        return until(self.open, "an approval that is open", 40)[0]

    def card(self, approval: str) -> Any:
        """All that a person is shown."""
        return self.oyama("approvals", "--show", approval, "--json", code=0).json()

    def yes(self, *words: str) -> str:
        """Approve what is open; gives its id."""
        row = self.opened()
        self.oyama("approve", row["id"], "--yes", "--digest", self.card(row["id"])["digest"], *words, code=0)
        return str(row["id"])

    def no(self, why: str) -> str:
        """Reject what is open; gives its id."""
        row = self.opened()
        self.oyama("reject", row["id"], "--comment", why, code=0)
        return str(row["id"])


def answer_of(process: subprocess.Popen[str]) -> Any:
    """What a hook has said in the end; none for silence."""
    ended = finish(process)
    assert ended.code == 0, ended.told
    return json.loads(ended.out) if ended.out else None


def told(ended: Ended) -> Any:
    """What a hook has said; none for silence."""
    return json.loads(ended.out) if ended.out else None
