"""The plan of an undo is printed as the page about it shows it."""

from __future__ import annotations

import re

from tests.cli.program import Oyama
from tests.test_howto_undo import EXAMPLES, PAGE
from tests.test_readme import blocks


def test_the_plan_is_printed_as_the_page_shows_it(oyama: Oyama) -> None:
    oyama("run", oyama.file("release.yaml", EXAMPLES["release"]), code=0)
    shown = oyama("undo", "release@latest", "--plan", code=0).out
    page = next(text for language, text in blocks(PAGE) if language == "console")
    wanted = re.split(r"^\$.*\n", page, flags=re.MULTILINE)[1]
    assert shown == wanted
