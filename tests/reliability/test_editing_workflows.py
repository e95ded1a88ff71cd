"""`e` on a workflow gives its text to an editor, and what that leaves is checked before it counts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.reliability.program import Launcher
from tests.reliability.terminal import Terminal

WORKFLOW = "id: load\nname: Load\nsteps:\n  - {id: only, run: echo told}\n"
EDITOR = """#!/bin/sh
echo "$1" > path
cp "$1" given
sed -i "$(cat script)" "$1"
"""


@contextmanager
def at_workflows(launcher: Launcher) -> Iterator[Terminal]:
    """The list of workflows on a terminal, with an editor that does what the file `script` says."""
    program = launcher.folder / "editor"
    program.write_text(EDITOR)
    program.chmod(0o755)
    with closing(Terminal(launcher, env={"VISUAL": str(program)}, columns=100)) as terminal:
        terminal.shows("LAST 24 HOURS")
        terminal.type("1")
        terminal.shows("i inside")
        yield terminal


def edit(launcher: Launcher, terminal: Terminal, script: str, words: str) -> None:
    """Have the editor change the text, and wait for what is said of that."""
    (launcher.folder / "script").write_text(script)
    terminal.type("e")
    terminal.shows(words)


def close(terminal: Terminal) -> None:
    """Close the dialog that says what is wrong, once it takes keys."""
    terminal.settles()
    terminal.type("\x1b")
    terminal.until(lambda: "Invalid definition" not in terminal.text, "the dialog is closed")


def kept(launcher: Launcher) -> str:
    """What is run by now."""
    return launcher("run", "load", "--dry-run", code=0).out


def test_the_file_is_changed_checked_and_kept(launcher: Launcher) -> None:
    launcher("run", launcher.file("load.yaml", WORKFLOW), code=0)
    with at_workflows(launcher) as terminal:
        edit(launcher, terminal, "s/told/said/", "Load is kept as it is now.")
        assert Path((launcher.folder / "path").read_text().strip()) == launcher.folder / "load.yaml"
        assert "echo said" in kept(launcher)
        edit(launcher, terminal, "s/nothing/here/", "Nothing was changed.")


def test_what_cannot_be_run_is_told_with_its_line_and_stays_in_the_file(launcher: Launcher) -> None:
    launcher("run", launcher.file("load.yaml", WORKFLOW), code=0)
    with at_workflows(launcher) as terminal:
        edit(launcher, terminal, "s/steps:/stpes:/", "stpes")
        close(terminal)
        terminal.type("i")
        terminal.shows("only in #1")
        terminal.type("]]")
        terminal.shows("stpes:")
        edit(launcher, terminal, "s/stpes:/steps:/", "Nothing was changed.")


def test_another_id_makes_another_workflow_and_says_so(launcher: Launcher) -> None:
    launcher("run", launcher.file("load.yaml", WORKFLOW), code=0)
    with at_workflows(launcher) as terminal:
        edit(launcher, terminal, "s/id: load/id: unload/", "that is another workflow")


def test_a_file_that_is_gone_is_told(launcher: Launcher) -> None:
    launcher("run", launcher.file("load.yaml", WORKFLOW), code=0)
    (launcher.folder / "load.yaml").unlink()
    with at_workflows(launcher) as terminal:
        edit(launcher, terminal, "", "any more")
        assert not (launcher.folder / "path").exists()


def test_of_a_stored_workflow_a_copy_is_changed_and_what_cannot_be_kept_is_not_lost(launcher: Launcher) -> None:
    command = [sys.executable, "-m", "oyama_tui", "run", "-"]
    subprocess.run(command, env=launcher.env, cwd=launcher.folder, input=WORKFLOW.encode(), capture_output=True, check=True)
    with at_workflows(launcher) as terminal:
        edit(launcher, terminal, "s/steps:/stpes:/", "stpes")
        [draft] = (launcher.home / "drafts").iterdir()
        assert draft.name.startswith("load-")
        assert "stpes:" in draft.read_text()
        assert draft.stat().st_mode & 0o077 == 0
        assert "echo told" in kept(launcher)
        close(terminal)
        edit(launcher, terminal, "s/stpes:/steps:/; s/told/said/", "Load is kept as it is now.")
        assert "stpes:" in (launcher.folder / "given").read_text(), "the next try begins with the draft"
        assert "echo said" in kept(launcher)
        assert not draft.exists()


def test_a_draft_of_another_revision_takes_nothing_back(launcher: Launcher) -> None:
    command = [sys.executable, "-m", "oyama_tui", "run", "-"]
    subprocess.run(command, env=launcher.env, cwd=launcher.folder, input=WORKFLOW.encode(), capture_output=True, check=True)
    with at_workflows(launcher) as terminal:
        edit(launcher, terminal, "s/steps:/stpes:/", "stpes")
        [draft] = (launcher.home / "drafts").iterdir()
        close(terminal)
        newer = WORKFLOW.replace("told", "newer")
        subprocess.run(command, env=launcher.env, cwd=launcher.folder, input=newer.encode(), capture_output=True, check=True)
        edit(launcher, terminal, "s/newer/newest/", "Load is kept as it is now.")
        assert "echo newer" in (launcher.folder / "given").read_text()
        assert "echo newest" in kept(launcher)
        assert "stpes:" in draft.read_text(), "what was written then is not lost"
