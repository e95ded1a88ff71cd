"""What the page about handing runs on prints is what the program prints."""

from __future__ import annotations

import re
import shlex
import sqlite3
from contextlib import closing

from tests.cli.program import ROOT, Oyama
from tests.test_readme import blocks

PAGE = ROOT / "docs" / "howto" / "hand-on-a-run.md"
VARYING = (
    (r"/\S*/(?=[\w.-]+\.(?:oyamarun|html|md|db)\b)", "PLACE/"),
    (r"\b[0-9a-f]{32}\b", "HASH"),
    (r"tidy-\d{13}", "tidy-ID"),
    (r"\b[\d,]+ bytes", "N bytes"),
    (r"\d\d:\d\d:\d\d +\d+\.\ds", "WHEN TOOK"),
    (r"\b\d+ events", "N events"),
    (r" +$", ""),
)


def plain(text: str) -> list[str]:
    """What was printed without what is different each time."""
    for pattern, stands in VARYING:
        text = re.sub(pattern, stands, text, flags=re.MULTILINE)
    return text.strip().splitlines()


def test_the_page_prints_what_the_program_prints(oyama: Oyama) -> None:
    found = list(blocks(PAGE))
    [definition] = [text for language, text in found if language == "yaml"]
    oyama("run", oyama.file("tidy.yaml", definition), "--no-wait", code=5)
    [asked] = oyama("approvals", "--json", code=0).json()
    oyama("approve", asked["id"], "--yes", code=0)
    oyama("resume", "tidy#1", code=0)
    for shown in [text for language, text in found if language == "console"]:
        if "--repair" in shown:
            with closing(sqlite3.connect(oyama.home / "oyama.db")) as connection:
                connection.execute("UPDATE workflow_executions SET phase = 'failed'")
                connection.commit()
        for part in shown.split("$ ")[1:]:
            command, _, printed = part.partition("\n")
            words = shlex.split(command)
            env = dict(word.split("=", 1) for word in words[: words.index("oyama")])
            told = oyama(*words[words.index("oyama") + 1 :], env={name: str(oyama.folder / value) for name, value in env.items()})
            assert plain(told.out + told.err) == plain(printed), command
