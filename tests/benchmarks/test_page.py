"""The page about the benchmark."""

from __future__ import annotations

import re

from oyama_tui.bench.figures import Case, Taken
from oyama_tui.bench.printing import markdown
from oyama_tui.bench.table import TABLE
from tests.source import ROOT

PAGE = (ROOT / "docs" / "reference" / "benchmarks.md").read_text()


def cells(text: str) -> list[tuple[str, str, str]]:
    """Budget, case and what is wanted of each line of a table."""
    rows = [line.strip("| ").split(" | ") for line in re.findall(r"^\| (?:[A-Z]\w+|memory) \|.*\|$", text, re.MULTILINE)]
    return [(row[0], row[1], row[4]) for row in rows]


def figures_of(case: Case) -> list[str]:
    """The names of all figures of a case that its lines need."""
    return [name for line in case.lines for name in (line.figure, line.reference) if name]


def test_its_table_has_every_line_with_what_is_wanted() -> None:
    wanted = cells(markdown([Taken(case, [dict.fromkeys(figures_of(case), 1.0)]) for case in TABLE], {}))
    assert len(wanted) == sum(len(case.lines) for case in TABLE)
    assert cells(PAGE) == wanted


def test_it_names_nobodys_machine_or_place() -> None:
    assert not re.search(r"/(?:home|root|work|Users)/", PAGE)
