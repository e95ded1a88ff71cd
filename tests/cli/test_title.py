"""The terminal has its own title again, however the screens end or are left for a while."""

from __future__ import annotations

import re
import signal
import sys

import pexpect
import pytest

from tests.cli.program import Oyama

MINE = "my own title"
SPOKEN = re.compile(r"\x1b\[(2[23]);0t|\x1b\]2;([^\x07]*)\x07")
MISTAKEN = """
from oyama_tui.__main__ import main
from oyama_tui.tui.app import OyamaApp

def mistake(self):
    raise RuntimeError("this was not foreseen")

OyamaApp.action_show_help = mistake
raise SystemExit(main())
"""


def titles(written: str) -> tuple[str, list[str], set[str]]:
    """The title that a terminal shows after some output, those that it has put aside, and all that it has shown."""
    title, aside, shown = MINE, list[str](), set[str]()
    for which, words in SPOKEN.findall(written):
        if which == "22":
            aside.append(title)
        elif which == "23":
            title = aside.pop()
        else:
            title = words
        shown.add(title)
    return title, aside, shown


def spawn(oyama: Oyama, *argv: str) -> pexpect.spawn[str]:
    return pexpect.spawn(argv[0], list(argv[1:]), env=oyama.env, cwd=str(oyama.folder), encoding="utf-8", timeout=30, dimensions=(24, 80))


def read_on(child: pexpect.spawn[str], *words: str) -> str:
    """All that is written until all of these words are."""
    written = ""
    while not all(word in written for word in words):
        child.expect(".+")
        written += str(child.after)
    return written


def rest_of(child: pexpect.spawn[str]) -> str:
    child.expect(pexpect.EOF)
    assert child.before is not None
    child.close()
    return child.before


@pytest.mark.parametrize("end", ["q", signal.SIGTERM, signal.SIGHUP])
def test_the_title_is_that_of_before_when_the_screens_have_ended(oyama: Oyama, end: str | signal.Signals) -> None:
    child = spawn(oyama, *oyama.argv())
    written = read_on(child, "\x1b]2;oyama\x07", "try the demo")
    assert titles(written)[:2] == ("oyama", [MINE])
    child.send(end) if isinstance(end, str) else child.kill(end)
    assert titles(written + rest_of(child)) == (MINE, [], {MINE, "oyama"})


def test_the_title_is_that_of_before_when_a_mistake_of_ours_ends_the_screens(oyama: Oyama) -> None:
    child = spawn(oyama, sys.executable, "-c", MISTAKEN)
    written = read_on(child, "\x1b]2;oyama\x07", "try the demo")
    child.send("?")
    written += rest_of(child)
    assert child.exitstatus != 0
    assert titles(written) == (MINE, [], {MINE, "oyama"})


def test_the_title_is_that_of_before_while_the_screens_are_stopped(oyama: Oyama) -> None:
    (oyama.folder / "rc").write_text("PS1='shell> '\nset -m\n")
    shell = spawn(oyama, "bash", "--noprofile", "--rcfile", "rc", "-i")
    written = read_on(shell, "shell> ")
    shell.sendline(" ".join(oyama.argv()))
    written += read_on(shell, "\x1b]2;oyama\x07", "try the demo")
    shell.send("\x1a")
    written += read_on(shell, "shell> ")
    assert titles(written)[:2] == (MINE, [])
    shell.sendline("fg")
    written += read_on(shell, "\x1b[?1049h", "try the demo")
    assert titles(written)[1] == [MINE]
    shell.send("q")
    written += read_on(shell, "shell> ")
    assert titles(written)[:2] == (MINE, [])
    shell.close(force=True)
