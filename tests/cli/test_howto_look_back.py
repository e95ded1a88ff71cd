"""What the page about looking back says is so: its commands, run on its example, print what it says."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.cli.program import Oyama
from tests.test_readme import ROOT, blocks

PAGE = ROOT / "docs" / "howto" / "look-back.md"
DEFINITION = next(text for language, text in blocks(PAGE) if language == "yaml")
COMMANDS = [text for language, text in blocks(PAGE) if language == "console"]
VARYING = (
    (r"\d\d:\d\d:\d\d", "TIME"),
    (r"rollout-\d+", "ID"),
    (r"\d+ms|\d+\.\ds", "TOOK"),
    (r"Now:    \S+ ", "Now:    oyama "),
    (r" +\n", "\n"),
)
"""What differs from run to run."""


def settled(text: str) -> str:
    """A text without what differs from run to run."""
    for pattern, word in VARYING:
        text = re.sub(pattern, word, text)
    return text.strip()


@pytest.fixture
def rollout(oyama: Oyama) -> Oyama:
    oyama("run", oyama.file("rollout.yaml", DEFINITION), code=1)
    return oyama


def test_the_page_prints_what_the_program_prints(rollout: Oyama) -> None:
    assert len(COMMANDS) == 4
    for text in COMMANDS:
        command, _, printed = text.partition("\n")
        words = shlex.split(command.removeprefix("$ oyama "))
        assert settled(rollout(*words, code=0).out) == settled(printed), command


def test_points_are_said_as_the_page_says(rollout: Oyama) -> None:
    rollout("snapshot", "rollout@latest", "as built", "--at", "build", code=0)
    for point, seq in (("5", 5), ("as built", 5), ("build", 5), ("start", 1), ("now", 10)):
        assert rollout("show", "rollout@latest", "--at", point, "--json", code=0).json()["seq"] == seq
    rollout("snapshot", "rollout@latest", "as built", "--forget", code=0)
    rollout("show", "rollout@latest", "--at", "as built", code=4)
    rollout("show", "rollout@latest", "--at", "5", code=0)
