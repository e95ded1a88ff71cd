"""What the page about forks says is so: its definition runs, and its plans are those that are printed."""

from __future__ import annotations

from tests.cli.program import Oyama
from tests.test_readme import ROOT, blocks

PAGE = ROOT / "docs" / "howto" / "fork-a-run.md"
[RELEASE] = [text for language, text in blocks(PAGE) if language == "yaml"]
SHOWN = [text for language, text in blocks(PAGE) if language == "console"]


def said(block: str) -> dict[str, list[str]]:
    """By command, what the page says that it prints."""
    found: dict[str, list[str]] = {}
    for line in block.splitlines():
        if line.startswith("$ "):
            found[line.removeprefix("$ oyama ")] = []
        else:
            found[list(found)[-1]].append(line)
    return found


def agree(oyama: Oyama) -> None:
    [asked] = oyama("approvals", "--json", code=0).json()
    oyama("approve", asked["id"], "--yes", code=0)


def test_the_plans_of_the_page_are_those_of_the_program(oyama: Oyama) -> None:
    oyama("run", oyama.file("release.yaml", RELEASE), "--no-wait", code=5)
    agree(oyama)
    oyama("resume", "release#1", code=1)
    (oyama.folder / "site.up").touch()
    plans = {command: lines for block in SHOWN for command, lines in said(block).items() if lines}
    assert len(plans) == 2
    for command, lines in plans.items():
        assert oyama(*command.split(), code=0).out.splitlines() == lines
    told = oyama("fork", "release#1", "--set", "channel=stable", "--yes", "--no-wait", code=5)
    assert "published" not in told.out
    agree(oyama)
    assert "published to stable" in oyama("resume", "release#2", code=0).out
    assert "forked from release #1 at its end" in oyama("show", "release#2", code=0).out
    assert "forked into release #2 at its end" in oyama("show", "release#1", code=0).out
