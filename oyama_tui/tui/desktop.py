"""Notices that a terminal hands on to the desktop, and the sequences in which terminals take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from oyama_tui.core.notice import without_separators
from oyama_tui.core.text import one_line

Desktop = Literal["auto", "osc9", "osc777", "both", "off"]
PROGRAM: Final = "oyama"
MOST_CELLS: Final = 160
ESCAPE: Final = "\x1b"
_TAKES_777: Final = ("rxvt", "foot")
"""How `TERM` begins where OSC 777 is taken, and OSC 9 is not or not in every version."""


def sequences(desktop: Desktop, text: str, environment: Mapping[str, str]) -> str:
    """What to write so that a terminal shows a notice outside of its window; a terminal that does not know it shows nothing.

    Args:
        desktop: Which sequences: `auto` takes the one that the terminal is known to take, so that no terminal shows two notices.
        text: Any text; it becomes one line without what ends or divides a sequence.
        environment: Of this process, which tells what terminal it is in.
    """
    line = without_separators(one_line(text, MOST_CELLS))
    wanted = _best(environment) if desktop == "auto" else desktop
    written = ""
    if wanted in ("osc9", "both"):
        written += _passed(f"{ESCAPE}]9;{line}\x07", environment)
    if wanted in ("osc777", "both"):
        written += _passed(f"{ESCAPE}]777;notify;{PROGRAM};{line}\x07", environment)
    return written


def _best(environment: Mapping[str, str]) -> Literal["osc9", "osc777"]:
    """The sequence for the terminal that this is."""
    return "osc777" if "VTE_VERSION" in environment or environment.get("TERM", "").startswith(_TAKES_777) else "osc9"


def _passed(sequence: str, environment: Mapping[str, str]) -> str:
    """A sequence as tmux and screen pass it on to the terminal around them."""
    if environment.get("TMUX"):
        return f"{ESCAPE}Ptmux;{sequence.replace(ESCAPE, ESCAPE * 2)}{ESCAPE}\\"
    if environment.get("STY"):
        return f"{ESCAPE}P{sequence}{ESCAPE}\\"
    return sequence
