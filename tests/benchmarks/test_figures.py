"""How figures of rounds become a line of the table."""

from __future__ import annotations

import pytest

from oyama_tui.bench.figures import Case, Compared, Line, Part, Taken
from oyama_tui.bench.printing import markdown, rows_of, text

ROUNDS = [{"a.x": 10.0, "b.x": 4.0}, {"a.x": 30.0, "b.x": 10.0}, {"a.x": 20.0, "b.x": 1.0}]


def line(wanted: float, compared: Compared = "", *, at_least: bool = False) -> Line:
    return Line("P0", "something", "a.x", "ms", wanted, "b.x", compared, at_least)


def taken(*lines: Line, rounds: int = 3, failure: str = "", skipped: str = "") -> Taken:
    case = Case("some", "something", lines, (Part("a", "none.a", 1), Part("b", "none.b", 1)))
    return Taken(case, ROUNDS[:rounds], failure, skipped)


@pytest.mark.parametrize(("compared", "value"), [("", 20.0), ("ratio", 3.0), ("difference", 19.0)])
def test_the_median_counts_and_each_round_has_its_own_reference(compared: Compared, value: float) -> None:
    assert line(0, compared).value(ROUNDS) == value


@pytest.mark.parametrize(("at_least", "met"), [(False, (True, True, False)), (True, (False, True, True))])
def test_what_is_wanted_is_the_most_or_the_least(at_least: bool, met: tuple[bool, ...]) -> None:
    assert tuple(line(2, at_least=at_least).meets(value) for value in (1, 2, 3)) == met


def test_the_table_says_what_was_measured_beside_what() -> None:
    words = text([taken(line(2, "ratio"), line(100))], {"disk": "fast"})
    assert words.splitlines() == [
        "disk: fast",
        "",
        "budget  case       measured         reference  wanted     met",
        "P0      something  3.00x (20.0 ms)  4.00 ms    <= 2.00x   MISSED",
        "P0      something  20.0 ms          4.00 ms    <= 100 ms  yes",
    ]


def test_the_same_table_in_markdown() -> None:
    assert markdown([taken(line(2, "ratio"))], {"disk": "fast"}).splitlines() == [
        "- disk: fast",
        "",
        "| budget | case | measured | reference | wanted | met |",
        "| --- | --- | --- | --- | --- | --- |",
        "| P0 | something | 3.00x (20.0 ms) | 4.00 ms | <= 2.00x | MISSED |",
    ]


def test_what_has_no_figures_says_why() -> None:
    failed, passed_over, interrupted = (
        rows_of([one])[0]
        for one in (taken(line(2), rounds=0, failure="it fell"), taken(line(2), rounds=0, skipped="not there"), taken(line(2), rounds=0))
    )
    assert (failed.met, failed.why, failed.value) == ("FAILED", "it fell", None)
    assert (passed_over.met, passed_over.why) == ("not measured", "not there")
    assert (interrupted.met, interrupted.why) == ("not measured", "")


def test_a_case_that_fails_later_keeps_its_figures() -> None:
    row = rows_of([taken(line(2), rounds=2, failure="it fell")])[0]
    assert (row.met, row.value, row.rounds) == ("FAILED", 20.0, 2)
