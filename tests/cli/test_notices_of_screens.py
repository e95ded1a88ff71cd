"""A person at another window is told of new questions by the terminal: its title, its bell, and what it shows on the desktop."""

from __future__ import annotations

import re
import signal

import pexpect
import pyte

from tests.cli.program import Oyama

SECRETIVE = """
id: ship
steps:
  - id: publish
    gate: {title: "Publish; now", prompt: only-in-the-prompt, target: only-in-the-target, form: {why: {default: only-in-the-form}}}
    run: echo only-in-the-command
"""
BLUR, FOCUS = "\x1b[O", "\x1b[I"
TITLES = re.compile(r"\x1b\]2;([^\x07]*)\x07")
EMPTY_OR_LIST = "try the demo|ship"
NOTICES = re.compile(r"\x1b\]9;([^\x07]*)\x07")


class Window:
    """The screens in a terminal of their own, and all that they have written."""

    def __init__(self, oyama: Oyama, **env: str) -> None:
        argv = oyama.argv()
        self.child = pexpect.spawn(
            argv[0], argv[1:], env={**oyama.env, **env}, cwd=str(oyama.folder), encoding="utf-8", timeout=60, dimensions=(30, 100)
        )
        self.written = ""

    def read_until(self, pattern: str) -> None:
        """Read on until something is written that has not been read yet."""
        self.child.expect(pattern)
        self.written += str(self.child.before) + str(self.child.after)

    def open(self) -> Window:
        """Wait until the screens stand there."""
        if not re.search(EMPTY_OR_LIST, self.written):
            self.read_until(EMPTY_OR_LIST)
        return self

    def end(self) -> str:
        """End the screens, and give all that they have written."""
        self.child.kill(signal.SIGTERM)
        self.child.expect(pexpect.EOF)
        self.written += str(self.child.before)
        self.child.close()
        return self.written


def ask(oyama: Oyama) -> str:
    """Have a run ask something; returns the approval's id."""
    path = oyama.file("ship.yaml", SECRETIVE)
    oyama("run", path, "--no-wait", code=5)
    return str(oyama("approvals", "--json", code=0).json()[-1]["id"])


def without_sequences(written: str) -> str:
    """What was written besides the sequences that a bell ends."""
    return re.sub(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\\\)", "", written)


def ask_unseen(oyama: Oyama, window: Window, notice: str) -> list[str]:
    """Ask, while the window has not the focus, until it has heard of that; returns the approvals."""
    window.child.send(BLUR)
    asked = []
    for _ in range(8):
        asked.append(ask(oyama))
        # The screens may read of the focus after they have read of a question; the next one they tell.
        if window.child.expect([notice, pexpect.TIMEOUT], timeout=5) == 0:
            window.written += str(window.child.before) + str(window.child.after)
            return asked
        window.written += str(window.child.before)
    raise AssertionError(f"no notice after {len(asked)} questions: {window.written[-2000:]!r}")


def test_what_waits_at_the_start_is_in_the_title_and_is_no_news(oyama: Oyama) -> None:
    old = ask(oyama)
    window = Window(oyama)
    window.read_until(r"\x1b\]2;◆1 oyama\x07")
    asked = ask_unseen(oyama, window.open(), r"\x1b\]9;[^\x07]*\x07")
    oyama("approve", old, "--yes", code=0)
    window.read_until(rf"\x1b\]2;◆{len(asked)} oyama\x07")
    assert NOTICES.findall(window.end()) == [f"ship #{len(asked) + 1} asks: Publish, now"]


def test_an_answer_from_elsewhere_clears_the_title(oyama: Oyama) -> None:
    window = Window(oyama)
    window.read_until(r"\x1b\]2;oyama\x07")
    approval = ask(oyama)
    window.read_until(r"\x1b\]2;◆1 oyama\x07")
    oyama("reject", approval, "-m", "no", code=0)
    window.read_until(r"\x1b\]2;oyama\x07")
    assert TITLES.findall(window.end())[:3] == ["oyama", "◆1 oyama", "oyama"]


def test_a_terminal_with_the_focus_rings_and_shows_one_line_and_no_notice_of_the_desktop(oyama: Oyama) -> None:
    window = Window(oyama).open()
    ask(oyama)
    window.read_until("asks: Publish; now")
    window.read_until("goes there")
    screen = pyte.Screen(100, 30)
    pyte.Stream(screen).feed(window.written)
    [toast] = [line for line in screen.display if "asks: Publish; now" in line]
    assert "ship #1" in toast
    written = window.end()
    assert NOTICES.findall(written) == []
    assert "◆1 oyama" in TITLES.findall(written)
    assert "\x07" in without_sequences(written), "no bell"


def test_nothing_that_is_asked_leaves_the_screens_but_the_title(oyama: Oyama) -> None:
    window = Window(oyama, OYAMA_DESKTOP="both").open()
    ask_unseen(oyama, window, r"\x1b\]777;notify;oyama;[^\x07]*\x07")
    sequences = re.findall(r"\x1b\](?:9|777|2);[^\x07]*\x07", window.end())
    assert any("]777;notify;oyama;ship #" in sequence and "asks: Publish, now" in sequence for sequence in sequences)
    assert "only-in-the" not in "".join(sequences)


def test_each_way_can_be_turned_off(oyama: Oyama) -> None:
    window = Window(oyama, OYAMA_DESKTOP="off", OYAMA_BELL="false", OYAMA_TOAST="false", OYAMA_TITLE="false").open()
    window.child.send(BLUR)
    ask(oyama)
    window.read_until("◆")
    written = window.end()
    assert re.findall(r"\x1b\](?:2|9|777);", written) == []
    assert "\x07" not in without_sequences(written)
    assert "asks: Publish" not in written
