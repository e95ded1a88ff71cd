"""A command that the program tells people to type works as it stands: on the same database, and where the program is found."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from oyama_tui.settings import load_settings
from tests.cli.program import GATED, Oyama

SCRIPT = "#!{python}\nimport sys\nfrom oyama_tui.__main__ import main\nsys.exit(main())\n"


def told_commands(text: str) -> list[list[str]]:
    """The commands in what was printed, a list of words each."""
    return [shlex.split(found) for found in re.findall(r"(?:Answer:|Go on:|^    |`)\s*(oyama [^`\n]+)", text, re.MULTILINE)]


def test_a_command_that_was_told_names_the_database_that_was_chosen(oyama: Oyama) -> None:
    file = oyama.file("gated.yaml", GATED)
    elsewhere = ("--database", str(oyama.folder / "other place" / "x.db"))
    (oyama.folder / "other place").mkdir()
    waiting = oyama(*elsewhere, "run", file, "--no-wait", code=5)
    shown = oyama(*elsewhere, "show", "gated@latest", code=0)
    commands = told_commands(waiting.told) + told_commands(shown.out)
    assert commands
    assert all(words[1:3] == list(elsewhere) for words in commands), commands
    [answer] = [words for words in told_commands(shown.out) if "approve" in words]
    assert oyama(*answer[1:], "--help", code=0)
    missing = oyama(*elsewhere, "show", "nothing", code=4)
    assert f"`oyama --database '{elsewhere[1]}' runs`" in missing.err


def test_a_command_for_the_usual_database_is_short(oyama: Oyama) -> None:
    assert "`oyama runs`" in oyama("show", "nothing", code=4).err
    assert load_settings(home=oyama.home).command("show", "a b") == "oyama show 'a b'"


def test_a_program_that_is_not_on_the_path_is_told_as_it_was_called(oyama: Oyama) -> None:
    program = Path(oyama.folder, "bin", "oyama")
    program.parent.mkdir()
    program.write_text(SCRIPT.format(python=sys.executable))
    program.chmod(0o700)
    env = {**oyama.env, "PATH": os.defpath}
    told = subprocess.run(["bin/oyama", "list"], cwd=oyama.folder, env=env, capture_output=True, text=True, timeout=60, check=True)
    assert told.stderr.strip().endswith("bin/oyama init")
