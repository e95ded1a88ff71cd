"""What the page about cleanup says is so: its commands print what it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.forks import Forks
from tests.cli.program import Oyama
from tests.test_readme import ROOT, blocks

PAGE = ROOT / "docs" / "howto" / "keep-the-database-small.md"
DEFINITION = next(text for language, text in blocks(PAGE) if language == "yaml")
CONSOLES = [text for language, text in blocks(PAGE) if language == "console"]
PLAIN = DEFINITION.replace("keep: {newest: 20, older_than: 30d, failed_older_than: 90d}\n", "")


@pytest.fixture
def oyama(tmp_path: Path) -> Iterator[Oyama]:
    forks = Forks(ROOT)
    program = Oyama(tmp_path, forks)
    yield program
    program.end_all()
    forks.close()


def commands() -> Iterator[tuple[list[str], str]]:
    """Each command of the page and what it prints."""
    for text in CONSOLES:
        for part in text.split("$ oyama ")[1:]:
            line, _, printed = part.partition("\n")
            yield line.split(), printed


def shape(text: str) -> str:
    """A text without what differs from time to time: times, sizes, and the blanks that columns are wide."""
    return re.sub(r" +", " ", re.sub(r"\d+(\.\d+)? (bytes|KiB|MiB)", "SIZE", re.sub(r"\d\d:\d\d:\d\d", "TIME", text))).strip()


def test_the_commands_print_what_the_page_says(oyama: Oyama) -> None:
    assert PLAIN != DEFINITION
    oyama.file("nightly.yaml", PLAIN)
    for _ in range(4):
        oyama("run", "nightly.yaml", code=0)
    tried = 0
    for words, printed in commands():
        told = oyama(*words, code=0)
        assert shape(told.out) == shape(printed), words
        tried += 1
    assert tried == 7
    assert oyama("runs", "--json", code=0).json() == []
    assert oyama("verify", code=0)


def test_the_definition_of_the_page_keeps_what_it_says(oyama: Oyama) -> None:
    oyama("validate", oyama.file("nightly.yaml", DEFINITION), code=0)
    oyama("run", "nightly.yaml", code=0)
    assert "Nothing has to go: 1 run stays." in oyama("cleanup", "--keep", "0", "--dry-run", code=0).out
    assert "1 run would go" in oyama("cleanup", "--keep", "0", "--workflow", "nightly", "--dry-run", code=0).out
