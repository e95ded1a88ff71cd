"""Who runs a process, by its environment and by the processes that it descends from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from oyama_tui.studio.principal import AGENT_VARIABLES, Ancestor, agent_sign

ROOT = Path(__file__).resolve().parents[2]
TELL = """
import json, sys
from pathlib import Path
from oyama_tui.studio.principal import Caller
caller = Caller(Path(sys.argv[1]))
print(json.dumps([caller.principal.kind, caller.principal.program, caller.origin("command").model_dump(mode="json")]))
"""


def told(folder: Path, *before: str, **environment: str) -> tuple[str, str, dict[str, object]]:
    """Kind, program and origin of a process that is started by a command line."""
    clean = {name: value for name, value in os.environ.items() if name not in AGENT_VARIABLES and not name.startswith("OYAMA")}
    env = {**clean, "PYTHONPATH": str(ROOT), **environment}
    command = [*before, sys.executable, "-c", TELL, str(folder)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True, stdin=subprocess.DEVNULL)
    kind, program, origin = json.loads(done.stdout)
    return kind, program, origin


def script(folder: Path, name: str) -> str:
    """A program of this name that runs what follows it."""
    path = folder / name
    path.write_text('#!/bin/sh\n"$@"\nexit $?\n')
    path.chmod(0o755)
    return str(path)


def test_a_person_is_one_without_any_sign(tmp_path: Path) -> None:
    kind, program, origin = told(tmp_path)
    assert (kind, program) == ("human", "")
    assert origin["how"] == "command"
    assert origin["processes"]


@pytest.mark.parametrize("variable", AGENT_VARIABLES)
def test_a_variable_of_an_agent_tells_of_it_even_when_it_is_taken_away(tmp_path: Path, variable: str) -> None:
    assert told(tmp_path, **{variable: "yes"})[0] == "agent"
    kind, program, _ = told(tmp_path, script(tmp_path, "wrapper"), "env", "-u", variable, **{variable: "yes"})
    assert (kind, variable in program) == ("agent", True)
    assert told(tmp_path, **{variable: ""})[0] == "human"


def test_a_known_agent_above_is_told_without_any_variable(tmp_path: Path) -> None:
    kind, program, origin = told(tmp_path, script(tmp_path, "claude"), script(tmp_path, "shell"))
    assert kind == "agent"
    assert program.startswith("claude (process ")
    names = origin["processes"]
    assert isinstance(names, list)
    assert "claude" in names


def test_a_step_is_told_by_the_environment_above_and_an_empty_value_is_none(tmp_path: Path) -> None:
    assert told(tmp_path, OYAMA_RUN_ID="release-1")[:2] == ("step", "release-1")
    assert told(tmp_path, script(tmp_path, "wrapper"), "env", "-u", "OYAMA_RUN_ID", OYAMA_RUN_ID="release-1")[:2] == ("step", "release-1")
    assert told(tmp_path, OYAMA_RUN_ID="")[0] == "human"
    assert told(tmp_path, OYAMA_RUN_ID="release-1", CLAUDECODE="1")[0] == "step"


def test_names_that_are_no_text_are_kept_without_their_odd_bytes(tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/od\xff\xfed"
    Path(os.fsdecode(odd)).write_text('#!/bin/sh\n"$@"\nexit $?\n')
    os.chmod(odd, 0o755)
    _, _, origin = told(tmp_path, os.fsdecode(odd))
    assert "od??d" in str(origin["processes"])


@pytest.mark.parametrize(
    ("words", "agent"),
    [
        (("node", "/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js"), "claude"),
        (("node", "--no-warnings", "/usr/lib/node_modules/@openai/codex/bin/codex.js"), "codex"),
        (("/usr/bin/node", "/usr/local/bin/gemini"), "gemini"),
        (("python3", "/home/ana/.local/bin/aider", "--yes"), "aider"),
        (("/opt/codex/bin/codex", "exec"), "codex"),
        (("vim", "claude"), ""),
        (("node", "server.js", "claude"), ""),
        (("python3", "-m", "oyama_tui", "approve"), ""),
        ((), ""),
    ],
)
def test_agents_are_known_by_program_and_by_script(words: tuple[str, ...], agent: str) -> None:
    name = Path(words[0]).name if words else ""
    sign = agent_sign(Ancestor(7, name, words, {}))
    assert sign == (f"{agent} (process 7)" if agent else "")


def test_an_agent_that_names_itself_is_told_in_one_short_line() -> None:
    sign = agent_sign(Ancestor(7, "sh", (), {"AI_AGENT": "my\x1b[31m agent\n" + "x" * 100}))
    assert sign.endswith(" (AI_AGENT is set)")
    assert sign.isprintable()
    assert len(sign) < 80
