"""A pager or an editor gets the terminal and a harmless copy of the output, and the screens come back whole."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.reliability.program import Launcher
from tests.reliability.terminal import Terminal

HOSTILE = r"""
id: hostile
steps:
  - id: only
    run: printf 'first\n\033]0;owned\007\033[2J\033[31mred\033[0m\n10%%\r100%%\nlast \302\233m caf\351\n'
"""
SILENT = "id: silent\nsteps:\n  - {id: only, run: 'true'}\n"
READER = """#!/bin/sh
cp "$@" seen
echo "$1" > path
echo THE READER HAS IT
read answer
exit "${answer:-0}"
"""


def reader(launcher: Launcher) -> Path:
    """A pager that keeps what it was given, and ends with the code that is typed."""
    path = launcher.folder / "reader"
    path.write_text(READER)
    path.chmod(0o755)
    return path


def come_back(terminal: Terminal) -> None:
    """Wait until the screens have the terminal again."""
    terminal.until(lambda: not terminal.is_restored(), "the screens have the terminal")
    terminal.shows("Output   In/Out")


@contextmanager
def output(launcher: Launcher, workflow: str = HOSTILE, **env: str) -> Iterator[Terminal]:
    """The output pane of a run that is over, on a terminal."""
    launcher("run", launcher.file("it.yaml", workflow), code=0)
    given = {"PAGER": "", "VISUAL": "", "EDITOR": "", **env}
    with closing(Terminal(launcher, env=given, columns=100)) as terminal:
        terminal.shows("Workflows")
        terminal.type("2")
        terminal.shows("Ended lately")
        terminal.type("\r")
        terminal.shows("Output   In/Out")
        terminal.type("\r")
        terminal.shows("o pager")
        yield terminal


@pytest.mark.parametrize(("key", "variable"), [("o", "PAGER"), ("e", "EDITOR"), ("e", "VISUAL")])
def test_a_program_gets_a_harmless_copy_and_the_screens_come_back(launcher: Launcher, key: str, variable: str) -> None:
    program = reader(launcher)
    with output(launcher, **{variable: str(program)}) as terminal:
        terminal.shows("100%")
        terminal.settles()
        before = terminal.text.splitlines()[1:]
        terminal.type(key)
        terminal.shows("THE READER HAS IT")
        assert terminal.is_restored()
        seen = (launcher.folder / "seen").read_text()
        assert seen.splitlines() == ["first", "␛]0;owned␇␛[2Jred", "100%", "last <U+009B>m caf�"]
        copy = Path((launcher.folder / "path").read_text().strip())
        assert copy.stat().st_mode & 0o077 == 0
        assert copy.name == "only.1.log"
        terminal.type("\n")
        come_back(terminal)
        terminal.until(lambda: terminal.text.splitlines()[1:] == before, f"the screens stand there as before: {before}")
        terminal.until(lambda: not copy.exists() and not copy.parent.exists(), "the copy is gone")
        terminal.type("q")
        assert terminal.wait() == 0
        assert terminal.is_restored()


def test_less_is_used_unless_said_otherwise_and_shows_colours_only(launcher: Launcher) -> None:
    with output(launcher) as terminal:
        terminal.shows("100%")
        terminal.type("o")
        terminal.shows("(END)")
        assert "␛]0;owned␇␛[2Jred" in terminal.text
        assert b"\x1b[31mred" in terminal.raw
        assert b"\x1b]0;owned" not in terminal.raw
        terminal.type("q")
        come_back(terminal)


STUBBORN = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
print("READY", flush=True)
signal.sigwait({signal.SIGINT})
print("INTERRUPTED", flush=True)
input()
"""


def test_the_key_that_interrupts_is_for_the_program_alone(launcher: Launcher) -> None:
    program = launcher.folder / "stubborn"
    program.write_text(f"#!{sys.executable}\n{STUBBORN}")
    program.chmod(0o755)
    with output(launcher, PAGER=str(program)) as terminal:
        terminal.type("o")
        terminal.shows("READY")
        terminal.type("\x03")
        terminal.shows("INTERRUPTED")
        terminal.type("\n\n\n")
        come_back(terminal)
        terminal.press_until("\x03", "q quits")


HASTY = """#!/bin/sh
kill -INT $PPID
echo READY
read line
"""


def test_a_key_that_comes_before_the_screens_know_of_the_program_is_for_the_program_too(launcher: Launcher) -> None:
    program = launcher.folder / "hasty"
    program.write_text(HASTY)
    program.chmod(0o755)
    with output(launcher, PAGER=str(program)) as terminal:
        for _ in range(5):
            terminal.type("o")
            terminal.shows("READY")
            terminal.type("\n")
            come_back(terminal)


def test_a_program_that_is_missing_wrong_or_fails_is_told_of(launcher: Launcher) -> None:
    program = reader(launcher)
    with output(launcher, PAGER="no-such-pager -x", VISUAL="'unbalanced", EDITOR="unused") as terminal:
        terminal.type("o")
        terminal.shows("$PAGER is 'no-such-pager', which is not a program here.")
        terminal.type("e")
        terminal.shows("$VISUAL cannot be read as a command")
    with output(launcher, PAGER=str(program)) as terminal:
        terminal.type("o")
        terminal.shows("THE READER HAS IT")
        terminal.type("3\n")
        terminal.shows("reader ended with exit code 3.")


def test_no_output_is_told_of(launcher: Launcher) -> None:
    with output(launcher, SILENT, PAGER=str(reader(launcher))) as terminal:
        terminal.type("o")
        terminal.shows("There is no output to open.")
        assert not (launcher.folder / "seen").exists()


def test_the_end_of_the_screens_ends_the_program_too(launcher: Launcher) -> None:
    program = launcher.folder / "stays"
    program.write_text("#!/bin/sh\necho $$ > reader-pid\necho READY\nexec sleep 600\n")
    program.chmod(0o755)
    with output(launcher, PAGER=str(program)) as terminal:
        terminal.type("o")
        terminal.shows("READY")
        pid = int((launcher.folder / "reader-pid").read_text())
        terminal.send(signal.SIGTERM)
        terminal.wait()
        assert terminal.is_restored()
        terminal.until(lambda: not os.path.exists(f"/proc/{pid}"), "the pager has ended")
